"""What Apple's server tells changes what is kept."""

import asyncio
import json
import uuid
from datetime import datetime
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.purchases.notices import APPLE, DAY, EPOCH_TIME, MONTH, NOW, Apple, noted, notice
from tests.purchases.support import Shelf, Shopper, stored, stored_subscription

SUBSCRIBED, RENEWED, EXPIRED, CANCELLED, REFUNDED = 1, 2, 3, 4, 5
NOBODY = str(uuid.UUID(int=0))


@pytest.fixture
def apple(providers: Providers, api: httpx.AsyncClient) -> Apple:
    return Apple(providers.app_store, api)


@pytest.fixture
def id(shelf: Shelf) -> str:
    """An id of a transaction that nobody has seen."""
    return shelf.id()


def bought(apple: Apple, id: str, **fields: Any) -> str:
    """A signed transaction of a subscription to "vip" for a month."""
    fields = {"expires": NOW + MONTH, **fields}
    return apple.store.transaction("vip", transaction_id=id, original_transaction_id=id, **fields)


def goes_on(apple: Apple, id: str, **fields: Any) -> str:
    """How it is renewed, signed."""
    return apple.store.renewal("vip", id, **fields)


async def row(app: Application, id: str) -> dict[str, Any]:
    found = await stored_subscription(app, id)
    assert found is not None
    return found


async def subscribed(shelf: Shelf, shopper: Shopper, id: str) -> None:
    """Validate a subscription that expires in a month."""
    await shopper.subscribe(shelf.subscribe("apple", "vip", NOW + MONTH, id))


# --- who has signed it ---


async def test_apple_may_take_other_certificates(
    app: Application, apple: Apple, ada: Shopper, id: str
) -> None:
    """Under the same root, while the old ones still sign."""
    for n, chain in enumerate(("good", "other_root_listed", "good", "expired_since_signing")):
        transaction = bought(apple, f"{id}-{n}", user_id=ada.id, chain=chain)
        assert await apple.tell("SUBSCRIBED", transaction=transaction, chain=chain) == 200
        assert (await row(app, f"{id}-{n}"))["owner"] == ada.id
    for n, (inner, outer) in enumerate((("good", "other_root"), ("other_root", "good"))):
        before = await noted(app)
        transaction = bought(apple, f"{id}-x{n}", user_id=ada.id, chain=inner)
        assert await apple.tell("SUBSCRIBED", transaction=transaction, chain=outer) == 400
        assert await stored_subscription(app, f"{id}-x{n}") is None
        assert await noted(app) == before


# --- whose it is ---


@pytest.mark.parametrize("kind", ["SUBSCRIBED", "DID_RENEW", "DID_CHANGE_RENEWAL_PREF", "OFFER_REDEEMED"])
async def test_who_is_named_to_apple_has_it(
    app: Application, apple: Apple, ada: Shopper, id: str, kind: str
) -> None:
    purchased = NOW - DAY
    transaction = bought(apple, id, user_id=ada.id, originalPurchaseDate=int(purchased.timestamp() * 1000))
    body = apple.store.notification(kind, transaction=transaction, uuid=f"n-{id}")
    assert await apple.send(body) == 200
    kept = await row(app, id)
    assert (kept["owner"], kept["product_id"], kept["store"], kept["environment"]) == (ada.id, "vip", 0, 1)
    assert (kept["expire_time"], kept["purchase_time"]) == (NOW + MONTH, purchased)
    assert (kept["refund_time"], kept["store_time"]) == (EPOCH_TIME, NOW)
    assert kept["raw_notification"] == json.loads(body)
    assert kept["raw_response"] == {}
    record = await notice(app, f"apple:n-{id}")
    assert record is not None
    assert record["kind"] == (RENEWED if kind == "DID_RENEW" else SUBSCRIBED)
    assert (record["transaction_id"], record["is_subscription"], record["next_try"]) == (id, True, None)
    assert (await ada.subscription("vip"))["active"] is True
    assert json.loads((await ada.subscription("vip"))["provider_notification"]) == json.loads(body)


