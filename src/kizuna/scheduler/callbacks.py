"""Calls game code when a board has been reset or has ended, until it succeeds.

A board's callbacks run one after another, those of different boards together.
"""

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from kizuna.cancellation import is_end_of_task
from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.queue import QueueRunner, in_words, pause
from kizuna.leaderboards.boards import Board
from kizuna.scheduler import queries
from kizuna.scheduler.lookup import Boards, find_boards

log = logging.getLogger(__name__)

LEADERBOARD_RESET = "leaderboard_reset"
TOURNAMENT_END = "tournament_end"
TOURNAMENT_RESET = "tournament_reset"

#: How many callbacks one process runs at a time.
AT_ONCE = 4

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


class CallbackRunner(QueueRunner[_Failure]):
    """Runs the callbacks of one process. `locks` is for this alone: its connections are held for long."""

    def __init__(self, locks: Database, clock: Clock, boards: Boards, callbacks: Callbacks) -> None:
        super().__init__(locks, name="callbacks of boards", at_once=AT_ONCE)
        self._clock = clock
        self._boards = boards
        self._callbacks = callbacks
        # The boards whose callbacks run here. A lock is lost with its connection, while the function goes on.
        self._busy: set[int] = set()

    async def _claim(self, tx: Transaction) -> Record | None:
        """Lock what is to be run next."""
        kinds, busy = list(self._callbacks.kinds), list(self._busy)
        rows = await tx.read(queries.CLAIM_CALLBACK, kinds, self._clock.now(), busy)
        # Once more: a connection, and its lock, may have been lost while this statement was on its way.
        return rows[0] if rows and rows[0]["board"] not in self._busy else None

    async def _answer(self, row: Record) -> _Failure | None:
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
            if is_end_of_task(error):
                raise
            return _Failure(board.id, error)
        return None

    async def _record(self, tx: Transaction, row: Record, failure: _Failure | None) -> None:
        if failure is None:
            await tx.write(queries.ANSWERED, row["id"])
            return
        attempt = row["attempts"] + 1
        next_try = self._clock.now() + timedelta(seconds=pause(attempt))
        log.error(
            "%s failed for board %s (attempt %d), it is tried again at %s",
            self._describe(row),
            failure.board_id,
            attempt,
            _time(next_try),
            exc_info=failure.error,
        )
        error = in_words(failure.error, _LONGEST_ERROR)
        await tx.write(queries.FAILED, row["id"], attempt, error, next_try, row["board"])

    def _describe(self, row: Record) -> str:
        return f"{row['kind']} of {_time(datetime.fromtimestamp(row['instant'], UTC))}"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}"
