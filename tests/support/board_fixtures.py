"""Fixtures of the tests of leaderboards and of tournaments: the application on a clock that stands still, its
boards, and players in front of them. Each folder says by `board_kind` which operations its players use."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio

from tests.support.players import sign_in_async

if TYPE_CHECKING:
    from kizuna.app import Application
    from kizuna.clock import ShiftedClock
    from tests.support.boards import Boards, Contestant, StillClock


@pytest.fixture(scope="module")
def app_clock() -> "StillClock":
    """The clock of `app`; tests that move it ask for `clock`."""
    from tests.support.boards import StillClock

    return StillClock()


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """With sessions that last."""
    from tests.support.boards import SETTINGS

    return SETTINGS


@pytest.fixture
def boards(app: "Application", app_clock: "ShiftedClock") -> "Boards":
    """Makes boards."""
    from tests.support.boards import Boards

    return Boards(app, app_clock)


@pytest.fixture
def enter(api: httpx.AsyncClient, board_kind: str) -> "Callable[[], Awaitable[Contestant]]":
    """Signs a new player in."""
    from tests.support.boards import Contestant

    async def contestant() -> Contestant:
        return Contestant(api, await sign_in_async(api), board_kind)

    return contestant


@pytest_asyncio.fixture
async def ada(enter: "Callable[[], Awaitable[Contestant]]") -> "Contestant":
    """A new player."""
    return await enter()


@pytest_asyncio.fixture
async def bob(enter: "Callable[[], Awaitable[Contestant]]") -> "Contestant":
    """Another one."""
    return await enter()
