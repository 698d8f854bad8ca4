"""The App Store Server API: what has become of a transaction counts, whatever the client has kept of it."""

import base64
import logging
import time
from datetime import timedelta
from typing import Any

import orjson
import pytest

from kizuna.clock import ShiftedClock
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside, Unavailable
from kizuna.purchases.stores.app_store import AppStore
from kizuna.purchases.stores.interface import InvalidReceipt
from kizuna.testing.providers import Providers
from kizuna.testing.providers.app_store import AppStore as Fake
from tests.purchases.app_stores import app_store, apple, asking_app_store, outside, refusal

__all__ = ["apple", "outside"]

PURCHASE = "/inApps/v1/transactions/{id}"
SUBSCRIPTION = "/inApps/v1/subscriptions/{id}"

#: An answer with which nobody can do anything.
FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 503, "body": b"<html>"},
    {"status": 429},
    {"status": 401},
    {"status": 400},
    {"redirect": "http://127.0.0.1:1/"},
    {"body": b""},
    {"body": b"garbage"},
    {"json": None},
    {"json": []},
    {"json": {}},
    {"json": {"signedTransactionInfo": None, "data": None}},
    {"json": {"signedTransactionInfo": 1, "data": 1}},
    {"json": {"signedTransactionInfo": "a.b.c", "data": "a.b.c"}},
    {"truncated": True},
    {"reset": True},
    {"huge": 5_000_000},
    {"status": 404, "json": {"errorCode": 4040006}},
    {"status": 404, "json": {"errorCode": 4040003}},
]


@pytest.fixture
def store(apple: Fake, providers: Providers, outside: Outside, clock: ShiftedClock) -> AppStore:
    """What is tested, with a key for the API."""
    return asking_app_store(providers, outside, clock)


async def test_without_a_key_nobody_is_asked(
    providers: Providers, outside: Outside, clock: ShiftedClock, apple: Fake
) -> None:
    await app_store(providers, outside, clock).purchases(apple.transaction("sword"), Checks())
    assert providers.requests == []


async def test_a_purchase_as_it_is_now(apple: Fake, store: AppStore, clock: ShiftedClock) -> None:
    receipt = apple.transaction("sword", transaction_id="101")
    [purchase] = await store.purchases(receipt, Checks())
    assert (purchase.transaction_id, purchase.refund_time) == ("101", None)
    clock.offset += timedelta(hours=1)
    apple.revoked("101")
    [refunded] = await store.purchases(receipt, Checks())
    assert refunded.refund_time is not None
    assert orjson.loads(refunded.raw)["jws"] != receipt


async def test_where_it_was_made_is_where_to_ask(apple: Fake, store: AppStore, providers: Providers) -> None:
    for environment, host in (("Sandbox", "localhost"), ("Production", "127.0.0.1")):
        await store.purchases(apple.transaction("sword", environment=environment), Checks())
        assert providers.requests[-1].headers["host"].startswith(host)


async def test_a_subscription_as_it_is_now(apple: Fake, store: AppStore, clock: ShiftedClock) -> None:
    ends = clock.now() + timedelta(days=30)
    receipt = apple.transaction("vip", transaction_id="102", expires=ends)
    clock.offset += timedelta(days=29)
    apple.renewed("102", ends + timedelta(days=30))
    [subscription] = await store.subscriptions(receipt, Checks())
    assert subscription.original_transaction_id == "102"
    assert subscription.expire_time == ends + timedelta(days=30)
    assert subscription.store_time == clock.now()


async def test_a_subscription_goes_on_until_its_grace_ends(
    apple: Fake, store: AppStore, clock: ShiftedClock
) -> None:
    ends = clock.now() + timedelta(days=30)
    receipt = apple.transaction("vip", transaction_id="103", expires=ends)
    apple.renewal("vip", "103", renews=ends, grace_ends=ends + timedelta(days=6))
    [subscription] = await store.subscriptions(receipt, Checks())
    assert subscription.expire_time == ends + timedelta(days=6)


