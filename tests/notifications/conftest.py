"""The application on a clock that stands still, players of it, and the means to notify them."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx
import pytest_asyncio

from tests.support.board_fixtures import app_clock, app_settings
from tests.support.players import Player, sign_in_async

if TYPE_CHECKING:
    from kizuna.app import Application
    from kizuna.clock import ShiftedClock
    from kizuna.notifications.service import Notifications

__all__ = ["ada", "app_clock", "app_settings", "bob", "notifications"]


@pytest_asyncio.fixture
async def notifications(app: "Application", app_clock: "ShiftedClock") -> AsyncIterator["Notifications"]:
    """The notifications of `app`."""
    from kizuna.notifications.service import Notifications

    service = Notifications(app.database, app_clock)
    yield service
    await service.finish()


@pytest_asyncio.fixture
async def ada(api: httpx.AsyncClient) -> Player:
    """A new player."""
    return await sign_in_async(api)


@pytest_asyncio.fixture
async def bob(api: httpx.AsyncClient) -> Player:
    """Another one."""
    return await sign_in_async(api)
