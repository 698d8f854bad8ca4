"""An application whose clock may move far while players stay signed in, and achievements of a test's own."""

import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta

import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.config.shapes import Achievement
from kizuna.teams.held import TeamEvent
from tests.support.applications import running_application
from tests.teams.support import CONFIG

Configure = Callable[[dict[str, Achievement]], None]
#: Moves the clock to a second of the day after the one on which the test began.
MoveTo = Callable[[int], None]


@pytest_asyncio.fixture(scope="module")
async def app(database_url: str, app_clock: ShiftedClock) -> AsyncIterator[Application]:
    """An application with the tests' Teams configuration."""
    settings = {"teams": {"config": CONFIG}, "session": {"token_expiry_sec": 10_000_000}}
    async with running_application(database_url, app_clock, settings) as application:
        yield application


@pytest.fixture
def configure(app: Application) -> Iterator[Configure]:
    """Put other achievements into force for the length of the test."""
    versions = app.teams.versions
    original = versions.current

    def put(achievements: dict[str, Achievement]) -> None:
        versions.current = dataclasses.replace(original, achievements=achievements)

    yield put
    versions.current = original


@pytest.fixture
def events(app: Application) -> Iterator[list[TeamEvent]]:
    """What the publisher is told."""
    told: list[TeamEvent] = []
    original = app.teams.calls.publish
    app.teams.calls.publish = told.extend
    yield told
    app.teams.calls.publish = original


@pytest.fixture
def move_to(clock: ShiftedClock) -> MoveTo:
    """Time by the second of a day, which the test's own length does not bring near the day's end."""
    tomorrow = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

    def move(second: int) -> None:
        clock.offset += tomorrow + timedelta(seconds=second) - clock.now()

    return move
