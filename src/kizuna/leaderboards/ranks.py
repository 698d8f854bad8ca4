"""The ranks of all boards: which are kept in memory, how they come there, and how they stay right.

The table is the truth. Whoever changes records does it through `Ranks.changing`, which tells every process
what was removed and inserted, in the order of the commits. An index is built when somebody first asks for a
rank, from one snapshot of the table; a change counts if that snapshot does not show it, so none is missed and
none counts twice. Who needs a rank before its index is built waits. While this process does not hear from the
others, and for other periods than the present one, ranks are counted by SQL.
"""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager, suppress
from itertools import count as count_from
from typing import TypeVar
from weakref import WeakValueDictionary

from kizuna.bus import Bus
from kizuna.clock import Clock
from kizuna.db.engine import ROLLED_BACK, UNREACHABLE, Database, Record, Transaction
from kizuna.errors import ApiError, Code
from kizuna.leaderboards import queries
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import Change, decode_changes, encode_changes, key_of
from kizuna.leaderboards.counting import Counting, Position
from kizuna.leaderboards.ranking import KEY_SIZE
from kizuna.leaderboards.rankings import Period, Ranking, Snapshot
from kizuna.leaderboards.reading import all_slices, count, first_slice, position_of

log = logging.getLogger(__name__)

T = TypeVar("T")

TOPIC = "ranks"

#: Boards up to this size are read at once.
_SMALL = 2_000

#: Records that can be read again without anybody having to wait for long.
_QUICKLY_READ = 20_000

#: Large boards that are read at a time.
_BUILDERS = 2

#: Changes that are applied at a time to an index that has just been read.
_CHANGES_AT_ONCE = 128

#: Seconds that a request waits for ranks which are still being read.
PATIENCE = 15.0

#: The same for a write, which has happened whatever its rank: from when on the board is known to be large.
_PATIENCE_OF_WRITES = 1.0

#: Seconds that a process waits for a notice of its own.
_PATIENCE_WITH_NOTICES = 1.0

#: Rounds of `clean_up` after which an index that nobody has asked for is dropped.
_IDLE_ROUNDS = 30

#: Seconds before a build that has failed is tried again.
_PAUSE = 0.5

Executor = Database | Transaction


class RanksLate(ApiError):
    """The ranks of a board are not known yet: it is large, and is being read."""

    def __init__(self) -> None:
        super().__init__(Code.UNAVAILABLE, "Ranks are being read, try again in a moment.")


class Announcement:
    """Changes of which notices have been sent; `heard` is set when they have come back.

    `ranks` are those that the changes led to at that moment, one for each: None if there is no index, 0 if it
    was not learned in time. A little later the record may have moved on.
    """

    def __init__(self, changes: Sequence[Change]) -> None:
        self.changes = changes
        self.heard = asyncio.Event()
        self.ranks: Sequence[int | None] = [None] * len(changes)


