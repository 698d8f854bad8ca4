"""An application with Teams, and a team in it."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.support.applications import running_application
from tests.teams.support import CONFIG, Cast, assemble


@pytest_asyncio.fixture(scope="module")
async def app(database_url: str, app_clock: ShiftedClock) -> AsyncIterator[Application]:
    """An application with the tests' Teams configuration and the functions for trying out."""
    settings = {"teams": {"config": CONFIG, "debug_rpcs": True}}
    async with running_application(database_url, app_clock, settings) as application:
        yield application


@pytest_asyncio.fixture
async def cast(api: httpx.AsyncClient) -> Cast:
    """A new team with everybody around it."""
    return await assemble(api)
