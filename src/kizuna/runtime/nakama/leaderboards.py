"""Leaderboards for game code."""

from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.leaderboards.service import WRITE_FAILED
from kizuna.runtime.boards import (
    Leaderboard,
    LeaderboardRecord,
    LeaderboardRecords,
    leaderboard_of,
    record_of,
)
from kizuna.runtime.nakama.boards import (
    LEADERBOARD_NOT_FOUND,
    BoardCalls,
    check_scores,
    expiry_of,
    in_server_words,
    prepared_board,
    prepared_record,
)
from kizuna.runtime.nakama.services import refusing
from kizuna.runtime.values import integer_of, limit_of, text_of, uuid_of


class LeaderboardCalls(BoardCalls):
    """Create, delete, list; records: write, delete, list, around an owner.

    An id that no leaderboard has is an `ApiError` "leaderboard not found", except where it says otherwise.
    `expiry` names a period by the second in which it ends, as `Leaderboard.next_reset` does; 0 is the present
    one.
    """

    async def leaderboard_create(
        self,
        id: str,
        *,
        authoritative: bool = False,
        sort_order: str = "desc",
        operator: str = "best",
        reset_schedule: str = "",
        metadata: Mapping[str, Any] | None = None,
        enable_ranks: bool = True,
    ) -> None:
        """Create a leaderboard. If the id is taken, by a tournament even, nothing happens.

        Clients write no scores to an `authoritative` one. `sort_order` is "desc" (the highest score is first)
        or "asc"; `operator`, which says what a score does to the stored one, "best", "set", "incr" or "decr".
        `reset_schedule` is a CRON expression in UTC, "" for never. ValueError for what makes no sense.
        """
        new = prepared_board(
            id,
            authoritative=authoritative,
            sort_order=sort_order,
            operator=operator,
            reset_schedule=reset_schedule,
            metadata=metadata,
            enable_ranks=enable_ranks,
        )
        with refusing("Error creating leaderboard."):
            await self._services.definitions.create(new)

    async def leaderboard_delete(self, id: str) -> None:
        """Delete a leaderboard, or a tournament, with all its records. One that does not exist is fine."""
        await self._services.definitions.delete(text_of(id, "id"))

    async def leaderboards_list(self, *, limit: int = 100, cursor: str = "") -> tuple[list[Leaderboard], str]:
        """A page of leaderboards, the oldest first, and the cursor to the next one, "" where there is none.

        `limit` is 1 to 100. `ApiError` for a cursor that is none.
        """
        boards, following = await self._services.definitions.leaderboards(
            limit_of(limit, 1, 100), text_of(cursor, "cursor")
        )
        now = self._now()
        return [leaderboard_of(board, now) for board in boards], following

    async def leaderboards_get(self, ids: Sequence[str]) -> list[Leaderboard]:
        """The leaderboards with these ids, as far as they exist, each once and in the order of the ids."""
        boards = await self._services.definitions.find_many([text_of(id, "id") for id in ids])
        now = self._now()
        return [leaderboard_of(board, now) for board in boards if not board.is_tournament]

    async def leaderboard_records_list(
        self, id: str, owner_ids: Sequence[str] = (), *, limit: int = 100, cursor: str = "", expiry: int = 0
    ) -> LeaderboardRecords:
        """A page of records, the first rank first, and besides the records of some owners.

        `limit` is 0 (no page) to 10000. `ApiError` for a cursor that is none, or of another period.
        """
        board = await self._board(id, LEADERBOARD_NOT_FOUND)
        return await self._records(board, owner_ids, limit, cursor, expiry)

    async def leaderboard_records_list_cursor_from_rank(self, id: str, rank: int, *, expiry: int = 0) -> str:
        """The cursor to the page of records that begins with a rank, "" for rank 1.

        `ApiError` for a rank that nobody has, and where no ranks are kept.
        """
        board = await self._board(id, LEADERBOARD_NOT_FOUND)
        return await self._services.leaderboards.cursor_from_rank(
            board, integer_of(rank, "rank", 1), expiry=expiry_of(expiry)
        )

    async def leaderboard_record_write(
        self,
        id: str,
        owner_id: str,
        username: str = "",
        score: int = 0,
        subscore: int = 0,
        metadata: Mapping[str, Any] | None = None,
        *,
        operator: str | None = None,
    ) -> LeaderboardRecord:
        """Write a score, authoritative or not; the record as it then is.

        The owner may be any UUID. `metadata` None and `username` "" keep what is stored; `operator` replaces
        the leaderboard's own for this once. `ApiError` for scores that a record cannot hold.
        """
        write = prepared_record(owner_id, username, score, subscore, metadata, operator)
        board = await self._leaderboard(id)
        check_scores(board, write)
        with in_server_words(), refusing(WRITE_FAILED):
            return record_of(await self._services.leaderboards.write(board, write))

    async def leaderboard_record_delete(self, id: str, owner_id: str) -> None:
        """Delete an owner's record of the present period. None is fine."""
        owner = uuid_of(owner_id, "owner id")
        await self._services.leaderboards.delete(await self._leaderboard(id), owner, server=True)

    async def leaderboard_records_haystack(
        self, id: str, owner_id: str, *, limit: int = 10, cursor: str = "", expiry: int = 0
    ) -> LeaderboardRecords:
        """An owner's record among those around it, `limit` (1 to 100) in all; nothing without record.

        With a cursor it is the page before or behind such a one.
        """
        board = await self._board(id, LEADERBOARD_NOT_FOUND)
        return await self._around(board, owner_id, limit, cursor, expiry)

    async def leaderboard_ranks_disable(self, id: str) -> None:
        """Keep no ranks for a leaderboard any more, for good."""
        await self._leaderboard(id)
        await self._services.definitions.disable_ranks(id)
