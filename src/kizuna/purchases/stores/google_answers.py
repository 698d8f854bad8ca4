"""What the publisher API of Google Play answers about products and subscriptions."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kizuna.outside.checks import Checks, quoted
from kizuna.purchases.stores.answers import (
    Answer,
    identifier,
    time_of_milliseconds,
    time_of_text,
)
from kizuna.purchases.stores.google_receipt import Receipt
from kizuna.purchases.stores.interface import (
    Environment,
    InvalidReceipt,
    Store,
    StorePurchase,
    StoreSubscription,
    invalid_receipt,
)
from kizuna.wire.microseconds import EPOCH

#: `purchaseState` of a product that was paid, and `acknowledgementState` of one that nobody acknowledged.
_PURCHASED = 0
_UNACKNOWLEDGED_PRODUCT = 0

#: `purchaseState` in the second version of products.
_PURCHASED_V2, _CANCELLED_V2 = "PURCHASED", "CANCELLED"

#: `subscriptionState` where nothing was paid, and `acknowledgementState` where nobody acknowledged.
_UNPAID = frozenset(
    (
        "SUBSCRIPTION_STATE_UNSPECIFIED",
        "SUBSCRIPTION_STATE_PENDING",
        "SUBSCRIPTION_STATE_PENDING_PURCHASE_CANCELED",
    )
)
_UNACKNOWLEDGED_SUBSCRIPTION = "ACKNOWLEDGEMENT_STATE_PENDING"


@dataclass(frozen=True, slots=True)
class GooglePurchase(StorePurchase):
    """`unacknowledged` is what was bought, if that waits to be acknowledged; None if it does not."""

    unacknowledged: Receipt | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class GoogleSubscription(StoreSubscription):
    """`unacknowledged` as that of `GooglePurchase`.

    `replaced` is what it goes on for, which it is kept by. `lives_on` is whether it has ended only because
    another one goes on for it, which is kept by this one's token.
    """

    unacknowledged: Receipt | None = field(default=None, repr=False)
    replaced: Receipt | None = field(default=None, repr=False)
    lives_on: bool = False


# Products


def product(answer: Answer, bought: Receipt, checks: Checks) -> GooglePurchase:
    """A product, which was paid and is what the client says. `Refused`, `Unavailable`.

    The reference believes the client's own state, so that what was cancelled or not paid yet counts.
    """
    state = answer.member("purchaseState", int)
    if state != _PURCHASED:
        raise _wrong_state(state, checks)
    checks.passed("state", "purchased")
    said = answer.members.get("productId", bought.product_id)
    is_same = said == bought.product_id
    otherwise = f"{quoted(bought.product_id)} is not {quoted(said)}, which was bought"
    checks.require("product", is_same, otherwise, detail=quoted(said))
    waits = answer.members.get("acknowledgementState") == _UNACKNOWLEDGED_PRODUCT
    return GooglePurchase(
        transaction_id=bought.token,
        product_id=bought.product_id,
        store=Store.GOOGLE,
        environment=_environment(answer.members.get("purchaseType") == 0),
        purchase_time=_purchase_time(answer, bought, checks),
        raw=answer.storable(checks),
        provider_response=answer.text,
        unacknowledged=bought if waits else None,
    )


def product_of_any_state(answer: Answer, bought: Receipt, now: datetime, checks: Checks) -> StorePurchase:
    """A product known by its token alone. `Refused` if it was never paid; `now` is the time of its refund, if
    there was one."""
    state = _object(answer.members.get("purchaseStateContext")).get("purchaseState")
    if state not in (_PURCHASED_V2, _CANCELLED_V2):
        raise _wrong_state(state, checks)
    checks.passed("state", quoted(state))
    completed = answer.members.get("purchaseCompletionTime")
    return StorePurchase(
        transaction_id=bought.token,
        product_id=_first_product(answer, checks),
        store=Store.GOOGLE,
        environment=_environment(answer.members.get("testPurchaseContext") is not None),
        purchase_time=time_of_text(completed, "purchase time", checks) if completed else EPOCH,
        raw=answer.storable(checks),
        provider_response=answer.text,
        refund_time=now if state == _CANCELLED_V2 else None,
    )


def _purchase_time(answer: Answer, bought: Receipt, checks: Checks) -> datetime:
    """Google's time rather than the client's, which may be anything."""
    said = answer.members.get("purchaseTimeMillis")
    if said is None:
        return _said_purchase_time(bought, checks)
    return time_of_milliseconds(said, "purchase time", checks)


def _said_purchase_time(bought: Receipt, checks: Checks) -> datetime:
    """The client's time, which is the epoch for a client that says none."""
    said = bought.purchase_time
    return EPOCH if said is None else time_of_milliseconds(said, "purchase time", checks)


