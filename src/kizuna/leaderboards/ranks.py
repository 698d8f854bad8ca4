"""The ranks of all boards: which are kept in memory, how they come there, and how they stay right.

The table is the truth. Whoever changes records does it through `Ranks.changing`, which tells every process
what was removed and inserted. An index is built when somebody first asks for a rank, from one snapshot of the
table; a change counts if that snapshot does not show it, so none is missed and none counts twice, in whatever
order changes arrive. Who needs a rank before its index is built waits. While this process does not hear from
the others, and for other periods than the present one, ranks are counted by SQL.
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple, TypeVar

from kizuna.bus import Bus
from kizuna.clock import Clock
from kizuna.db.engine import ROLLED_BACK, UNREACHABLE, Database, Record, Transaction
from kizuna.errors import ApiError, Code
from kizuna.leaderboards import queries
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import Change, decode_changes, encode_changes, owner_bytes
from kizuna.leaderboards.counting import Counting, Position
from kizuna.leaderboards.ranking import KEY_SIZE, RankIndex, SignedIndex, pack_key
from kizuna.leaderboards.reading import all_slices, count, first_slice, position_of

log = logging.getLogger(__name__)

T = TypeVar("T")

TOPIC = "ranks"

#: Boards up to this size are read at once.
_SMALL = 2_000

#: Large boards that are read at a time.
_BUILDERS = 2

#: Changes that are applied at a time to an index that has just been read.
_CHANGES_AT_ONCE = 128

#: Seconds that a request waits for ranks which are still being read. A write has happened: it waits less.
PATIENCE = 15.0
PATIENCE_OF_WRITES = 1.0

#: Rounds of `clean_up` after which an index that nobody has asked for is dropped.
_IDLE_ROUNDS = 30

#: Seconds before a build that has failed is tried again.
_PAUSE = 0.5

Executor = Database | Transaction


class RanksLate(ApiError):
    """The ranks of a board are not known yet: it is large, and is being read."""

    def __init__(self) -> None:
        super().__init__(Code.UNAVAILABLE, "Ranks are being read, try again in a moment.")


class Period(NamedTuple):
    """Ranks belong to a period of a board, by the board's key and the expiry."""

    board: int
    expiry: int


class _Ranking:
    """The index of one period, or what will become of it."""

    def __init__(self, descending: bool) -> None:
        self.signed = SignedIndex(RankIndex(descending=descending))
        self.snapshot = _Snapshot("0:0:")
        self.built = False
        #: Changes that arrive before the index can take them.
        self.early: deque[Change] = deque()
        #: The number of records, where it is known before the index is built.
        self.records: int | None = None
        #: Set when `records` is known, and when it is over: built or given up.
        self.counted = asyncio.Event()
        self.over = asyncio.Event()
        self.idle_rounds = 0

    def end(self, *, built: bool) -> None:
        """The index is built, or nothing will come of it."""
        self.built = built
        self.counted.set()
        self.over.set()

    def begin(self, snapshot: "_Snapshot") -> None:
        """Read from this snapshot, whatever was read before."""
        self.snapshot = snapshot
        self.signed = SignedIndex(RankIndex(descending=self.signed.index.descending))

    def take(self, change: Change) -> None:
        """Take a change, or keep it until there is an index."""
        if self.built:
            self.apply(change)
            return
        self.early.append(change)
        if self.records is not None:
            self.records += self._difference(change)

    @property
    def size(self) -> int:
        """The number of records, as soon as it is counted."""
        return len(self.signed.index) if self.built or self.records is None else self.records

    def count(self, records: int) -> None:
        """Know how many records the snapshot shows."""
        self.records = records + sum(map(self._difference, self.early))
        self.counted.set()

    def apply(self, change: Change) -> None:
        """Change the index, unless the snapshot that it was read from shows the change already."""
        if self.snapshot.shows(change.xid):
            return
        if change.removed is not None:
            self.signed.apply(change.removed, -1)
        if change.inserted is not None:
            self.signed.apply(change.inserted, 1)

    def _difference(self, change: Change) -> int:
        """How many records more there are than the snapshot shows."""
        if self.snapshot.shows(change.xid):
            return 0
        return (change.inserted is not None) - (change.removed is not None)


class _Snapshot:
    """Which transactions a snapshot of PostgreSQL shows; the text is that of `pg_current_snapshot()`."""

    def __init__(self, text: str) -> None:
        low, high, running = text.split(":")
        self._low, self._high = int(low), int(high)
        self._running = frozenset(map(int, filter(None, running.split(","))))

    def shows(self, xid: int) -> bool:
        return xid < self._low or (xid < self._high and xid not in self._running)


