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
    """A notification of a store, verified, and what is to become of it.

    `id` is the same whenever the store repeats it. `type` is what game code is told, None for nothing;
    `payload` is the store's own message, JSON text. `subject` is how things stand now; `body` is the whole
    request, which a subscription keeps.

    `account` is the user id that the game has given the store, or any other text. If that is nobody's, and
    what it is about is nobody's either, the notice is dropped; or with `needs_owner`, where the game has
    given none, the store is to send it again: the player's own validation may be under way. With
    `is_remembered` it is kept for nobody: who validates it later is to have it no better than it is.

    `ends_refund` is the time at which a refund was taken back, or a new period was paid for: of a refund
    before that nothing is left. `period_end` is when the period ends that a refund was for: where a later one
    has been paid for, that one counts, and nothing changes. `refund_said` is when Apple has told of a
    refund, which it may have taken back since.
    """

    id: str
    type: StoreNotificationType | None
    subject: StorePurchase | StoreSubscription
    account: str
    payload: str
    body: str
    needs_owner: bool = False
    is_remembered: bool = False
    ends_refund: datetime | None = None
    period_end: datetime | None = None
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