async def test_a_grace_that_is_over_shortens_nothing(
    apple: Fake, store: AppStore, clock: ShiftedClock
) -> None:
    ends = clock.now() + timedelta(days=30)
    receipt = apple.transaction("vip", transaction_id="108", expires=ends)
    apple.renewal("vip", "108", renews=ends, grace_ends=clock.now() - timedelta(days=1))
    [subscription] = await store.subscriptions(receipt, Checks())
    assert subscription.expire_time == ends


async def test_what_was_signed_later_counts(apple: Fake, store: AppStore, clock: ShiftedClock) -> None:
    later = clock.now() + timedelta(minutes=1)
    receipt = apple.transaction("sword", revoked=clock.now(), signed=later)
    apple.changed(_transaction_id(receipt), revocationDate=None)
    [purchase] = await store.purchases(receipt, Checks())
    assert purchase.refund_time == clock.now()
    clock.offset += timedelta(minutes=2)
    [purchase] = await store.purchases(receipt, Checks())
    assert purchase.refund_time is None


async def test_what_apple_does_not_know_is_refused(apple: Fake, store: AppStore) -> None:
    ends = store._clock.now() + timedelta(days=30)
    for asked, receipt in (
        (store.purchases, _unknown(apple)),
        (store.subscriptions, _unknown(apple, expiresDate=int(ends.timestamp() * 1000))),
    ):
        checks = Checks()
        assert await refusal(asked(receipt, checks), checks) == "store"


async def test_ids_that_would_lead_elsewhere_are_not_asked_for(
    apple: Fake, store: AppStore, providers: Providers
) -> None:
    for id in ("..", "../subscriptions/1", "1?x=1", "1/2", "%2e%2e", "é"):
        checks = Checks()
        receipt = apple.transaction("sword", transaction_id=id)
        assert await refusal(store.purchases(receipt, checks), checks) == "store"
    assert providers.requests == []


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_no_answer(apple: Fake, store: AppStore, providers: Providers, fault: dict[str, Any]) -> None:
    ends = store._clock.now() + timedelta(days=30)
    for path, asked, receipt in (
        (PURCHASE, store.purchases, apple.transaction("sword")),
        (SUBSCRIPTION, store.subscriptions, apple.transaction("vip", expires=ends)),
    ):
        providers.faults.add(path, **fault)
        with pytest.raises(Unavailable) as caught:
            await asked(receipt, Checks())
        assert "eyJ" not in str(caught.value)  # no token


async def test_a_key_that_apple_does_not_take_is_the_operators_affair(
    apple: Fake, store: AppStore, providers: Providers, caplog: pytest.LogCaptureFixture
) -> None:
    providers.faults.add(PURCHASE, status=401)
    told = "127.0.0.1 does not take the key of iap.apple.issuer_id, key_id and signing_key (status 401)"
    with caplog.at_level(logging.ERROR), pytest.raises(Unavailable) as caught:
        await store.purchases(apple.transaction("sword", environment="Production"), Checks())
    assert (str(caught.value), caplog.messages) == (told, [told])


async def test_who_is_slow_is_not_waited_for(apple: Fake, providers: Providers, clock: ShiftedClock) -> None:
    outside = Outside(0.3)
    providers.faults.add("*", delay=30)
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="did not answer within"):
        await asking_app_store(providers, outside, clock).purchases(apple.transaction("sword"), Checks())
    assert time.monotonic() - begun < 10
    await outside.close()


async def test_answers_have_to_be_signed_as_well(
    apple: Fake, store: AppStore, providers: Providers, clock: ShiftedClock
) -> None:
    forged = apple.transaction("sword", transaction_id="104", chain="other_root")
    another = apple.transaction("sword", transaction_id="105")
    renewal = apple.renewal("vip", "104")
    receipt = apple.transaction("sword", transaction_id="104")
    for answered in (forged, another, renewal):
        providers.faults.add(PURCHASE, json={"signedTransactionInfo": answered}, times=1)
        with pytest.raises(Unavailable, match="is not good"):
            await store.purchases(receipt, Checks())


