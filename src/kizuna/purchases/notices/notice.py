"""What a store has told on its own, whichever store it was."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from kizuna.purchases.stores.interface import Store, StorePurchase, StoreSubscription


class StoreNotificationType(IntEnum):
    """What has become of a purchase or a subscription."""

    SUBSCRIBED = 1
    RENEWED = 2
    EXPIRED = 3
    CANCELLED = 4
    REFUNDED = 5

    def __str__(self) -> str:
        return self.name  # in logs and messages of game code, where 5 says nothing

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)


#: What game code is told only of what somebody had before.
ENDS = frozenset(
    (StoreNotificationType.EXPIRED, StoreNotificationType.CANCELLED, StoreNotificationType.REFUNDED)
)


@dataclass(frozen=True, slots=True)
class Topic:
    """What game code has a function for, of which this is the name: `subscription_notification_apple`."""

    store: Store
    is_subscription: bool

    def __str__(self) -> str:
        about = "subscription" if self.is_subscription else "purchase"
        return f"{about}_notification_{self.store.name.lower()}"


#: Those that there are: other stores tell nothing.
TOPICS = tuple(Topic(store, which) for which in (False, True) for store in (Store.APPLE, Store.GOOGLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notification of a store, verified, and what is to become of it."""

    #: The store's id of it, which is the same when the store repeats it.
    id: str
    #: What game code is told; None for nothing.
    type: StoreNotificationType | None
    #: The purchase or subscription as the store has it now.
    subject: StorePurchase | StoreSubscription
    #: The user id that the game has given the store, or any other text.
    account: str
    #: The store's own message, JSON text.
    payload: str
    #: The whole request, which is stored with a subscription.
    body: str
    #: Ask the store to send it again while the owner is unknown and the game has given the store no user id:
    #: the player's validation may be under way. Otherwise a notice without an owner is dropped.
    needs_owner: bool = False
    #: Store the subject even without an owner, so that a later validation finds the refund or end.
    is_remembered: bool = False
    #: Refunds from before this time are void: Apple has reversed one, or a new period has been paid for.
    ends_refund: datetime | None = None
    #: The end of the period that was refunded. Nothing changes if a later period has been paid for.
    period_end: datetime | None = None
    #: When Apple sent news of a refund. It is ignored if a reversal that was sent later has come already.
    refund_said: datetime | None = None

    @property
    def is_end(self) -> bool:
        """Whether somebody has less by it. A game can name anybody to its store, and so can whoever buys:
        nobody gets what is over, nor hears of it."""
        return self.type in ENDS

    @property
    def topic(self) -> Topic:
        """Whose it is, and about what."""
        return Topic(self.subject.store, isinstance(self.subject, StoreSubscription))

    @property
    def transaction_id(self) -> str:
        """The key of what it is about."""
        if isinstance(self.subject, StoreSubscription):
            return self.subject.original_transaction_id
        return self.subject.transaction_id
