"""Players who make teams, and a game that has its say."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from tests.support.players import sign_in_async
from tests.teams.core.support import Founder, Game

Enter = Callable[[], Awaitable[Founder]]


@pytest.fixture
def enter(api: httpx.AsyncClient) -> Enter:
    """Signs a new player in."""

    async def founder() -> Founder:
        return Founder(api, await sign_in_async(api))

    return founder


@pytest.fixture
def game(app: Application) -> Iterator[type[Game]]:
    """Lets a game answer the hooks; its answers are what the test sets."""
    hooks: Any = app.teams.core._hooks
    before = hooks.__class__

    own = type("OwnGame", (Game,), {"scores": {}, "team_scores": {}, "profane": set(), "seen": []})
    hooks.__class__ = own
    yield own
    hooks.__class__ = before
