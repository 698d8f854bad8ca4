"""Records of leaderboards and tournaments: write, list, around an owner, delete."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.errors import ApiError, Code, invalid
from kizuna.leaderboards import queries
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import Change, deleted, key_of
from kizuna.leaderboards.listing import (
    Boundary,
    Listing,
    Records,
    Window,
    boundary_of,
    cursor,
    window_cursors,
)
from kizuna.leaderboards.rankings import Period
from kizuna.leaderboards.ranks import Announcement, Executor, Ranks, RanksLate
from kizuna.leaderboards.records import RecordWrite, record_message
from kizuna.leaderboards.writing import Submission, Writing, submission
from kizuna.leaderboards.writing import Written as RankedRow
from kizuna.wire.encode import omit_empty

WRITE_FAILED = "Error writing score to leaderboard."
AROUND_FAILED = "Error querying records from leaderboard."
INVALID_CURSOR = "Cursor is invalid or expired."


class Leaderboards:
    """The use cases. Those that read are the same for tournaments."""

    def __init__(self, database: Database, ranks: Ranks, clock: Clock) -> None:
        self._database = database
        self._ranks = ranks
        self._clock = clock
        self._listing = Listing(database)
        self._writing = Writing(database, clock, ranks)

    async def write(self, board: Board, write: RecordWrite) -> dict[str, Any]:
        """The `LeaderboardRecord` message as it then is.

        403 on an authoritative board, unless the server writes; 400 for an unknown operator, and for scores
        that a record cannot hold.
        """
        written = await self._writing.write(self._submission(board, write))
        return await self.written_message(board, written)

    async def write_within(self, tx: Transaction, writes: Sequence[tuple[Board, RecordWrite]]) -> "Written":
        """The same for several in their order, as part of a transaction, of which `Written` must learn."""
        submissions = [self._submission(board, write) for board, write in writes]
        rows, changes = await self._writing.write_within(tx, submissions)
        return await self.written_within(tx, submissions, rows, changes)

    async def written_within(
        self,
        tx: Transaction,
        submissions: Sequence[Submission],
        rows: Sequence[Record],
        changes: Sequence[Change],
    ) -> "Written":
        """What a transaction has written so far, on leaderboards or tournaments: the ranks are told of it."""
        announcement = await self._ranks.announce(tx, changes)
        return Written(self._ranks, announcement, self, list(zip(submissions, rows, strict=True)))

    def _submission(self, board: Board, write: RecordWrite) -> Submission:
        if board.authoritative and not write.server:
            raise ApiError(Code.PERMISSION_DENIED, "Leaderboard only allows authoritative score submissions.")
        return submission(board, board.expiry(self._now()), write, WRITE_FAILED)

    async def written_message(self, board: Board, written: RankedRow) -> dict[str, Any]:
        """The `LeaderboardRecord` message of what has been written.

        That has happened whatever becomes of the rank: if it is not known soon, it is left out.
        """
        row, rank = written
        if rank is None or not self._ranks.are_kept(board, row["expiry"]):
            try:
                rank = await self._ranks.rank(board, row["expiry"], row, written=True)
            except RanksLate:
                rank = 0
        return record_message(board.id, row, rank)

    async def list(
        self,
        board: Board,
        *,
        owner_ids: Sequence[str] = (),
        limit: int,
        cursor: str = "",
        expiry: int = 0,
    ) -> dict[str, Any]:
        """The `LeaderboardRecordList` message: `limit` records (0: none), and those of some owners.

        `expiry` names a period, 0 is the present one. 400 for a cursor of another board or period.
        """
        period = self._period(board, expiry)
        if period is None:
            return {}
        page = Records([])
        if limit:
            boundary = boundary_of(cursor, board, period) if cursor else None
            if cursor and boundary is None:
                raise invalid(INVALID_CURSOR)
            page = await self._listing.page(board, period, boundary, limit)
        owned = []
        if owner_ids:
            for row in await self._listing.owned(board, period, owner_ids):
                owned.append(record_message(board.id, row, await self._ranks.rank(board, period, row)))
        return await self._list_message(board, period, page, owned)

    async def around(
        self, board: Board, owner_id: str, *, limit: int, cursor: str = "", expiry: int = 0
    ) -> dict[str, Any]:
        """The `LeaderboardRecordList` message of an owner's record and its neighbours, `limit` in all.

        With a cursor that a list or window gave it goes on from there, whoever the owner is.
        """
        period = self._period(board, expiry)
        if period is None:
            return {}
        if cursor:
            boundary = boundary_of(cursor, board, period)
            if boundary is None:
                raise invalid(AROUND_FAILED)  # the reference answers 500
            page = await self._listing.page(board, period, boundary, limit)
            return await self._list_message(board, period, page, [])
        window = await self._listing.around(board, period, owner_id, limit)
        if window is None:
            return {}
        rows = [*window.above, window.own, *window.below]
        first = await self._first_rank(board, period, window)
        ranks = [first + place if first else 0 for place in range(len(rows))]
        messages = [record_message(board.id, row, rank) for row, rank in zip(rows, ranks, strict=True)]
        page = Records(messages, *window_cursors(board, period, window, ranks))
        return await self._list_message(board, period, page, [])

    async def _first_rank(self, board: Board, period: int, window: Window) -> int:
        """The rank of a window's first record, 0 where none are kept.

        The ranks are those of a moment after the window's: it tells at least who is above it.
        """
        own = await self._ranks.rank(board, period, window.own)
        return max(own - len(window.above), 2) if own and window.more_above else min(own, 1)

    async def cursor_from_rank(self, board: Board, rank: int, *, expiry: int = 0) -> str:
        """The cursor to a page that begins with this rank, "" for the first. `ApiError` if there is none."""
        if rank == 1:
            return ""
        period = expiry or board.expiry(self._now())
        before = await self._ranks.at(board, period, rank - 1)
        if before is None:
            raise invalid(f"no rank {rank - 1} to begin after")
        return cursor(board.key, period, Boundary(False, before, rank - 1))

    async def delete(self, board: Board, owner_id: str, *, server: bool = False) -> None:
        """Delete an owner's record of the present period, if there is one. 403 on an authoritative board."""
        if board.authoritative and not server:
            raise ApiError(Code.PERMISSION_DENIED, "Leaderboard only allows authoritative score deletions.")
        await self.remove(board, owner_id)

    async def remove(self, board: Board, owner_id: str) -> None:
        """The same without asking."""
        expiry = board.expiry(self._now())

        async def work(executor: Executor) -> tuple[None, list[Change]]:
            rows = await executor.write(queries.DELETE, owner_id, board.key, expiry)
            if rows and board.is_limited:
                await executor.write(queries.LEAVE, [board.key], [expiry])
            return None, [deleted(row) for row in rows]

        # In a task of its own: a client that leaves must not leave it in doubt.
        changing = self._ranks.changing({Period(board.key, expiry)}, work, alone=not board.is_limited)
        await asyncio.shield(asyncio.ensure_future(changing))

    async def disown(self, tx: Transaction, owner_id: str) -> "Changed":
        """Delete all that an owner has on any board, as part of a transaction."""
        rows = await tx.write(queries.DELETE_OWNED, owner_id)
        if rows:
            await tx.write(queries.LEAVE, [row["board"] for row in rows], [row["expiry"] for row in rows])
        changes = [deleted(row) for row in rows]
        return Changed(self._ranks, await self._ranks.announce(tx, changes))

    async def _list_message(
        self, board: Board, period: int, page: Records, owned: Sequence[dict[str, Any]]
    ) -> dict[str, Any]:
        count = await self._ranks.count(board, period)
        return omit_empty(
            {
                "records": page.messages,
                "owner_records": owned,
                "next_cursor": page.next_cursor,
                "prev_cursor": page.prev_cursor,
                "rank_count": str(count) if count else "",
            }
        )

    def _period(self, board: Board, expiry: int) -> int | None:
        """The period that is asked for; None for the present one of a tournament that has ended."""
        if expiry:
            return expiry
        now = self._now()
        period = board.expiry(now)
        return None if 0 < period <= now else period

    def _now(self) -> int:
        return int(self._clock.unix())


@dataclass(frozen=True, slots=True)
class Changed:
    """Records that a transaction has changed: the ranks must learn what becomes of it."""

    ranks: Ranks
    announcement: Announcement

    async def committed(self) -> None:
        """It has taken effect."""
        await self.ranks.apply_committed(self.announcement)

    def unknown(self) -> None:
        """Whether it has taken effect could not be learned."""
        self.ranks.unknown({Period(change.board, change.expiry) for change in self.announcement.changes})


@dataclass(frozen=True, slots=True)
class Written(Changed):
    """Scores that a transaction has written, each with the record as it then was."""

    leaderboards: Leaderboards
    records: Sequence[tuple[Submission, Record]]

    async def messages(self) -> Sequence[dict[str, Any]]:
        """The `LeaderboardRecord` messages, after the commit, with the ranks that all writes have led to."""
        ranks = {
            (Period(change.board, change.expiry), change.inserted): rank
            for change, rank in zip(self.announcement.changes, self.announcement.ranks, strict=True)
        }
        written = [
            (one.board, RankedRow(row, ranks.get((one.period, key_of(row))))) for one, row in self.records
        ]
        return [await self.leaderboards.written_message(board, row) for board, row in written]
