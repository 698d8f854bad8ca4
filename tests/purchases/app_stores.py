"""The App Store as a test asks it, beside its fake."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from kizuna.clock import Clock
from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Outside
from kizuna.provider_settings import AppStore as Settings
from kizuna.purchases.stores.app_store import AppStore
from kizuna.testing.providers import Providers
from kizuna.testing.providers.app_store import AppStore as Fake


@pytest.fixture
def apple(providers: Providers) -> Iterator[Fake]:
    """The fake App Store, which nobody has asked yet; it is well again after each test."""
    providers.requests.clear()
    yield providers.app_store
    providers.faults.clear()


@pytest_asyncio.fixture
async def outside() -> AsyncIterator[Outside]:
    """The way out, with as much time as a slow machine needs."""
    outside = Outside(10.0)
    yield outside
    await outside.close()


def app_store(providers: Providers, outside: Outside, clock: Clock, **changes: Any) -> AppStore:
    """The store with the fake's settings, and `changes` to them."""
    return AppStore(Settings(**{**_own(providers.app_store.settings()), **changes}), outside, clock)


def asking_app_store(providers: Providers, outside: Outside, clock: Clock) -> AppStore:
    """The same with a key for the App Store Server API."""
    return app_store(providers, outside, clock, **_own(providers.app_store.api_settings()))


def _own(settings: Any) -> dict[str, Any]:
    return {key.rpartition(".")[2]: value for key, value in settings.items()}


async def refusal(asked: Awaitable[object], checks: Checks) -> str:
    """The name of the check that has failed, which is the last that was noted."""
    with pytest.raises(Refused) as caught:
        await asked
    last = checks.done[-1]
    assert (last.name, last.passed, last.detail) == (caught.value.check, False, caught.value.reason)
    return last.name
