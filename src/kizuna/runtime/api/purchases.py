"""In-app purchases and subscriptions.

A store is 0 for Apple, 1 for Google, 2 for Huawei, 3 for Facebook, 4 for Samsung; an environment 0 if
unknown, 1 for the sandbox, 2 for production. Where `persist` is absent, what was validated is stored.
"""

from dataclasses import dataclass, field
from datetime import datetime

from kizuna.runtime.api.message import EnumNumber, Int32, Message
from kizuna.wire.microseconds import EPOCH


@dataclass(slots=True)
class ValidatePurchaseAppleRequest(Message):
    """The request of ValidatePurchaseApple."""

    receipt: str = ""
    persist: bool | None = None


@dataclass(slots=True)
class ValidatePurchaseFacebookInstantRequest(Message):
    """The request of ValidatePurchaseFacebookInstant."""

    signed_request: str = ""
    persist: bool | None = None


@dataclass(slots=True)
class ValidatePurchaseGoogleRequest(Message):
    """The request of ValidatePurchaseGoogle."""

    purchase: str = ""
    persist: bool | None = None


@dataclass(slots=True)
class ValidatePurchaseHuaweiRequest(Message):
    """The request of ValidatePurchaseHuawei."""

    purchase: str = ""
    signature: str = ""
    persist: bool | None = None


@dataclass(slots=True)
class ValidatePurchaseSamsungRequest(Message):
    """The request of ValidatePurchaseSamsung."""

    purchase_id: str = ""
    persist: bool | None = None


@dataclass(slots=True)
class ValidateSubscriptionAppleRequest(Message):
    """The request of ValidateSubscriptionApple."""

    receipt: str = ""
    persist: bool | None = None


@dataclass(slots=True)
class ValidateSubscriptionGoogleRequest(Message):
    """The request of ValidateSubscriptionGoogle."""

    receipt: str = ""
    persist: bool | None = None


@dataclass(slots=True)
class ListSubscriptionsRequest(Message):
    """The request of ListSubscriptions. `limit` is 1 to 100."""

    limit: Int32 | None = None
    cursor: str = ""


@dataclass(slots=True)
class GetSubscriptionRequest(Message):
    """The request of GetSubscription."""

    product_id: str = ""


@dataclass(slots=True)
class ValidatedPurchase(Message):
    """A purchase that the store has confirmed; `provider_response` is what the store said.

    `seen_before` tells that it was stored before: as `is_new` does, which knows of what is not stored, too.
    Times are None for what has not happened or was not stored; a refund in 1970 did not happen either.
    """

    user_id: str = ""
    product_id: str = ""
    transaction_id: str = ""
    store: EnumNumber = 0
    purchase_time: datetime | None = None
    create_time: datetime | None = None
    update_time: datetime | None = None
    refund_time: datetime | None = None
    provider_response: str = ""
    environment: EnumNumber = 0
    seen_before: bool = False

    @property
    def is_refunded(self) -> bool:
        """Whether the money was given back."""
        return self.refund_time is not None and self.refund_time > EPOCH

    @property
    def is_new(self) -> bool:
        """Whether what was bought is due to the player who has validated it: it was stored just now, for the
        first time, and not refunded.

        That is so for one validation, ever, whoever repeats it. What is not stored (`persist` is False) is
        never new: any player could validate it so, any number of times.
        """
        return self.create_time is not None and not self.seen_before and not self.is_refunded


@dataclass(slots=True)
class ValidatePurchaseResponse(Message):
    """The response of all ValidatePurchase operations."""

    validated_purchases: list[ValidatedPurchase] = field(default_factory=list)


@dataclass(slots=True)
class ValidatedSubscription(Message):
    """The response of GetSubscription: a subscription that the store has confirmed, `active` or expired.

    `provider_response` and `provider_notification` are what the store said. A refund in 1970 did not happen.
    """

    user_id: str = ""
    product_id: str = ""
    original_transaction_id: str = ""
    store: EnumNumber = 0
    purchase_time: datetime | None = None
    create_time: datetime | None = None
    update_time: datetime | None = None
    environment: EnumNumber = 0
    expiry_time: datetime | None = None
    refund_time: datetime | None = None
    provider_response: str = ""
    provider_notification: str = ""
    active: bool = False


@dataclass(slots=True)
class ValidateSubscriptionResponse(Message):
    """The response of ValidateSubscriptionApple and ValidateSubscriptionGoogle."""

    validated_subscription: ValidatedSubscription | None = None


@dataclass(slots=True)
class SubscriptionList(Message):
    """The response of ListSubscriptions. The cursors lead to the pages behind and before, "" for none."""

    validated_subscriptions: list[ValidatedSubscription] = field(default_factory=list)
    cursor: str = ""
    prev_cursor: str = ""
