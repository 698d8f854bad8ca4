"""Players, on a clock that stands still."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from tests.support.players import sign_in_async

if TYPE_CHECKING:
    from kizuna.app import Application
    from kizuna.clock import ShiftedClock
    from tests.groups.support import Somebody
    from tests.support.boards import StillClock


@pytest.fixture(scope="module")
def app_clock() -> "StillClock":
    """The clock of `app`; tests that move it ask for `clock`."""
    from tests.support.boards import StillClock

    return StillClock()


@pytest_asyncio.fixture(scope="module")
async def app(database_url: str, app_clock: "ShiftedClock") -> AsyncIterator["Application"]:
    """As the suite's, with sessions that last."""
    from tests.support.applications import running_application
    from tests.support.boards import SETTINGS

    async with running_application(database_url, app_clock, SETTINGS) as application:
        yield application


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
