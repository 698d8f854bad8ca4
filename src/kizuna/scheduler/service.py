"""Sees to it that what is due on boards happens: ends and resets, and the callbacks of game code for them.

Every process looks for what is due; row locks share the work out. What a reset does to the database, and the
queueing of its callbacks, is one transaction with the note that it has happened: it happens exactly once,
whoever is killed when. What was missed while nobody looked is caught up in order. A queued callback is run at
least once (see `callbacks`).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from kizuna.clock import Clock
from kizuna.db.engine import UNREACHABLE, Database, Record, Transaction
from kizuna.leaderboards.boards import Board
from kizuna.scheduler import queries
from kizuna.scheduler.callbacks import (
    AT_ONCE,
    LEADERBOARD_RESET,
    TOURNAMENT_END,
    TOURNAMENT_RESET,
    BoardEvent,
    CallbackRunner,
    Callbacks,
)
from kizuna.scheduler.lookup import Boards, find_boards
from kizuna.scheduler.missed import missed
from kizuna.tournaments.windows import Event

__all__ = ["BoardEvent", "Boards", "Callbacks", "Failing", "Scheduler", "failing", "plan", "unplan"]

log = logging.getLogger(__name__)

#: How many of a board's missed instants are caught up, and how many of its callbacks may wait for an answer.
MOST_MISSED = 100
MOST_WAITING = 100

#: How many boards are settled in one transaction.
_BOARDS_AT_ONCE = 64

#: Seconds until a board whose definition makes no sense is looked at again.
_SET_ASIDE = 3600

#: The shortest pause between two looks, in seconds.
_SHORTEST_PAUSE = 0.01

#: Seconds that running callbacks have to finish when the server stops.
_GRACE = 3.0

#: How many failing callbacks are told.
_MOST_FAILING = 100


async def plan(tx: Transaction, board: Board, now: int) -> None:
    """Look after a new board from `now` on."""
    event = board.next_event(now)
    if event is not None:
        await tx.write(queries.PLAN, board.key, now, event.instant)


async def unplan(tx: Transaction, board_key: int) -> None:
    """Look after a board no longer.

    Its callbacks stay, because game code may delete a board while it answers one. Nobody runs them any more,
    and they go with the board's own row.
    """
    await tx.write(queries.UNPLAN, [board_key])


class Failing(NamedTuple):
    """A callback that has failed and is tried again."""

    board_id: str
    kind: str
    instant: int
    attempts: int
    error: str


async def failing(database: Database) -> list[Failing]:
    """The callbacks that fail, the most obstinate first, and not more than a page of them."""
    return [Failing(*row) for row in await database.read(queries.FAILING, _MOST_FAILING)]


@dataclass(frozen=True, slots=True)
class _Step:
    """What is to happen on a board: it is settled up to `done`, and due again at `due` if ever."""

    board: Board
    done: int
    due: int | None
    events: list[Event]
    skipped: int

    @property
    def last_reset(self) -> int | None:
        return max((event.instant for event in self.events if event.reset), default=None)

    def callbacks(self) -> list[tuple[int, str, int]]:
        """(board, kind, instant) for every event, in order; an end before the reset that falls on it."""
        reset = TOURNAMENT_RESET if self.board.is_tournament else LEADERBOARD_RESET
        return [
            (self.board.key, kind, event.instant)
            for event in self.events
            for kind, happens in ((TOURNAMENT_END, event.end), (reset, event.reset))
            if happens
        ]


@dataclass(slots=True)
class _Batch:
    """What is to happen on boards that have been claimed together; boards by their keys."""

    steps: list[_Step] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    unclear: list[tuple[Record, Exception]] = field(default_factory=list)


class Scheduler:
    """The scheduler of one process; any number of processes may run one.

    It looks every `look_every` seconds, sooner where the clock says that something is due sooner. What is due
    is for `clock` alone to say. `database` is borrowed for a statement at a time; whatever holds locks has
    connections of its own.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        boards: Boards,
        callbacks: Callbacks,
        *,
        look_every: float = 1.0,
        grace: float = _GRACE,
    ) -> None:
        self._database = database
        self._clock = clock
        self._boards = boards
        self._callbacks = callbacks
        self._look_every = look_every
        self._grace = grace
        self._locks = Database(database.url, pool_size=AT_ONCE + 1)
        self._runner = CallbackRunner(self._locks, clock, boards, callbacks)
        self._task: asyncio.Task[None] | None = None
        self._away = False
        self._remembered: frozenset[str] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._look_always())

    async def stop(self) -> None:
        """Stop looking, and let running callbacks finish for a while; what is cancelled then runs again."""
        if self._task is not None:
            self._task.cancel()
        await self._runner.close(self._grace)
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task
        await self._locks.close()

    # --- looking ---

    async def _look_always(self) -> None:
        while True:
            pause = self._look_every
            try:
                pause = await self.look()
                self._note_return()
            except UNREACHABLE as error:
                self._note_absence(error)
            except Exception:
                log.exception("what is due on boards could not be done, it is tried again")
            await asyncio.sleep(pause)

    async def look(self) -> float:
        """Do what is due; the seconds until the next look."""
        now = self._clock.unix()
        kinds = await self._kinds()
        [row] = await self._database.read(queries.LOOK, kinds)
        times: tuple[float, float] = row["due"], row["next_try"]
        due, next_try = times
        if due <= now and await self._settle():
            self._runner.wake()
            return 0
        if next_try <= now:
            self._runner.wake()
        waits = (max(time - now, _SHORTEST_PAUSE) for time in times if time > now)
        return min([self._look_every, *waits])

    async def _kinds(self) -> list[str]:
        """The kinds of events for which there is a function now, remembered for servers that have none.

        The log names those that another server, or an earlier version of the game, has had a function for.
        """
        kinds = frozenset(self._callbacks.kinds)
        if kinds != self._remembered:
            await self._database.write(queries.REMEMBER_KINDS, sorted(kinds))
            known = {row["kind"] for row in await self._database.read(queries.KINDS)}
            if known - kinds:
                log.warning(
                    "Game code has no function for %s any more: each board's last %d events wait for one.",
                    ", ".join(sorted(known - kinds)),
                    MOST_WAITING,
                )
            self._remembered = kinds
        return sorted(kinds)

    def _note_absence(self, error: BaseException) -> None:
        if not self._away:
            log.warning("resets of boards wait for the database: %s", error or type(error).__name__)
        self._away = True

    def _note_return(self) -> None:
        if self._away:
            log.info("resets of boards go on: the database answers again")
        self._away = False

    # --- settling what is due ---

    async def _settle(self) -> bool:
        """Settle some of the boards on which something is due; whether there were any."""
        now = self._clock.now()

        async def work(tx: Transaction) -> tuple[_Batch, Counter[int]]:
            rows = await tx.read(queries.CLAIM_DUE, int(now.timestamp()), _BOARDS_AT_ONCE)
            batch = await self._work_out(rows, int(now.timestamp()))
            return batch, await self._apply(tx, batch, now)

        batch, dropped = await self._locks.atomically(work)
        _report(batch, dropped)
        return bool(batch.steps or batch.gone or batch.unclear)

    async def _work_out(self, rows: Sequence[Record], now: int) -> _Batch:
        batch = _Batch()
        found = await find_boards(self._boards, [row["board"] for row in rows]) if rows else {}
        for row in rows:
            board = found.get(row["board"])
            if board is None:
                batch.gone.append(row["board"])
                continue
            try:
                batch.steps.append(_step(board, row["done"], now))
            except Exception as error:
                batch.unclear.append((row, error))
            await asyncio.sleep(0)  # requests come in between
        return batch

    async def _apply(self, tx: Transaction, batch: _Batch, now: datetime) -> Counter[int]:
        """Let it happen; how many callbacks of boards were dropped because too many wait already."""
        resets = [(step.board.key, reset) for step in batch.steps if (reset := step.last_reset) is not None]
        if resets:
            await tx.write(queries.FREE_PLACES, *zip(*resets, strict=True))
        dropped = await self._queue(tx, batch.steps, now)
        set_aside = int(now.timestamp()) + _SET_ASIDE
        progress = [
            *((step.board.key, step.done, step.due) for step in batch.steps if step.due is not None),
            *((row["board"], row["done"], set_aside) for row, _ in batch.unclear),
        ]
        if progress:
            await tx.write(queries.ADVANCE, *zip(*progress, strict=True))
        over = batch.gone + [step.board.key for step in batch.steps if step.due is None]
        if over:
            await tx.write(queries.UNPLAN, over)
        return dropped

    async def _queue(self, tx: Transaction, steps: Sequence[_Step], now: datetime) -> Counter[int]:
        kinds = {row["kind"] for row in await tx.read(queries.KINDS)}.union(self._callbacks.kinds)
        calls = [call for step in steps for call in step.callbacks() if call[1] in kinds]
        if not calls:
            return Counter()
        await tx.write(queries.QUEUE, *zip(*calls, strict=True), now)
        boards = list({board for board, _, _ in calls})
        rows = await tx.write(queries.DROP_OLDEST, boards, MOST_WAITING)
        return Counter(row["board"] for row in rows)


def _step(board: Board | Exception, done: int, now: int) -> _Step:
    """What has become due on a board. Raises whatever is wrong with its definition."""
    if isinstance(board, Exception):
        raise board
    events, skipped = missed(board, done, now, MOST_MISSED)
    following = board.next_event(now)
    return _Step(board, now, following.instant if following else None, events, skipped)


def _report(batch: _Batch, dropped: Counter[int]) -> None:
    for step in batch.steps:
        if step.skipped:
            since = datetime.fromtimestamp(step.events[0].instant, UTC)
            log.warning(
                "board %s: %d resets were missed too long ago and are skipped, it goes on with %s",
                step.board.id,
                step.skipped,
                f"{since:%Y-%m-%d %H:%M:%S}",
            )
        if count := dropped[step.board.key]:
            log.warning(
                "board %s: %d callbacks are dropped, %d wait already", step.board.id, count, MOST_WAITING
            )
    for row, error in batch.unclear:
        log.error("board with key %d cannot be reset: %s", row["board"], error, exc_info=error)
