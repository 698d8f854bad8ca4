"""Works off a queue that is a table: each row is answered by something slow, until that succeeds.

Whoever answers a row holds the lock on it meanwhile: nobody else does the same, and when the process dies the
database gives the row free at once. So every row is answered at least once, and mostly exactly once.
"""

import asyncio
import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Hashable, Sequence
from contextlib import suppress
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from kizuna import cancellation
from kizuna.clock import Clock
from kizuna.db.engine import UNREACHABLE, Database, Record, Transaction

log = logging.getLogger(__name__)

#: What is known of a failure.
Failure = TypeVar("Failure")

#: Seconds until a row whose answer failed is tried again: at first, doubled each time, and at most.
_FIRST_PAUSE = 1
_LONGEST_PAUSE = 600

#: Characters of an error that are kept.
_LONGEST_ERROR = 1000

#: Seconds between two looks for what other processes have left, and the shortest pause between two looks.
LOOK_EVERY = 1.0
_SHORTEST_PAUSE = 0.01

#: Seconds that running answers have to finish when the server stops.
_GRACE = 2.0


class QueueRunner(ABC, Generic[Failure]):
    """Answers the rows of one queue in one process, `at_once` of them at a time, each of another `key`.

    `locks` is for this alone: its connections are held for as long as the answers take. `key` is a column.
    """

    def __init__(self, locks: Database, clock: Clock, *, name: str, key: str, at_once: int) -> None:
        self._locks = locks
        self._clock = clock
        self.name = name
        self._key = key
        self._at_once = at_once
        # Whose rows are being answered. A lock is lost with its connection, while the answer goes on.
        self._busy: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def wake(self) -> None:
        """Answer what is to be tried now."""
        if len(self._tasks) < self._at_once and not self._closing:
            # It outlives whoever wakes it, and is no part of a turn or call that they are in.
            task = asyncio.get_running_loop().create_task(self._drain(), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self, grace: float) -> None:
        """Begin nothing any more, and cancel what still runs after `grace` seconds: it was not answered."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        await cancellation.end(tuple(self._tasks), grace)

    @abstractmethod
    async def _claim(self, tx: Transaction, busy: list[Any]) -> Sequence[Record]:
        """Lock the row that is to be answered next, if there is any whose key is not among the busy ones."""

    @abstractmethod
    async def _answer(self, row: Record) -> Failure | None:
        """Answer a row; what went wrong, if anything did. Raises only the end of the task."""

    @abstractmethod
    async def _record(self, tx: Transaction, row: Record, failure: Failure | None) -> None:
        """Note how it went."""

    @abstractmethod
    def _describe(self, row: Record) -> str:
        """What the log calls it."""

    async def _drain(self) -> None:
        try:
            while not self._closing and await self._answer_next():
                pass
        except UNREACHABLE as error:
            # Whoever looks for what is due sees and reports it too.
            log.debug("%s wait for the database: %s", self.name, error)
        except Exception:
            log.exception("%s could not be run", self.name)

    async def _answer_next(self) -> bool:
        """Answer one row; whether there was one."""
        has_run = None
        try:
            async with self._locks.transaction() as tx:
                row = await self._next(tx)
                if row is None or self._closing:
                    return False
                self.wake()  # there may be another one
                failure = await self._answer_alone(row)
                has_run = row
                await self._record(tx, row, failure)
        except UNREACHABLE as error:
            if has_run is None:
                raise
            reason = error or type(error).__name__
            log.warning("%s has run, but it will run again: %s", self._describe(has_run), reason)
        return True

    async def _next(self, tx: Transaction) -> Record | None:
        rows = await self._claim(tx, list(self._busy))
        # Once more: a connection, and its lock, may have been lost while this statement was on its way.
        return rows[0] if rows and rows[0][self._key] not in self._busy else None

    async def _answer_alone(self, row: Record) -> Failure | None:
        self._busy.add(row[self._key])
        try:
            return await self._answer(row)
        finally:
            self._busy.discard(row[self._key])

    def _put_off(self, what: str, row: Record, error: BaseException) -> tuple[int, str, datetime]:
        """Log a failure; what is noted of it: the attempts, the error in words, and when the next one is."""
        attempt = row["attempts"] + 1
        next_try = self._clock.now() + timedelta(seconds=_pause(attempt))
        log.error(
            "%s (attempt %d), it is tried again at %s",
            what,
            attempt,
            f"{next_try:%Y-%m-%d %H:%M:%S}",
            exc_info=error,
        )
        return attempt, _in_words(error), next_try


class QueueWatch(ABC):
    """Has the rows of a queue answered by `runner` once they are due, whichever process has put them there.

    `locks` are the runner's connections, which end with it. `look_every` is the longest time in seconds until
    the next look.
    """

    def __init__(
        self, runner: QueueRunner[Any], locks: Database, clock: Clock, *, look_every: float = LOOK_EVERY
    ) -> None:
        self._runner = runner
        self._locks = locks
        self._clock = clock
        self._look_every = look_every
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Answer what is due, if it has been started."""
        if self._task is not None:
            self._runner.wake()

    async def start(self) -> None:
        """Begin to answer."""
        self._task = asyncio.get_running_loop().create_task(self._look_always())

    async def stop(self) -> None:
        """Stop, and let what runs finish for a while; what is cancelled then runs again."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._runner.close(_GRACE)
        await self._locks.close()

    @abstractmethod
    async def _next_try(self) -> float | None:
        """When the next row is due, in seconds since 1970; None while there is nobody to answer any."""

    async def _look_always(self) -> None:
        while True:
            pause = self._look_every
            try:
                pause = await self._look()
            except UNREACHABLE as error:
                log.debug("%s wait for the database: %s", self._runner.name, error)
            except Exception:
                log.exception("%s could not be looked for, it is tried again", self._runner.name)
            await asyncio.sleep(pause)

    async def _look(self) -> float:
        """Wake the runner if a row is due; the seconds until the next look."""
        due = await self._next_try()
        if due is None:
            return self._look_every
        wait = due - self._clock.unix()
        if wait <= 0:
            self._runner.wake()
            return self._look_every
        return min(self._look_every, max(wait, _SHORTEST_PAUSE))


async def failure_of(work: Awaitable[object]) -> BaseException | None:
    """How game code, or what is done for it, fails, if it does. Raises only the end of the task."""
    try:
        await work
    except (Exception, asyncio.CancelledError, SystemExit) as error:
        # Game code can cancel itself as well; only our own end must pass.
        if cancellation.is_end_of_task(error):
            raise
        return error
    return None


def _pause(attempt: int) -> int:
    """Seconds to wait after this many attempts have failed."""
    return min(_FIRST_PAUSE << min(attempt - 1, 10), _LONGEST_PAUSE)


def _in_words(error: BaseException) -> str:
    """An error as a text column takes it."""
    text = "".join(traceback.format_exception_only(error)).strip()[:_LONGEST_ERROR]
    return text.replace("\0", "").encode(errors="replace").decode()