async def test_who_has_validated_it_keeps_it(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, bob: Shopper, id: str
) -> None:
    await subscribed(shelf, ada, id)
    transaction = bought(apple, id, expires=NOW + 2 * MONTH, user_id=bob.id)
    assert await apple.tell("DID_RENEW", transaction=transaction) == 200
    assert (await row(app, id))["owner"] == ada.id
    assert (await row(app, id))["expire_time"] == NOW + 2 * MONTH


@pytest.mark.parametrize("account", [None, "someone", "", 7])
async def test_what_comes_before_its_player_is_to_come_again(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str, account: Any
) -> None:
    body = apple.store.notification(
        "SUBSCRIBED", transaction=bought(apple, id, expires=NOW + 2 * MONTH, user_id=account)
    )
    before = await noted(app)
    assert [await apple.send(body) for _ in range(2)] == [503, 503]
    assert await stored_subscription(app, id) is None
    assert await noted(app) == before
    await subscribed(shelf, ada, id)
    assert await apple.send(body) == 200
    assert (await row(app, id))["expire_time"] == NOW + 2 * MONTH


async def test_an_account_that_is_gone_is_nobodys(
    app: Application, apple: Apple, id: str, ada: Shopper
) -> None:
    await ada.leave()
    for kind in ("SUBSCRIBED", "EXPIRED"):
        transaction = bought(apple, id, user_id=ada.id)
        assert await apple.tell(kind, transaction=transaction, renewal=goes_on(apple, id)) == 200
        assert await stored_subscription(app, id) is None
    assert await apple.tell("REFUND", transaction=bought(apple, id, user_id=ada.id)) == 200
    assert (await row(app, id))["owner"] == NOBODY


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("kind", ["EXPIRED", "GRACE_PERIOD_EXPIRED"])
async def test_what_ends_and_is_nobodys_changes_nothing(
    app: Application, apple: Apple, ada: Shopper, id: str, kind: str, is_named: bool
) -> None:
    renewal = goes_on(apple, id, renews=NOW, user_id=ada.id if is_named else None)
    assert await apple.tell(kind, transaction=bought(apple, id), renewal=renewal) == 200
    assert await stored_subscription(app, id) is None


async def test_a_subscription_without_an_owner_is_kept_up_to_date(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, bob: Shopper, id: str
) -> None:
    await subscribed(shelf, ada, id)
    await ada.leave()
    assert await apple.tell("DID_RENEW", transaction=bought(apple, id, expires=NOW + 2 * MONTH)) == 200
    kept = await row(app, id)
    assert (kept["expire_time"], kept["owner"]) == (NOW + 2 * MONTH, str(uuid.UUID(int=0)))
    named = bought(apple, id, expires=NOW + 3 * MONTH, user_id=bob.id)
    assert await apple.tell("DID_RENEW", transaction=named) == 200
    assert (await row(app, id))["owner"] == bob.id


# --- what changes ---


