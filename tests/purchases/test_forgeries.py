"""What is forged, and stores that do not say anything useful, all the way: nothing of it is ever kept."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play_access import TOKEN_PATH
from tests.purchases.google import PRODUCTS, SUBSCRIPTIONS
from tests.purchases.notices import MONTH, NOW
from tests.purchases.support import Refusal, Shelf, Shopper, everything_kept
from tests.purchases.test_app_store_signed_transactions import OF_CHAINS, OF_FORGERIES
from tests.support.applications import client_of, running_application
from tests.support.boards import SETTINGS
from tests.support.players import sign_in_async
from tests.support.providers import nested
from tests.support.waiting import wait_until_async

INVALID = Refusal(400, 9, "Invalid Receipt.")

#: What a slow or a babbling store does.
SLOW: dict[str, dict[str, Any]] = {
    "slow": {"delay": 30},
    "slow body": {"body_delay": 30},
    "oversized": {"huge": 9_000_000},
    "truncated": {"truncated": True},
}

#: What is bought where, the path that goes wrong, and what the store is called.
ASKED = {
    "apple": ("buy", "/inApps/v1/transactions/{id}", "Apple"),
    "apple subscription": ("subscribe", "/inApps/v1/subscriptions/{id}", "Apple"),
    "legacy": ("buy", "/verifyReceipt", "Apple"),
    "legacy subscription": ("subscribe", "/verifyReceipt", "Apple"),
    "google": ("buy", PRODUCTS, "Google"),
    "google token": ("buy", TOKEN_PATH, "Google"),
    "google subscription": ("subscribe", SUBSCRIPTIONS, "Google"),
    "huawei": ("buy", "/applications/purchases/tokens/verify", "Huawei"),
}


@pytest.mark.parametrize("kind", ["purchase", "subscription"])
async def test_chains_that_apple_does_not_have(
    app: Application, shelf: Shelf, ada: Shopper, kind: str
) -> None:
    before = await everything_kept(app)
    fields: dict[str, Any] = {"expires": NOW + MONTH} if kind == "subscription" else {}
    bad = [chain for chain, check in OF_CHAINS.items() if check]
    assert len(bad) > 10
    for chain in bad:
        receipt = shelf.apple("sword", shelf.id(), chain=chain, **fields)
        assert await ada.ask("POST", f"/v2/iap/{kind}/apple", receipt.body) == INVALID, chain
    assert await everything_kept(app) == before


@pytest.mark.parametrize("kind", ["purchase", "subscription"])
async def test_forgeries(app: Application, shelf: Shelf, ada: Shopper, kind: str) -> None:
    before = await everything_kept(app)
    fields: dict[str, Any] = {"expires": NOW + MONTH} if kind == "subscription" else {}
    assert len(OF_FORGERIES) > 10
    for forgery in OF_FORGERIES:
        receipt = shelf.apple("sword", shelf.id(), forgery=forgery, **fields)
        told = await ada.ask("POST", f"/v2/iap/{kind}/apple", receipt.body)
        # What has not three parts is taken for a receipt of StoreKit 1, which Apple does not know.
        assert told in (INVALID, Refusal(400, 9, "Invalid Receipt. Status: 21002")), forgery
    assert await everything_kept(app) == before


@pytest_asyncio.fixture(scope="module")
async def impatient(
    database_url: str, app_clock: ShiftedClock, providers: Providers, provider_settings: dict[str, Any]
) -> AsyncIterator[Application]:
    """A server that waits for half a second, and asks the App Store Server API."""
    api = nested(providers.app_store.api_settings())["iap"]["apple"]
    iap = provider_settings["iap"]
    own = {**iap, "http_timeout_ms": 500, "apple": {**iap["apple"], **api}}
    settings = {**SETTINGS, **provider_settings, "iap": own}
    async with running_application(database_url, app_clock, settings) as application:
        yield application


@pytest_asyncio.fixture
async def eve(impatient: Application) -> AsyncIterator[Shopper]:
    """Who buys there."""
    async with client_of(impatient) as api:
        assert isinstance(api, httpx.AsyncClient)
        yield Shopper(api, await sign_in_async(api))


@pytest.mark.parametrize("fault", SLOW)
@pytest.mark.parametrize("asked", ASKED)
async def test_a_store_that_is_of_no_use(
    impatient: Application, providers: Providers, shelf: Shelf, eve: Shopper, asked: str, fault: str
) -> None:
    kind, path, name = ASKED[asked]
    store = asked.partition(" ")[0]
    bought = shelf.buy(store) if kind == "buy" else shelf.subscribe(store, "vip", NOW + MONTH)
    before = await everything_kept(impatient)
    if path == TOKEN_PATH:
        providers.google_play.access_tokens.withdraw()
    providers.faults.add(path, **SLOW[fault])
    text = f"{name} IAP verification is currently unavailable. Try again later."
    assert await eve.send(bought) == Refusal(503, 14, text)
    assert await everything_kept(impatient) == before
    providers.faults.clear()

    async def valid() -> dict[str, Any] | None:
        told = await eve.send(bought)
        return told if isinstance(told, dict) else None

    answer = await wait_until_async(valid, what="an answer within half a second")
    assert "seen_before" not in str(answer)
    assert await everything_kept(impatient) - before == {
        ("purchase" if kind == "buy" else "subscription", bought.id)
    }


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 401},
        {"status": 404, "json": {"errorCode": 4040003}},
        {"json": {"signedTransactionInfo": "a.b.c", "data": "a.b.c"}},
        {"body": b"garbage"},
        {"reset": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("asked", ["apple", "apple subscription"])
async def test_faults_of_the_server_api(
    impatient: Application,
    providers: Providers,
    shelf: Shelf,
    eve: Shopper,
    asked: str,
    fault: dict[str, Any],
) -> None:
    kind, path, _ = ASKED[asked]
    bought = shelf.buy("apple") if kind == "buy" else shelf.subscribe("apple", "vip", NOW + MONTH)
    before = await everything_kept(impatient)
    providers.faults.add(path, **fault)
    text = "Apple IAP verification is currently unavailable. Try again later."
    assert await eve.send(bought) == Refusal(503, 14, text)
    assert await everything_kept(impatient) == before


async def test_what_the_server_api_does_not_know(
    impatient: Application, providers: Providers, shelf: Shelf, eve: Shopper
) -> None:
    bought = shelf.buy("apple")
    before = await everything_kept(impatient)
    providers.faults.add("/inApps/v1/transactions/{id}", status=404, json={"errorCode": 4040010})
    assert await eve.send(bought) == INVALID
    assert await everything_kept(impatient) == before
