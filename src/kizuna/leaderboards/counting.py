"""Ranks by SQL, for as long as there is no index in memory.

Whoever asks together is counted together: sorted by position, each counts from the one before it, so all of
them cost no more than one walk from the first place to the lowest of them.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate, groupby
from typing import NamedTuple
from uuid import UUID

from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database
from kizuna.db.statements import Query
from kizuna.leaderboards import queries
from kizuna.leaderboards.boards import Board
from kizuna.wire.integers import INT64_MAX


class Position(NamedTuple):
    """Where a record stands; the owner's id is in its canonical spelling."""

    score: int
    subscore: int
    owner_id: str


#: Below and above every record.
LOWEST = Position(-1, 0, str(UUID(int=0)))
HIGHEST = Position(INT64_MAX, INT64_MAX, str(UUID(int=2**128 - 1)))


class _Asked(NamedTuple):
    board: int
    expiry: int
    descending: bool
    position: Position


class _Stretch(NamedTuple):
    board: int
    expiry: int
    low: Position
    high: Position


class Counting:
    """Counts records; whoever asks at once shares statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ranks: SharedReads[_Asked, int] = SharedReads(self._all_ranks)
        self._counts: SharedReads[tuple[int, int], int] = SharedReads(self._all_counts)

    async def rank(self, board: Board, expiry: int, position: Position) -> int:
        """One more than the records before this position."""
        return await self._ranks(_Asked(board.key, expiry, board.descending, position))

    async def count(self, board: Board, expiry: int) -> int:
        """How many records a period has."""
        return await self._counts((board.key, expiry))

    async def at(self, board: Board, expiry: int, rank: int) -> Position | None:
        """Where the record with a rank stands."""
        query = queries.AT_FROM_ABOVE if board.descending else queries.AT_FROM_BELOW
        rows = await self._database.read(query, board.key, expiry, rank - 1)
        return Position(*rows[0]) if rows else None

    async def _all_ranks(self, asked: list[_Asked]) -> list[int]:
        found: dict[_Asked, int] = {}
        for descending, query in ((False, queries.COUNT_UPWARDS), (True, queries.COUNT_DOWNWARDS)):
            some = sorted((one for one in asked if one.descending is descending), reverse=descending)
            if some:
                found |= zip(some, await self._walk(query, some), strict=True)
        return [found[one] for one in asked]

    async def _walk(self, query: Query, asked: list[_Asked]) -> Iterator[int]:
        """The ranks of those who ask, who are in the order of their boards."""
        stretches = list(_stretches(asked))
        rows = await self._database.read(
            query,
            list(range(len(stretches))),
            [stretch.board for stretch in stretches],
            [stretch.expiry for stretch in stretches],
            *_columns(stretch.low for stretch in stretches),
            *_columns(stretch.high for stretch in stretches),
        )
        counts = {row["place"]: row["records"] for row in rows}
        runs = groupby(range(len(asked)), key=lambda place: asked[place][:3])
        return (before + 1 for _, run in runs for before in accumulate(counts[place] for place in run))

    async def _all_counts(self, periods: list[tuple[int, int]]) -> list[int]:
        rows = await self._database.read(
            queries.COUNT,
            list(range(len(periods))),
            [board for board, _ in periods],
            [expiry for _, expiry in periods],
        )
        counts = {row["place"]: row["records"] for row in rows}
        return [counts[place] for place in range(len(periods))]


def _stretches(asked: list[_Asked]) -> Iterator[_Stretch]:
    """From each position back to the one before it on the same board, or to the board's beginning."""
    for (board, expiry, descending), run in groupby(asked, key=lambda one: one[:3]):
        before = HIGHEST if descending else LOWEST
        for one in run:
            ends = (one.position, before) if descending else (before, one.position)
            yield _Stretch(board, expiry, *ends)
            before = one.position


def _columns(positions: Iterable[Position]) -> tuple[list[int], list[int], list[str]]:
    scores, subscores, owners = zip(*positions, strict=True)
    return list(scores), list(subscores), list(owners)
