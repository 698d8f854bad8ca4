"""Purchases in the hands of game code: the server API, and hooks around what clients ask for."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.purchases.stores.interface import Environment, Store, StorePurchase
from kizuna.runtime import ApiError, Nakama
from tests.purchases.support import Receipt, Refusal, Shelf, Shopper, stored
from tests.purchases.test_subscriptions import MONTH, NOON_TIME
from tests.support.applications import client_of, running_application
from tests.support.boards import SETTINGS
from tests.support.players import sign_in_async

EPOCH_TIME = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY = "99999999-9999-4999-8999-999999999999"

Validate = Callable[..., Awaitable[Any]]


@pytest.fixture
def nk(app: Application) -> Nakama:
    """The server API."""
    return app.runtime.nk


#: Each call, and the credentials that it may be given besides, which are wrong, and what comes of that.
CALLS: dict[str, tuple[str, dict[str, str], Refusal]] = {
    "legacy": (
        "apple",
        {"shared_password": "wrong"},
        Refusal(503, 14, "Apple IAP verification is currently unavailable. Try again later."),
    ),
    "google": (
        "google",
        {"client_email": "nobody@example.com"},
        Refusal(503, 14, "Google IAP verification is currently unavailable. Try again later."),
    ),
    "huawei": (
        "huawei",
        {"client_secret": "wrong"},
        Refusal(503, 14, "Huawei IAP verification is currently unavailable. Try again later."),
    ),
    "facebook_instant": ("facebook_instant", {"app_secret": "wrong"}, Refusal(400, 9, "Invalid Receipt.")),
}


def refusal(error: pytest.ExceptionInfo[ApiError]) -> Refusal:
    return Refusal(error.value.status, error.value.code, error.value.message)


@pytest.mark.parametrize("store", CALLS)
async def test_purchases_are_validated(nk: Nakama, shelf: Shelf, ada: Shopper, store: str) -> None:
    name, wrong, refused = CALLS[store]
    validate: Validate = getattr(nk, f"purchase_validate_{name}")
    receipt = shelf.buy(store)
    shown = list(receipt.body.values())
    with pytest.raises(ApiError) as error:
        await validate(ada.id, *shown, **wrong)
    assert refusal(error) == refused
    [untold] = (await validate(ada.id, *shown, persist=False)).validated_purchases
    assert untold.create_time is None
    assert await nk.purchase_get_by_transaction_id(receipt.id) is None
    [first] = (await validate(ada.id.upper(), *shown)).validated_purchases
    [again] = (await validate(ada.id, *shown)).validated_purchases
    assert (first.seen_before, again.seen_before) == (False, True)
    assert (first.user_id, first.transaction_id, first.purchase_time) == (ada.id, receipt.id, NOON_TIME)
    kept = await nk.purchase_get_by_transaction_id(receipt.id)
    assert kept is not None
    assert (kept.user_id, kept.product_id, kept.refund_time) == (ada.id, "sword", EPOCH_TIME)
    assert [each.transaction_id for each in (await nk.purchases_list(ada.id)).validated_purchases] == [
        receipt.id
    ]


async def test_a_store_that_is_not_configured_can_be_asked_with_credentials(
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any], shelf: Shelf
) -> None:
    settings = {**provider_settings, "iap": {**provider_settings["iap"], "facebook_instant": {}}}
    secret = provider_settings["iap"]["facebook_instant"]["app_secret"]
    async with (
        running_application(database_url, app_clock, SETTINGS | settings) as app,
        client_of(app) as api,
    ):
        ada = Shopper(api, await sign_in_async(api))
        receipt = shelf.buy("facebook_instant")
        assert await ada.send(receipt) == Refusal(400, 9, "Facebook Instant IAP is not configured.")
        text = receipt.body["signed_request"]
        await app.runtime.nk.purchase_validate_facebook_instant(ada.id, text, app_secret=secret)
        assert await ada.send(receipt) == Refusal(400, 9, "Facebook Instant IAP is not configured.")
        assert await stored(app, receipt.id) is not None


@pytest.mark.parametrize("store", ["apple", "google"])
async def test_subscriptions_are_validated(nk: Nakama, shelf: Shelf, ada: Shopper, store: str) -> None:
    validate: Validate = getattr(nk, f"subscription_validate_{store}")
    receipt = shelf.subscribe(store, "vip", NOON_TIME + MONTH)
    text = receipt.body["receipt"]
    assert (await validate(ada.id, text, persist=False)).validated_subscription.active
    assert await nk.subscription_get_by_product_id(ada.id, "vip") is None
    answer = await validate(ada.id, text)
    assert answer.validated_subscription.expiry_time == NOON_TIME + MONTH
    found = await nk.subscription_get_by_product_id(ada.id.upper(), "vip")
    assert found is not None
    assert (found.user_id, found.original_transaction_id, found.active) == (ada.id, receipt.id, True)
    page = await nk.subscriptions_list(ada.id)
    assert [each.original_transaction_id for each in page.validated_subscriptions] == [receipt.id]
    assert (page.cursor, page.prev_cursor) == ("", "")


async def test_what_makes_no_sense(nk: Nakama, ada: Shopper) -> None:
    for call in (
        nk.purchase_validate_apple("nobody", "receipt"),
        nk.purchase_validate_huawei(ada.id, "\0", "signature"),
        nk.purchases_list(limit=0),
        nk.subscriptions_list("nobody"),
        nk.subscription_get_by_product_id(ada.id, "\0"),
        nk.purchase_get_by_transaction_id("\ud800"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011
            await call
    nonsense: Any = 5
    for call in (
        nk.purchase_validate_google(ada.id, nonsense),
        nk.purchase_validate_google(ada.id, "{}", persist=nonsense),
        nk.purchase_validate_facebook_instant(ada.id, "a.b", app_secret=nonsense),
    ):
        with pytest.raises(TypeError):
            await call


async def test_a_refund_is_noted_and_taken_back(
    app: Application, nk: Nakama, shelf: Shelf, ada: Shopper
) -> None:
    """What notices do with purchases."""
    purchases = nk._services.purchases
    receipt = shelf.buy("google")
    await ada.buy(receipt)
    noticed = StorePurchase(
        receipt.id, "sword", Store.GOOGLE, Environment.PRODUCTION, NOON_TIME, "", refund_time=NOON_TIME
    )
    await app.database.atomically(lambda tx: purchases.note_refund_within(tx, noticed))
    assert (await ada.buy(receipt))["refund_time"] == "2026-03-02T12:00:00Z"
    assert await purchases.owner_of(receipt.id) == ada.id
    assert await app.database.atomically(lambda tx: purchases.owner_of(receipt.id, tx)) == ada.id
    assert await purchases.owner_of("unknown") is None

    async def clear(hour: int) -> None:
        at = datetime(2026, 3, 2, hour, tzinfo=UTC)
        await app.database.atomically(
            lambda tx: purchases.clear_refund_within(tx, Store.GOOGLE, receipt.id, at)
        )

    await clear(11)
    assert "refund_time" in await ada.buy(receipt)
    await clear(13)
    assert "refund_time" not in await ada.buy(receipt)


# --- hooks ---

GAME = """
import kizuna.runtime as rt
from kizuna.runtime import api, operations

