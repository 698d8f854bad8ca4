"""Receipts of StoreKit 1: Apple says what is in them, and what has become of it."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from kizuna.clock import ShiftedClock
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside, Unavailable
from kizuna.purchases.stores.app_store import AppStore
from kizuna.purchases.stores.interface import Environment, InvalidReceipt, Store
from kizuna.testing.providers import Providers
from kizuna.testing.providers.app_store import AppStore as Fake
from tests.purchases.app_stores import app_store, apple, outside, refusal

__all__ = ["apple", "outside"]

PATH = "/verifyReceipt"
BOUGHT = datetime(2026, 5, 4, 3, 2, 1, 123000, UTC)
REFUNDED = BOUGHT + timedelta(days=2)

#: An answer with which nobody can do anything.
FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 503, "body": b"<html>"},
    {"status": 404},
    {"redirect": "http://127.0.0.1:1/"},
    {"body": b""},
    {"body": b"garbage"},
    {"body": b"\xff"},
    {"json": None},
    {"json": []},
    {"json": {}},
    {"json": {"status": "0"}},
    {"json": {"status": True}},
    {"json": {"status": 0}},
    {"json": {"status": 0, "receipt": None}},
    {"json": {"status": 0, "receipt": []}},
    {"truncated": True},
    {"reset": True},
    {"huge": 9_000_000},
]


def answer(bundle_id: str | None, in_app: Any, latest: Any = None, **fields: Any) -> dict[str, Any]:
    """What Apple says, in the shortest form."""
    receipt = {"bundle_id": bundle_id, "in_app": in_app}
    return {"status": 0, "receipt": receipt, "latest_receipt_info": latest, **fields}


@pytest.fixture
def store(apple: Fake, providers: Providers, outside: Outside, clock: ShiftedClock) -> AppStore:
    """What is tested."""
    return app_store(providers, outside, clock)


async def test_purchases_in_the_order_of_the_receipt(apple: Fake, store: AppStore) -> None:
    first = apple.entry("shield", transaction_id="9", purchased=BOUGHT)
    second = apple.entry("sword", transaction_id="10", purchased=BOUGHT, cancelled=REFUNDED)
    late = apple.entry("bow", transaction_id="1", purchased=BOUGHT)
    checks = Checks()
    again = {**first, "product_id": "what was told before counts"}
    receipt = apple.receipt(first, second, latest=(again, late), environment="Production")
    purchases = await store.purchases(receipt, checks)
    assert [(each.transaction_id, each.product_id) for each in purchases] == [
        ("9", "shield"),
        ("10", "sword"),
        ("1", "bow"),
    ]
    assert [each.refund_time for each in purchases] == [None, REFUNDED, None]
    for each in purchases:
        assert (each.store, each.environment) == (Store.APPLE, Environment.PRODUCTION)
        assert (each.purchase_time, each.tells_refund) == (BOUGHT, False)
        assert each.provider_response == each.raw
        assert orjson.loads(each.raw)["receipt"]["bundle_id"] == apple.bundle_id
    assert all(check.passed for check in checks.done)


@pytest.mark.parametrize("told", ["in_app", "latest"])
async def test_a_refund_counts_wherever_it_stands(apple: Fake, store: AppStore, told: str) -> None:
    before = apple.entry("sword", transaction_id="7", purchased=BOUGHT)
    after = {**before, **apple.entry("sword", transaction_id="7", purchased=BOUGHT, cancelled=REFUNDED)}
    later = apple.entry("other", transaction_id="7", cancelled=REFUNDED + timedelta(hours=1))
    first, last = (before, after) if told == "latest" else (after, before)
    [purchase] = await store.purchases(apple.receipt(first, latest=(last,)), Checks())
    assert (purchase.product_id, purchase.refund_time) == ("sword", REFUNDED)
    [purchase] = await store.purchases(apple.receipt(first, latest=(last, later)), Checks())
    assert (purchase.product_id, purchase.refund_time) == ("sword", REFUNDED + timedelta(hours=1))


async def test_a_large_answer(apple: Fake, store: AppStore, providers: Providers) -> None:
    """All that was ever bought in the app is in it."""
    entries = [{**apple.entry("gem", transaction_id=str(n)), "note": "x" * 1000} for n in range(3000)]
    providers.faults.add(PATH, json=answer(apple.bundle_id, entries), times=1)
    purchases = await store.purchases("receipt", Checks())
    assert len(purchases) == 3000
    assert len(purchases[0].raw) < 2000


@pytest.mark.parametrize(
    ("note", "is_whole"), [("x" * 15_000, True), ("x" * 17_000, False), ("剣" * 9_000, False)]
)
async def test_the_whole_answer_is_told_with_each_purchase_unless_it_adds_up(
    apple: Fake, store: AppStore, providers: Providers, note: str, is_whole: bool
) -> None:
    entries = [{**apple.entry("gem", transaction_id=str(n)), "note": note} for n in range(4)]
    said = orjson.dumps(answer(apple.bundle_id, entries))
    assert (len(said) * 4 <= 256 * 1024) is is_whole
    providers.faults.add(PATH, body=said)
    told = [orjson.loads(each.provider_response) for each in await store.purchases("receipt", Checks())]
    assert told == ([orjson.loads(said)] * 4 if is_whole else entries)


async def test_an_entry_that_is_nested_too_deeply(apple: Fake, store: AppStore, providers: Providers) -> None:
    """It can be read, and not written again, which is done where the answer is large."""
    deep, large = json.loads("[" * 300 + "]" * 300), "x" * 300_000
    sword = {**apple.entry("sword"), "deep": deep, "note": large}
    vip = {**apple.entry("vip", expires=REFUNDED), "deep": deep, "note": large}
    providers.faults.add(PATH, body=json.dumps(answer(apple.bundle_id, [sword], [vip])).encode())
    for asked in (store.purchases, store.subscriptions):
        checks = Checks()
        assert await refusal(asked("receipt", checks), checks) == "answer"


async def test_how_apple_is_asked(apple: Fake, store: AppStore, providers: Providers) -> None:
    receipt = apple.receipt("sword", environment="Production")
    await store.purchases(receipt, Checks())
    [seen] = providers.requests
    assert (seen.method, seen.path) == ("POST", PATH)
    assert seen.headers["content-type"] == "application/json; charset=utf-8"
    assert orjson.loads(seen.body) == {
        "receipt-data": receipt,
        "exclude-old-transactions": True,
        "password": store._settings.shared_password,
    }


async def test_the_sandbox_is_asked_once_if_apple_says_so(
    apple: Fake, store: AppStore, providers: Providers
) -> None:
    [purchase] = await store.purchases(apple.receipt("sword"), Checks())
    assert purchase.environment == Environment.SANDBOX
    hosts = [seen.headers["host"].partition(":")[0] for seen in providers.requests]
    assert hosts == ["127.0.0.1", "localhost"]


@pytest.mark.parametrize(("statuses", "asked"), [((21007, 21007), 2), ((21008,), 1), ((21007, 21008), 2)])
async def test_nobody_is_sent_around_in_circles(
    store: AppStore, providers: Providers, statuses: tuple[int, ...], asked: int
) -> None:
    providers.requests.clear()
    for status in statuses:
        providers.faults.add(PATH, json={"status": status}, times=1)
    with pytest.raises(InvalidReceipt) as caught:
        await store.purchases("receipt", Checks())
    assert caught.value.message == f"Invalid Receipt. Status: {statuses[-1]}"
    assert len(providers.requests) == asked


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (21002, "it is 21002: the receipt is malformed"),
        (21003, "it is 21003: Apple cannot authenticate the receipt"),
        (21005, "it is 21005: Apple's server for receipts is down"),
        (21008, "it is 21008: the receipt is from production, and was sent to the sandbox"),
        (21010, "it is 21010: Apple does not find the account, or it was deleted"),
        (21199, "it is 21199"),
    ],
)
async def test_what_apple_means(store: AppStore, providers: Providers, status: int, reason: str) -> None:
    providers.faults.add(PATH, json={"status": status})
    with pytest.raises(InvalidReceipt) as caught:
        await store.purchases("receipt", Checks())
    assert (caught.value.reason, caught.value.message) == (reason, f"Invalid Receipt. Status: {status}")


async def test_a_wrong_password_is_the_operators_affair(
    apple: Fake, store: AppStore, caplog: pytest.LogCaptureFixture
) -> None:
    receipt, wrong = apple.receipt("sword"), store.with_settings(shared_password="wrong-password")
    with caplog.at_level(logging.ERROR), pytest.raises(Unavailable, match=r"iap\.apple\.shared_password"):
        await wrong.purchases(receipt, Checks())
    [told] = caplog.messages
    assert "does not take iap.apple.shared_password (status 21004)" in told
    assert "wrong-password" not in told


@pytest.mark.parametrize("retryable", [False, 0, "0", "false", None, [], "yes"])
async def test_a_bad_receipt(apple: Fake, store: AppStore, retryable: Any) -> None:
    receipt = apple.receipt("sword", environment="Production", status=21199, **{"is-retryable": retryable})
    for asked in (store.purchases, store.subscriptions):
        with pytest.raises(InvalidReceipt) as caught:
            await asked(receipt, Checks())
        assert caught.value.message == "Invalid Receipt. Status: 21199"
        assert caught.value.check == "status"


@pytest.mark.parametrize("retryable", [True, 1, "1", "true"])
async def test_a_problem_of_apples_own(apple: Fake, store: AppStore, retryable: Any) -> None:
    receipt = apple.receipt("sword", environment="Production", status=21199, **{"is-retryable": retryable})
    for asked in (store.purchases, store.subscriptions):
        with pytest.raises(Unavailable, match="21199"):
            await asked(receipt, Checks())


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_no_answer(store: AppStore, providers: Providers, fault: dict[str, Any]) -> None:
    providers.faults.add(PATH, **fault)
    for asked in (store.purchases, store.subscriptions):
        with pytest.raises(Unavailable) as caught:
            await asked("receipt", Checks())
        assert store._settings.shared_password not in str(caught.value)


@pytest.mark.parametrize("entries", [{}, "x", [1], [None], [[]]])
async def test_an_answer_with_no_entries_but_something_else(
    apple: Fake, store: AppStore, providers: Providers, entries: Any
) -> None:
    for in_app, latest in ((entries, None), (None, entries)):
        providers.faults.add(PATH, json=answer(apple.bundle_id, in_app, latest), times=1)
        with pytest.raises(Unavailable):
            await store.purchases("receipt", Checks())


async def test_who_is_slow_is_not_waited_for(apple: Fake, providers: Providers, clock: ShiftedClock) -> None:
    outside = Outside(0.3)
    providers.faults.add(PATH, body_delay=30, json={"status": 0})
    with pytest.raises(Unavailable, match="did not answer within"):
        await app_store(providers, outside, clock).purchases("receipt", Checks())
    await outside.close()


async def test_a_receipt_of_another_app(
    apple: Fake, store: AppStore, providers: Providers, outside: Outside, clock: ShiftedClock
) -> None:
    entry = apple.entry("sword")
    for bundle_id in ("com.example.other", None):
        providers.faults.add(PATH, json=answer(bundle_id, [entry]))
        for asked in (store.purchases, store.subscriptions):
            checks = Checks()
            assert await refusal(asked("receipt", checks), checks) == "bundle id"
        anyones = app_store(providers, outside, clock, bundle_ids=())
        assert len(await anyones.purchases("receipt", Checks())) == 1
        providers.faults.clear()


async def test_an_empty_receipt(apple: Fake, store: AppStore, providers: Providers) -> None:
    assert await store.purchases(apple.receipt(), Checks()) == []
    providers.faults.add(PATH, json=answer(apple.bundle_id, None))
    assert await store.purchases("receipt", Checks()) == []


async def test_purchases_and_subscriptions_are_told_apart(
    apple: Fake, store: AppStore, clock: ShiftedClock
) -> None:
    sword, vip = apple.entry("sword"), apple.entry("vip", expires=clock.now())
    [purchase] = await store.purchases(apple.receipt(vip, sword), Checks())
    assert purchase.product_id == "sword"
    with pytest.raises(InvalidReceipt) as caught:
        await store.purchases(apple.receipt(vip), Checks())
    assert caught.value.message == "Subscription Receipt. Use the appropriate function instead."
    for receipt in (apple.receipt(sword), apple.receipt(), apple.receipt(vip, latest=(sword,))):
        with pytest.raises(InvalidReceipt) as caught:
            await store.subscriptions(receipt, Checks())
        assert caught.value.message == "Purchase Receipt. Use the appropriate function instead."


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"transaction_id": None}, "transaction id"),
        ({"transaction_id": ""}, "transaction id"),
        ({"transaction_id": "1" * 513}, "transaction id"),
        ({"transaction_id": 1}, "transaction id"),
        ({"product_id": None}, "product id"),
        ({"product_id": "1" * 513}, "product id"),
        ({"purchase_date_ms": None}, "purchase date"),
        ({"purchase_date_ms": "soon"}, "purchase date"),
        ({"purchase_date_ms": "1_000"}, "purchase date"),
        ({"purchase_date_ms": "١"}, "purchase date"),
        ({"purchase_date_ms": "9" * 19}, "purchase date"),
        ({"purchase_date_ms": "9" * 400}, "purchase date"),
        ({"cancellation_date_ms": "never"}, "cancellation date"),
        ({"note": "\0"}, "characters"),
    ],
)
async def test_entries_that_cannot_be_kept(
    apple: Fake, store: AppStore, providers: Providers, fields: dict[str, Any], name: str
) -> None:
    good, bad = apple.entry("shield"), {**apple.entry("sword"), **fields}
    providers.faults.add(PATH, json=answer(apple.bundle_id, [good, bad]))
    checks = Checks()
    assert await refusal(store.purchases("receipt", checks), checks) == name


async def test_a_receipt_that_is_no_text(store: AppStore) -> None:
    checks = Checks()
    assert await refusal(store.purchases("\ud800", checks), checks) == "form"


# Subscriptions


async def test_the_period_that_ends_last_counts(
    apple: Fake, store: AppStore, providers: Providers, clock: ShiftedClock
) -> None:
    """By its number: "999" is later than "1000" in the alphabet."""
    clock.offset = timedelta(days=400)
    ends = [datetime(2001, 9, 9, tzinfo=UTC), datetime(2001, 9, 10, tzinfo=UTC), BOUGHT]
    periods = [
        apple.entry(
            product,
            transaction_id=str(number),
            purchased=end - timedelta(days=30),
            original_transaction_id=original,
            original_purchased=BOUGHT,
            expires=end,
        )
        for number, (product, original, end) in enumerate(
            [("vip", "a", ends[0]), ("vip+", "a", ends[1]), ("club", "b", ends[2])]
        )
    ]
    subscriptions = await store.subscriptions(apple.receipt(latest=tuple(periods)), Checks())
    found = [(each.original_transaction_id, each.product_id, each.expire_time) for each in subscriptions]
    assert found == [("b", "club", ends[2]), ("a", "vip+", ends[1])]
    for each in subscriptions:
        assert (each.purchase_time, each.store_time) == (BOUGHT, clock.now())
        assert (each.refund_time, each.tells_refund) == (None, False)
        assert (each.store, each.environment) == (Store.APPLE, Environment.SANDBOX)
        assert each.provider_response == each.raw


async def test_when_apple_said_so_is_the_answers_own_time(
    apple: Fake, store: AppStore, providers: Providers
) -> None:
    vip = apple.entry("vip", purchased=BOUGHT, expires=REFUNDED)
    said = answer(apple.bundle_id, [], [vip])
    said["receipt"]["request_date_ms"] = str(int(BOUGHT.timestamp() * 1000))
    providers.faults.add(PATH, json=said)
    [subscription] = await store.subscriptions("receipt", Checks())
    assert subscription.store_time == BOUGHT.replace(microsecond=0) + timedelta(milliseconds=123)


async def test_a_refunded_subscription(apple: Fake, store: AppStore) -> None:
    vip = apple.entry("vip", purchased=BOUGHT, expires=REFUNDED + timedelta(days=30), cancelled=REFUNDED)
    [subscription] = await store.subscriptions(apple.receipt(vip), Checks())
    assert subscription.refund_time == REFUNDED


async def test_what_was_upgraded_does_not_count(apple: Fake, store: AppStore) -> None:
    ends = BOUGHT + timedelta(days=365)
    year = apple.entry(
        "year",
        transaction_id="1",
        expires=ends,
        cancelled=BOUGHT,
        is_upgraded="true",
    )
    month = apple.entry("month", transaction_id="2", original_transaction_id="1", expires=REFUNDED)
    [subscription] = await store.subscriptions(apple.receipt(year, month), Checks())
    assert (subscription.product_id, subscription.expire_time) == ("month", REFUNDED)
    assert subscription.refund_time is None


async def test_a_subscription_goes_on_until_its_grace_ends(apple: Fake, store: AppStore) -> None:
    vip = apple.entry("vip", transaction_id="1", expires=BOUGHT)
    club = apple.entry("club", transaction_id="2", expires=BOUGHT)
    until = str(int(REFUNDED.timestamp()) * 1000)
    pending = [
        {"original_transaction_id": "1", "grace_period_expires_date_ms": until},
        {"original_transaction_id": "2"},
    ]
    receipt = apple.receipt(vip, club, pending_renewal_info=pending)
    found = {each.product_id: each.expire_time for each in await store.subscriptions(receipt, Checks())}
    assert found == {"vip": REFUNDED.replace(microsecond=0), "club": BOUGHT}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"original_transaction_id": "1" * 513}, "original transaction id"),
        ({"original_transaction_id": 1}, "original transaction id"),
        ({"original_transaction_id": None, "transaction_id": None}, "original transaction id"),
        ({"product_id": ""}, "product id"),
        ({"expires_date_ms": "soon"}, "expiry date"),
        ({"expires_date_ms": "9" * 19}, "expiry date"),
        ({"original_purchase_date_ms": None}, "original purchase date"),
        ({"cancellation_date_ms": "never"}, "cancellation date"),
    ],
)
async def test_periods_that_cannot_be_kept(
    apple: Fake, store: AppStore, providers: Providers, fields: dict[str, Any], name: str
) -> None:
    bad = {**apple.entry("vip", expires=BOUGHT), **fields}
    providers.faults.add(PATH, json=answer(apple.bundle_id, [], [bad]))
    checks = Checks()
    assert await refusal(store.subscriptions("receipt", checks), checks) == name
