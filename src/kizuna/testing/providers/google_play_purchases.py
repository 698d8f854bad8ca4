"""What Google Play knows of purchases and subscriptions, and what its publisher API tells of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kizuna.testing.providers.times import milliseconds, rfc3339

#: The names of a product's states, by the numbers of the older API.
PRODUCT_STATES = ("PURCHASED", "CANCELLED", "PENDING")

#: The states of a subscription; to Google all of them begin with SUBSCRIPTION_STATE_.
SUBSCRIPTION_STATES = (
    "ACTIVE",
    "CANCELED",
    "EXPIRED",
    "IN_GRACE_PERIOD",
    "ON_HOLD",
    "PAUSED",
    "PENDING",
    "PENDING_PURCHASE_CANCELED",
    "UNSPECIFIED",
)

Answer = dict[str, Any]


@dataclass
class Buyer:
    """What a game has told Google of its user when the purchase began."""

    account_id: str | None = None
    profile_id: str | None = None

    @property
    def told(self) -> Answer:
        """The members that say so."""
        return present(
            obfuscatedExternalAccountId=self.account_id, obfuscatedExternalProfileId=self.profile_id
        )


@dataclass
class Product:
    """A one-time product. `answer` and `answer_v2` are merged into what the two APIs tell of it."""

    package_name: str
    product_id: str
    order_id: str
    purchased: datetime
    state: int = 0
    quantity: int = 1
    is_test: bool = False
    buyer: Buyer = field(default_factory=Buyer)
    is_acknowledged: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)
    answer_v2: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> Answer:
        """purchases.products"""
        known = {
            "kind": "androidpublisher#productPurchase",
            "purchaseTimeMillis": str(milliseconds(self.purchased)),
            "purchaseState": self.state,
            "consumptionState": 0,
            "developerPayload": "",
            "orderId": self.order_id,
            "purchaseType": 0 if self.is_test else None,
            "acknowledgementState": int(self.is_acknowledged),
            "quantity": self.quantity if self.quantity > 1 else None,
            "regionCode": "US",
        }
        return present(**{**known, **self.buyer.told, **self.answer})

    def told_v2(self) -> Answer:
        """purchases.productsv2"""
        offer = {"quantity": self.quantity, "consumptionState": "CONSUMPTION_STATE_YET_TO_BE_CONSUMED"}
        known = {
            "kind": "androidpublisher#productPurchaseV2",
            "orderId": self.order_id,
            "productLineItem": [{"productId": self.product_id, "productOfferDetails": offer}],
            "purchaseStateContext": {"purchaseState": PRODUCT_STATES[self.state]},
            "testPurchaseContext": {"fopType": "TEST"} if self.is_test else None,
            "purchaseCompletionTime": rfc3339(self.purchased),
            "acknowledgementState": _acknowledgement(self.is_acknowledged),
            "regionCode": "US",
        }
        return present(**{**known, **self.buyer.told, **self.answer_v2})


@dataclass
class Subscription:
    """A subscription. `answer` is merged into what the API tells of it, such as other line items."""

    package_name: str
    product_id: str
    order_id: str
    started: datetime
    expires: datetime
    state: str = "ACTIVE"
    linked: str = ""
    is_test: bool = False
    buyer: Buyer = field(default_factory=Buyer)
    is_acknowledged: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> Answer:
        """purchases.subscriptionsv2"""
        known = {
            "kind": "androidpublisher#subscriptionPurchaseV2",
            "regionCode": "US",
            "startTime": rfc3339(self.started),
            "subscriptionState": f"SUBSCRIPTION_STATE_{self.state}",
            "latestOrderId": self.order_id,
            "linkedPurchaseToken": self.linked or None,
            "lineItems": [line_item(self.product_id, self.expires, self.order_id)],
            "acknowledgementState": _acknowledgement(self.is_acknowledged),
            "externalAccountIdentifiers": self.buyer.told or None,
            "testPurchase": {} if self.is_test else None,
        }
        return present(**{**known, **self.answer})


def line_item(product_id: str, expires: datetime, order_id: str) -> Answer:
    """One of the products of a subscription."""
    return {
        "productId": product_id,
        "expiryTime": rfc3339(expires),
        "latestSuccessfulOrderId": order_id,
        "autoRenewingPlan": {"autoRenewEnabled": True},
        "offerDetails": {"basePlanId": "monthly"},
    }


def present(**members: Any) -> Answer:
    """The members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def _acknowledgement(is_acknowledged: bool) -> str:
    return f"ACKNOWLEDGEMENT_STATE_{'ACKNOWLEDGED' if is_acknowledged else 'PENDING'}"
