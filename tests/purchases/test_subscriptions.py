"""Subscriptions of every store, validated and read over the wire."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.purchases.stores.interface import Environment, Store, StoreSubscription
from kizuna.purchases.subscriptions import Subscriptions
from kizuna.testing.providers import Providers
from tests.purchases.support import (
    EPOCH,
    SUBSCRIPTION_STORES,
    Receipt,
    Refusal,
    Shelf,
    Shopper,
    stored_subscription,
)
from tests.support.boards import NOON

Enter = Callable[[], Awaitable[Shopper]]

NOON_TIME = datetime.fromtimestamp(NOON, UTC)
NOW = "2026-03-02T12:00:00Z"
DAY = timedelta(days=1)
MONTH = 30 * DAY
IN_A_MONTH = "2026-04-01T12:00:00Z"

NOT_FOUND = Refusal(404, 5, "subscription not found")

#: What differs between the stores in the answer to a subscription.
TOLD: dict[str, dict[str, Any]] = {
    "apple": {"environment": 1, "refund_time": EPOCH},
    "legacy": {"environment": 1, "provider_response": ...},
    "google": {"store": 1, "environment": 2, "provider_response": ...},
}


def told(store: str, buyer: Shopper, receipt: Receipt, product_id: str) -> dict[str, Any]:
    """What is answered of a subscription that is not kept."""
    return {
        "user_id": buyer.id,
        "product_id": product_id,
        "original_transaction_id": receipt.id,
        "purchase_time": NOW,
        "expiry_time": IN_A_MONTH,
        "active": True,
        **TOLD[store],
    }


def without_words(subscription: dict[str, Any]) -> dict[str, Any]:
    """The same with an ellipsis for what the store has said."""
    if "provider_response" not in subscription:
        return subscription
    assert subscription["provider_response"].startswith("{")
    return {**subscription, "provider_response": ...}


@pytest.fixture
def subscriptions(app: Application) -> Subscriptions:
    """The subscriptions of `app`."""
    return app.runtime.nk._services.subscriptions


async def keep(
    app: Application, subscription: StoreSubscription, user_id: str | None, notification: str = ""
) -> None:
    """What a notification does."""
    subscriptions = app.runtime.nk._services.subscriptions
    await app.database.atomically(
        lambda tx: subscriptions.keep_within(tx, user_id, subscription, notification)
    )


def notified(receipt: Receipt, **changes: Any) -> StoreSubscription:
    """A subscription of Google's as a notification tells of it."""
    known = StoreSubscription(
        original_transaction_id=receipt.id,
        product_id="vip",
        store=Store.GOOGLE,
        environment=Environment.PRODUCTION,
        purchase_time=NOON_TIME,
        expire_time=NOON_TIME + MONTH,
        store_time=NOON_TIME,
        raw="",
    )
    return replace(known, **changes)


# --- keeping ---


@pytest.mark.parametrize("store", SUBSCRIPTION_STORES)
async def test_a_subscription_is_kept(shelf: Shelf, ada: Shopper, store: str) -> None:
    """What is told of it differs by who asks, as by the reference; what it says about the store's words is
    plain JSON everywhere."""
    product = f"vip-{shelf.id()}"
    receipt = shelf.subscribe(store, product, NOON_TIME + MONTH)
    validated = await ada.subscribe(receipt)
    kept = told(store, ada, receipt, product) | {"create_time": NOW, "update_time": NOW}
    assert without_words(validated) == kept
    [listed] = (await ada.subscriptions())["validated_subscriptions"]
    assert without_words(listed) == kept | {"refund_time": EPOCH, "provider_response": ...}
    found = await ada.subscription(product)
    assert found == {name: value for name, value in listed.items() if name != "refund_time"}


@pytest.mark.parametrize("store", SUBSCRIPTION_STORES)
async def test_one_that_is_not_to_be_kept(app: Application, shelf: Shelf, ada: Shopper, store: str) -> None:
    receipt = shelf.subscribe(store, "vip", NOON_TIME + MONTH)
    before = app.database.counts.copy()
    answer = await ada.subscribe(receipt, persist=False)
    assert without_words(answer) == told(store, ada, receipt, "vip")
    asked = app.database.counts - before
    assert not [name for name in asked if name.startswith("purchases.")]
    assert await stored_subscription(app, receipt.id) is None
    assert await ada.subscriptions() == {}
    assert await ada.subscription("vip") == NOT_FOUND


