"""Calls game code when a board has been reset or has ended, until it succeeds.

Whoever runs a callback holds the lock on its row meanwhile: nobody else runs it, and when the process dies
the database gives the row free at once. A board's callbacks run one after another, those of different boards
together.
"""

import asyncio
import logging
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from kizuna.clock import Clock
from kizuna.db.engine import UNREACHABLE, Database, Record, Transaction
from kizuna.leaderboards.boards import Board
from kizuna.scheduler import queries
from kizuna.scheduler.lookup import Boards, find_boards

log = logging.getLogger(__name__)

LEADERBOARD_RESET = "leaderboard_reset"
TOURNAMENT_END = "tournament_end"
TOURNAMENT_RESET = "tournament_reset"

#: How many callbacks one process runs at a time.
AT_ONCE = 4

#: Seconds until a callback that failed is tried again: at first, doubled each time, and at most.
_FIRST_PAUSE = 1
_LONGEST_PAUSE = 600

#: Characters of an error that are kept.
_LONGEST_ERROR = 2000


@dataclass(frozen=True, slots=True)
class BoardEvent:
    """What game code is called for: `instant` is the second of the reset or end, `attempt` counts from 1.

    An event may come again with the same attempt, if the process that ran it ended before it could say so.
    """

    kind: str
    board: Board
    instant: int
    attempt: int


class Callbacks(Protocol):
    """Game code."""

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of events for which there is a function now."""
        ...

    async def call(self, event: BoardEvent) -> None:
        """Run the function. Raises when it fails, and does not take for ever."""
        ...


class _Failure(NamedTuple):
    board_id: str
    error: BaseException


class CallbackRunner:
    """Runs the callbacks of one process. `locks` is for this alone: its connections are held for long."""

    def __init__(self, locks: Database, clock: Clock, boards: Boards, callbacks: Callbacks) -> None:
        self._locks = locks
        self._clock = clock
        self._boards = boards
        self._callbacks = callbacks
        self._tasks: set[asyncio.Task[None]] = set()
        # The boards whose callbacks run here. A lock is lost with its connection, while the function goes on.
        self._busy: set[int] = set()
        self._closing = False

    def wake(self) -> None:
        """Run what is to be tried now."""
        if len(self._tasks) < AT_ONCE and not self._closing:
            task = asyncio.get_running_loop().create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self, grace: float) -> None:
        """Begin nothing any more, and cancel what still runs after `grace` seconds: it was not answered."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)

    async def _drain(self) -> None:
        try:
            while not self._closing and await self._answer_next():
                pass
        except UNREACHABLE as error:
            # Whoever looks for what is due sees and reports it too.
            log.debug("callbacks of boards wait for the database: %s", error)
        except Exception:
            log.exception("callbacks of boards could not be run")

    async def _answer_next(self) -> bool:
        """Run one callback; whether there was one."""
        has_run = None
        try:
            async with self._locks.transaction() as tx:
                row = await self._claim(tx)
                if row is None or self._closing:
                    return False
                self.wake()  # there may be another one
                failure = await self._run(row)
                has_run = row
                await self._record(tx, row, failure)
        except UNREACHABLE as error:
            if has_run is None:
                raise
            reason = error or type(error).__name__
            log.warning("%s has run, but it will run again: %s", _describe(has_run), reason)
        return True

    async def _claim(self, tx: Transaction) -> Record | None:
        """Lock what is to be run next."""
        kinds, busy = list(self._callbacks.kinds), list(self._busy)
        rows = await tx.read(queries.CLAIM_CALLBACK, kinds, self._clock.now(), busy)
        # Once more: a connection, and its lock, may have been lost while this statement was on its way.
        return rows[0] if rows and rows[0]["board"] not in self._busy else None

    async def _run(self, row: Record) -> _Failure | None:
        """Call the function; its error, or that of the board's definition."""
        self._busy.add(row["board"])
        try:
            return await self._failure_of(row)
        finally:
            self._busy.discard(row["board"])

    async def _failure_of(self, row: Record) -> _Failure | None:
        key = row["board"]
        board = (await find_boards(self._boards, [key])).get(key)
        if board is None:  # deleted a moment ago
            return None
        if isinstance(board, Exception):
            return _Failure(f"with key {key}", board)
        try:
            await self._callbacks.call(BoardEvent(row["kind"], board, row["instant"], row["attempts"] + 1))
        except (Exception, asyncio.CancelledError, SystemExit) as error:
            # Game code can cancel itself as well; only our own end must pass.
            if isinstance(error, asyncio.CancelledError) and _is_being_cancelled():
                raise
            return _Failure(board.id, error)
        return None

    async def _record(self, tx: Transaction, row: Record, failure: _Failure | None) -> None:
        if failure is None:
            await tx.write(queries.ANSWERED, row["id"])
            return
        attempt = row["attempts"] + 1
        next_try = self._clock.now() + timedelta(seconds=_pause(attempt))
        log.error(
            "%s failed for board %s (attempt %d), it is tried again at %s",
            _describe(row),
            failure.board_id,
            attempt,
            _time(next_try),
            exc_info=failure.error,
        )
        await tx.write(queries.FAILED, row["id"], attempt, _text(failure.error), next_try, row["board"])


def _pause(attempt: int) -> int:
    return min(_FIRST_PAUSE << min(attempt - 1, 10), _LONGEST_PAUSE)


def _describe(row: Record) -> str:
    return f"{row['kind']} of {_time(datetime.fromtimestamp(row['instant'], UTC))}"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"


def _text(error: BaseException) -> str:
    """An error in words that a text column takes."""
    text = "".join(traceback.format_exception_only(error)).strip()[:_LONGEST_ERROR]
    return text.replace("\0", "").encode(errors="replace").decode()


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
