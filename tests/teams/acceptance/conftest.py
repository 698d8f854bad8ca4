"""The team of the acceptance cases."""

import httpx
import pytest_asyncio

from tests.teams.support import Cast, assemble


@pytest_asyncio.fixture
async def t(api: httpx.AsyncClient) -> Cast:
    """Team T with S, A, M, M2, P, B and O."""
    return await assemble(api)
