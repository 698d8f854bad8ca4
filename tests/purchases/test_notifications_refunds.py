"""What Apple's server tells of refunds that come before, after or beside what players validate."""

import uuid
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.purchases.notices import DAY, EPOCH_TIME, MONTH, NOW, Apple, Google
from tests.purchases.support import EPOCH, Shelf, Shopper, stored, stored_subscription

NOBODY = str(uuid.UUID(int=0))


@pytest.fixture
def apple(providers: Providers, api: httpx.AsyncClient) -> Apple:
    return Apple(providers.app_store, api)


@pytest.fixture
def id(shelf: Shelf) -> str:
    """An id of a transaction that nobody has seen."""
    return shelf.id()


def reversal(apple: Apple, id: str, clock: ShiftedClock) -> bytes:
    """What Apple sends when it takes the refund of a transaction back."""
    current = apple.store.changed(id, revocationDate=None, revocationReason=None)
    return apple.store.notification("REFUND_REVERSED", transaction=current, signed=clock.now())


def refund(apple: Apple, id: str, clock: ShiftedClock, kind: str = "REFUND") -> bytes:
    """What it sends of a refund."""
    return apple.store.notification(kind, transaction=apple.store.revoked(id), signed=clock.now())


# --- before any validation ---


@pytest.mark.parametrize("kind", ["REFUND", "REVOKE"])
@pytest.mark.parametrize("is_named", [True, False])
async def test_what_was_refunded_is_not_new_to_its_player(
    app: Application, apple: Apple, ada: Shopper, clock: ShiftedClock, id: str, kind: str, is_named: bool
) -> None:
    jws = apple.store.transaction("sword", transaction_id=id, user_id=ada.id if is_named else None)
    clock.offset += DAY
    assert await apple.send(refund(apple, id, clock, kind)) == 200
    kept = await stored(app, id)
    assert kept is not None
    assert (kept["owner"], kept["refund_time"]) == (NOBODY, NOW + DAY)
    [purchase] = (await ada.ask("POST", "/v2/iap/purchase/apple", {"receipt": jws}))["validated_purchases"]
    assert (purchase["seen_before"], purchase["refund_time"]) == (True, "2026-03-03T12:00:00Z")


@pytest.mark.parametrize("kind", ["REFUND", "REVOKE"])
async def test_a_subscription_that_was_refunded_is_not_active_for_its_player(
    app: Application, apple: Apple, ada: Shopper, clock: ShiftedClock, id: str, kind: str
) -> None:
    jws = apple.store.transaction("vip", transaction_id=id, expires=NOW + MONTH)
    clock.offset += DAY
    assert await apple.send(refund(apple, id, clock, kind)) == 200
    answer = await ada.ask("POST", "/v2/iap/subscription/apple", {"receipt": jws})
    subscription = answer["validated_subscription"]
    assert (subscription["user_id"], subscription["refund_time"]) == (ada.id, "2026-03-03T12:00:00Z")
    assert "active" not in subscription


@pytest.mark.parametrize("is_validated", [True, False], ids=["validated between", "not validated"])
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "not named"])
async def test_a_refund_that_was_taken_back_leaves_the_first_validation_new(
    app: Application,
    apple: Apple,
    shelf: Shelf,
    ada: Shopper,
    clock: ShiftedClock,
    id: str,
    is_named: bool,
    is_validated: bool,
) -> None:
    receipt = shelf.apple("sword", id, user_id=ada.id if is_named else None)
    clock.offset += DAY
    assert await apple.send(refund(apple, id, clock)) == 200
    if is_validated:
        assert (await ada.buy(receipt))["seen_before"]
    clock.offset += DAY
    assert await apple.send(reversal(apple, id, clock)) == 200
    purchase = await ada.buy(receipt)
    assert "seen_before" not in purchase
    assert purchase["refund_time"] == EPOCH


async def test_what_somebody_had_who_is_gone_stays_known(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, bob: Shopper, clock: ShiftedClock, id: str
) -> None:
    receipt = shelf.buy("apple", id=id)
    await ada.buy(receipt)
    await ada.leave()
    clock.offset += DAY
    assert await apple.send(refund(apple, id, clock)) == 200
    clock.offset += DAY
    assert await apple.send(reversal(apple, id, clock)) == 200
    assert (await bob.buy(receipt))["seen_before"]


@pytest.mark.parametrize("expires", [None, NOW + MONTH])
async def test_a_refund_that_comes_after_its_reversal_is_none(
    app: Application, apple: Apple, ada: Shopper, clock: ShiftedClock, id: str, expires: Any
) -> None:
    apple.store.transaction("sword", transaction_id=id, expires=expires)
    clock.offset += DAY
    late = refund(apple, id, clock)
    clock.offset += DAY
    assert await apple.send(reversal(apple, id, clock)) == 200
    assert await apple.send(late) == 200
    assert await stored(app, id) is None
    assert await stored_subscription(app, id) is None


# --- old news ---


