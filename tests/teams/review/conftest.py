"""An application whose players stay signed in while the clock moves."""

from collections.abc import AsyncIterator

import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.support.applications import running_application
from tests.teams.support import CONFIG


@pytest_asyncio.fixture(scope="module")
async def app(database_url: str, app_clock: ShiftedClock) -> AsyncIterator[Application]:
    """An application with the tests' Teams configuration and the functions for trying out."""
    settings = {
        "teams": {"config": CONFIG, "debug_rpcs": True},
        "session": {"token_expiry_sec": 10 * 365 * 24 * 3600},
    }
    async with running_application(database_url, app_clock, settings) as application:
        yield application
