"""What the stores confirm, and how they refuse."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from kizuna.errors import ApiError, Code
from kizuna.outside.checks import Checks, Refused

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Store(IntEnum):
    """A store, by its number on the wire."""

    APPLE = 0
    GOOGLE = 1
    HUAWEI = 2
    FACEBOOK_INSTANT = 3


class Environment(IntEnum):
    """Where a purchase was made, by its number on the wire."""

    UNKNOWN = 0
    SANDBOX = 1
    PRODUCTION = 2


#: The stores' names in messages.
NAMES = {
    Store.APPLE: "Apple",
    Store.GOOGLE: "Google",
    Store.HUAWEI: "Huawei",
    Store.FACEBOOK_INSTANT: "Facebook Instant",
}


@dataclass(frozen=True, slots=True)
class StorePurchase:
    """A purchase that its store has confirmed.

    `raw` is kept with it, JSON text; `provider_response` is what the client is told of it, "" for nothing.
    `refund_time` is None unless it was refunded; `tells_refund` is whether the client is told even if not.
    """

    transaction_id: str
    product_id: str
    store: Store
    environment: Environment
    purchase_time: datetime
    raw: str
    provider_response: str = ""
    refund_time: datetime | None = None
    tells_refund: bool = False


@dataclass(frozen=True, slots=True)
class StoreSubscription:
    """A subscription that its store has confirmed; as `StorePurchase`.

    `store_time` is when the store said so: what it said before does not count against it. `raw` is "" where
    the store's answer is not known, as after a notification.
    """

    original_transaction_id: str
    product_id: str
    store: Store
    environment: Environment
    purchase_time: datetime
    expire_time: datetime
    store_time: datetime
    raw: str
    provider_response: str = ""
    refund_time: datetime | None = None
    tells_refund: bool = False


class InvalidReceipt(Refused):
    """A check has failed of which the client is told more than that: `message`."""

    def __init__(self, check: str, reason: str, message: str) -> None:
        super().__init__(check, reason)
        self.message = message


def invalid_receipt(checks: Checks, check: str, reason: str, message: str) -> InvalidReceipt:
    """Note a check that has failed, and the error to raise for it."""
    checks.refused(check, reason)
    return InvalidReceipt(check, reason, message)


def not_configured(store: Store) -> ApiError:
    """The operator has not set the store up."""
    return ApiError(Code.FAILED_PRECONDITION, f"{NAMES[store]} IAP is not configured.")


def refusal(store: Store, error: Exception) -> ApiError:
    """What a client is told when a store refuses (`Refused`) or cannot be asked (`Unavailable`).

    The reference passes on internal texts, a live access token among them.
    """
    if isinstance(error, InvalidReceipt):
        return ApiError(Code.FAILED_PRECONDITION, error.message)
    if isinstance(error, Refused):
        return ApiError(Code.FAILED_PRECONDITION, "Invalid Receipt.")
    text = f"{NAMES[store]} IAP verification is currently unavailable. Try again later."
    return ApiError(Code.UNAVAILABLE, text)