@pytest.mark.parametrize("what", ["forged", "another", "forged renewal", "another renewal"])
async def test_subscriptions_have_to_be_signed_as_well(
    apple: Fake, store: AppStore, providers: Providers, clock: ShiftedClock, what: str
) -> None:
    ends = clock.now() + timedelta(days=30)
    fields: dict[str, Any] = {"transaction_id": "106", "expires": ends}
    good, renewal = apple.transaction("vip", **fields), apple.renewal("vip", "106")
    last = {
        "forged": {"signedTransactionInfo": apple.transaction("vip", **fields, forgery="other_key")},
        "another": {"signedTransactionInfo": apple.transaction("vip", expires=ends)},
        "forged renewal": {"signedRenewalInfo": apple.renewal("vip", "106", forgery="other_key")},
        "another renewal": {"signedRenewalInfo": apple.renewal("vip", "107")},
    }[what]
    item = {
        "originalTransactionId": "106",
        "signedTransactionInfo": good,
        "signedRenewalInfo": renewal,
        **last,
    }
    providers.faults.add(SUBSCRIPTION, json={"data": [{"lastTransactions": [item]}]})
    with pytest.raises(Unavailable, match="is not good"):
        await store.subscriptions(good, Checks())


@pytest.mark.parametrize("data", [[], [1], [{}], [{"lastTransactions": [1, {}]}], [{"lastTransactions": 1}]])
async def test_an_answer_without_the_subscription(
    apple: Fake, store: AppStore, providers: Providers, clock: ShiftedClock, data: list[Any]
) -> None:
    providers.faults.add(SUBSCRIPTION, json={"data": data})
    receipt, checks = apple.transaction("vip", expires=clock.now() + timedelta(days=30)), Checks()
    assert await refusal(store.subscriptions(receipt, checks), checks) == "store"


async def test_a_purchase_is_not_asked_for_as_a_subscription(
    apple: Fake, store: AppStore, providers: Providers, clock: ShiftedClock
) -> None:
    with pytest.raises(InvalidReceipt):
        await store.purchases(apple.transaction("vip", expires=clock.now()), Checks())
    with pytest.raises(InvalidReceipt):
        await store.subscriptions(apple.transaction("sword"), Checks())
    assert providers.requests == []


async def test_a_token_serves_until_shortly_before_its_end(
    apple: Fake, store: AppStore, providers: Providers, clock: ShiftedClock
) -> None:
    receipt = apple.transaction("sword")
    for seconds in (0, 200, 50, 200, -500):
        clock.offset += timedelta(seconds=seconds)
        await store.purchases(receipt, Checks())
    tokens = [seen.headers["authorization"] for seen in providers.requests]
    assert [tokens.index(token) for token in tokens] == [0, 0, 2, 2, 4]
    header, claims, _ = (_json(part) for part in tokens[0].removeprefix("Bearer ").split("."))
    assert header == {"alg": "ES256", "kid": store._settings.key_id, "typ": "JWT"}
    assert claims["aud"] == "appstoreconnect-v1"
    assert (claims["iss"], claims["bid"]) == (store._settings.issuer_id, apple.bundle_id)
    assert claims["exp"] - claims["iat"] == 300


def _unknown(apple: Fake, **payload: Any) -> str:
    """A transaction that was signed and then forgotten."""
    now = int(apple.world.clock.unix() * 1000)
    told = {
        "transactionId": "999",
        "originalTransactionId": "999",
        "bundleId": apple.bundle_id,
        "productId": "sword",
        "purchaseDate": now,
        "signedDate": now,
        "environment": "Sandbox",
        **payload,
    }
    return apple.jws(told)


def _transaction_id(jws: str) -> str:
    return str(_json(jws.split(".")[1])["transactionId"])


def _json(part: str) -> Any:
    padded = part + "=" * (-len(part) % 4)
    return orjson.loads(base64.urlsafe_b64decode(padded)) if part.startswith("ey") else None
