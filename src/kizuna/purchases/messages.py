"""Purchases and subscriptions as clients and game code read them.

What the store has just confirmed and what is kept of it may differ; each message says which it tells.
"""

from datetime import datetime
from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Record
from kizuna.purchases.stores.interface import Store, StorePurchase, StoreSubscription
from kizuna.wire.encode import omit_empty, rfc3339
from kizuna.wire.microseconds import EPOCH

#: What the columns for a store's own words hold when it has said nothing.
_NOTHING = "{}"


def confirmed_purchase(purchase: StorePurchase, user_id: str) -> dict[str, Any]:
    """A `ValidatedPurchase` that is not kept."""
    # Nakama leaves the user out for this store, and only if nothing is kept.
    user_id = "" if purchase.store is Store.HUAWEI else user_id
    return _confirmed(purchase, user_id) | _refund(purchase.refund_time or EPOCH, purchase.tells_refund)


def kept_purchase(purchase: StorePurchase, user_id: str, kept: Record) -> dict[str, Any]:
    """A `ValidatedPurchase` with what is kept of it. The user is who asks, whoever was first."""
    message = _confirmed(purchase, user_id) | _kept_times(kept)
    message |= _refund(kept["refund_time"], purchase.tells_refund)
    return message if kept["is_new"] else message | {"seen_before": True}


def stored_purchase(row: Record) -> dict[str, Any]:
    """The `ValidatedPurchase` of a row."""
    return _stored(row, "transaction_id") | _refund(row["refund_time"], told=True)


def confirmed_subscription(subscription: StoreSubscription, user_id: str, now: datetime) -> dict[str, Any]:
    """A `ValidatedSubscription` that is not kept."""
    refund_time = subscription.refund_time or EPOCH
    return (
        _confirmed_subscription(subscription)
        | {"user_id": user_id, "product_id": subscription.product_id}
        | _refund(refund_time, subscription.tells_refund)
        | _expiry(subscription.expire_time, refund_time, now)
    )


def kept_subscription(subscription: StoreSubscription, kept: Record, now: datetime) -> dict[str, Any]:
    """A `ValidatedSubscription` with what is kept of it: whose it is, and what the store has said last."""
    return (
        _confirmed_subscription(subscription)
        | _kept_times(kept)
        | _refund(kept["refund_time"], subscription.tells_refund)
        | _expiry(kept["expire_time"], kept["refund_time"], now)
        | omit_empty(
            {
                "user_id": _owner(kept),
                "product_id": kept["product_id"],
                "provider_notification": _said(kept["raw_notification"]),
            }
        )
    )


def stored_subscription(row: Record, now: datetime, *, tells_refund: bool) -> dict[str, Any]:
    """The `ValidatedSubscription` of a row; `tells_refund` is whether that there was none is told too."""
    return (
        _stored(row, "original_transaction_id")
        | omit_empty({"provider_notification": _said(row["raw_notification"])})
        | _refund(row["refund_time"], tells_refund)
        | _expiry(row["expire_time"], row["refund_time"], now)
    )


def _confirmed(purchase: StorePurchase, user_id: str) -> dict[str, Any]:
    message = {
        "user_id": user_id,
        "product_id": purchase.product_id,
        "transaction_id": purchase.transaction_id,
        "store": int(purchase.store),
        "environment": int(purchase.environment),
        "provider_response": purchase.provider_response,
    }
    return omit_empty(message) | {"purchase_time": rfc3339(purchase.purchase_time)}


def _confirmed_subscription(subscription: StoreSubscription) -> dict[str, Any]:
    message = {
        "original_transaction_id": subscription.original_transaction_id,
        "store": int(subscription.store),
        "environment": int(subscription.environment),
        "provider_response": subscription.provider_response,
    }
    return omit_empty(message) | {"purchase_time": rfc3339(subscription.purchase_time)}


def _stored(row: Record, id: str) -> dict[str, Any]:
    message = {
        "user_id": _owner(row),
        "product_id": row["product_id"],
        id: row[id],
        "store": row["store"],
        "environment": row["environment"],
        "provider_response": _said(row["raw_response"]),
    }
    return omit_empty(message) | {"purchase_time": rfc3339(row["purchase_time"])} | _kept_times(row)


def _kept_times(row: Record) -> dict[str, Any]:
    return {"create_time": rfc3339(row["create_time"]), "update_time": rfc3339(row["update_time"])}


def _refund(time: datetime, told: bool) -> dict[str, Any]:
    """When it was refunded; `told` is whether that it was not, the epoch, is told too."""
    return {"refund_time": rfc3339(time)} if told or time != EPOCH else {}


def _expiry(time: datetime, refund_time: datetime, now: datetime) -> dict[str, Any]:
    # One meaning everywhere. The reference has one for each operation, and an active one that was refunded.
    active = time > now and refund_time == EPOCH
    return {"expiry_time": rfc3339(time)} | ({"active": True} if active else {})


def _owner(row: Record) -> str:
    """Whose it is, "" for nobody's."""
    user_id: str = row["user_id"]
    return "" if user_id == SYSTEM_USER else user_id


def _said(text: str) -> str:
    """What a store has said, "" for nothing. The reference gives some of these as JSON within JSON."""
    return "" if text == _NOTHING else text