async def test_what_was_signed_before_a_refund_was_taken_back_does_not_count(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock, id: str
) -> None:
    await ada.buy(shelf.buy("apple", id=id))
    clock.offset += DAY
    stale = {"receipt": apple.store.revoked(id)}
    await ada.ask("POST", "/v2/iap/purchase/apple", stale)
    clock.offset += DAY
    assert await apple.send(reversal(apple, id, clock)) == 200
    for then in (EPOCH, "2026-03-05T12:00:00Z"):
        [purchase] = (await ada.ask("POST", "/v2/iap/purchase/apple", stale))["validated_purchases"]
        assert purchase["refund_time"] == then
        clock.offset += DAY
        stale = {"receipt": apple.store.revoked(id)}


async def test_an_id_of_another_store_keeps_its_refund(
    app: Application, apple: Apple, providers: Providers, shelf: Shelf, clock: ShiftedClock, id: str
) -> None:
    google = Google(providers.google_play, apple.api)
    google.store.purchase("sword", token=id, state=1)
    assert await google.tell("voided", id) == 200
    before = await stored(app, id)
    assert before is not None
    apple.store.transaction("sword", transaction_id=id)
    clock.offset += DAY
    assert await apple.send(refund(apple, id, clock)) == 200
    clock.offset += DAY
    assert await apple.send(reversal(apple, id, clock)) == 200
    assert await stored(app, id) == before


async def test_a_renewal_that_was_told_before_the_refund_does_not_end_it(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock, id: str
) -> None:
    """The period begins only later: Apple renews up to a day before."""
    await ada.subscribe(shelf.subscribe("apple", "vip", NOW + MONTH, id))
    next_id, later = shelf.id(), NOW + 2 * MONTH
    clock.offset += MONTH - DAY / 2
    renewed = apple.store.transaction(
        "vip", transaction_id=next_id, original_transaction_id=id, purchased=NOW + MONTH, expires=later
    )
    late = apple.store.notification("DID_RENEW", transaction=renewed, signed=clock.now())
    clock.offset += DAY / 12
    refunded_at = clock.now()
    assert await apple.send(refund(apple, next_id, clock)) == 200
    assert await apple.send(late) == 200
    kept = await stored_subscription(app, id)
    assert kept is not None
    assert (kept["refund_time"], kept["store_time"]) == (refunded_at, refunded_at)
    assert "active" not in await ada.subscription("vip")
    clock.offset += DAY / 12
    assert await apple.send(reversal(apple, next_id, clock)) == 200
    kept = await stored_subscription(app, id)
    assert kept is not None
    assert (kept["refund_time"], kept["expire_time"]) == (EPOCH_TIME, later)


async def test_a_validation_of_the_period_before_leaves_what_is_paid_already(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock, id: str
) -> None:
    """Apple renews up to a day before the present period ends, and the client still has that one."""
    await ada.subscribe(shelf.subscribe("apple", "vip", NOW + MONTH, id))
    clock.offset += MONTH - DAY / 2
    renewed = apple.store.transaction(
        "vip",
        transaction_id=shelf.id(),
        original_transaction_id=id,
        purchased=NOW + MONTH,
        expires=NOW + 2 * MONTH,
    )
    assert await apple.tell("DID_RENEW", transaction=renewed, signed=clock.now()) == 200
    clock.offset += DAY / 12
    body = {"receipt": apple.store.changed(id)}
    answer = (await ada.ask("POST", "/v2/iap/subscription/apple", body))["validated_subscription"]
    kept = await stored_subscription(app, id)
    assert kept is not None
    assert kept["expire_time"] == NOW + 2 * MONTH
    assert answer["expiry_time"] == (await ada.subscription("vip"))["expiry_time"]
    clock.offset += DAY
    assert (await ada.subscription("vip"))["active"]


async def test_a_validation_in_grace_leaves_it(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock, id: str
) -> None:
    await ada.subscribe(shelf.subscribe("apple", "vip", NOW + MONTH, id))
    clock.offset += MONTH
    grace = NOW + MONTH + 16 * DAY
    told = {
        "transaction": apple.store.changed(id),
        "renewal": apple.store.renewal("vip", id, renews=NOW + MONTH, grace_ends=grace),
    }
    assert await apple.tell("DID_FAIL_TO_RENEW", "GRACE_PERIOD", signed=clock.now(), **told) == 200
    clock.offset += DAY
    body = {"receipt": apple.store.changed(id)}
    subscription = (await ada.ask("POST", "/v2/iap/subscription/apple", body))["validated_subscription"]
    assert (subscription["expiry_time"], subscription["active"]) == ("2026-04-17T12:00:00Z", True)
    # What Apple itself tells of an end is another matter.
    told["renewal"] = apple.store.renewal("vip", id, renews=NOW + MONTH)
    assert await apple.tell("GRACE_PERIOD_EXPIRED", signed=clock.now(), **told) == 200
    assert "active" not in await ada.subscription("vip")
