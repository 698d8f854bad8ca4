"""The application inside the test process, without a server around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from kizuna.app import Application
from kizuna.clock import Clock
from kizuna.settings import Settings
from kizuna.teams.config.raw import read_file
from kizuna.teams.config.versions import publish
from tests.support.providers import NOWHERE, nested

_FOR_TESTS = nested({**NOWHERE, "password.bcrypt_cost": 4})


@asynccontextmanager
async def running_application(
    database_url: str, clock: Clock, settings: dict[str, Any] | None = None, *, reload: bool = False
) -> AsyncIterator[Application]:
    """A started application; `settings` are nested, e.g. `{"session": {"token_expiry_sec": 60}}`."""
    read = Settings.model_validate(_merged(_FOR_TESTS, settings or {}))
    application = Application(read, database_url=database_url, clock=clock, reload=reload)
    if read.teams.config is not None:
        await publish(application.database, clock, read_file(read.teams.config))
    await application.startup()
    try:
        yield application
    finally:
        await application.shutdown()


def _merged(defaults: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Sections of settings over those by default."""
    merged = dict(defaults)
    for key, value in own.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def client_of(application: Application) -> httpx.AsyncClient:
    """A client that reaches the application directly."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://kizuna.test")
