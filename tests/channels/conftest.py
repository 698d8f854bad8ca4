"""The application on a clock that stands still, players of it, and its channels."""

from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from tests.support.board_fixtures import app_clock, app_settings
from tests.support.players import Player, sign_in_async

if TYPE_CHECKING:
    from kizuna.app import Application
    from kizuna.channels.service import Channels
    from kizuna.clock import ShiftedClock
    from tests.channels.society import Society

__all__ = ["ada", "app_clock", "app_settings", "bob", "channels", "eve", "society"]


@pytest.fixture
def channels(app: "Application", app_clock: "ShiftedClock") -> "Channels":
    """The channels of `app`."""
    from kizuna.channels.service import Channels
    from kizuna.friends.lookup import Relations
    from kizuna.groups.lookup import Memberships

    return Channels(app.database, Memberships(app.database), Relations(app.database), app_clock)


@pytest.fixture
def society(app: "Application") -> "Society":
    """Makes groups and blocks."""
    from tests.channels.society import Society

    return Society(app.database)


@pytest_asyncio.fixture
async def ada(api: httpx.AsyncClient) -> Player:
    """A new player."""
    return await sign_in_async(api)


@pytest_asyncio.fixture
async def bob(api: httpx.AsyncClient) -> Player:
    """Another one."""
    return await sign_in_async(api)


@pytest_asyncio.fixture
async def eve(api: httpx.AsyncClient) -> Player:
    """A third."""
    return await sign_in_async(api)
