"""What becomes of a purchase in the App Store, and what Apple tells the game's server of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kizuna.testing.providers.times import MONTH, Moment, instant, milliseconds

if TYPE_CHECKING:
    from kizuna.testing.providers.app_store import AppStore

Payload = Mapping[str, Any]

#: Kinds of notifications of subscriptions with their subtypes, of which the first is the usual one.
_OF_SUBSCRIPTIONS = {
    "SUBSCRIBED": ("INITIAL_BUY", "RESUBSCRIBE"),
    "DID_RENEW": ("", "BILLING_RECOVERY"),
    "DID_CHANGE_RENEWAL_STATUS": ("AUTO_RENEW_DISABLED", "AUTO_RENEW_ENABLED"),
    "DID_CHANGE_RENEWAL_PREF": ("UPGRADE", "DOWNGRADE", ""),
    "DID_FAIL_TO_RENEW": ("", "GRACE_PERIOD"),
    "GRACE_PERIOD_EXPIRED": ("",),
    "EXPIRED": ("VOLUNTARY", "BILLING_RETRY", "PRICE_INCREASE", "PRODUCT_NOT_FOR_SALE"),
    "OFFER_REDEEMED": ("", "UPGRADE", "DOWNGRADE"),
    "PRICE_INCREASE": ("PENDING", "ACCEPTED"),
    "RENEWAL_EXTENDED": ("",),
}

#: The same of everything that can be bought. A refund is of one transaction, whatever came after it.
_OF_TRANSACTIONS = {
    "REFUND": ("",),
    "REFUND_REVERSED": ("",),
    "REFUND_DECLINED": ("",),
    "REVOKE": ("",),
    "CONSUMPTION_REQUEST": ("",),
    "ONE_TIME_CHARGE": ("",),
}

#: What can happen: the kinds of notifications with their subtypes.
KINDS = {"TEST": ("",), **_OF_SUBSCRIPTIONS, **_OF_TRANSACTIONS}

#: Every subtype that there is.
SUBTYPES = tuple(dict.fromkeys(subtype for subtypes in KINDS.values() for subtype in subtypes if subtype))

# States of a subscription, as a notification tells them.
_ACTIVE, _EXPIRED, _IN_RETRY, _IN_GRACE, _REVOKED = 1, 2, 3, 4, 5
_STATES = {"EXPIRED": _EXPIRED, "GRACE_PERIOD_EXPIRED": _IN_RETRY, "REFUND": _REVOKED, "REVOKE": _REVOKED}

_ENDS = ("EXPIRED", "GRACE_PERIOD_EXPIRED")
_GRACE = timedelta(days=16)


def happened(
    store: "AppStore",
    kind: str,
    transaction_id: str = "",
    *,
    subtype: str | None = None,
    expires: Moment | None = None,
    product_id: str = "",
) -> tuple[bytes, str]:
    """Let something happen to a purchase; the notification of it, and of which transaction that is.

    `expires` is until when a subscription lasts then, `product_id` as what it goes on. ValueError for what
    cannot happen.
    """
    told = _checked_subtype(kind, subtype)
    if kind == "TEST":
        return store.notification(kind), ""
    before = _subject(store, kind, transaction_id)
    until = instant(expires) if expires is not None else None
    jws, now = _changed(store, kind, before, until)
    if "expiresDate" not in now:
        return store.notification(kind, told, transaction=jws), now["transactionId"]
    renewal = _renewal(store, kind, told, now, until, product_id)
    data = {"status": _state(kind, told)}
    body = store.notification(kind, told, transaction=jws, renewal=renewal, data=data)
    return body, now["transactionId"]


def _checked_subtype(kind: str, subtype: str | None) -> str:
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}, but {', '.join(KINDS)}")
    if subtype is None:
        return KINDS[kind][0]
    if subtype not in KINDS[kind]:
        known = ", ".join(each or "none" for each in KINDS[kind])
        raise ValueError(f"{kind} has no subtype {subtype!r}, but {known}")
    return subtype


def _subject(store: "AppStore", kind: str, transaction_id: str) -> Payload:
    """What it happens to: of a subscription its latest transaction, unless it is about that very one."""
    found = store.known(transaction_id)
    if kind in _OF_TRANSACTIONS:
        return found
    if "expiresDate" not in found:
        raise ValueError(f"{kind} is for subscriptions, and {transaction_id!r} is a purchase")
    return store.latest(found["originalTransactionId"])


def _changed(store: "AppStore", kind: str, before: Payload, until: datetime | None) -> tuple[str, Payload]:
    """The transaction as it is then, signed and plain."""
    id = before["transactionId"]
    if kind == "DID_RENEW":
        jws = store.renewed(id, until or _next_end(store, before))
        return jws, store.latest(before["originalTransactionId"])
    if kind in _ENDS:
        store.end(before["originalTransactionId"], until or store.world.clock.now())
    changes: dict[str, Any] = {}
    if kind == "RENEWAL_EXTENDED":
        changes = {"expiresDate": milliseconds(until or _next_end(store, before))}
    elif kind in ("REFUND", "REVOKE"):
        changes = {"revocationDate": milliseconds(store.world.clock.now()), "revocationReason": 0}
    elif kind == "REFUND_REVERSED":
        changes = {"revocationDate": None, "revocationReason": None}
    return store.changed(id, payload=changes), store.known(id)


def _next_end(store: "AppStore", before: Payload) -> datetime:
    """A month after the end of a period, or after now if that is over."""
    return max(_end(before), store.world.clock.now()) + MONTH


def _end(transaction: Payload) -> datetime:
    return datetime.fromtimestamp(transaction["expiresDate"] / 1000, UTC)


def _renewal(
    store: "AppStore", kind: str, subtype: str, now: Payload, until: datetime | None, product_id: str
) -> str:
    """How the subscription goes on."""
    has_grace = subtype == "GRACE_PERIOD"
    return store.renewal(
        now["productId"],
        now["originalTransactionId"],
        renews=_end(now),
        grace_ends=(until or _end(now) + _GRACE) if has_grace else None,
        next_product_id=product_id,
        auto_renews=kind not in _ENDS and subtype != "AUTO_RENEW_DISABLED",
        environment=now["environment"],
        user_id=now.get("appAccountToken"),
    )


def _state(kind: str, subtype: str) -> int:
    if kind == "DID_FAIL_TO_RENEW":
        return _IN_GRACE if subtype == "GRACE_PERIOD" else _IN_RETRY
    return _STATES.get(kind, _ACTIVE)
