from collections.abc import AsyncIterator

import pytest_asyncio

from kizuna.outside.client import Outside
from tests.outside.origin import Origin, origin_server


@pytest_asyncio.fixture
async def origin() -> AsyncIterator[Origin]:
    """A server that answers as the test wants."""
    async with origin_server() as origin:
        yield origin


@pytest_asyncio.fixture
async def outside() -> AsyncIterator[Outside]:
    """The way out, with as much time as a slow machine needs."""
    outside = Outside(10.0)
    yield outside
    await outside.close()