noted = []


def register(app):
    for name in ("Apple", "Google", "Huawei", "FacebookInstant"):
        operation = operations.operation(f"ValidatePurchase{name}")
        app.before(operation, unless_cheap)
        app.after(operation, note_purchases)
    for name in ("Apple", "Google"):
        operation = operations.operation(f"ValidateSubscription{name}")
        app.before(operation, unless_cheap)
        app.after(operation, note_subscription)
    app.before(operations.ListSubscriptions, one_at_a_time)
    app.after(operations.GetSubscription, note_found)

    @app.rpc("noted")
    async def what_was_noted(ctx, payload):
        taken = " ".join(noted)
        noted.clear()
        return taken


async def unless_cheap(ctx, request):
    if ctx.headers.get("X-Cheap"):
        raise rt.Error("Too cheap.", rt.Code.PERMISSION_DENIED)
    if ctx.headers.get("X-Forget"):
        request.persist = False
    return request


async def note_purchases(ctx, response: api.ValidatePurchaseResponse, request):
    for each in response.validated_purchases:
        noted.append(f"{each.product_id}:{'again' if each.seen_before else 'new'}")


async def note_subscription(ctx, response: api.ValidateSubscriptionResponse, request):
    noted.append(f"{response.validated_subscription.product_id}:{response.validated_subscription.active}")


async def note_found(ctx, response: api.ValidatedSubscription, request: api.GetSubscriptionRequest):
    noted.append(f"{request.product_id}:{response.expiry_time:%Y}")


async def one_at_a_time(ctx, request: api.ListSubscriptionsRequest):
    request.limit = 1
    return request
"""


async def test_hooks_come_around_what_clients_ask(
    database_url: str,
    app_clock: ShiftedClock,
    provider_settings: dict[str, Any],
    shelf: Shelf,
    tmp_path: Path,
) -> None:
    (tmp_path / "game.py").write_text(GAME)
    settings = SETTINGS | provider_settings | {"runtime": {"modules": [tmp_path]}}
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as client:
        player = await sign_in_async(client)
        ada = Shopper(client, player)

        async def noted() -> list[str]:
            answer = await ada.ask("POST", "/v2/rpc/noted", "")
            return str(answer.get("payload", "")).split()

        async def with_header(name: str, receipt: Receipt) -> Any:
            client.headers[name] = "1"
            try:
                return await ada.send(receipt)
            finally:
                del client.headers[name]

        for store in ("apple", "google", "huawei", "facebook_instant"):
            receipt = shelf.buy(store)
            assert await with_header("X-Cheap", receipt) == Refusal(403, 7, "Too cheap.")
            await with_header("X-Forget", receipt)
            assert await stored(app, receipt.id) is None
            await ada.buy(receipt)
            await ada.buy(receipt)
            assert await noted() == ["sword:new", "sword:new", "sword:again"]
        for store in ("apple", "google"):
            receipt = shelf.subscribe(store, store, NOON_TIME + MONTH)
            assert await with_header("X-Cheap", receipt) == Refusal(403, 7, "Too cheap.")
            await ada.subscribe(receipt)
            await ada.subscription(store)
            assert await noted() == [f"{store}:True", f"{store}:2026"]
        page = await ada.subscriptions(limit=100)
        assert len(page["validated_subscriptions"]) == 1
        assert page["cursor"]
