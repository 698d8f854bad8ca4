"""Calls game code when a board has been reset or has ended, until it succeeds.

A board's callbacks run one after another, those of different boards together.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.queue import QueueRunner, failure_of
from kizuna.leaderboards.boards import Board
from kizuna.scheduler import queries
from kizuna.scheduler.lookup import Boards, find_boards

LEADERBOARD_RESET = "leaderboard_reset"
TOURNAMENT_END = "tournament_end"
TOURNAMENT_RESET = "tournament_reset"

#: How many callbacks one process runs at a time.
AT_ONCE = 4


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
        super().__init__(locks, clock, name="callbacks of boards", key="board", at_once=AT_ONCE)
        self._boards = boards
        self._callbacks = callbacks

    async def _claim(self, tx: Transaction, busy: list[Any]) -> Sequence[Record]:
        return await tx.read(queries.CLAIM_CALLBACK, list(self._callbacks.kinds), self._clock.now(), busy)

    async def _answer(self, row: Record) -> _Failure | None:
        """Call the function; its error, or that of the board's definition."""
        key = row["board"]
        board = (await find_boards(self._boards, [key])).get(key)
        if board is None:  # deleted a moment ago
            return None
        if isinstance(board, Exception):
            return _Failure(f"with key {key}", board)
        event = BoardEvent(row["kind"], board, row["instant"], row["attempts"] + 1)
        error = await failure_of(self._callbacks.call(event))
        return None if error is None else _Failure(board.id, error)

    async def _record(self, tx: Transaction, row: Record, failure: _Failure | None) -> None:
        if failure is None:
            await tx.write(queries.ANSWERED, row["id"])
            return
        what = f"{self._describe(row)} failed for board {failure.board_id}"
        failed = self._put_off(what, row, failure.error)
        await tx.write(queries.FAILED, row["id"], *failed, row["board"])

    def _describe(self, row: Record) -> str:
        return f"{row['kind']} of {datetime.fromtimestamp(row['instant'], UTC):%Y-%m-%d %H:%M:%S}"
