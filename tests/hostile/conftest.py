"""The application that is attacked, and the ways in to it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

if TYPE_CHECKING:
    from kizuna.app import Application
    from tests.hostile.attacker import Attacker

MODULES = Path(__file__).parent / "modules"

SETTINGS = {
    "session": {"token_expiry_sec": 7200},
    "runtime": {"modules": (MODULES,)},
    "social": {"facebook_instant_game": {"app_secret": "fb-instant-test-secret"}},
    "password": {"bcrypt_cost": 4, "attempts": {"per_address": 1_000_000}},
}


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """With tokens that outlive the test, game code, and a secret to be guessed."""
    return SETTINGS


@pytest_asyncio.fixture(scope="module")
async def attacker(app: "Application") -> AsyncIterator["Attacker"]:
    """Somebody with a valid session and bad intentions."""
    from tests.hostile.attacker import Attacker

    attacker = Attacker(app)
    await attacker.sign_in()
    yield attacker
