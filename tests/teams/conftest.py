"""An application with Teams, and a team in it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.held import PublisherEvent
from tests.support.applications import client_of, running_application
from tests.teams.support import CONFIG, Cast, Configure, assemble

#: Players stay signed in wherever a test moves the clock to.
YEARS = 10 * 365 * 24 * 3600


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """With the tests' configuration, the functions for trying out, and sessions that last for years."""
    return {"teams": {"config": CONFIG, "debug_rpcs": True}, "session": {"token_expiry_sec": YEARS}}


@pytest_asyncio.fixture
async def cast(api: httpx.AsyncClient) -> Cast:
    """A new team with everybody around it."""
    return await assemble(api)


@pytest_asyncio.fixture
async def elsewhere(app_clock: ShiftedClock, database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another server on the same database."""
    settings = {"teams": {"config": CONFIG}}
    async with running_application(database_url, app_clock, settings) as other, client_of(other) as client:
        yield client


@pytest.fixture
def configure(app: Application) -> Iterator[Configure]:
    """Changes values of the configuration in force, for the length of a test."""
    before = app.teams.versions.current

    def change(**values: Any) -> None:
        app.teams.versions.current = replace(app.teams.versions.current, **values)

    yield change
    app.teams.versions.current = before


@pytest.fixture
def events(app: Application, monkeypatch: pytest.MonkeyPatch) -> list[PublisherEvent]:
    """What is told to the publisher from now on."""
    told: list[PublisherEvent] = []
    monkeypatch.setattr(app.teams.calls, "publish", told.extend)
    return told