async def test_an_upgrade_is_another_product_at_once_a_downgrade_later(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    await subscribed(shelf, ada, id)
    transaction = bought(apple, id)
    for subtype, then in (("DOWNGRADE", "vip"), ("", "vip"), ("UPGRADE", "gold")):
        renewal = goes_on(apple, id, next_product_id="gold")
        answer = await apple.tell(
            "DID_CHANGE_RENEWAL_PREF", subtype, transaction=transaction, renewal=renewal
        )
        assert answer == 200
        assert (await row(app, id))["product_id"] == then
    assert await apple.tell("DID_CHANGE_RENEWAL_PREF", "UPGRADE", transaction=transaction) == 200
    assert (await row(app, id))["product_id"] == "vip"


@pytest.mark.parametrize(
    ("renews", "grace_ends", "then"),
    [
        (NOW, None, NOW),
        (NOW, NOW + DAY, NOW + DAY),
        (NOW + 2 * DAY, NOW + DAY, NOW + 2 * DAY),
        (None, NOW + DAY, NOW + DAY),
        (None, None, NOW + MONTH),
    ],
)
async def test_it_ends_when_apple_tries_no_more(
    app: Application,
    apple: Apple,
    shelf: Shelf,
    ada: Shopper,
    id: str,
    renews: datetime | None,
    grace_ends: datetime | None,
    then: datetime,
) -> None:
    await subscribed(shelf, ada, id)
    renewal = goes_on(apple, id, renews=renews, grace_ends=grace_ends)
    assert await apple.tell("EXPIRED", transaction=bought(apple, id), renewal=renewal, uuid=id) == 200
    assert (await row(app, id))["expire_time"] == then
    record = await notice(app, f"apple:{id}")
    assert record is not None
    assert record["kind"] == EXPIRED


@pytest.mark.parametrize(("subtype", "kind"), [("AUTO_RENEW_DISABLED", CANCELLED), ("AUTO_RENEW_ENABLED", 0)])
async def test_it_is_cancelled_before_it_ends(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str, subtype: str, kind: int
) -> None:
    await subscribed(shelf, ada, id)
    renewal = goes_on(apple, id, renews=NOW + MONTH, auto_renews=False)
    answer = await apple.tell(
        "DID_CHANGE_RENEWAL_STATUS", subtype, renewal=renewal, transaction=bought(apple, id), uuid=id
    )
    assert answer == 200
    record = await notice(app, f"apple:{id}")
    assert record is not None
    assert record["kind"] == kind
    kept = await row(app, id)
    assert (kept["expire_time"], kept["purchase_time"]) == (NOW + MONTH, NOW)


async def test_the_owner_may_be_named_by_the_renewal(
    app: Application, apple: Apple, ada: Shopper, id: str
) -> None:
    renewal = goes_on(apple, id, renews=NOW + DAY, user_id=ada.id)
    answer = await apple.tell("DID_CHANGE_RENEWAL_STATUS", "AUTO_RENEW_ENABLED", renewal=renewal)
    assert answer == 200
    kept = await row(app, id)
    assert (kept["owner"], kept["product_id"], kept["expire_time"]) == (ada.id, "vip", NOW + DAY)
    assert kept["purchase_time"] == NOW


async def test_grace_is_time_that_is_left(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    await subscribed(shelf, ada, id)
    renewal = goes_on(apple, id, renews=NOW + MONTH, grace_ends=NOW + MONTH + 6 * DAY)
    transaction = bought(apple, id)
    before = await noted(app)
    assert await apple.tell("DID_FAIL_TO_RENEW", transaction=transaction, renewal=renewal) == 200
    assert (await row(app, id))["expire_time"] == NOW + MONTH
    assert await noted(app) == before
    told = {"transaction": transaction, "renewal": renewal}
    assert await apple.tell("DID_FAIL_TO_RENEW", "GRACE_PERIOD", **told) == 200
    assert (await row(app, id))["expire_time"] == NOW + MONTH + 6 * DAY


async def test_an_extension_is_kept_if_somebody_has_it(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    longer = bought(apple, id, expires=NOW + 2 * MONTH)
    assert await apple.tell("RENEWAL_EXTENDED", transaction=longer) == 200
    assert await stored_subscription(app, id) is None
    await subscribed(shelf, ada, id)
    assert await apple.tell("RENEWAL_EXTENDED", transaction=longer, uuid=id) == 200
    assert (await row(app, id))["expire_time"] == NOW + 2 * MONTH
    record = await notice(app, f"apple:{id}")
    assert record is not None
    assert record["kind"] == 0


async def test_who_shares_no_more_ends_it_now(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    await subscribed(shelf, ada, id)
    assert await apple.tell("REVOKE", transaction=bought(apple, id, revoked=NOW), uuid=id) == 200
    kept = await row(app, id)
    assert kept["expire_time"] == NOW
    assert "active" not in await ada.subscription("vip")
    record = await notice(app, f"apple:{id}")
    assert record is not None
    assert record["kind"] == EXPIRED


async def test_who_shares_no_more_ends_the_next_period_too(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock, id: str
) -> None:
    """Apple renews up to a day before the present period ends, which it then takes back."""
    await subscribed(shelf, ada, id)
    clock.offset += MONTH - DAY / 2
    renewed = apple.store.transaction(
        "vip", original_transaction_id=id, purchased=NOW + MONTH, expires=NOW + 2 * MONTH
    )
    assert await apple.tell("DID_RENEW", transaction=renewed, signed=clock.now()) == 200
    assert (await row(app, id))["expire_time"] == NOW + 2 * MONTH
    clock.offset += DAY / 12
    shared = bought(apple, id, purchased=NOW, revoked=clock.now())
    assert await apple.tell("REVOKE", transaction=shared, signed=clock.now()) == 200
    assert (await row(app, id))["expire_time"] == clock.now()
    assert "active" not in await ada.subscription("vip")


# --- refunds ---


async def test_a_refunded_subscription_is_not_active(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    await subscribed(shelf, ada, id)
    refunded = bought(apple, id, revoked=NOW - DAY)
    assert await apple.tell("REFUND", transaction=refunded, uuid=id) == 200
    kept = await row(app, id)
    assert (kept["refund_time"], kept["expire_time"]) == (NOW - DAY, NOW + MONTH)
    [listed] = (await ada.subscriptions())["validated_subscriptions"]
    assert "active" not in listed
    record = await notice(app, f"apple:{id}")
    assert record is not None
    assert record["kind"] == REFUNDED


async def test_a_refund_that_is_taken_back_leaves_it_active(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock, id: str
) -> None:
    await subscribed(shelf, ada, id)
    assert await apple.tell("REFUND", transaction=bought(apple, id, revoked=NOW)) == 200
    clock.offset += DAY
    assert await apple.tell("REFUND_REVERSED", transaction=bought(apple, id)) == 200
    assert (await row(app, id))["refund_time"] == EPOCH_TIME
    assert (await ada.subscription("vip"))["active"] is True


async def test_a_refund_of_a_period_that_is_over_is_none_of_the_present(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    await subscribed(shelf, ada, id)
    renewed = bought(apple, id, expires=NOW + 2 * MONTH)
    assert await apple.tell("DID_RENEW", transaction=renewed) == 200
    assert await apple.tell("REFUND", transaction=bought(apple, id, revoked=NOW), uuid=id) == 200
    kept = await row(app, id)
    assert (kept["refund_time"], kept["expire_time"]) == (EPOCH_TIME, NOW + 2 * MONTH)
    record = await notice(app, f"apple:{id}")
    assert record is not None
    assert record["kind"] == REFUNDED


@pytest.mark.parametrize("ends", [NOW + DAY + MONTH, NOW + 12 * MONTH, NOW + 24 * MONTH])
async def test_who_pays_again_after_a_refund_has_it_again(
    app: Application,
    apple: Apple,
    shelf: Shelf,
    ada: Shopper,
    clock: ShiftedClock,
    id: str,
    ends: datetime,
) -> None:
    """Also if that is for less time than what was refunded."""
    year = NOW + 12 * MONTH
    await ada.subscribe(shelf.subscribe("apple", "vip", year, id))
    assert await apple.tell("REFUND", transaction=bought(apple, id, expires=year, revoked=NOW)) == 200
    assert "active" not in await ada.subscription("vip")
    clock.offset += DAY
    again = bought(apple, id, purchased=NOW + DAY, expires=ends)
    assert await apple.tell("SUBSCRIBED", "RESUBSCRIBE", transaction=again) == 200
    kept = await row(app, id)
    assert (kept["refund_time"], kept["expire_time"]) == (EPOCH_TIME, ends)
    assert (await ada.subscription("vip"))["active"] is True


async def test_a_refunded_purchase(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    receipt = shelf.buy("apple", id=id)
    await ada.buy(receipt)
    refunded = apple.store.transaction("sword", transaction_id=id, revoked=NOW - DAY)
    assert await apple.tell("REFUND", transaction=refunded, uuid=id) == 200
    kept = await stored(app, id)
    assert kept is not None
    assert (kept["refund_time"], kept["owner"], kept["product_id"]) == (NOW - DAY, ada.id, "sword")
    assert (await ada.buy(receipt))["refund_time"] == "2026-03-01T12:00:00Z"
    record = await notice(app, f"apple:{id}")
    assert record is not None
    assert (record["kind"], record["is_subscription"]) == (REFUNDED, False)


async def test_refunds_and_reversals_in_any_order(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock, id: str
) -> None:
    await ada.buy(shelf.buy("apple", id=id))
    revoked = apple.store.transaction("sword", transaction_id=id, revoked=NOW)
    refund = apple.store.notification("REFUND", transaction=revoked, signed=NOW)
    again = apple.store.notification("REFUND", transaction=revoked, signed=NOW)
    back = apple.store.notification(
        "REFUND_REVERSED",
        transaction=apple.store.transaction("sword", transaction_id=id, signed=NOW + DAY),
        signed=NOW + DAY,
    )
    clock.offset += 2 * DAY
    for body, then in ((refund, NOW), (back, EPOCH_TIME), (again, EPOCH_TIME)):
        assert await apple.send(body) == 200
        kept = await stored(app, id)
        assert kept is not None
        assert kept["refund_time"] == then


async def test_a_shared_purchase_that_is_shared_no_more(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    await ada.buy(shelf.buy("apple", id=id))
    revoked = apple.store.transaction("sword", transaction_id=id, revoked=NOW)
    assert await apple.tell("REVOKE", transaction=revoked) == 200
    kept = await stored(app, id)
    assert kept is not None
    assert kept["refund_time"] == NOW


# --- order, repetition ---


async def test_what_was_said_earlier_changes_nothing(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    await subscribed(shelf, ada, id)
    late = apple.store.notification(
        "EXPIRED",
        transaction=bought(apple, id, signed=NOW - DAY),
        renewal=goes_on(apple, id, renews=NOW - DAY, signed=NOW - DAY),
        signed=NOW - DAY,
    )
    before = await row(app, id)
    assert await apple.send(late) == 200
    after = await row(app, id)
    for name in ("expire_time", "store_time", "raw_notification", "refund_time"):
        assert after[name] == before[name]


async def test_a_repetition_does_nothing(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, clock: ShiftedClock, id: str
) -> None:
    await subscribed(shelf, ada, id)
    body = apple.store.notification("DID_RENEW", transaction=bought(apple, id, expires=NOW + 2 * MONTH))
    assert await apple.send(body) == 200
    before, count = await row(app, id), await noted(app)
    clock.offset += DAY
    assert [await apple.send(body) for _ in range(3)] == [200, 200, 200]
    assert await row(app, id) == before
    assert await noted(app) == count


async def test_many_at_once_leave_the_latest(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    """Notifications and validations in parallel: what Apple has signed last stays."""
    ends = [NOW + step * DAY for step in range(1, 13)]

    def told(step: int) -> bytes:
        signed = NOW + step * DAY - MONTH
        transaction = bought(apple, id, expires=ends[step], signed=signed)
        return apple.store.notification(
            "DID_RENEW", transaction=transaction, signed=signed, uuid=f"{id}-{step}"
        )

    signed = NOW - MONTH
    first = shelf.apple_subscription("vip", id, ends[0], signed=signed)
    await ada.subscribe(first)
    bodies = [told(step) for step in range(1, len(ends))]
    receipts = [
        shelf.apple_subscription("vip", id, ends[step], signed=signed + step * DAY)
        for step in range(1, len(ends))
    ]
    answers = await asyncio.gather(
        *(apple.send(body) for body in reversed(bodies)),
        *(ada.subscribe(receipt) for receipt in receipts),
        *(apple.send(body) for body in bodies),
    )
    assert {answer for answer in answers if isinstance(answer, int)} == {200}
    kept = await row(app, id)
    assert (kept["expire_time"], kept["owner"]) == (ends[-1], ada.id)


async def test_an_account_that_is_deleted_meanwhile(
    app: Application, apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    ids = [f"{id}-{step}" for step in range(8)]
    for each in ids:
        await subscribed(shelf, ada, each)
    bodies = [
        apple.store.notification("DID_RENEW", transaction=bought(apple, each, user_id=ada.id)) for each in ids
    ]
    answers = await asyncio.gather(*(apple.send(body) for body in bodies), ada.leave())
    assert set(answers) == {200, None}
    for each in ids:
        assert (await row(app, each))["owner"] == str(uuid.UUID(int=0))


# --- what is ignored, what is refused ---


@pytest.mark.parametrize(
    "kind",
    ["TEST", "CONSUMPTION_REQUEST", "PRICE_INCREASE", "REFUND_DECLINED", "ONE_TIME_CHARGE", "SOMETHING_NEW"],
)
async def test_other_types_are_taken_and_change_nothing(
    app: Application, apple: Apple, ada: Shopper, id: str, kind: str
) -> None:
    before = await noted(app)
    assert await apple.tell(kind) == 200
    transaction = apple.store.transaction("sword", transaction_id=id, user_id=ada.id)
    assert await apple.tell(kind, transaction=transaction) == 200
    assert await stored(app, id) is None
    assert await noted(app) == before


async def test_what_is_bought_once_is_still_new_to_its_player(
    apple: Apple, shelf: Shelf, ada: Shopper, id: str
) -> None:
    transaction = apple.store.transaction("sword", transaction_id=id, user_id=ada.id)
    assert await apple.tell("ONE_TIME_CHARGE", transaction=transaction) == 200
    assert "seen_before" not in await ada.buy(shelf.buy("apple", id=id))


async def test_notifications_without_data(apple: Apple) -> None:
    about = {"appAppleId": apple.store.app_apple_id, "bundleId": apple.store.bundle_id}
    summary = {**about, "environment": "Sandbox", "productId": "vip", "succeededCount": 5, "failedCount": 0}
    assert await apple.tell("RENEWAL_EXTENSION", "SUMMARY", data=None, summary=summary) == 200
    token = {**about, "externalPurchaseId": "SANDBOX_1", "tokenCreationDate": 1}
    assert (
        await apple.tell("EXTERNAL_PURCHASE_TOKEN", "UNREPORTED", data=None, externalPurchaseToken=token)
        == 200
    )


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("SUBSCRIBED", ()),
        ("SUBSCRIBED", ("renewal",)),
        ("EXPIRED", ("transaction",)),
        ("REFUND", ("renewal",)),
        ("REVOKE", ()),
        ("REFUND_REVERSED", ()),
    ],
)
async def test_what_lacks_what_it_is_about_is_refused(
    apple: Apple, id: str, kind: str, parts: tuple[str, ...]
) -> None:
    all_parts = {"transaction": bought(apple, id), "renewal": goes_on(apple, id)}
    assert await apple.tell(kind, **{name: all_parts[name] for name in parts}) == 400


@pytest.mark.parametrize(
    "forged",
    [
        {"forgery": "unsigned"},
        {"forgery": "tampered_payload"},
        {"forgery": "hmac_with_public_key"},
        {"chain": "other_root"},
        {"chain": "expired_at_signing"},
        {"data": {"bundleId": "com.example.other"}},
        {"environment": "Production", "data": {"appAppleId": 7}},
        {"environment": "Xcode"},
        {"environment": "LocalTesting"},
        {"environment": None},
    ],
)
async def test_what_apple_has_not_signed_for_us_is_refused(
    app: Application, apple: Apple, ada: Shopper, id: str, forged: dict[str, Any]
) -> None:
    transaction = bought(apple, id, user_id=ada.id)
    before = await noted(app)
    assert await apple.tell("SUBSCRIBED", transaction=transaction, **forged) == 400
    assert await stored_subscription(app, id) is None
    assert await noted(app) == before


async def test_what_is_inside_must_be_signed_too(
    app: Application, apple: Apple, ada: Shopper, id: str
) -> None:
    for forged in (
        {"forgery": "tampered_payload"},
        {"bundle_id": "com.other"},
        {"environment": "Production"},
    ):
        transaction = bought(apple, id, user_id=ada.id, **forged)
        assert await apple.tell("SUBSCRIBED", transaction=transaction) == 400
    renewal = goes_on(apple, id, forgery="other_key", user_id=ada.id)
    assert await apple.tell("EXPIRED", renewal=renewal) == 400
    assert await stored_subscription(app, id) is None


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"[]", b"null", b"{}", b'{"signedPayload": 7}', b'{"signedPayload": ""}', b"\xff\xfe",
        b'{"signedPayload": "a.b.c"}', b'{"signedPayload": "..."}', b'{"signedPayload": "\\u0000"}',
        b"[" * 100_000, b'{"signedPayload":' * 10_000,
    ],
)  # fmt: skip
async def test_garbage_is_refused(apple: Apple, body: bytes) -> None:
    assert await apple.send(body) == 400


@pytest.mark.parametrize(
    "payload",
    [
        {"notificationUUID": None}, {"notificationUUID": 7}, {"notificationUUID": "x" * 5000},
        {"notificationUUID": "\0"}, {"signedDate": "soon"}, {"signedDate": 10**18}, {"signedDate": True},
        {"data": []}, {"data": "x"},
    ],
)  # fmt: skip
async def test_signed_nonsense_is_refused(
    apple: Apple, ada: Shopper, id: str, payload: dict[str, Any]
) -> None:
    told = {
        "notificationType": "SUBSCRIBED",
        "notificationUUID": str(uuid.uuid4()),
        "signedDate": int(NOW.timestamp() * 1000),
        "data": {
            "environment": "Sandbox",
            "bundleId": apple.store.bundle_id,
            "signedTransactionInfo": bought(apple, id, user_id=ada.id),
        },
    }
    whole = {name: value for name, value in {**told, **payload}.items() if value is not None}
    body = json.dumps({"signedPayload": apple.store.jws(whole)}).encode()
    assert await apple.send(body) == 400


@pytest.mark.parametrize(
    "fields",
    [
        {"expiresDate": "soon"}, {"expiresDate": 10**18}, {"productId": 7}, {"productId": "x" * 600},
        {"productId": "\0"}, {"originalTransactionId": ""}, {"originalTransactionId": "y" * 513},
        {"originalPurchaseDate": []}, {"revocationDate": "x"},
    ],
)  # fmt: skip
async def test_signed_nonsense_inside_is_refused(
    apple: Apple, ada: Shopper, id: str, fields: dict[str, Any]
) -> None:
    transaction = bought(apple, id, user_id=ada.id, **fields)
    assert await apple.tell("SUBSCRIBED", transaction=transaction) == 400


async def test_the_older_path_does_as_well(app: Application, apple: Apple, ada: Shopper, id: str) -> None:
    body = apple.store.notification("SUBSCRIBED", transaction=bought(apple, id, user_id=ada.id))
    assert await apple.send(body, APPLE.replace("/notifications/", "/subscriptions/")) == 200
    assert await stored_subscription(app, id) is not None
