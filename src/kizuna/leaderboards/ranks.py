"""The ranks of all boards: which are kept in memory, how they come there, and how they stay right.

The table is the truth. Whoever changes records does it through `Ranks.changing`, which tells every process
what was removed and inserted. An index is built when somebody first asks for a rank, from one snapshot of the
table; a change counts if that snapshot does not show it, so none is missed and none counts twice, in whatever
order changes arrive. Until an index is built, and while this process does not hear from the others, ranks are
counted by SQL.
"""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import NamedTuple, TypeVar

from kizuna.bus import Bus
from kizuna.clock import Clock
from kizuna.db.engine import ROLLED_BACK, Database, Record, Transaction
from kizuna.leaderboards import queries
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import Change, decode_changes, encode_changes, owner_bytes
from kizuna.leaderboards.counting import LOWEST, Counting, Position
from kizuna.leaderboards.ranking import KEY_SIZE, RankIndex, SignedIndex, pack_key, unpack_key

log = logging.getLogger(__name__)

T = TypeVar("T")

TOPIC = "ranks"

#: Records of the first slice of a build, which is all of most boards, and of the others. A slice is little
#: work for the event loop, most of it is the database's.
_FIRST_SLICE = 2_000
_SLICE = 50_000

#: How long a request waits for the first slice, in seconds, before it counts by SQL.
_PATIENCE = 0.2

#: Changes that are applied at a time to an index that is being built.
_CHANGES_AT_ONCE = 128

#: Builds that read at once.
_BUILDERS = 2

#: Rounds of `clean_up` after which an index that nobody has asked for is dropped.
_IDLE_ROUNDS = 30

Executor = Database | Transaction


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
        #: Set when the index is built, or when that takes longer.
        self.begun = asyncio.Event()
        #: Changes that arrive before the index can take them.
        self.early: deque[Change] = deque()
        #: The number of records, where it is known before the index is built.
        self.records: int | None = None
        self.idle_rounds = 0

    @property
    def index(self) -> RankIndex | None:
        """The index, when it is built."""
        return self.signed.index if self.built else None

    def take(self, change: Change) -> None:
        """Take a change, or keep it until there is an index."""
        if self.built:
            self.apply(change)
            return
        self.early.append(change)
        if self.records is not None:
            self.records += self._difference(change)

    def count(self, records: int) -> None:
        """Know how many records the snapshot shows."""
        self.records = records + sum(map(self._difference, self.early))

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

    async def rank(self, board: Board, expiry: int, row: Record) -> int:
        """The rank of a record as the row shows it, 0 where none are kept."""
        if not self.are_kept(board, expiry):
            return 0
        index = await self._index(board, expiry)
        if index is None:
            position = Position(row["score"], row["subscore"], row["owner_id"])
            return await self._counting.rank(board, expiry, position)
        return index.rank(key_of(row))

    async def count(self, board: Board, expiry: int) -> int:
        """How many records a period has, 0 where no ranks are kept."""
        if not self.are_kept(board, expiry):
            return 0
        index = await self._index(board, expiry)
        if index is not None:
            return len(index)
        ranking = self._rankings.get(Period(board.key, expiry)) if self._bus.connected else None
        if ranking is not None and ranking.records is not None:
            return ranking.records
        return await self._counting.count(board, expiry)

    async def at(self, board: Board, expiry: int, rank: int) -> Position | None:
        """Where the record with a rank stands; None if there is none or none are kept."""
        if not self.are_kept(board, expiry):
            return None
        index = await self._index(board, expiry)
        if index is None:
            return await self._counting.at(board, expiry, rank)
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
            self._rankings.pop(period, None)

    def forget(self, board: int) -> None:
        """Drop what is known of a board that is gone, or has no ranks any more."""
        for period in [period for period in self._rankings if period.board == board]:
            del self._rankings[period]

    async def clean_up(self) -> None:
        """Drop the indices of periods that are over, and those that nobody has asked for in a while."""
        now = self._clock.unix()
        for period, ranking in list(self._rankings.items()):
            ranking.idle_rounds += 1
            if 0 < period.expiry <= now or ranking.idle_rounds > _IDLE_ROUNDS:
                del self._rankings[period]

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
        self._rankings.clear()

    async def _index(self, board: Board, expiry: int) -> RankIndex | None:
        """The index of a period, None while there is none that can be trusted.

        Only the present period has one: anybody can ask for any.
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
        if not ranking.begun.is_set():
            await _set_or_late(ranking.begun)
        ranking.idle_rounds = 0
        # It may have been given up meanwhile.
        return ranking.index if self._rankings.get(period) is ranking else None

    async def _build(self, period: Period, ranking: _Ranking) -> None:
        try:
            async with self._builders:
                await self._read(period, ranking)
            await _settle(ranking)
        except Exception as error:
            log.warning("the ranks of board %d cannot be read: %s", period.board, error)
        finally:
            if not ranking.built and self._rankings.get(period) is ranking:
                del self._rankings[period]
            ranking.begun.set()

    async def _read(self, period: Period, ranking: _Ranking) -> None:
        """Fill the index with what one snapshot of the table shows, unless it is given up meanwhile."""
        async with self._database.snapshot() as tx:
            [row] = await tx.read(queries.SNAPSHOT)
            ranking.snapshot = _Snapshot(row["snapshot"])
            size, after = _FIRST_SLICE, LOWEST
            while self._rankings.get(period) is ranking:
                [row] = await tx.read(queries.SLICE, *period, *after, size)
                keys = row["keys"] or b""
                ranking.signed.index.extend(keys)
                if len(keys) < size * KEY_SIZE:
                    return
                if not ranking.begun.is_set():
                    # A large board: those who only want to know its size need not wait for all of it.
                    ranking.begun.set()
                    [counted] = await tx.read(queries.COUNT, [0], [period.board], [period.expiry])
                    ranking.count(counted["records"])
                size, after = _SLICE, position_of(keys[-KEY_SIZE:])


async def _settle(ranking: _Ranking) -> None:
    """Apply what has arrived meanwhile, a little at a time; with the last of it the index is built."""
    while ranking.early:
        for _ in range(min(_CHANGES_AT_ONCE, len(ranking.early))):
            ranking.apply(ranking.early.popleft())
        if ranking.early:
            await asyncio.sleep(0)
    ranking.built = True


async def _set_or_late(event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            await event.wait()
    except TimeoutError:
        pass


def position_of(key: bytes) -> Position:
    """Where the record with a packed key stands."""
    score, subscore, owner = unpack_key(key)
    return Position(score, subscore, str(uuid.UUID(bytes=owner)))


def key_of(row: Record) -> bytes:
    """The packed key of a record's row."""
    return pack_key(row["score"], row["subscore"], owner_bytes(row["owner_id"]))