@pytest.mark.parametrize("store", SUBSCRIPTION_STORES)
async def test_somebody_else_shows_it(shelf: Shelf, ada: Shopper, bob: Shopper, store: str) -> None:
    """Unlike with purchases, the answer says whose it is."""
    receipt = shelf.subscribe(store, "vip", NOON_TIME + MONTH)
    first = await ada.subscribe(receipt)
    assert await bob.subscribe(receipt) == first
    assert await bob.subscriptions() == {}
    assert await bob.subscription("vip") == NOT_FOUND
    assert (await bob.subscribe(receipt, persist=False))["user_id"] == bob.id


async def test_when_it_was_kept(shelf: Shelf, ada: Shopper, clock: ShiftedClock) -> None:
    receipt = shelf.subscribe("apple", "vip", NOON_TIME + MONTH)
    await ada.subscribe(receipt)
    clock.offset = DAY
    again = await ada.subscribe(receipt)
    assert (again["create_time"], again["update_time"]) == (NOW, "2026-03-03T12:00:00Z")


# --- what the store has said last ---


async def test_what_is_newer_counts(shelf: Shelf, ada: Shopper) -> None:
    id = shelf.id()
    first = shelf.apple_subscription("silver", id, NOON_TIME + DAY, signed=NOON_TIME - DAY)
    then = shelf.apple_subscription("gold", id, NOON_TIME + MONTH, signed=NOON_TIME)
    await ada.subscribe(first)
    renewed = await ada.subscribe(then)
    assert (renewed["product_id"], renewed["expiry_time"]) == ("gold", IN_A_MONTH)
    assert await ada.subscription("silver") == NOT_FOUND
    assert (await ada.subscription("gold"))["purchase_time"] == "2026-03-01T12:00:00Z"


async def test_what_is_older_does_not(app: Application, shelf: Shelf, ada: Shopper) -> None:
    """Here the reference lets an old receipt end a subscription. The answer tells what is so."""
    id = shelf.id()
    now = shelf.apple_subscription("gold", id, NOON_TIME + MONTH, signed=NOON_TIME)
    older = shelf.apple_subscription("silver", id, NOON_TIME - DAY, signed=NOON_TIME - DAY, revoked=NOON_TIME)
    first = await ada.subscribe(now)
    before = await stored_subscription(app, id)
    answer = await ada.subscribe(older)
    assert {**answer, "purchase_time": first["purchase_time"]} == first
    assert await stored_subscription(app, id) == before
    # What was sent was not valid any more, whoever asks.
    untold = await ada.subscribe(older, persist=False)
    assert (untold["product_id"], untold["expiry_time"]) == ("silver", "2026-03-01T12:00:00Z")


async def test_an_earlier_period_that_is_signed_anew_does_not(
    app: Application, shelf: Shelf, ada: Shopper, clock: ShiftedClock
) -> None:
    """As by a client that sends all that was ever bought. What is then said of the present period counts,
    though it was signed before."""
    id, product = shelf.id(), f"gold-{shelf.id()}"
    end, hour = NOON_TIME + MONTH, timedelta(hours=1)
    known = await ada.subscribe(shelf.apple_subscription(product, id, end, purchased=NOON_TIME))
    before = await stored_subscription(app, id)
    clock.offset = DAY
    earlier = shelf.apple_subscription(
        "silver", id, NOON_TIME, purchased=NOON_TIME - MONTH, signed=clock.now(), revoked=NOON_TIME
    )
    answer = await ada.subscribe(earlier)
    told = ("product_id", "expiry_time", "refund_time", "active")
    assert [answer[name] for name in told] == [known[name] for name in told]
    assert await ada.subscription("silver") == NOT_FOUND
    row = await stored_subscription(app, id)
    assert before is not None
    assert row == {**before, "update_time": clock.now()}
    refunded = shelf.apple_subscription(
        product, id, end, purchased=NOON_TIME, signed=clock.now() - hour, revoked=clock.now() - hour
    )
    await ada.subscribe(refunded)
    assert "active" not in await ada.subscription(product)


async def test_an_expiry_can_come_earlier_when_the_store_says_so(shelf: Shelf, ada: Shopper) -> None:
    id = shelf.id()
    await ada.subscribe(shelf.apple_subscription("vip", id, NOON_TIME + MONTH, signed=NOON_TIME - DAY))
    ended = await ada.subscribe(shelf.apple_subscription("vip", id, NOON_TIME - DAY, signed=NOON_TIME))
    assert ended["expiry_time"] == "2026-03-01T12:00:00Z"
    assert "active" not in ended