def _first_product(answer: Answer, checks: Checks) -> str:
    items = answer.members.get("productLineItem")
    first = items[0] if isinstance(items, list) and items else None
    return identifier(_object(first).get("productId"), "product", checks, shown=True)


# Subscriptions


def subscription(answer: Answer, bought: Receipt, now: datetime, checks: Checks) -> GoogleSubscription:
    """A subscription, whether it has expired or not. `Refused` if it was never paid, `Unavailable`.

    `now` is when the store has answered.
    """
    state = answer.member("subscriptionState", str)
    if state in _UNPAID:
        raise _wrong_state(state, checks)
    checks.passed("state", quoted(state))
    product_id, expire_time = _latest_item(answer, bought.product_id, checks)
    waits = answer.members.get("acknowledgementState") == _UNACKNOWLEDGED_SUBSCRIPTION
    former = replaced(answer, bought, checks)
    lives_on = former is None and _was_replaced(answer)
    return GoogleSubscription(
        original_transaction_id=(former or bought).token,
        product_id=product_id,
        store=Store.GOOGLE,
        environment=_environment(answer.members.get("testPurchase") is not None),
        purchase_time=_start_time(answer, bought, checks),
        expire_time=expire_time,
        # How it has ended is no news of the one that goes on, whenever somebody asks.
        store_time=EPOCH if lives_on else now,
        raw=answer.storable(checks),
        provider_response=answer.text,
        unacknowledged=replace(bought, product_id=product_id) if waits else None,
        replaced=former,
        lives_on=lives_on,
    )


def _latest_item(answer: Answer, asked: str, checks: Checks) -> tuple[str, datetime]:
    """The product of a subscription and when it expires: its line item that expires last, the one that was
    `asked` for if there are several such.

    The reference looks at the first line item alone, and believes the client about the product.
    """
    items = answer.members.get("lineItems")
    timed = [
        (time_of_text(item["expiryTime"], "expiry", checks), item.get("productId"))
        for item in (items if isinstance(items, list) else ())
        if isinstance(item, dict) and item.get("expiryTime") is not None
    ]
    checks.require("line items", bool(timed), "there is none that expires")
    expire_time, product_id = max(timed, key=lambda item: (item[0], item[1] == asked))
    return identifier(product_id, "product", checks, shown=True), expire_time


def replaced(answer: Answer, bought: Receipt, checks: Checks) -> Receipt | None:
    """What a subscription has replaced, which it is kept by, as by the reference; None for nothing. `Refused`
    for what is no token."""
    linked = answer.members.get("linkedPurchaseToken")
    return Receipt(bought.package_name, identifier(linked, "linked token", checks)) if linked else None


def _was_replaced(answer: Answer) -> bool:
    return "replacementCancellation" in _object(answer.members.get("canceledStateContext"))


def _start_time(answer: Answer, bought: Receipt, checks: Checks) -> datetime:
    said = answer.members.get("startTime")
    if said is None:
        return _said_purchase_time(bought, checks)
    return time_of_text(said, "purchase time", checks)


# Of both


def account_id(answer: Answer) -> str:
    """The id that the game has told Google of who has bought a product, "" for none."""
    return _account_id(answer.members)


def account_id_of_subscription(answer: Answer) -> str:
    """The same of a subscription."""
    return _account_id(_object(answer.members.get("externalAccountIdentifiers")))


def _account_id(members: dict[str, Any]) -> str:
    said = (members.get(name) for name in ("obfuscatedExternalAccountId", "obfuscatedExternalProfileId"))
    return next((text for text in said if text and isinstance(text, str)), "")


def _wrong_state(state: object, checks: Checks) -> InvalidReceipt:
    """The refusal of what was not paid. The client is told the state, as by the reference."""
    return invalid_receipt(checks, "state", f"it is {quoted(state)}", f"Invalid Receipt. State: {state}")


def _environment(is_test: bool) -> Environment:
    return Environment.SANDBOX if is_test else Environment.PRODUCTION


def _object(value: object) -> dict[str, Any]:
    """A member that is an object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}
