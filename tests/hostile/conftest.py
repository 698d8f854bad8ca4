"""The application that is attacked, and the ways in to it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_asyncio

if TYPE_CHECKING:
    from kizuna.app import Application
    from kizuna.clock import ShiftedClock
    from tests.hostile.attacker import Attacker

MODULES = Path(__file__).parent / "modules"

SETTINGS = {
    "session": {"token_expiry_sec": 7200},
    "runtime": {"modules": (MODULES,)},
    "social": {"facebook_instant_game": {"app_secret": "fb-instant-test-secret"}},
    "password": {"bcrypt_cost": 4, "attempts": {"per_address": 1_000_000}},
}


@pytest_asyncio.fixture(scope="module")
async def app(database_url: str, app_clock: "ShiftedClock") -> AsyncIterator["Application"]:
    """As the suite's, with tokens that outlive the test, game code, and a secret to be guessed."""
    from tests.support.applications import running_application

    async with running_application(database_url, app_clock, SETTINGS) as application:
        yield application


@pytest_asyncio.fixture(scope="module")
async def attacker(app: "Application") -> AsyncIterator["Attacker"]:
    """Somebody with a valid session and bad intentions."""
    from tests.hostile.attacker import Attacker

    attacker = Attacker(app)
    await attacker.sign_in()
    yield attacker