async def test_google_is_believed_anew(
    providers: Providers, shelf: Shelf, ada: Shopper, clock: ShiftedClock
) -> None:
    receipt = shelf.subscribe("google", "vip", NOON_TIME + DAY)
    await ada.subscribe(receipt)
    clock.offset = 2 * DAY
    assert "active" not in await ada.subscription("vip")
    providers.google_play.change(receipt.id, expires=NOON_TIME + MONTH)
    assert (await ada.subscribe(receipt))["expiry_time"] == IN_A_MONTH
    assert (await ada.subscription("vip"))["active"]


async def test_of_a_receipt_with_several_the_last_to_expire_counts(
    app: Application, shelf: Shelf, ada: Shopper
) -> None:
    """Here the reference answers the last and keeps the first."""
    id, other = shelf.id(), shelf.id()
    entries = [
        shelf.entry("vip", f"{id}-{n}", original_transaction_id=id, expires=NOON_TIME + n * DAY)
        for n in (2, 30, 1)
    ]
    entries.append(shelf.entry("pass", other, expires=NOON_TIME + DAY))
    answer = await ada.subscribe(shelf.legacy_receipt(*entries, kind="subscription"))
    assert (answer["original_transaction_id"], answer["expiry_time"]) == (id, IN_A_MONTH)
    row = await stored_subscription(app, id)
    assert row is not None
    assert row["expire_time"] == NOON_TIME + MONTH
    listed = (await ada.subscriptions())["validated_subscriptions"]
    assert sorted(each["product_id"] for each in listed) == ["pass", "vip"]


# --- active or not ---


@pytest.mark.parametrize("store", SUBSCRIPTION_STORES)
async def test_one_that_has_expired(shelf: Shelf, ada: Shopper, clock: ShiftedClock, store: str) -> None:
    product = f"vip-{shelf.id()}"
    receipt = shelf.subscribe(store, product, NOON_TIME + DAY)
    assert (await ada.subscribe(receipt))["active"]
    clock.offset = DAY
    assert "active" not in await ada.subscribe(receipt)
    assert "active" not in await ada.subscribe(receipt, persist=False)
    assert "active" not in await ada.subscription(product)
    [listed] = (await ada.subscriptions())["validated_subscriptions"]
    assert "active" not in listed


async def test_one_that_was_refunded_is_active_nowhere(shelf: Shelf, ada: Shopper) -> None:
    product = f"vip-{shelf.id()}"
    refunded = NOON_TIME - DAY
    receipt = shelf.apple_subscription(product, shelf.id(), NOON_TIME + MONTH, revoked=refunded)
    for answer in (await ada.subscribe(receipt), await ada.subscribe(receipt, persist=False)):
        assert answer["refund_time"] == "2026-03-01T12:00:00Z"
        assert "active" not in answer
    [listed] = (await ada.subscriptions())["validated_subscriptions"]
    found = await ada.subscription(product)
    assert found["refund_time"] == listed["refund_time"] == "2026-03-01T12:00:00Z"
    assert "active" not in found
    assert "active" not in listed


async def test_a_refund_that_google_tells_in_a_notice_stays(
    app: Application, shelf: Shelf, ada: Shopper, clock: ShiftedClock
) -> None:
    """The answer to a validation does not know of it, be it older or newer than the notice."""
    receipt = shelf.subscribe("google", "vip", NOON_TIME + MONTH)
    clock.offset = DAY
    await ada.subscribe(receipt)
    await keep(app, notified(receipt, refund_time=NOON_TIME), None, '{"voided": 1}')
    clock.offset = 2 * DAY
    again = await ada.subscribe(receipt)
    assert again["refund_time"] == NOW
    assert "active" not in again


async def test_a_refund_that_was_taken_back(
    app: Application, subscriptions: Subscriptions, shelf: Shelf, ada: Shopper
) -> None:
    id = shelf.id()
    old, hour = NOON_TIME - DAY, timedelta(hours=1)
    refunded = shelf.apple_subscription("vip", id, NOON_TIME + MONTH, signed=old, revoked=old)
    await ada.subscribe(refunded)

    async def clear(at: datetime) -> None:
        await app.database.atomically(lambda tx: subscriptions.clear_refund_within(tx, id, at))

    await clear(old - hour)
    assert "active" not in await ada.subscription("vip"), "the refund is later"
    await clear(old + hour)
    assert (await ada.subscription("vip"))["active"]
    await ada.subscribe(refunded)
    assert (await ada.subscription("vip"))["active"], "what was signed before tells nothing new"


