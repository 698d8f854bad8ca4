"""Purchases of every store, validated over the wire."""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.outside.checks import Checks
from kizuna.purchases.stores.interface import Environment, Store, StorePurchase
from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play_access import TOKEN_PATH
from tests.purchases.google import PRODUCTS
from tests.purchases.support import (
    EPOCH,
    STORES,
    Receipt,
    Refusal,
    Shelf,
    Shopper,
    everything_kept,
    stored,
)
from tests.support.boards import NOON

Enter = Callable[[], Awaitable[Shopper]]

NOW = "2026-03-02T12:00:00Z"
MINUTE = timedelta(minutes=1)
SOON = datetime.fromtimestamp(NOON, UTC) + timedelta(days=30)

#: What differs between the stores in the answer to a purchase.
TOLD: dict[str, dict[str, Any]] = {
    "apple": {"environment": 1, "refund_time": EPOCH},
    "legacy": {"environment": 1, "provider_response": ...},
    "google": {"store": 1, "environment": 2, "provider_response": ...},
    "huawei": {"store": 2, "environment": 2, "provider_response": ...},
    "facebook_instant": {"store": 3, "environment": 2, "provider_response": ...},
}

INVALID = Refusal(400, 9, "Invalid Receipt.")


def told(store: str, buyer: Shopper, receipt: Receipt) -> dict[str, Any]:
    """What is answered of a purchase that is not kept."""
    facts = {"product_id": "sword", "transaction_id": receipt.id, "purchase_time": NOW}
    return {"user_id": buyer.id, **facts, **TOLD[store]}


def without_words(purchase: dict[str, Any]) -> dict[str, Any]:
    """The same with an ellipsis for what the store has said."""
    if "provider_response" not in purchase:
        return purchase
    assert purchase["provider_response"].startswith("{")
    return {**purchase, "provider_response": ...}


# --- keeping ---


@pytest.mark.parametrize("store", STORES)
async def test_a_purchase_is_kept(app: Application, shelf: Shelf, ada: Shopper, store: str) -> None:
    receipt = shelf.buy(store)
    purchase = await ada.buy(receipt)
    assert without_words(purchase) == told(store, ada, receipt) | {"create_time": NOW, "update_time": NOW}
    row = await stored(app, receipt.id)
    assert row is not None
    now = datetime.fromtimestamp(NOON, UTC)
    assert (row["owner"], row["product_id"]) == (ada.id, "sword")
    assert (row["purchase_time"], row["create_time"], row["update_time"]) == (now, now, now)
    assert (row["store"], row["environment"]) == (purchase.get("store", 0), purchase["environment"])
    assert row["refund_time"] == datetime(1970, 1, 1, tzinfo=UTC)
    assert row["raw_response"] != "{}"


@pytest.mark.parametrize("store", STORES)
async def test_it_was_seen_before(
    app: Application, shelf: Shelf, ada: Shopper, bob: Shopper, clock: ShiftedClock, store: str
) -> None:
    """By whoever comes second, even the owner, who may have lost the first answer."""
    receipt = shelf.buy(store)
    first = await ada.buy(receipt)
    clock.offset = MINUTE
    again = await ada.buy(receipt)
    later = {"seen_before": True, "update_time": "2026-03-02T12:01:00Z"}
    assert again == first | later
    assert await bob.buy(receipt) == first | later | {"user_id": bob.id}
    row = await stored(app, receipt.id)
    assert row is not None
    assert row["owner"] == ada.id
    assert row["update_time"] - row["create_time"] == MINUTE


async def test_nothing_of_what_is_known_changes(app: Application, shelf: Shelf, ada: Shopper) -> None:
    receipt = shelf.buy("apple", "sword")
    await ada.buy(receipt)
    before = await stored(app, receipt.id)
    other = await ada.buy(shelf.buy("apple", "shield", receipt.id))
    assert (other["product_id"], other["seen_before"]) == ("shield", True)
    assert await stored(app, receipt.id) == before


@pytest.mark.parametrize("store", STORES)
async def test_one_that_is_not_to_be_kept(app: Application, shelf: Shelf, ada: Shopper, store: str) -> None:
    receipt = shelf.buy(store)
    before = asked(app)
    answers = [await ada.buy(receipt, persist=False) for _ in range(2)]
    expected = told(store, ada, receipt)
    if store == "huawei":
        del expected["user_id"]
    assert [without_words(answer) for answer in answers] == [expected, expected]
    assert asked(app) == before
    assert await stored(app, receipt.id) is None
    assert "seen_before" not in await ada.buy(receipt)


def asked(app: Application) -> Counter[str]:
    """How often each statement on purchases was sent."""
    return Counter({name: n for name, n in app.database.counts.items() if name.startswith("purchases.")})


