"""The application with the conformance server's game code, which can ban; alone, or as two processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.support.applications import client_of, running_application

MODULES = str(Path(__file__).parent.parent / "conformance" / "modules")


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    return {"runtime": {"modules": [MODULES]}}


@dataclass
class Node:
    """One process's application and a client of it."""

    app: Application
    api: httpx.AsyncClient


@asynccontextmanager
async def running_node(database_url: str, clock: ShiftedClock) -> AsyncIterator[Node]:
    """A process more on the database."""
    settings = {"bus": "postgres", "runtime": {"modules": [MODULES]}}
    async with running_application(database_url, clock, settings) as app, client_of(app) as api:
        yield Node(app, api)


@pytest_asyncio.fixture(scope="module")
async def nodes(database_url: str, app_clock: ShiftedClock) -> AsyncIterator[tuple[Node, Node]]:
    """Two processes on the module's database."""
    async with (
        running_node(database_url, app_clock) as first,
        running_node(database_url, app_clock) as second,
    ):
        yield first, second