async def test_who_pays_for_another_period_after_a_refund_has_it(shelf: Shelf, ada: Shopper) -> None:
    id, product = shelf.id(), f"vip-{shelf.id()}"
    old = NOON_TIME - DAY
    refunded = shelf.apple_subscription(product, id, NOON_TIME + DAY, signed=old, revoked=old)
    await ada.subscribe(refunded)
    same = shelf.apple_subscription(product, id, NOON_TIME + DAY, signed=NOON_TIME, purchased=old)
    assert "active" not in await ada.subscribe(same), "it is the period that was refunded"
    renewed = shelf.apple_subscription(product, id, NOON_TIME + MONTH, signed=NOON_TIME)
    assert (await ada.subscribe(renewed))["active"]
    assert (await ada.subscription(product))["active"]
    await ada.subscribe(refunded)
    assert (await ada.subscription(product))["active"]


async def test_a_shorter_period_after_a_refund_counts_too(
    shelf: Shelf, ada: Shopper, clock: ShiftedClock
) -> None:
    id = shelf.id()
    year = NOON_TIME + 12 * MONTH
    refunded = shelf.apple_subscription("yearly", id, year, purchased=NOON_TIME, revoked=NOON_TIME)
    assert "active" not in await ada.subscribe(refunded)
    clock.offset = DAY
    again = shelf.apple_subscription("monthly", id, clock.now() + MONTH, signed=clock.now())
    assert (await ada.subscribe(again))["active"]
    assert (await ada.subscription("monthly"))["active"]


async def test_a_subscription_has_no_id_of_another_store(
    app: Application, shelf: Shelf, ada: Shopper, bob: Shopper, clock: ShiftedClock
) -> None:
    receipt = shelf.subscribe("google", "vip", NOON_TIME + MONTH)
    await ada.subscribe(receipt)
    before = await stored_subscription(app, receipt.id)
    clock.offset = DAY
    other = shelf.subscribe("apple", "vip", NOON_TIME + 2 * MONTH, receipt.id)
    assert await bob.send(other) == Refusal(400, 9, "Invalid Receipt.")
    assert await stored_subscription(app, receipt.id) == before


# --- whose it is ---


async def test_one_without_an_owner_goes_to_the_next_who_validates_it(
    app: Application, shelf: Shelf, ada: Shopper, bob: Shopper, enter: Enter
) -> None:
    receipt = shelf.subscribe("google", "vip", NOON_TIME + MONTH)
    await ada.subscribe(receipt)
    await ada.leave()
    row = await stored_subscription(app, receipt.id)
    assert row is not None
    assert int(row["owner"].replace("-", ""), 16) == 0
    assert (await bob.subscribe(receipt))["user_id"] == bob.id
    assert (await bob.subscription("vip"))["user_id"] == bob.id
    assert (await (await enter()).subscribe(receipt))["user_id"] == bob.id


async def test_notices_know_whose_it_is_or_leave_it_to_others(
    app: Application, subscriptions: Subscriptions, shelf: Shelf, ada: Shopper, bob: Shopper
) -> None:
    receipt = shelf.subscribe("google", "vip", NOON_TIME + MONTH)
    await keep(app, notified(receipt), None)
    assert await subscriptions.owner_of(receipt.id) is None
    await keep(app, notified(receipt), ada.id)
    assert await subscriptions.owner_of(receipt.id) == ada.id
    await keep(app, notified(receipt), bob.id)
    await keep(app, notified(receipt), None)
    assert await subscriptions.owner_of(receipt.id) == ada.id
    assert await subscriptions.owner_of("unknown") is None
    await ada.leave()
    await keep(app, notified(receipt, expire_time=NOON_TIME + DAY), None)
    assert await subscriptions.owner_of(receipt.id) is None
    row = await subscriptions.by_id(receipt.id)
    assert row is not None
    assert "user_id" not in row
    assert row["expiry_time"] == "2026-03-03T12:00:00Z"


