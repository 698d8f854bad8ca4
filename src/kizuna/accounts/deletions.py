"""Tells game code of deleted accounts, until it succeeds.

That an account is gone, and that game code is to be told, is one transaction: whoever is killed when, game
code is told at least once.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from kizuna.accounts import queries
from kizuna.cancellation import is_end_of_task
from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.queue import LOOK_EVERY, QueueRunner, QueueWatch, in_words, pause

log = logging.getLogger(__name__)

#: How many deletions one process tells of at a time.
AT_ONCE = 2

#: Characters of an error that are kept.
_LONGEST_ERROR = 1000


@dataclass(frozen=True, slots=True)
class AccountDeleted:
    """An account that is gone, and all that was its own; `attempt` counts from 1.

    The same may come again with the same attempt, if the process that was told ended before it could say so.
    """

    user_id: str
    username: str
    delete_time: datetime
    attempt: int


class Listener(Protocol):
    """Game code."""

    def __bool__(self) -> bool:
        """Whether it has a function to be told."""

    async def __call__(self, event: AccountDeleted) -> None:
        """Run the function. Raises when it fails, and does not take for ever."""


class Deletions(QueueWatch):
    """Notes deletions, and tells of those of every process once it is started.

    `listener` gives game code as it is now. `database` is borrowed for a statement at a time; what holds
    locks has connections of its own.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        listener: Callable[[], Listener],
        *,
        look_every: float = LOOK_EVERY,
    ) -> None:
        locks = Database(database.url, pool_size=AT_ONCE)
        super().__init__(_Runner(locks, clock, listener), locks, clock, look_every=look_every)
        self._database = database
        self._listener = listener

    async def note(self, tx: Transaction, user_id: str) -> "_Noted | None":
        """Note, as part of its deletion, that an account is about to be gone: a `Disown` of `Accounts`."""
        if not self._listener():
            return None
        await tx.write(queries.NOTE_DELETION, user_id, self._clock.now())
        return _Noted(self)

    async def _next_try(self) -> float | None:
        if not self._listener():
            return None
        [row] = await self._database.read(queries.NEXT_DELETION)
        next_try: float = row["next_try"]
        return next_try


class _Noted:
    """What follows a deletion that was noted."""

    def __init__(self, deletions: Deletions) -> None:
        self._deletions = deletions

    async def committed(self) -> None:
        self._deletions.wake()

    def unknown(self) -> None:
        """If it has taken effect, the next look finds it."""


class _Runner(QueueRunner[BaseException]):
    """Tells of deletions one by one."""

    def __init__(self, locks: Database, clock: Clock, listener: Callable[[], Listener]) -> None:
        super().__init__(locks, name="deletions of accounts", at_once=AT_ONCE)
        self._clock = clock
        self._listener = listener
        # Whose deletions are being told. A lock is lost with its connection, while the function goes on.
        self._busy: set[str] = set()

    async def _claim(self, tx: Transaction) -> Record | None:
        rows = await tx.read(queries.CLAIM_DELETION, self._clock.now(), list(self._busy))
        return rows[0] if rows and rows[0]["user_id"] not in self._busy else None

    async def _answer(self, row: Record) -> BaseException | None:
        self._busy.add(row["user_id"])
        try:
            await self._listener()(
                AccountDeleted(row["user_id"], row["username"], row["delete_time"], row["attempts"] + 1)
            )
        except (Exception, asyncio.CancelledError, SystemExit) as error:
            # Game code can cancel itself as well; only our own end must pass.
            if is_end_of_task(error):
                raise
            return error
        finally:
            self._busy.discard(row["user_id"])
        return None

    async def _record(self, tx: Transaction, row: Record, failure: BaseException | None) -> None:
        if failure is None:
            await tx.write(queries.DELETION_TOLD, row["user_id"])
            return
        attempt = row["attempts"] + 1
        next_try = self._clock.now() + timedelta(seconds=pause(attempt))
        log.error(
            "account_deleted failed for %s (attempt %d), it is tried again at %s",
            row["user_id"],
            attempt,
            f"{next_try:%Y-%m-%d %H:%M:%S}",
            exc_info=failure,
        )
        error = in_words(failure, _LONGEST_ERROR)
        await tx.write(queries.DELETION_NOT_TOLD, row["user_id"], attempt, error, next_try)

    def _describe(self, row: Record) -> str:
        return f"account_deleted for {row['user_id']}"
