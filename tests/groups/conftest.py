"""Players, on a clock that stands still."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from tests.support.board_fixtures import app_clock, app_settings
from tests.support.players import sign_in_async

if TYPE_CHECKING:
    from tests.groups.support import Somebody


__all__ = ["app_clock", "app_settings"]


@pytest.fixture
def enter(api: httpx.AsyncClient) -> "Callable[[], Awaitable[Somebody]]":
    """Signs a new player in."""
    from tests.groups.support import Somebody

    async def somebody() -> Somebody:
        return Somebody(api, await sign_in_async(api))

    return somebody


@pytest_asyncio.fixture
async def ada(enter: "Callable[[], Awaitable[Somebody]]") -> "Somebody":
    """A new player."""
    return await enter()


@pytest_asyncio.fixture
async def bob(enter: "Callable[[], Awaitable[Somebody]]") -> "Somebody":
    """Another one."""
    return await enter()


@pytest_asyncio.fixture
async def eve(enter: "Callable[[], Awaitable[Somebody]]") -> "Somebody":
    """A third one."""
    return await enter()