async def test_what_a_notice_says_is_told(
    app: Application, shelf: Shelf, ada: Shopper, clock: ShiftedClock
) -> None:
    receipt = shelf.subscribe("google", "vip", NOON_TIME + MONTH)
    first = await ada.subscribe(receipt)
    assert "provider_notification" not in first
    clock.offset = DAY
    await keep(app, notified(receipt, store_time=NOON_TIME + DAY), None, '{"renewed": true}')
    await keep(app, notified(receipt, store_time=NOON_TIME), None, '{"late": true}')
    [listed] = (await ada.subscriptions())["validated_subscriptions"]
    for told in (listed, await ada.subscription("vip"), await ada.subscribe(receipt)):
        assert told["provider_notification"] == '{"renewed": true}'
        assert told["provider_response"].startswith("{")


# --- one of a product ---


async def test_an_active_one_is_found_first(shelf: Shelf, ada: Shopper, clock: ShiftedClock) -> None:
    """Here the reference takes any."""
    product = f"vip-{shelf.id()}"
    times = [NOON_TIME + n * DAY for n in (3, 5, 4)]
    receipts = [shelf.subscribe("google", product, time) for time in times]
    refunded = shelf.apple_subscription(product, shelf.id(), NOON_TIME + 9 * DAY, revoked=NOON_TIME)
    for receipt in (*receipts, refunded):
        await ada.subscribe(receipt)
    found = await ada.subscription(product)
    assert found["original_transaction_id"] == receipts[1].id
    clock.offset = 6 * DAY
    found = await ada.subscription(product)
    assert found["original_transaction_id"] == refunded.id, "the last to expire, of those that are over"


@pytest.mark.parametrize("product", ["unknown", "vip/1", "ü", "%20", "'"])
async def test_there_is_none(ada: Shopper, product: str) -> None:
    answer = await ada.subscription(product)
    assert answer in (NOT_FOUND, Refusal(404, 5, "Not Found"))


async def test_a_product_that_no_database_knows(ada: Shopper) -> None:
    assert await ada.subscription("a%00") == Refusal(400, 3, "Error getting subscription.")


# --- refusals ---

EXPIRES = datetime(2026, 4, 1, tzinfo=UTC)
REFUSED: dict[str, tuple[Callable[[Shelf], Receipt], Refusal]] = {
    "apple: another signature": (
        lambda shelf: shelf.apple_subscription("vip", shelf.id(), EXPIRES, forgery="tampered_payload"),
        Refusal(400, 9, "Invalid Receipt."),
    ),
    "apple: a purchase": (
        lambda shelf: replace(shelf.apple("sword", shelf.id()), path="subscription/apple"),
        Refusal(400, 9, "Purchase Receipt. Use the appropriate function instead."),
    ),
    "legacy: a purchase": (
        lambda shelf: shelf.legacy_receipt(shelf.entry("sword", shelf.id()), kind="subscription"),
        Refusal(400, 9, "Purchase Receipt. Use the appropriate function instead."),
    ),
    "google: unknown": (
        lambda shelf: shelf.google_subscription(
            "vip", shelf.id(), EXPIRES, receipt={"purchaseToken": "unknown"}
        ),
        Refusal(400, 9, "Invalid Receipt."),
    ),
    "apple: empty": (
        lambda shelf: Receipt("subscription/apple", {}, ""),
        Refusal(400, 3, "Receipt cannot be empty."),
    ),
    "google: empty": (
        lambda shelf: Receipt("subscription/google", {}, ""),
        Refusal(400, 3, "Receipt cannot be empty."),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused_is_not_kept(app: Application, shelf: Shelf, ada: Shopper, name: str) -> None:
    make, refusal = REFUSED[name]
    receipt = make(shelf)
    assert await ada.send(receipt) == refusal
    assert await ada.send(receipt, persist=False) == refusal
    assert await stored_subscription(app, receipt.id) is None


@pytest.mark.parametrize(("store", "name"), [("legacy", "Apple"), ("google", "Google")])
async def test_a_store_that_is_down(
    app: Application, providers: Providers, shelf: Shelf, ada: Shopper, store: str, name: str
) -> None:
    receipt = shelf.subscribe(store, "vip", EXPIRES)
    providers.faults.add("*", status=503)
    refusal = Refusal(503, 14, f"{name} IAP verification is currently unavailable. Try again later.")
    assert await ada.send(receipt) == refusal
    assert await stored_subscription(app, receipt.id) is None
