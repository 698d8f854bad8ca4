"""A stage for event leaderboards: teams, a clock that goes where a test wants it, events of a test's own."""

from collections.abc import Iterator

import httpx
import pytest

from kizuna.app import Application
from tests.teams.events.stage import Stage, StillClock


@pytest.fixture(scope="module")
def app_clock() -> StillClock:
    return StillClock()


@pytest.fixture
def stage(app: Application, api: httpx.AsyncClient, app_clock: StillClock) -> Iterator[Stage]:
    """At the beginning of a Monday."""
    stage = Stage(app, api, app_clock)
    stage.go(0)
    yield stage
    stage.close()
