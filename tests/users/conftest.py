"""The application with the conformance server's game code, which can ban."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.support.applications import running_application

MODULES = str(Path(__file__).parent.parent / "conformance" / "modules")


@pytest_asyncio.fixture(scope="module")
async def app(database_url: str, app_clock: ShiftedClock) -> AsyncIterator[Application]:
    settings = {"runtime": {"modules": [MODULES]}}
    async with running_application(database_url, app_clock, settings) as application:
        yield application