class Ranks:
    """Ranks and numbers of records. `without` names boards that have none by configuration, "*" all."""

    def __init__(self, database: Database, bus: Bus, clock: Clock, *, without: Collection[str] = ()) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._without = frozenset(without)
        self._me = uuid.uuid4().hex
        self._rankings: dict[Period, _Ranking] = {}
        self._counting = Counting(database)
        self._builders = asyncio.Semaphore(_BUILDERS)
        self._builds: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Listen to the other processes."""
        self._bus.subscribe(TOPIC, self._on_notice, on_reconnect=self._forget_all)

    async def stop(self) -> None:
        """Give up what is being built."""
        for build in self._builds:
            build.cancel()
        await asyncio.gather(*self._builds, return_exceptions=True)

    def are_kept(self, board: Board, expiry: int) -> bool:
        """Whether a period has ranks: not if they are switched off, and not when it is over."""
        if not board.enable_ranks or board.id in self._without or "*" in self._without:
            return False
        return not 0 < expiry <= self._clock.unix()

    async def rank(self, board: Board, expiry: int, row: Record, *, patience: float = PATIENCE) -> int:
        """The rank of a record as the row shows it, 0 where none are kept.

        `RanksLate` if it is not known within `patience` seconds.
        """
        if not self.are_kept(board, expiry):
            return 0
        ranking = self._ranking(board, expiry)
        if ranking is None or not ranking.built:
            async with _within(patience):
                ranking = await self._built(board, expiry)
                if ranking is None:
                    position = Position(row["score"], row["subscore"], row["owner_id"])
                    return await self._counting.rank(board, expiry, position)
        return ranking.signed.index.rank(key_of(row))

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
    ) -> T:
        """Run `work`, which changes records of these periods: its result, when all of it has taken effect.

        `alone` says that the work is a single statement. The other processes hear of the changes when it
        commits, this one knows them when this returns.
        """
        try:
            if alone and self._bus.alone:
                result, changes = await work(self._database)
            else:
                result, changes = await self._database.atomically(lambda tx: self._told(tx, work))
        except ROLLED_BACK:
            raise
        except BaseException:
            self.doubt(periods)
            raise
        self.obey(changes)
        return result

    async def tell(self, tx: Transaction, changes: Sequence[Change]) -> None:
        """Let the other processes know of changes when a transaction commits.

        `obey` must follow the commit, or `doubt` where it is not known.
        """
        if self._bus.alone:
            return
        for text in encode_changes(self._me, changes):
            await self._bus.announce(tx, TOPIC, text)

    def obey(self, changes: Iterable[Change]) -> None:
        """Know changes that have been committed."""
        for change in changes:
            ranking = self._rankings.get(Period(change.board, change.expiry))
            if ranking is not None:
                ranking.take(change)

    def doubt(self, periods: Iterable[Period]) -> None:
        """Drop the indices of periods that may have changed: nobody knows what was committed."""
        for period in periods:
            self._drop(period)

    def forget(self, board: int) -> None:
        """Drop what is known of a board that is gone, or has no ranks any more."""
        self.doubt([period for period in self._rankings if period.board == board])

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

    async def _told(
        self, tx: Transaction, work: Callable[[Executor], Awaitable[tuple[T, Sequence[Change]]]]
    ) -> tuple[T, Sequence[Change]]:
        result, changes = await work(tx)
        await self.tell(tx, changes)
        return result, changes

    async def _on_notice(self, text: str) -> None:
        origin, changes = decode_changes(text)
        if origin != self._me:
            self.obey(changes)

    async def _forget_all(self) -> None:
        self.doubt(list(self._rankings))

    def _ranking(self, board: Board, expiry: int) -> _Ranking | None:
        """What is known of a period, or is being read; None where nothing can be trusted.

        Only the present period has an index: anybody can ask for any.
        """
        if not self._bus.connected or expiry != board.expiry(int(self._clock.unix())):
            return None
        period = Period(board.key, expiry)
        ranking = self._rankings.get(period)
        if ranking is None:
            ranking = self._rankings[period] = _Ranking(board.descending)
            build = asyncio.create_task(self._build(period, ranking))
            self._builds.add(build)
            build.add_done_callback(self._builds.discard)
        ranking.idle_rounds = 0
        return ranking

    async def _built(self, board: Board, expiry: int) -> _Ranking | None:
        """The same, when it is built."""
        while (ranking := self._ranking(board, expiry)) is not None and not ranking.built:
            await ranking.over.wait()
        return ranking

    async def _build(self, period: Period, ranking: _Ranking) -> None:
        try:
            if not await self._read_small(period, ranking):
                async with self._builders:
                    await self._read_large(period, ranking)
            await _settle(ranking)
            if self._rankings.get(period) is ranking:
                ranking.end(built=True)
        except Exception as error:
            log.warning("the ranks of board %d cannot be read: %s", period.board, error)
            await asyncio.sleep(_PAUSE)  # whoever waits tries again at once
        finally:
            if not ranking.built:
                ranking.end(built=False)
                if self._rankings.get(period) is ranking:
                    del self._rankings[period]

    async def _read_small(self, period: Period, ranking: _Ranking) -> bool:
        """Fill the index, if that is done at once."""
        async with self._database.snapshot() as tx:
            ranking.begin(await _snapshot(tx))
            keys = await first_slice(tx, *period, _SMALL)
            ranking.signed.index.extend(keys)
        return len(keys) < _SMALL * KEY_SIZE

    async def _read_large(self, period: Period, ranking: _Ranking) -> None:
        """Fill the index, unless it is given up meanwhile; the number of records is known soon."""
        async with self._database.snapshot() as tx:
            ranking.begin(await _snapshot(tx))
            ranking.count(await count(tx, *period))
            async with aclosing(all_slices(tx, *period, lambda: not ranking.over.is_set())) as slices:
                async for keys in slices:
                    ranking.signed.index.extend(keys)


async def _snapshot(tx: Transaction) -> _Snapshot:
    [row] = await tx.read(queries.SNAPSHOT)
    return _Snapshot(row["snapshot"])


async def _settle(ranking: _Ranking) -> None:
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


def key_of(row: Record) -> bytes:
    """The packed key of a record's row."""
    return pack_key(row["score"], row["subscore"], owner_bytes(row["owner_id"]))
