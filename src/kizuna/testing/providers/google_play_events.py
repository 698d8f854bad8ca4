"""What becomes of a purchase on Google Play, and what Google tells the game's server of it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from kizuna.testing.providers.google_play_purchases import Subscription
from kizuna.testing.providers.times import MONTH, Moment, instant

if TYPE_CHECKING:
    from kizuna.testing.providers.google_play import GooglePlay


class _Types(NamedTuple):
    """What a kind of notification is called, of a subscription and of a product: None where there is none."""

    subscription: int | None
    product: int | None = None


_TYPES = {
    "PURCHASED": _Types(4, 1),
    "RENEWED": _Types(2),
    "RECOVERED": _Types(1),
    "CANCELED": _Types(3, 2),
    "RESTARTED": _Types(7),
    "IN_GRACE_PERIOD": _Types(6),
    "ON_HOLD": _Types(5),
    "PAUSED": _Types(10),
    "DEFERRED": _Types(9),
    "REVOKED": _Types(12),
    "EXPIRED": _Types(13),
}

_TEST, _VOIDED = "TEST", "VOIDED"

#: What can happen: the kinds of notifications.
KINDS = (_TEST, _VOIDED, *_TYPES)

#: The states of a subscription afterwards, where it is another one.
_STATES = {
    "RENEWED": "ACTIVE",
    "RECOVERED": "ACTIVE",
    "RESTARTED": "ACTIVE",
    "CANCELED": "CANCELED",
    "IN_GRACE_PERIOD": "IN_GRACE_PERIOD",
    "ON_HOLD": "ON_HOLD",
    "PAUSED": "PAUSED",
    "REVOKED": "EXPIRED",
    "EXPIRED": "EXPIRED",
    _VOIDED: "EXPIRED",
}

#: How much longer a subscription lasts then, and what ends it.
_LONGER = {"RENEWED": MONTH, "RECOVERED": MONTH, "DEFERRED": MONTH, "IN_GRACE_PERIOD": timedelta(days=3)}
_ENDS = ("ON_HOLD", "PAUSED", "REVOKED", "EXPIRED", _VOIDED)

_CANCELLED = 1


def happened(
    store: "GooglePlay", kind: str, token: str = "", *, expires: Moment | None = None
) -> tuple[dict[str, str], bytes]:
    """Let something happen to a purchase; the headers and the body of the notification about it.

    `expires` is until when a subscription lasts then. ValueError for what cannot happen.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}, but {', '.join(KINDS)}")
    if kind == _TEST:
        return store.notification()
    record = store.known(token)
    if isinstance(record, Subscription):
        about, type = "subscription", kind != _VOIDED and _TYPES[kind].subscription
        until = instant(expires) if expires is not None else None
        store.change(token, **_changes(kind, record, until, store.world.clock.now()))
    else:
        about, type = "product", _type_of_product(kind, token)
        if kind in (_VOIDED, "CANCELED"):
            store.change(token, state=_CANCELLED)
    if kind == _VOIDED:
        return store.notification("voided", token)
    return store.notification(about, token, notification_type=type or None)


def _type_of_product(kind: str, token: str) -> int | None:
    if kind == _VOIDED:
        return None
    type = _TYPES[kind].product
    if type is None:
        raise ValueError(f"{kind} is for subscriptions, and {token!r} is a purchase")
    return type


def _changes(kind: str, before: Subscription, until: datetime | None, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {"expires": until or _end(kind, before, now)}
    if kind in _STATES:
        changes["state"] = _STATES[kind]
    return changes


def _end(kind: str, before: Subscription, now: datetime) -> datetime:
    if kind in _ENDS:
        return min(before.expires, now)
    if kind in _LONGER:
        return max(before.expires, now) + _LONGER[kind]
    return before.expires
