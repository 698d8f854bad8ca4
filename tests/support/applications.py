"""The application inside the test process, without a server around it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from kizuna.app import Application
from kizuna.clock import Clock
from kizuna.settings import Settings


@asynccontextmanager
async def running_application(
    database_url: str, clock: Clock, settings: dict[str, Any] | None = None, *, reload: bool = False
) -> AsyncIterator[Application]:
    """A started application; `settings` are nested, e.g. `{"session": {"token_expiry_sec": 60}}`."""
    quick = {"password": {"bcrypt_cost": 4}}
    application = Application(
        Settings.model_validate(quick | (settings or {})),
        database_url=database_url,
        clock=clock,
        reload=reload,
    )
    await application.startup()
    try:
        yield application
    finally:
        await application.shutdown()


def client_of(application: Application) -> httpx.AsyncClient:
    """A client that reaches the application directly."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://kizuna.test")
