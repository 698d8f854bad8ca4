"""For these tests: schedulers on a clock that stands still until it is moved, game code that takes notes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from kizuna.db.engine import CONNECTION_LOST, Database, Transaction
from kizuna.db.statements import Command, Query
from kizuna.leaderboards.boards import UNLIMITED, Board, board_of
from kizuna.leaderboards.queries import BY_KEY
from kizuna.scheduler.service import BoardEvent, Scheduler, plan, unplan
from tests.support.waiting import wait_until_async

ALL_KINDS = ("leaderboard_reset", "tournament_end", "tournament_reset")
MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 604800

#: Monday, midnight.
START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())

SETTLED = Query(
    "test.settled",
    "Whether nothing is due.",
    "select not exists (select from board_schedule where due <= $1) as settled",
)
WAITING = Query("test.waiting", "Callbacks without an answer.", "select * from board_callback order by id")
SIZES = Query(
    "test.sizes", "Sizes.", "select board, expiry, size from tournament_size order by board, expiry"
)
TAKE_PLACE = Command("test.take_place", "A size.", "insert into tournament_size values ($1, $2, 1)")
CREATE = Command(
    "test.create",
    "A board.",
    """
    insert into leaderboard (id, reset_schedule, create_time, duration, start_time, end_time, max_size,
        authoritative, sort_order, operator, metadata, enable_ranks, category, title, description,
        join_required, max_num_score)
    values ($1, nullif($2, ''), $3, $4, $5, $6, $7, false, 1, 0, '{}', true, 0, '', '', false, 1)
    returning key
    """,
)
DELETE = Command(
    "test.delete",
    "A board no more.",
    "update leaderboard set deleted = true where id = $1 and not deleted returning key",
)
FORGET = Command("test.forget", "No board any more.", "truncate leaderboard, board_callback_kind cascade")


class HandClock:
    """Tells the time that it was set to."""

    def __init__(self) -> None:
        self.time: float = START

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)

    def unix(self) -> float:
        return self.time


class Game:
    """Game code: notes each call, (board id, kind, instant, attempt), and does with it what `act` says."""

    def __init__(self, kinds: Sequence[str] = ALL_KINDS) -> None:
        self.kinds = kinds
        self.calls: list[tuple[str, str, int, int]] = []
        self.running: Counter[str] = Counter()
        self.together = 0
        self.act: Callable[[BoardEvent], Awaitable[None]] | None = None

    async def call(self, event: BoardEvent) -> None:
        self.calls.append((event.board.id, event.kind, event.instant, event.attempt))
        self.running[event.board.id] += 1
        assert self.running[event.board.id] == 1, "two callbacks of one board at a time"
        self.together = max(self.together, self.running.total())
        try:
            if self.act:
                await self.act(event)
            else:
                await asyncio.sleep(0)
        finally:
            self.running[event.board.id] -= 1

    def instants(self, board_id: str) -> list[int]:
        return [instant for id, _, instant, _ in self.calls if id == board_id]


class Boards:
    """Definitions, without what the server knows of them beyond the rows."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self._database = database
        self._clock = clock

    async def by_keys(self, keys: Sequence[int]) -> dict[int, Board]:
        rows = await self._database.read(BY_KEY, list(keys))
        return {row["key"]: board_of(row) for row in rows}

    async def create(
        self,
        id: str,
        schedule: str,
        *,
        duration: int = 0,
        start_time: int = 0,
        end_time: int = 0,
        max_size: int = UNLIMITED,
    ) -> Board:
        now = self._clock.now()
        start_time = start_time or (int(now.timestamp()) if duration else 0)

        async def work(tx: Transaction) -> int:
            rows = await tx.write(CREATE, id, schedule, now, duration, start_time, end_time, max_size)
            [row] = await tx.read(BY_KEY, [rows[0]["key"]])
            await plan(tx, board_of(row), int(now.timestamp()))
            return row["key"]

        key = await self._database.atomically(work)
        return (await self.by_keys([key]))[key]

    async def delete(self, id: str) -> None:
        async def work(tx: Transaction) -> None:
            for row in await tx.write(DELETE, id):
                await unplan(tx, row["key"])

        await self._database.atomically(work)


class World:
    """A database with boards, a clock, and any number of schedulers."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.boards = Boards(database, self.clock)

    async def create(self, id: str, schedule: str = "* * * * *", **settings: int) -> Board:
        return await self.boards.create(id, schedule, **settings)

    def scheduler(self, game: Game, *, grace: float = 5, look_every: float = 0.02) -> Scheduler:
        return Scheduler(self.database, self.clock, self.boards, game, look_every=look_every, grace=grace)

    @asynccontextmanager
    async def running(self, *games: Game, look_every: float = 0.02) -> AsyncIterator[list[Scheduler]]:
        """A scheduler for each game code."""
        schedulers = [self.scheduler(game, look_every=look_every) for game in games]
        for scheduler in schedulers:
            await scheduler.start()
        try:
            yield schedulers
        finally:
            for scheduler in schedulers:
                await scheduler.stop()

    async def waiting(self) -> list[Any]:
        """The callbacks that have not been answered."""
        return await self.database.read(WAITING)

    async def settled(self, *, answered: bool = True) -> None:
        """Wait until nothing is due, and every callback is answered."""

        async def nothing_left() -> bool:
            with suppress(*CONNECTION_LOST):  # some tests end connections
                [row] = await self.database.read(SETTLED, int(self.clock.unix()))
                return row["settled"] and not (answered and await self.waiting())
            return False

        await wait_until_async(nothing_left, what="an end of all that was due")

    async def failed(self, attempts: int) -> None:
        """Wait until it is noted that some callback has failed so often."""

        async def is_noted() -> bool:
            return any(row["attempts"] == attempts for row in await self.waiting())

        await wait_until_async(is_noted, what=f"failure {attempts}")

    async def looked(self, times: int = 3) -> None:
        """Wait until schedulers have looked some times more: what they were to do, they have begun."""
        enough = self.database.counts["scheduler.look"] + times

        async def has_looked() -> bool:
            return self.database.counts["scheduler.look"] >= enough

        await wait_until_async(has_looked)
