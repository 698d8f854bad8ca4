"""Players who can become friends."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio

from tests.friends.support import Neighbour
from tests.support.players import sign_in_async

if TYPE_CHECKING:
    from kizuna.app import Application
    from kizuna.clock import ShiftedClock
    from kizuna.friends.service import Friends


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """With sessions that last."""
    return {"session": {"token_expiry_sec": 10**9, "refresh_token_expiry_sec": 10**9}}


@pytest.fixture
def friends(app: "Application", app_clock: "ShiftedClock") -> "Friends":
    """What game code and imports call."""
    from kizuna.friends.service import Friends
    from kizuna.notifications.service import Notifications

    return Friends(app.database, Notifications(app.database, app_clock), app_clock)


@pytest.fixture
def enter(api: httpx.AsyncClient) -> Callable[[], Awaitable[Neighbour]]:
    """Signs a new player in."""

    async def neighbour() -> Neighbour:
        return Neighbour(api, await sign_in_async(api))

    return neighbour


@pytest_asyncio.fixture
async def ada(enter: Callable[[], Awaitable[Neighbour]]) -> Neighbour:
    """A new player."""
    return await enter()


@pytest_asyncio.fixture
async def bob(enter: Callable[[], Awaitable[Neighbour]]) -> Neighbour:
    """Another one."""
    return await enter()


@pytest_asyncio.fixture
async def cleo(enter: Callable[[], Awaitable[Neighbour]]) -> Neighbour:
    """A third one."""
    return await enter()
