"""The index of one period of a board, from the snapshot it is read from to the latest change."""

import asyncio
from collections import deque
from typing import NamedTuple

from kizuna.leaderboards.changes import Change
from kizuna.leaderboards.ranking import RankIndex, SignedIndex


class Period(NamedTuple):
    """Ranks belong to a period of a board, by the board's key and the expiry."""

    board: int
    expiry: int


class Snapshot:
    """Which transactions a snapshot of PostgreSQL shows; the text is that of `pg_current_snapshot()`."""

    def __init__(self, text: str) -> None:
        low, high, running = text.split(":")
        #: Below `low` everything has ended, from `high` on nothing had begun.
        self.low, self.high = int(low), int(high)
        self._running = frozenset(map(int, filter(None, running.split(","))))

    def shows(self, xid: int) -> bool:
        return xid < self.low or (xid < self.high and xid not in self._running)


class Ranking:
    """The index of one period, or what will become of it."""

    def __init__(self, descending: bool) -> None:
        self.signed = SignedIndex(RankIndex(descending=descending))
        self.snapshot = Snapshot("0:0:")
        self.built = False
        #: Changes that arrive before the index can take them.
        self.early: deque[Change] = deque()
        #: The number of records, where it is known before the index is built.
        self.records: int | None = None
        #: Set when the board is known to be large, when `records` is known, and when it is over: built or
        #: given up. What is set later implies what comes before.
        self.sized = asyncio.Event()
        self.counted = asyncio.Event()
        self.over = asyncio.Event()
        self.idle_rounds = 0

    def end(self, *, built: bool) -> None:
        """The index is built, or nothing will come of it."""
        self.built = built
        self.sized.set()
        self.counted.set()
        self.over.set()

    def begin(self, snapshot: Snapshot) -> None:
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
