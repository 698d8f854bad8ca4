"""A stage for event leaderboards: teams, a clock that goes where a test wants it, events of a test's own."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from tests.support.applications import running_application
from tests.teams.events.stage import Stage, StillClock
from tests.teams.support import CONFIG


@pytest.fixture(scope="module")
def app_clock() -> StillClock:
    return StillClock()


@pytest_asyncio.fixture(scope="module")
async def app(database_url: str, app_clock: StillClock) -> AsyncIterator[Application]:
    """An application whose sessions outlast the weeks that tests let pass."""
    settings = {
        "teams": {"config": CONFIG, "debug_rpcs": True},
        "session": {"token_expiry_sec": 10 * 365 * 86400, "refresh_token_expiry_sec": 11 * 365 * 86400},
    }
    async with running_application(database_url, app_clock, settings) as application:
        yield application


@pytest.fixture
def stage(app: Application, api: httpx.AsyncClient, app_clock: StillClock) -> Iterator[Stage]:
    """At the beginning of a Monday."""
    stage = Stage(app, api, app_clock)
    stage.go(0)
    yield stage
    stage.close()
