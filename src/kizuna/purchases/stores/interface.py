"""What the stores confirm, and how they refuse."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from kizuna.errors import ApiError, Code
from kizuna.outside.checks import Checks, Refused, quoted
from kizuna.wire.uuids import parse_uuid

#: Characters of a UUID with its dashes. Games that tell a store a hash of 32 digits mean no user id.
_UUID_LENGTH = 36


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
    `store_time` is when the store said so, None for now. `account` is what the game has told the store of who
    buys, "" for nothing or for what the store's answer was checked for already.
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
    store_time: datetime | None = None
    account: str = ""


@dataclass(frozen=True, slots=True)
class StoreSubscription:
    """A subscription that its store has confirmed; as `StorePurchase`.

    `store_time` is when the store said so: what it said before does not count against it; the epoch for what
    counts against nothing that is known. `period_time` is when the present period was paid for, None where
    that is not told. `raw` is "" where the store's answer is not known, as after a
    notification. `former` are the ids of others for which it goes on, the latest first: they end by it, and
    it is theirs who has them.
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
    former: tuple[str, ...] = ()
    period_time: datetime | None = None
    account: str = ""


class InvalidReceipt(Refused):
    """A check has failed of which the client is told more than that: `message`."""

    def __init__(self, check: str, reason: str, message: str) -> None:
        super().__init__(check, reason)
        self.message = message


def invalid_receipt(checks: Checks, check: str, reason: str, message: str) -> InvalidReceipt:
    """Note a check that has failed, and the error to raise for it."""
    checks.refused(check, reason)
    return InvalidReceipt(check, reason, message)


def check_account(account: str, user_id: str, checks: Checks) -> None:
    """The check that what was bought for a user is the user's. What the game has told the store may also be
    no user id at all; no `user_id` means anybody's."""
    buyer = parse_uuid(account) if len(account) == _UUID_LENGTH else None
    if buyer is None or not user_id:
        checks.passed("account", "any: no user is named")
        return
    checks.require("account", buyer == parse_uuid(user_id), f"{buyer} has bought it, not {quoted(user_id)}")


class OtherStore(ApiError):
    """What was to be kept has the id of something that another store has sold."""

    def __init__(self) -> None:
        super().__init__(Code.FAILED_PRECONDITION, "Invalid Receipt.")


class NotConfigured(ApiError):
    """The operator has not set a store up."""

    def __init__(self, store: Store) -> None:
        super().__init__(Code.FAILED_PRECONDITION, f"{NAMES[store]} IAP is not configured.")


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
