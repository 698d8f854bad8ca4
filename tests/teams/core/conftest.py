"""Players who make teams, and a game that has its say."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.teams.held import TeamEvent
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
def configure(app: Application) -> Iterator[Callable[..., None]]:
    """Changes values of the configuration in force for one test."""
    before = app.teams.versions.current

    def change(**values: Any) -> None:
        app.teams.versions.current = replace(app.teams.versions.current, **values)

    yield change
    app.teams.versions.current = before


@pytest.fixture
def game(app: Application) -> Iterator[type[Game]]:
    """Lets a game answer the hooks; its answers are what the test sets."""
    hooks: Any = app.teams.core._hooks
    before = hooks.__class__

    own = type("OwnGame", (Game,), {"scores": {}, "team_scores": {}, "profane": set(), "seen": []})
    hooks.__class__ = own
    yield own
    hooks.__class__ = before


@pytest.fixture
def published(app: Application, monkeypatch: pytest.MonkeyPatch) -> list[TeamEvent]:
    """What was told to the publisher."""
    events: list[TeamEvent] = []
    monkeypatch.setattr(app.teams.calls, "publish", events.extend)
    return events
