"""Tells game code of deleted accounts, until it succeeds.

That an account is gone, and that game code is to be told, is one transaction: whoever is killed when, game
code is told at least once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from kizuna.accounts import queries
from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.queue import LOOK_EVERY, QueueRunner, QueueWatch, failure_of

#: How many deletions one process tells of at a time.
AT_ONCE = 2


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
        super().__init__(locks, clock, name="deletions of accounts", key="user_id", at_once=AT_ONCE)
        self._listener = listener

    async def _claim(self, tx: Transaction, busy: list[Any]) -> Sequence[Record]:
        return await tx.read(queries.CLAIM_DELETION, self._clock.now(), busy)

    async def _answer(self, row: Record) -> BaseException | None:
        event = AccountDeleted(row["user_id"], row["username"], row["delete_time"], row["attempts"] + 1)
        return await failure_of(self._listener()(event))

    async def _record(self, tx: Transaction, row: Record, failure: BaseException | None) -> None:
        if failure is None:
            await tx.write(queries.DELETION_TOLD, row["user_id"])
            return
        failed = self._put_off(f"account_deleted failed for {row['user_id']}", row, failure)
        await tx.write(queries.DELETION_NOT_TOLD, row["user_id"], *failed)

    def _describe(self, row: Record) -> str:
        return f"account_deleted for {row['user_id']}"
