"""Tells game code what the stores have told, until it succeeds.

That a notification has come, what it has changed, and that game code is to be told, is one transaction:
whoever is killed when, game code is told at least once.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import orjson

from kizuna.cancellation import is_end_of_task
from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.queue import LOOK_EVERY, QueueRunner, QueueWatch, in_words, pause
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

#: Characters of an error that are kept.
_LONGEST_ERROR = 1000

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
        forgotten = _FORGOTTEN_AT_ONCE
        while forgotten == _FORGOTTEN_AT_ONCE:
            forgotten = len(await self._database.write(queries.FORGET, before, _FORGOTTEN_AT_ONCE))

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
        super().__init__(locks, name="notifications of stores", at_once=AT_ONCE)
        self._purchases = purchases
        self._subscriptions = subscriptions
        self._clock = clock
        self._listener = listener
        # What is being told. A lock is lost with its connection, while the function goes on.
        self._busy: set[str] = set()

    async def _claim(self, tx: Transaction) -> Record | None:
        columns = _columns(self._listener().topics)
        rows = await tx.read(queries.CLAIM, *columns, self._clock.now(), list(self._busy))
        return rows[0] if rows and rows[0]["id"] not in self._busy else None

    async def _answer(self, row: Record) -> BaseException | None:
        self._busy.add(row["id"])
        try:
            news = await self._news(row)
            if news is None:
                log.error("%s is not told: what it is about is not there any more", self._describe(row))
                return None
            await self._listener()(news)
        except (Exception, asyncio.CancelledError, SystemExit) as error:
            # Game code can cancel itself as well; only our own end must pass.
            if is_end_of_task(error):
                raise
            return error
        finally:
            self._busy.discard(row["id"])
        return None

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
        attempt = row["attempts"] + 1
        if failure is None:
            await tx.write(queries.TOLD, row["id"], attempt)
            return
        next_try = self._clock.now() + timedelta(seconds=pause(attempt))
        log.error(
            "%s failed (attempt %d), it is tried again at %s",
            self._describe(row),
            attempt,
            f"{next_try:%Y-%m-%d %H:%M:%S}",
            exc_info=failure,
        )
        error = in_words(failure, _LONGEST_ERROR)
        await tx.write(queries.NOT_TOLD, row["id"], attempt, error, next_try)

    def _describe(self, row: Record) -> str:
        return f"{Topic(Store(row['store']), row['is_subscription'])} for {row['id']}"


def _columns(topics: Collection[Topic]) -> tuple[list[int], list[bool]]:
    """Topics as the statements take them."""
    return [topic.store for topic in topics], [topic.is_subscription for topic in topics]
