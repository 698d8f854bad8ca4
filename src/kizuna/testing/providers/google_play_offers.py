"""What developers get of Google Play with curl."""

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kizuna.testing.providers.fields import (
    FLAG,
    NUMBER,
    OBJECT,
    SERVER,
    TEXT,
    TIME,
    Kind,
    Kinds,
    Refused,
    choice,
    read_fields,
)
from kizuna.testing.providers.google_play_events import KINDS, happened
from kizuna.testing.providers.google_play_purchases import PRODUCT_STATES, SUBSCRIPTION_STATES, Product
from kizuna.testing.providers.part import Offer
from kizuna.testing.providers.posting import post
from kizuna.testing.providers.steps import validate
from kizuna.testing.providers.times import rfc3339

if TYPE_CHECKING:
    from kizuna.testing.providers.google_play import GooglePlay

_STATE = Kind("0, 1 or 2", choice(*range(len(PRODUCT_STATES))).read)

#: What both have.
_BOTH: Kinds = {
    "order_id": TEXT,
    "test": FLAG,
    "account_id": TEXT,
    "profile_id": TEXT,
    "package_name": TEXT,
    "acknowledged": FLAG,
    "receipt": OBJECT,
    "payload": OBJECT,
}
_PURCHASE: Kinds = {
    "product_id": TEXT.required,
    "token": TEXT,
    "state": _STATE,
    "purchased": TIME,
    "quantity": NUMBER,
    **_BOTH,
}
_SUBSCRIPTION: Kinds = {
    "product_id": TEXT.required,
    "token": TEXT,
    "state": choice(*SUBSCRIPTION_STATES),
    "expires": TIME,
    "started": TIME,
    "linked": TEXT,
    **_BOTH,
}

#: What can be changed of each.
_OF_PURCHASES: Kinds = {"state": _STATE, "purchased": TIME, "quantity": NUMBER, "order_id": TEXT}
_OF_SUBSCRIPTIONS: Kinds = {
    "state": choice(*SUBSCRIPTION_STATES),
    "expires": TIME,
    "started": TIME,
    "linked": TEXT,
    "order_id": TEXT,
}
_ANY = Kind(
    "of a purchase 0 (purchased), 1 (cancelled) or 2 (pending);"
    f" of a subscription {choice(*SUBSCRIPTION_STATES).words}",
    lambda value: value,
)


def offers(store: "GooglePlay") -> Mapping[str, Offer]:
    """All of them, by name."""
    token = "PURCHASE_TOKEN from an answer above"
    return {
        "purchase": Offer(
            _sold("purchase", store.purchase),
            "Google Play: a purchase; `state` is 0 purchased, 1 cancelled, 2 pending",
            fields=_PURCHASE,
            example={"product_id": "sword"},
            steps=[validate("purchase/google")],
        ),
        "subscription": Offer(
            _sold("receipt", store.subscription),
            "Google Play: a subscription, for a month or until it `expires`",
            fields=_SUBSCRIPTION,
            example={"product_id": "vip"},
            steps=[validate("subscription/google")],
        ),
        "change": Offer(
            lambda **fields: _changed(store, **fields),
            "Google Play: change a purchase or a subscription, of which the server is not told",
            fields={"token": TEXT.required, **_OF_PURCHASES, **_OF_SUBSCRIPTIONS, "state": _ANY},
            example={"token": f"{token} (purchase)", "state": 1},
            more=[{"token": f"{token} (subscription)", "state": "CANCELED", "expires": "2030-01-31"}],
        ),
        "notify": Offer(
            lambda **fields: _notified(store, **fields),
            "Google Play: let something happen to a purchase or a subscription, and tell the server",
            fields={"kind": choice(*KINDS).required, "token": TEXT, "expires": TIME, "server": SERVER},
            example={"kind": "VOIDED", "token": f"{token} (purchase)"},
            more=[{"kind": kind, "token": f"{token} (subscription)"} for kind in ("RENEWED", "EXPIRED")],
        ),
    }


def _sold(member: str, sell: Callable[..., str]) -> Callable[..., dict[str, str]]:
    def sold(token: str = "", **fields: Any) -> dict[str, str]:
        own = token or secrets.token_urlsafe(24)
        return {member: sell(token=own, **fields), "token": own}

    return sold


def _changed(store: "GooglePlay", token: str, **changes: Any) -> dict[str, Any]:
    is_product = isinstance(store.known(token), Product)
    kinds = _OF_PURCHASES if is_product else _OF_SUBSCRIPTIONS
    for name in changes:
        if name not in kinds:
            what = "purchase" if is_product else "subscription"
            raise Refused(f'A {what} has no "{name}", but {", ".join(kinds)}.')
    store.change(token, **read_fields(kinds, changes))
    now = store.known(token)
    told: dict[str, Any] = {"token": token, "state": now.state}
    return told if isinstance(now, Product) else {**told, "expires": rfc3339(now.expires)}


def _notified(store: "GooglePlay", kind: str, server: str = "", **fields: Any) -> dict[str, Any]:
    target = store.world.server_of(server)
    headers, body = happened(store, kind, **fields)
    return {"status": post(target, store.notifications_path, body, headers)}
