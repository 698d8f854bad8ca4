"""What developers get of the App Store with curl."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kizuna.testing.providers.app_store_chain import CHAINS
from kizuna.testing.providers.app_store_events import KINDS, SUBTYPES, happened
from kizuna.testing.providers.app_store_jws import FORGERIES
from kizuna.testing.providers.fields import OBJECT, SERVER, TEXT, TEXTS, TIME, Kinds, choice
from kizuna.testing.providers.part import Offer
from kizuna.testing.providers.posting import post
from kizuna.testing.providers.steps import validate
from kizuna.testing.providers.times import MONTH

if TYPE_CHECKING:
    from kizuna.testing.providers.app_store import AppStore

_TRANSACTION: Kinds = {
    "product_id": TEXT.required,
    "transaction_id": TEXT,
    "original_transaction_id": TEXT,
    "user_id": TEXT,
    "purchased": TIME,
    "expires": TIME,
    "revoked": TIME,
    "signed": TIME,
    "environment": choice("Sandbox", "Production"),
    "bundle_id": TEXT,
    "chain": choice(*CHAINS),
    "forgery": choice(*FORGERIES),
    "payload": OBJECT,
}


def offers(store: "AppStore") -> Mapping[str, Offer]:
    """All of them, by name."""
    return {
        "transaction": Offer(
            lambda **fields: _sold(store, **fields),
            "App Store: a purchase (StoreKit 2)",
            fields=_TRANSACTION,
            example={"product_id": "sword"},
            steps=[validate("purchase/apple")],
        ),
        "subscription": Offer(
            lambda **fields: _sold(store, **{"expires": store.world.clock.now() + MONTH, **fields}),
            "App Store: a subscription (StoreKit 2), for a month or until it `expires`",
            fields=_TRANSACTION,
            example={"product_id": "vip"},
            steps=[validate("subscription/apple")],
        ),
        "receipt": Offer(
            lambda **fields: _sold_together(store, **fields),
            "App Store: a receipt (StoreKit 1)",
            fields={"products": TEXTS.required, "environment": choice("Sandbox", "Production")},
            example={"products": ["sword", "shield"]},
            steps=[validate("purchase/apple")],
        ),
        "refund": Offer(
            lambda transaction_id: {"receipt": store.revoked(transaction_id)},
            "App Store: a purchase after a refund, of which the server is not told",
            fields={"transaction_id": TEXT.required},
            example={"transaction_id": "TRANSACTION_ID of a purchase above"},
            steps=[validate("purchase/apple")],
        ),
        "notify": _notify(store),
    }


def _notify(store: "AppStore") -> Offer:
    return Offer(
        lambda **fields: _notified(store, **fields),
        "App Store: let something happen to a purchase or a subscription, and tell the server",
        fields={
            "kind": choice(*KINDS).required,
            "transaction_id": TEXT,
            "subtype": choice("", *SUBTYPES),
            "expires": TIME,
            "product_id": TEXT,
            "server": SERVER,
        },
        example={"kind": "REFUND", "transaction_id": "TRANSACTION_ID of a purchase above"},
        more=[
            {"kind": kind, "transaction_id": "TRANSACTION_ID of a subscription above"}
            for kind in ("DID_RENEW", "EXPIRED")
        ],
    )


def _sold(store: "AppStore", **fields: Any) -> dict[str, str]:
    id = fields.pop("transaction_id", "") or store.new_id()
    return {"receipt": store.transaction(transaction_id=id, **fields), "transaction_id": id}


def _sold_together(
    store: "AppStore", products: Sequence[str], environment: str = "Sandbox"
) -> dict[str, Any]:
    ids = [store.new_id() for _ in products]
    entries = []
    for product, id in zip(products, ids, strict=True):
        store.transaction(product, transaction_id=id, environment=environment)  # for refunds of it
        entries.append(store.entry(product, transaction_id=id))
    return {"receipt": store.receipt(*entries, environment=environment), "transaction_ids": ids}


def _notified(store: "AppStore", kind: str, server: str = "", **fields: Any) -> dict[str, Any]:
    target = store.world.server_of(server)
    body, transaction_id = happened(store, kind, **fields)
    return {"status": post(target, store.notifications_path, body, {}), "transaction_id": transaction_id}
