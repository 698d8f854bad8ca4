"""What stores tell of purchases and subscriptions, as game code sees it."""

from dataclasses import dataclass
from typing import Any

from kizuna.purchases.notices.notice import StoreNotificationType
from kizuna.runtime import api


@dataclass(frozen=True, slots=True)
class PurchaseNotification:
    """What has become of a purchase: as yet a store only tells that one was refunded.

    `purchase` is as it is now, and whoever has made it `purchase.user_id`. `payload` is what the store has
    sent, verified and unpacked. `id` is the same for every call for the same notification, and `attempt`
    counts the calls from 1.
    """

    id: str
    type: StoreNotificationType
    purchase: api.ValidatedPurchase
    payload: dict[str, Any]
    attempt: int


@dataclass(frozen=True, slots=True)
class SubscriptionNotification:
    """What has become of a subscription.

    `subscription` is as it is now, which may be later than what the store tells of, and whoever has it
    `subscription.user_id`. `payload` is what the store has sent, verified and unpacked. `id` is the same for
    every call for the same notification, and `attempt` counts the calls from 1.
    """

    id: str
    type: StoreNotificationType
    subscription: api.ValidatedSubscription
    payload: dict[str, Any]
    attempt: int
