"""How scores get into the table.

Whoever writes at once shares a statement, of which there is one for each kind of board. It combines a score
with the stored one by the rules of `scoring`, and tells what stood there before, for the ranks.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from kizuna.clock import Clock
from kizuna.db.coalesce import KeyedWrites
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.statements import Command
from kizuna.errors import ApiError, invalid, not_found
from kizuna.leaderboards import queries
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import Change, inserted, written
from kizuna.leaderboards.rankings import Period
from kizuna.leaderboards.ranks import Executor, Ranks
from kizuna.leaderboards.records import Place, RecordWrite, rule
from kizuna.leaderboards.scoring import Operator, Score, ScoreError, first

NOT_FOUND = "Leaderboard not found."

#: How often a record is written that is neither written nor there.
_TRIES = 3


class Written(NamedTuple):
    """A record after a write, and its rank by that write, None where that is not known."""

    row: Record
    rank: int | None


class Submission(NamedTuple):
    """A write, checked, and how it is combined with what is stored."""

    place: Place
    board: Board
    write: RecordWrite
    rule: int

    @property
    def period(self) -> Period:
        return Period(self.place.board, self.place.expiry)


def submission(board: Board, expiry: int, write: RecordWrite, failure: str) -> Submission:
    """A write as the statements take it. 400 with the text `failure` for one that no record can take.

    The reference answers 500 to unknown operators and to negative scores.
    """
    try:
        chosen = Operator.from_wire(write.operator)
        operator = board.operator if chosen is None else chosen
        # Who has joined has a record: what becomes of that decides.
        if not board.join_required:
            first(operator, Score(write.score, write.subscore))
    except (ScoreError, ValueError) as error:
        raise invalid(failure) from error
    place = Place(write.owner_id, board.key, expiry)
    return Submission(place, board, write, rule(board, operator))


def columns(submissions: Sequence[Submission], now: datetime) -> tuple[object, ...]:
    """Submissions as the parameters of a writing statement."""
    return (
        [one.place.owner_id for one in submissions],
        [one.place.board for one in submissions],
        [one.place.expiry for one in submissions],
        [one.write.username or None for one in submissions],
        [one.write.score for one in submissions],
        [one.write.subscore for one in submissions],
        [one.write.metadata or None for one in submissions],
        [one.rule for one in submissions],
        [one.write.server for one in submissions],
        now,
    )


def change_of(row: Record) -> Change:
    """What a score that was written to a leaderboard is to its ranks."""
    return written(row) if row["num_score"] > 1 else inserted(row)


def place_of(row: Record) -> Place:
    """Which record a row is."""
    return Place(row["owner_id"], row["board"], row["expiry"])


async def stored(executor: Executor, places: Sequence[Place]) -> dict[Place, Written]:
    """The records that exist of these."""
    owners, boards, expiries = zip(*places, strict=True)
    numbers = list(range(len(places)))
    rows = await executor.read(queries.READ, numbers, list(owners), list(boards), list(expiries))
    return {place_of(row): Written(row, None) for row in rows}


async def submit(
    executor: Executor, command: Command, submissions: Sequence[Submission], now: datetime
) -> dict[Place, Record]:
    """Write submissions with different places; what has been written."""
    # Statements lock the rows as they come: two batches in different orders would wait for each other.
    ordered = sorted(submissions, key=lambda one: one.place)
    return {place_of(row): row for row in await executor.write(command, *columns(ordered, now))}


def turns(submissions: Sequence[Submission]) -> list[list[Submission]]:
    """The submissions cut into turns of different places: the n-th one to a place is in the n-th turn."""
    cut: list[list[Submission]] = []
    times: Counter[Place] = Counter()
    for one in submissions:
        if times[one.place] == len(cut):
            cut.append([])
        cut[times[one.place]].append(one)
        times[one.place] += 1
    return cut


async def written_or_stored(
    database: Database,
    write: Callable[[Sequence[Submission]], Awaitable[dict[Place, Written]]],
    submissions: Sequence[Submission],
) -> tuple[dict[Place, Written], dict[Place, Written]]:
    """Write: the records that were written, and those that exist of the others.

    A record that was in the way of a write may be deleted before it is read: then it is written once more.
    """
    rows: dict[Place, Written] = {}
    known: dict[Place, Written] = {}
    for _ in range(_TRIES):
        rows |= await write(submissions)
        missing = [one for one in submissions if one.place not in rows]
        if missing:
            known |= await stored(database, [one.place for one in missing])
        submissions = [one for one in missing if one.place not in known]
        if not submissions:
            break
    return rows, known


class Writing:
    """Scores for leaderboards."""

    def __init__(self, database: Database, clock: Clock, ranks: Ranks) -> None:
        self._database = database
        self._clock = clock
        self._ranks = ranks
        self._write: KeyedWrites[Submission, Written] = KeyedWrites(
            self._write_all, keys=lambda one: (one.place,)
        )

    async def write(self, submission: Submission) -> Written:
        """The record as it then is. 404 if the board is gone."""
        return await self._write(submission)

    async def write_within(
        self, tx: Transaction, submissions: Sequence[Submission]
    ) -> tuple[list[Record], list[Change]]:
        """The records after each of these writes, made in their order as part of a transaction."""
        now = self._clock.now()
        rows: dict[int, Record] = {}
        changes: list[Change] = []
        for turn in turns(submissions):
            new = await submit(tx, queries.WRITE, turn, now)
            changes += map(change_of, new.values())
            others = [one.place for one in turn if one.place not in new]
            # Those are held by the statement just as well: nobody deletes them before they are read.
            known = await stored(tx, others) if others else {}
            for one in turn:
                row = new.get(one.place) or (known[one.place].row if one.place in known else None)
                if row is None:
                    raise not_found(NOT_FOUND)
                rows[id(one)] = row
        return [rows[id(one)] for one in submissions], changes

    async def _write_all(self, submissions: list[Submission]) -> list[Written | ApiError]:
        now = self._clock.now()

        async def write(some: Sequence[Submission]) -> dict[Place, Written]:
            async def work(executor: Executor) -> tuple[dict[Place, Record], list[Change]]:
                rows = await submit(executor, queries.WRITE, some, now)
                return rows, [change_of(row) for row in rows.values()]

            periods = {one.period for one in some}
            rows, ranks = await self._ranks.changing(periods, work, alone=True)
            return dict(zip(rows, map(Written, rows.values(), ranks), strict=True))

        rows, unchanged = await written_or_stored(self._database, write, submissions)
        # Without a record the board must be gone, or the player's account: nothing was written.
        return [
            rows.get(one.place) or unchanged.get(one.place) or not_found(NOT_FOUND) for one in submissions
        ]