class Ranks:
    """Ranks and numbers of records. `without` names boards that have none by configuration, "*" all."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, *, without: Collection[str] = ()) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._without = frozenset(without)
        self._me = uuid.uuid4().hex
        self._numbers = count_from(1)
        self._announced: WeakValueDictionary[str, Announcement] = WeakValueDictionary()
        self._in_doubt: Counter[Period] = Counter()
        self._rankings: dict[Period, Ranking] = {}
        self._counting = Counting(database)
        self._builders = asyncio.Semaphore(_BUILDERS)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen to the other processes."""
        self._bus.subscribe(TOPIC, self._on_notice, on_reconnect=self._forget_all)

    async def stop(self) -> None:
        """Give up what is being built."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def are_kept(self, board: Board, expiry: int) -> bool:
        """Whether a period has ranks: not if they are switched off, and not when it is over."""
        if not board.enable_ranks or board.id in self._without or "*" in self._without:
            return False
        return not 0 < expiry <= self._clock.unix()

    async def rank(self, board: Board, expiry: int, row: Record, *, written: bool = False) -> int:
        """The rank of a record as the row shows it, 0 where none are kept.

        `RanksLate` if it takes too long to learn it, which for a record just `written` is sooner.
        """
        if not self.are_kept(board, expiry):
            return 0
        ranking = self._ranking(board, expiry)
        if ranking is None or not ranking.built:
            if ranking is not None and written:
                async with _within(PATIENCE):
                    await ranking.sized.wait()
            async with _within(_PATIENCE_OF_WRITES if written else PATIENCE):
                ranking = await self._built(board, expiry)
                if ranking is None:
                    position = Position(row["score"], row["subscore"], row["owner_id"])
                    return await self._counting.rank(board, expiry, position)
        index = ranking.signed.index
        # Another process may have moved the record on since: its new place must not count besides.
        return min(index.rank(key_of(row)), max(len(index), 1))

    async def count(self, board: Board, expiry: int) -> int:
        """How many records a period has, 0 where no ranks are kept. `RanksLate` as for `rank`."""
        if not self.are_kept(board, expiry):
            return 0
        ranking = self._ranking(board, expiry)
        if ranking is None or not ranking.built:
            async with _within(PATIENCE):
                while ranking is not None and not ranking.counted.is_set():
                    await ranking.counted.wait()
                    ranking = self._ranking(board, expiry)
                if ranking is None:
                    return await self._counting.count(board, expiry)
        return ranking.size

    async def at(self, board: Board, expiry: int, rank: int) -> Position | None:
        """Where the record with a rank stands; None if there is none or none are kept. `RanksLate` as for
        `rank`."""
        if not self.are_kept(board, expiry):
            return None
        async with _within(PATIENCE):
            ranking = await self._built(board, expiry)
            if ranking is None:
                return await self._counting.at(board, expiry, rank)
        index = ranking.signed.index
        return position_of(index.at(rank)) if 1 <= rank <= len(index) else None

    async def changing(
        self,
        periods: Iterable[Period],
        work: Callable[[Executor], Awaitable[tuple[T, Sequence[Change]]]],
        *,
        alone: bool = False,
    ) -> tuple[T, Sequence[int | None]]:
        """Run `work`, which changes records of these periods: its result, when all of it has taken effect.

        With it come the ranks that the changes led to (see `Announcement`). `alone` says that the work is a
        single statement.
        """

        async def announced(tx: Transaction) -> tuple[T, Announcement]:
            result, changes = await work(tx)
            return result, await self.announce(tx, changes)

        try:
            if alone and self._bus.alone:
                result, changes = await work(self._database)
                announcement = Announcement(changes)
            else:
                result, announcement = await self._database.atomically(announced)
        except ROLLED_BACK:
            raise
        except BaseException:
            self.unknown(periods)
            raise
        await self.apply_committed(announcement)
        return result, announcement.ranks

    async def announce(self, tx: Transaction, changes: Sequence[Change]) -> "Announcement":
        """Let all processes know of changes when a transaction commits.

        `apply_committed` must follow the commit, `unknown` what may have been one.
        """
        announcement = Announcement(changes)
        if self._bus.alone:
            return announcement
        *others, last = encode_changes(changes) if changes else [""]
        for text in others:
            await self._bus.announce(tx, TOPIC, f"- {text}")
        if last:
            # Nobody waits for it if it is rolled back: it is forgotten with what `announce` has returned.
            name = f"{self._me}.{next(self._numbers)}"
            self._announced[name] = announcement
            await self._bus.announce(tx, TOPIC, f"{name} {last}")
        return announcement

    async def apply_committed(self, announcement: "Announcement") -> None:
        """Know changes that have been committed.

        Where there are other processes, this one too takes changes in the order in which they were committed,
        as its own notices tell it; before its time, a change could meet a record that another process has
        changed meanwhile, and count it twice.
        """
        if self._bus.alone:
            self._take(announcement.changes)
            self._note_ranks(announcement)
            return
        periods = {Period(change.board, change.expiry) for change in announcement.changes}
        if self._bus.connected and not periods.isdisjoint(self._rankings):
            try:
                async with asyncio.timeout(_PATIENCE_WITH_NOTICES):
                    await announcement.heard.wait()
            except TimeoutError:
                # What is quickly read is read again. Larger indices are right, only late: nobody is told a
                # rank from before the change.
                small = {period for period in periods if self._is_quickly_read(period)}
                self.drop_indexes(small)
                announcement.ranks = [
                    None if Period(change.board, change.expiry) in small else 0
                    for change in announcement.changes
                ]

    def _is_quickly_read(self, period: Period) -> bool:
        ranking = self._rankings.get(period)
        return ranking is not None and len(ranking.signed.index) <= _QUICKLY_READ

    def unknown(self, periods: Iterable[Period]) -> None:
        """Nobody knows whether changes of these periods were committed, or will be.

        Where there are other processes, a notice tells when that happens. Here, ranks are counted until
        everything that runs now has ended; then the indices are read again.
        """
        if self._bus.alone:
            self._in_doubt.update(periods := set(periods))
            self.drop_indexes(periods)
            self._start(self._outwait(periods))

    def drop_indexes(self, periods: Iterable[Period]) -> None:
        """Drop the indices of periods."""
        for period in periods:
            self._drop(period)

    def forget(self, board: int) -> None:
        """Drop what is known of a board that is gone, or has no ranks any more."""
        self.drop_indexes([period for period in self._rankings if period.board == board])

    async def clean_up(self) -> None:
        """Drop the indices of periods that are over, and those that nobody has asked for in a while."""
        now = self._clock.unix()
        for period, ranking in list(self._rankings.items()):
            ranking.idle_rounds += 1
            if 0 < period.expiry <= now or ranking.idle_rounds > _IDLE_ROUNDS:
                self._drop(period)

    def _drop(self, period: Period) -> None:
        ranking = self._rankings.pop(period, None)
        if ranking is not None:
            ranking.end(built=False)

    async def _on_notice(self, text: str) -> None:
        name, _, changes = text.partition(" ")
        self._take(decode_changes(changes))
        if (announcement := self._announced.pop(name, None)) is not None:
            self._note_ranks(announcement)
            announcement.heard.set()

    def _take(self, changes: Iterable[Change]) -> None:
        for change in changes:
            ranking = self._rankings.get(Period(change.board, change.expiry))
            if ranking is not None:
                ranking.take(change)

    def _note_ranks(self, announcement: "Announcement") -> None:
        announcement.ranks = [self._rank_after(change) for change in announcement.changes]

    def _rank_after(self, change: Change) -> int | None:
        ranking = self._rankings.get(Period(change.board, change.expiry))
        if ranking is None or not ranking.built or change.inserted is None:
            return None
        return ranking.signed.index.rank(change.inserted)

    async def _forget_all(self) -> None:
        self.drop_indexes(list(self._rankings))

    def _ranking(self, board: Board, expiry: int) -> Ranking | None:
        """What is known of a period, or is being read; None where nothing can be trusted.

        Only the present period has an index: anybody can ask for any.
        """
        period = Period(board.key, expiry)
        if not self._bus.connected or expiry != board.expiry(int(self._clock.unix())):
            return None
        if period in self._in_doubt:
            return None
        ranking = self._rankings.get(period)
        if ranking is None:
            ranking = self._rankings[period] = Ranking(board.descending)
            self._start(self._build(period, ranking))
        ranking.idle_rounds = 0
        return ranking

    async def _built(self, board: Board, expiry: int) -> Ranking | None:
        """The same, when it is built."""
        while (ranking := self._ranking(board, expiry)) is not None and not ranking.built:
            await ranking.over.wait()
        return ranking

    async def _build(self, period: Period, ranking: Ranking) -> None:
        try:
            if not await self._read_small(period, ranking):
                async with self._builders:
                    await self._read_large(period, ranking)
            await _settle(ranking)
            if self._rankings.get(period) is ranking:
                ranking.end(built=True)
        except Exception as error:
            if not ranking.over.is_set():
                log.warning("the ranks of board %d cannot be read: %s", period.board, error)
                await asyncio.sleep(_PAUSE)  # whoever waits tries again at once
        finally:
            if not ranking.built:
                ranking.end(built=False)
                if self._rankings.get(period) is ranking:
                    del self._rankings[period]

    async def _read_small(self, period: Period, ranking: Ranking) -> bool:
        """Fill the index, if that is done at once."""
        async with self._database.snapshot() as tx:
            ranking.begin(await _snapshot(tx))
            keys = await first_slice(tx, *period, _SMALL)
            ranking.signed.index.extend(keys)
        ranking.sized.set()
        return len(keys) < _SMALL * KEY_SIZE

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _outwait(self, periods: Iterable[Period]) -> None:
        """End the doubt about periods when whatever runs now in the database has ended."""
        present: int | None = None
        while present is None or (await self._oldest()) < present:
            await asyncio.sleep(_PAUSE)
            with suppress(*UNREACHABLE):
                present = present or (await self._database.read(queries.PRESENT))[0]["xid"]
        self._in_doubt -= Counter(periods)

    async def _oldest(self) -> int:
        """No transaction with a lower number runs; -1 while the database cannot be asked."""
        try:
            [row] = await self._database.read(queries.SNAPSHOT)
        except UNREACHABLE:
            return -1
        return Snapshot(row["snapshot"]).low

    async def _read_large(self, period: Period, ranking: Ranking) -> None:
        """Fill the index, unless it is given up meanwhile; the number of records is known soon."""
        async with self._database.snapshot() as tx:
            ranking.begin(await _snapshot(tx))
            ranking.count(await count(tx, *period))
            async with aclosing(all_slices(tx, *period)) as slices:
                async for keys in slices:
                    ranking.signed.index.extend(keys)
                    if ranking.over.is_set():
                        return


async def _snapshot(tx: Transaction) -> Snapshot:
    [row] = await tx.read(queries.SNAPSHOT)
    return Snapshot(row["snapshot"])


async def _settle(ranking: Ranking) -> None:
    """Apply what has arrived meanwhile, a little at a time, to the last of it."""
    while ranking.early:
        for _ in range(min(_CHANGES_AT_ONCE, len(ranking.early))):
            ranking.apply(ranking.early.popleft())
        if ranking.early:
            await asyncio.sleep(0)


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    """`RanksLate` for what takes longer, or cannot be done now."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except UNREACHABLE as error:
        raise RanksLate from error
