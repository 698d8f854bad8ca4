"""A world for each test, without boards at its start."""

from collections.abc import AsyncIterator

import pytest_asyncio

from kizuna.db.engine import Database
from tests.scheduler.support import FORGET, World


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    database = Database(database_url)
    await database.write(FORGET)
    yield World(database)
    await database.close()