@pytest.mark.parametrize("persist", [{"persist": True}, {"persist": None}, {}])
async def test_one_is_kept_unless_the_client_says_otherwise(
    app: Application, shelf: Shelf, ada: Shopper, persist: dict[str, Any]
) -> None:
    receipt = shelf.buy("facebook_instant")
    await ada.buy(receipt, **persist)
    assert await stored(app, receipt.id) is not None


async def test_an_id_of_another_store_is_refused(
    app: Application, shelf: Shelf, ada: Shopper, bob: Shopper, clock: ShiftedClock
) -> None:
    """The key is the id alone, as by the reference."""
    receipt, new = shelf.buy("google"), shelf.id()
    await ada.buy(receipt)
    before = await stored(app, receipt.id)
    clock.offset += MINUTE
    refunded = shelf.apple("sword", receipt.id, revoked=NOON)
    both = shelf.legacy_receipt(shelf.entry("gem", new), shelf.entry("sword", receipt.id))
    for shopper in (ada, bob):
        assert await shopper.send(refunded) == INVALID
        assert await shopper.send(both) == INVALID
    assert await stored(app, receipt.id) == before
    assert await stored(app, new) is None


async def test_the_log_says_that_an_id_is_another_store_s(
    shelf: Shelf, ada: Shopper, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    receipt, subscription = shelf.buy("google"), shelf.subscribe("google", "vip", SOON)
    await ada.buy(receipt)
    await ada.subscribe(subscription)
    for other in (shelf.apple("sword", receipt.id), shelf.subscribe("apple", "vip", SOON, subscription.id)):
        caplog.clear()
        assert await ada.send(other) == INVALID
        [told] = [record.getMessage() for record in caplog.records if record.name.endswith("asking")]
        why = "rejected: store: another one has sold what has this id"
        assert told.startswith(f"Apple receipt of {ada.id} {why} (transaction '{other.id}', ")


@pytest.mark.parametrize("kind", ["purchase", "subscription"])
async def test_apple_s_customer_is_who_was_named_to_it(
    app: Application, shelf: Shelf, ada: Shopper, bob: Shopper, kind: str
) -> None:
    def bought(account: str) -> Receipt:
        id = shelf.id()
        if kind == "purchase":
            return shelf.apple("sword", id, user_id=account)
        expires = datetime.fromtimestamp(NOON, UTC) + timedelta(days=30)
        return shelf.apple_subscription("vip", id, expires, user_id=account)

    receipt = bought(ada.id.upper())
    assert await bob.send(receipt) == INVALID
    assert await bob.send(receipt, persist=False) == INVALID
    assert isinstance(await ada.send(receipt), dict)
    assert isinstance(await bob.send(bought(str(uuid.uuid4()))), dict), "an account of the game's own"


async def test_both_spellings(shelf: Shelf, ada: Shopper) -> None:
    text = shelf.buy("facebook_instant").body["signed_request"]
    [purchase] = (await ada.ask("POST", "/v2/iap/purchase/facebookinstant", {"signedRequest": text}))[
        "validated_purchases"
    ]
    assert purchase["product_id"] == "sword"


# --- receipts with several ---


async def test_all_of_a_receipt_are_kept_in_its_order(app: Application, shelf: Shelf, ada: Shopper) -> None:
    """The reference answers in any order."""
    ids = [f"{n}-{shelf.id()}" for n in (3, 1, 5, 2, 4)]
    entries = [shelf.entry(f"gem-{n}", id) for n, id in enumerate(ids)]
    known = shelf.buy("apple", id=ids[2])
    await ada.buy(known)
    answer = await ada.send(shelf.legacy_receipt(*entries))
    purchases = answer["validated_purchases"]
    assert [each["transaction_id"] for each in purchases] == ids
    assert [each["product_id"] for each in purchases] == [f"gem-{n}" for n in range(5)]
    assert ["seen_before" in each for each in purchases] == [False, False, True, False, False]
    for id in ids:
        assert await stored(app, id) is not None


async def test_one_that_is_listed_twice_is_one(shelf: Shelf, ada: Shopper) -> None:
    entry = shelf.entry("gem", shelf.id())
    answer = await ada.send(shelf.legacy_receipt(entry, latest=(entry,)))
    [purchase] = answer["validated_purchases"]
    assert "seen_before" not in purchase


async def test_a_receipt_with_nothing_in_it(shelf: Shelf, ada: Shopper) -> None:
    """Which the reference takes for a fault of its own, if it is to be kept: 500."""
    nothing = shelf.legacy_receipt()
    assert await ada.send(nothing, persist=False) == {}
    assert await ada.send(nothing) == Refusal(400, 9, "expects at least one receipt")


async def test_a_receipt_is_kept_as_a_whole_or_not_at_all(
    app: Application, shelf: Shelf, ada: Shopper
) -> None:
    good, bad = shelf.id(), "x" * 513
    answer = await ada.send(shelf.legacy_receipt(shelf.entry("gem", good), shelf.entry("gem", bad)))
    assert isinstance(answer, Refusal)
    assert answer.status == 400
    assert await stored(app, good) is None


# --- refunds ---


async def test_a_refund_is_told_and_stays(app: Application, shelf: Shelf, ada: Shopper) -> None:
    """An older transaction, from before the refund, takes nothing back."""
    id = shelf.id()
    before = shelf.apple("sword", id)
    refunded = datetime.fromtimestamp(NOON, UTC) - timedelta(days=1)
    after = shelf.apple("sword", id, revoked=refunded)
    assert (await ada.buy(before))["refund_time"] == EPOCH
    assert (await ada.buy(before, persist=False))["refund_time"] == EPOCH
    for receipt in (after, before):
        assert (await ada.buy(receipt))["refund_time"] == "2026-03-01T12:00:00Z"
    row = await stored(app, id)
    assert row is not None
    assert row["refund_time"] == refunded
    assert (await ada.buy(after, persist=False))["refund_time"] == "2026-03-01T12:00:00Z"


# --- refusals ---


def _tampered(receipt: Receipt) -> Receipt:
    [name] = [name for name in ("receipt", "signed_request", "signature") if name in receipt.body]
    text = receipt.body[name]
    return receipt.but(**{name: ("A" if text[0] != "A" else "B") + text[1:]})


REFUSED: dict[str, tuple[Callable[[Shelf], Receipt], Refusal]] = {
    "apple: another signature": (
        lambda shelf: shelf.apple("sword", shelf.id(), forgery="tampered_signature"),
        INVALID,
    ),
    "apple: another app": (
        lambda shelf: shelf.apple("sword", shelf.id(), bundle_id="com.example.other"),
        INVALID,
    ),
    "apple: another root": (lambda shelf: shelf.apple("sword", shelf.id(), chain="other_root"), INVALID),
    "apple: two dots are a signed transaction": (
        lambda shelf: Receipt("purchase/apple", {"receipt": "no.signed.transaction"}, ""),
        INVALID,
    ),
    "apple: a subscription": (
        lambda shelf: shelf.apple("sword", shelf.id(), expires=datetime(2026, 4, 1, tzinfo=UTC)),
        Refusal(400, 9, "Subscription Receipt. Use the appropriate function instead."),
    ),
    "apple: an id that is too long": (lambda shelf: shelf.apple("sword", "x" * 513), INVALID),
    "apple: no id": (lambda shelf: shelf.apple("sword", "gone", transactionId=""), INVALID),
    "legacy: unknown": (
        lambda shelf: Receipt("purchase/apple", {"receipt": "dW5rbm93bg=="}, ""),
        Refusal(400, 9, "Invalid Receipt. Status: 21002"),
    ),
    "legacy: try again": (
        lambda shelf: shelf.legacy_receipt(
            shelf.entry("gem", shelf.id()), status=21199, **{"is-retryable": True}
        ),
        Refusal(503, 14, "Apple IAP verification is currently unavailable. Try again later."),
    ),
    "legacy: a subscription": (
        lambda shelf: shelf.legacy_receipt(
            shelf.entry("vip", shelf.id(), expires=datetime(2026, 4, 1, tzinfo=UTC))
        ),
        Refusal(400, 9, "Subscription Receipt. Use the appropriate function instead."),
    ),
    "google: unknown": (
        lambda shelf: Receipt(
            "purchase/google", shelf.google("sword", "known", receipt={"purchaseToken": "unknown"}).body, ""
        ),
        INVALID,
    ),
    "google: cancelled, whatever the client says": (
        lambda shelf: shelf.google("sword", shelf.id(), state=1, receipt={"purchaseState": 0}),
        Refusal(400, 9, "Invalid Receipt. State: 1"),
    ),
    "google: of another app": (
        lambda shelf: shelf.google("sword", shelf.id(), package_name="com.example.other"),
        INVALID,
    ),
    "google: no JSON": (lambda shelf: Receipt("purchase/google", {"purchase": "{"}, ""), INVALID),
    "huawei: another signature": (lambda shelf: _tampered(shelf.huawei("sword", shelf.id())), INVALID),
    "huawei: refused": (
        lambda shelf: shelf.huawei("sword", shelf.id(), order={"responseCode": "6"}),
        Refusal(400, 9, "Invalid Receipt. Code: 6"),
    ),
    "facebook: another signature": (
        lambda shelf: _tampered(shelf.facebook_instant("sword", shelf.id())),
        INVALID,
    ),
    "facebook: a NUL": (
        lambda shelf: shelf.facebook_instant("sword", shelf.id(), developer_payload="\0"),
        INVALID,
    ),
    "facebook: an id that is too long": (lambda shelf: shelf.facebook_instant("sword", "x" * 513), INVALID),
    "apple: empty": (
        lambda shelf: Receipt("purchase/apple", {"receipt": ""}, ""),
        Refusal(400, 3, "Receipt cannot be empty."),
    ),
    "google: empty": (
        lambda shelf: Receipt("purchase/google", {}, ""),
        Refusal(400, 3, "Purchase cannot be empty."),
    ),
    "huawei: empty": (
        lambda shelf: Receipt("purchase/huawei", {"signature": "s"}, ""),
        Refusal(400, 3, "Purchase cannot be empty."),
    ),
    "huawei: unsigned": (
        lambda shelf: Receipt("purchase/huawei", {"purchase": "{}"}, ""),
        Refusal(400, 3, "Signature cannot be empty."),
    ),
    "facebook: empty": (
        lambda shelf: Receipt("purchase/facebookinstant", {}, ""),
        Refusal(400, 3, "SignedRequest cannot be empty."),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused_is_not_kept(app: Application, shelf: Shelf, ada: Shopper, name: str) -> None:
    make, refusal = REFUSED[name]
    receipt = make(shelf)
    before, rows = asked(app), await everything_kept(app)
    assert await ada.send(receipt) == refusal
    assert await ada.send(receipt, persist=False) == refusal
    assert asked(app) == before
    assert await everything_kept(app) == rows


@dataclass(frozen=True)
class Careless:
    """A store that confirms what cannot be kept."""

    confirmed: StorePurchase

    async def purchases(self, receipt: str, checks: Checks) -> list[StorePurchase]:
        return [self.confirmed]


@pytest.mark.parametrize(
    "flaw", [{"transaction_id": "x" * 513}, {"transaction_id": ""}, {"product_id": "a\0"}, {"raw": "{"}]
)
async def test_what_the_database_refuses(
    app: Application, ada: Shopper, monkeypatch: pytest.MonkeyPatch, flaw: dict[str, Any]
) -> None:
    """Nothing of its words is told, and the fault is not the server's, as it is by the reference: 500."""
    good = StorePurchase("id", "sword", Store.APPLE, Environment.SANDBOX, datetime.now(UTC), "{}")
    stores = app.runtime.nk._services.purchases.stores
    monkeypatch.setattr(stores, "apple", Careless(replace(good, **flaw)))
    refusal = Refusal(400, 3, "Failed to store app store purchase data")
    assert await ada.send(Receipt("purchase/apple", {"receipt": "any"}, "")) == refusal


# --- stores that are down ---

#: What each store that is asked is asked for, and what it is called.
ASKED = {
    "legacy": ("/verifyReceipt", "Apple"),
    "google": (PRODUCTS, "Google"),
    "google, for a token": (TOKEN_PATH, "Google"),
    "huawei": ("/applications/purchases/tokens/verify", "Huawei"),
}


@pytest.mark.parametrize("store", ASKED)
@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 429}, {"reset": True}, {"body": b"[]"}, {"body": b"<html>"}]
)
async def test_a_store_that_does_not_answer(
    app: Application, providers: Providers, shelf: Shelf, ada: Shopper, store: str, fault: dict[str, Any]
) -> None:
    receipt = shelf.buy(store.partition(",")[0])
    path, name = ASKED[store]
    before = await everything_kept(app)
    if path == TOKEN_PATH:
        providers.google_play.access_tokens.withdraw()
    providers.faults.add(path, **fault)
    refusal = Refusal(503, 14, f"{name} IAP verification is currently unavailable. Try again later.")
    assert await ada.send(receipt) == refusal
    assert await everything_kept(app) == before
    providers.faults.clear()
    assert "seen_before" not in await ada.buy(receipt)


async def test_the_log_says_what_the_client_is_not_told(
    providers: Providers, shelf: Shelf, ada: Shopper, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    await ada.send(shelf.apple("sword", shelf.id(), bundle_id="com.example.other"))
    providers.faults.add("/verifyReceipt", status=500)
    await ada.send(shelf.buy("legacy"))
    of = f"Apple receipt of {ada.id}"
    assert f"{of} rejected: bundle id: 'com.example.other' is not configured" in caplog.messages
    assert any(text.startswith(f"{of} not verified: 127.0.0.1 ") for text in caplog.messages)
