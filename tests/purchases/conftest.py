"""The application on a clock that stands still and with the stores of the fake, and players who buy."""

from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio

from tests.support.board_fixtures import app_clock
from tests.support.players import sign_in_async

if TYPE_CHECKING:
    from kizuna.testing.providers import Providers
    from tests.purchases.support import Shelf, Shopper

__all__ = ["app_clock"]


@pytest.fixture(scope="module")
def app_settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    """With sessions that last, and with stores."""
    from tests.support.boards import SETTINGS

    return SETTINGS | provider_settings


@pytest.fixture
def shelf(providers: "Providers") -> "Iterator[Shelf]":
    """What can be bought. Whatever a test does to the stores, they are well again after it."""
    from tests.purchases.support import Shelf

    yield Shelf(providers)
    providers.faults.clear()


@pytest.fixture
def enter(api: httpx.AsyncClient) -> "Callable[[], Awaitable[Shopper]]":
    """Signs a new player in."""
    from tests.purchases.support import Shopper

    async def shopper() -> Shopper:
        return Shopper(api, await sign_in_async(api))

    return shopper


@pytest_asyncio.fixture
async def ada(enter: "Callable[[], Awaitable[Shopper]]") -> "Shopper":
    """A new player."""
    return await enter()


@pytest_asyncio.fixture
async def bob(enter: "Callable[[], Awaitable[Shopper]]") -> "Shopper":
    """Another one."""
    return await enter()
