"""Google Play as the tests of it ask it, beside its fake."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from kizuna.clock import ShiftedClock
from kizuna.outside.client import Outside
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.settings import Settings
from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play_access import TOKEN_PATH

ME = "8d2b4fd6-4c1c-4c0e-9d4c-3a4f4f1a2b3c"
OTHER = "11111111-2222-4333-8444-555555555555"

NOON = datetime(2026, 5, 1, 12, 0, 0, 123000, UTC)

PRODUCTS = "/androidpublisher/v3/applications/{package}/purchases/products/{product}/tokens/{token}"
PRODUCTS_V2 = "/androidpublisher/v3/applications/{package}/purchases/productsv2/tokens/{token}"
SUBSCRIPTIONS = "/androidpublisher/v3/applications/{package}/purchases/subscriptionsv2/tokens/{token}"


@pytest.fixture(autouse=True)
def well(providers: Providers) -> None:
    """Every test begins with a Google at which all is well, and of which nobody has asked anything."""
    providers.faults.clear()
    providers.requests.clear()
    providers.google_play.access_tokens.expires_in = 3600


@pytest_asyncio.fixture(scope="module")
async def outside() -> AsyncIterator[Outside]:
    outside = Outside(10.0)
    yield outside
    await outside.close()


@pytest.fixture(scope="module")
def settings(provider_settings: dict[str, Any]) -> Settings:
    return Settings.model_validate(provider_settings)


@pytest.fixture
def new_store(settings: Settings, outside: Outside, app_clock: ShiftedClock) -> GooglePlay:
    """A store that has asked for nothing yet."""
    return GooglePlay(settings.iap.google, settings.social.google.api_base_url, outside, app_clock)


@pytest.fixture(scope="module")
def store(settings: Settings, outside: Outside, app_clock: ShiftedClock) -> GooglePlay:
    """One that may have a token already: fetching one takes a while."""
    return GooglePlay(settings.iap.google, settings.social.google.api_base_url, outside, app_clock)


def tokens_asked(providers: Providers) -> int:
    return len(providers.asked(TOKEN_PATH))


def purchases_asked(providers: Providers) -> list[str]:
    return [seen.path for seen in providers.requests if seen.path != TOKEN_PATH]


def receipt(**members: Any) -> str:
    """A receipt that Google does not know."""
    bought = {"packageName": "com.example.game", "productId": "sword", "purchaseToken": "unknown", **members}
    return json.dumps(bought)
