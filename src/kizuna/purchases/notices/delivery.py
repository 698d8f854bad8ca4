"""Tells game code what the stores have told, until it succeeds.

That a notification has come, what it has changed, and that game code is to be told, is one transaction:
whoever is killed when, game code is told at least once.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import orjson

from kizuna.clock import Clock
from kizuna.db.batches import in_batches
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.queue import LOOK_EVERY, QueueRunner, QueueWatch, failure_of
from kizuna.purchases.notices import queries
from kizuna.purchases.notices.notice import Notice, StoreNotificationType, Topic
from kizuna.purchases.service import Purchases
from kizuna.purchases.stores.interface import Store
from kizuna.purchases.subscriptions import Subscriptions

log = logging.getLogger(__name__)

#: How many notifications one process tells of at a time.
AT_ONCE = 2

#: How long notifications are kept that game code need not be told of any more: stores repeat them for days.
KEPT = timedelta(days=30)

#: How many old notifications are deleted at a time.
_FORGOTTEN_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class News:
    """What game code is told. `message` is the purchase or the subscription as it is now, in the form of the
    API; `payload` is what the store has sent; `attempt` counts from 1."""

    id: str
    type: StoreNotificationType
    topic: Topic
    message: dict[str, Any]
    payload: dict[str, Any]
    attempt: int


class Listener(Protocol):
    """Game code."""

    @property
    def topics(self) -> Collection[Topic]:
        """What it has functions for."""

    async def __call__(self, news: News) -> None:
        """Run the function. Raises when it fails, and does not take for ever."""


class Delivery(QueueWatch):
    """Tells of the notifications that any process has taken in, once it is started.

    `listener` gives game code as it is now. `database` is borrowed for a statement at a time; what holds
    locks has connections of its own.
    """

    def __init__(
        self,
        database: Database,
        purchases: Purchases,
        subscriptions: Subscriptions,
        clock: Clock,
        listener: Callable[[], Listener],
        *,
        look_every: float = LOOK_EVERY,
    ) -> None:
        locks = Database(database.url, pool_size=AT_ONCE)
        runner = _Runner(locks, purchases, subscriptions, clock, listener)
        super().__init__(runner, locks, clock, look_every=look_every)
        self._database = database
        self._listener = listener

    def is_heard(self, notice: Notice) -> bool:
        """Whether game code wants to be told of a notice."""
        return notice.topic in self._listener().topics

    async def clean_up(self) -> None:
        """Forget what is old."""
        before = self._clock.now() - KEPT
        await in_batches(self._database, queries.FORGET, before, size=_FORGOTTEN_AT_ONCE)

    async def _next_try(self) -> float | None:
        topics = self._listener().topics
        if not topics:
            return None
        [row] = await self._database.read(queries.NEXT, *_columns(topics))
        next_try: float = row["next_try"]
        return next_try


class _Runner(QueueRunner[BaseException]):
    """Tells of notifications one by one."""

    def __init__(
        self,
        locks: Database,
        purchases: Purchases,
        subscriptions: Subscriptions,
        clock: Clock,
        listener: Callable[[], Listener],
    ) -> None:
        super().__init__(locks, clock, name="notifications of stores", key="id", at_once=AT_ONCE)
        self._purchases = purchases
        self._subscriptions = subscriptions
        self._listener = listener

    async def _claim(self, tx: Transaction, busy: list[Any]) -> Sequence[Record]:
        return await tx.read(queries.CLAIM, *_columns(self._listener().topics), self._clock.now(), busy)

    async def _answer(self, row: Record) -> BaseException | None:
        return await failure_of(self._tell(row))

    async def _tell(self, row: Record) -> None:
        news = await self._news(row)
        if news is None:
            log.error("%s is not told: what it is about is not there any more", self._describe(row))
            return
        await self._listener()(news)

    async def _news(self, row: Record) -> News | None:
        """What there is to tell; None if it is about nothing that there is."""
        topic = Topic(Store(row["store"]), row["is_subscription"])
        find = self._subscriptions.by_id if topic.is_subscription else self._purchases.by_transaction_id
        message = await find(row["transaction_id"])
        if message is None:
            return None
        type = StoreNotificationType(row["kind"])
        return News(row["id"], type, topic, message, orjson.loads(row["payload"]), row["attempts"] + 1)

    async def _record(self, tx: Transaction, row: Record, failure: BaseException | None) -> None:
        if failure is None:
            await tx.write(queries.TOLD, row["id"], row["attempts"] + 1)
            return
        failed = self._put_off(f"{self._describe(row)} failed", row, failure)
        await tx.write(queries.NOT_TOLD, row["id"], *failed)

    def _describe(self, row: Record) -> str:
        return f"{Topic(Store(row['store']), row['is_subscription'])} for {row['id']}"


def _columns(topics: Collection[Topic]) -> tuple[list[int], list[bool]]:
    """Topics as the statements take them."""
    return [topic.store for topic in topics], [topic.is_subscription for topic in topics]
