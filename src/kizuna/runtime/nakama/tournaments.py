"""Tournaments for game code."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kizuna.runtime.boards import LeaderboardRecord, LeaderboardRecords, Tournament, record_of, tournament_of
from kizuna.runtime.nakama.boards import (
    BoardCalls,
    check_scores,
    in_server_words,
    prepared_board,
    prepared_record,
    username_of,
)
from kizuna.runtime.nakama.services import refusing
from kizuna.runtime.values import flag_of, integer_of, limit_of, seconds_of, text_of, uuid_of
from kizuna.tournaments.service import JOIN_FAILED, WRITE_FAILED
from kizuna.wire.integers import INT32_MAX

_MOST_ATTEMPTS = INT32_MAX


class TournamentCalls(BoardCalls):
    """Create, delete, list, join, add attempts; records: write, delete, list, around an owner.

    An id that no tournament has is an `ApiError` "tournament not found", except where it says otherwise.
    `expiry` names a period by the second in which it ends, as `Tournament.next_reset` does; 0 is the present
    one.
    """

    async def tournament_create(
        self,
        id: str,
        *,
        duration: int,
        authoritative: bool = True,
        sort_order: str = "desc",
        operator: str = "best",
        reset_schedule: str = "",
        metadata: Mapping[str, Any] | None = None,
        title: str = "",
        description: str = "",
        category: int = 0,
        start_time: int | datetime = 0,
        end_time: int | datetime = 0,
        max_size: int = 0,
        max_num_score: int = 0,
        join_required: bool = False,
        enable_ranks: bool = True,
    ) -> None:
        """Create a tournament. If there is one with this id, nothing happens.

        Scores are taken for `duration` seconds from `start_time` (0 for now) on, or from each match of
        `reset_schedule`, until `end_time` (0 for never). `category` is 0 to 127; `max_size`, the number of
        players, and `max_num_score`, the scores of each, count for one period: 0 is no limit, and 1000000.
        The rest is as for `leaderboard_create`. ValueError for what makes no sense, `ApiError` if a
        leaderboard has the id.
        """
        board = prepared_board(
            id,
            authoritative=authoritative,
            sort_order=sort_order,
            operator=operator,
            reset_schedule=reset_schedule,
            metadata=metadata,
            enable_ranks=enable_ranks,
        )
        new = replace(
            board,
            duration=_duration(duration),
            title=text_of(title, "title"),
            description=text_of(description, "description"),
            category=integer_of(category, "category"),
            start_time=seconds_of(start_time, "start_time"),
            end_time=seconds_of(end_time, "end_time"),
            max_size=integer_of(max_size, "max_size"),
            max_num_score=integer_of(max_num_score, "max_num_score"),
            join_required=flag_of(join_required, "join_required"),
        )
        with refusing("Error creating tournament."):
            await self._services.definitions.create(new)

    async def tournament_delete(self, id: str) -> None:
        """Delete a tournament with all its records. One that does not exist is fine; leaderboards stay."""
        await self._services.definitions.delete(text_of(id, "id"), tournaments_only=True)

    async def tournaments_get(self, ids: Sequence[str]) -> list[Tournament]:
        """The tournaments with these ids, as far as they exist, each once and in the order of the ids."""
        messages = await self._services.tournaments.get([text_of(id, "id") for id in ids])
        return [tournament_of(message) for message in messages]

    async def tournaments_list(
        self,
        *,
        category_start: int = 0,
        category_end: int = 127,
        start_time: int | datetime | None = None,
        end_time: int | datetime | None = None,
        limit: int = 100,
        cursor: str = "",
    ) -> tuple[list[Tournament], str]:
        """A page of tournaments, the earliest start first, and the cursor to the next one, "" for none.

        `start_time`: those that start then or later. `end_time`: None for those that have not ended, 0 for
        those that never do, else those that end by then. `limit` is 1 to 100. `ApiError` for a cursor that is
        none.
        """
        low = integer_of(category_start, "category_start", 0, 127)
        high = integer_of(category_end, "category_end", low, 127)
        start, end = _bound(start_time, "start_time"), _bound(end_time, "end_time")
        if end and start is not None and end < start:
            raise ValueError("end_time must not be before start_time")
        message = await self._services.tournaments.list(
            low, high, start, end, limit_of(limit, 1, 100), text_of(cursor, "cursor")
        )
        found = [tournament_of(each) for each in message.get("tournaments", ())]
        return found, message.get("cursor", "")

    async def tournament_records_list(
        self, id: str, owner_ids: Sequence[str] = (), *, limit: int = 100, cursor: str = "", expiry: int = 0
    ) -> LeaderboardRecords:
        """A page of records, the first rank first, and besides the records of some owners.

        `limit` is 0 (no page) to 10000. `ApiError` for a cursor that is none, or of another period.
        """
        return await self._records(await self._tournament(id), owner_ids, limit, cursor, expiry)

    async def tournament_records_haystack(
        self, id: str, owner_id: str, *, limit: int = 10, cursor: str = "", expiry: int = 0
    ) -> LeaderboardRecords:
        """An owner's record among those around it, `limit` (1 to 100) in all; nothing without record.

        With a cursor it is the page before or behind such a one.
        """
        return await self._around(await self._tournament(id), owner_id, limit, cursor, expiry)

    async def tournament_record_write(
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
        the tournament's own for this once. `ApiError` outside the tournament's windows, without having joined
        where that is required, with no attempts left (where joining is required, the record stays as it is
        instead), when it is full, and for scores that a record cannot hold.
        """
        write = prepared_record(owner_id, username, score, subscore, metadata, operator)
        board = await self._tournament(id)
        check_scores(board, write)
        with in_server_words(), refusing(WRITE_FAILED):
            return record_of(await self._services.tournaments.write(board, write))

    async def tournament_record_delete(self, id: str, owner_id: str) -> None:
        """Delete an owner's record of the present period, which frees the place. None is fine."""
        owner = uuid_of(owner_id, "owner id")
        await self._services.tournaments.delete(await self._tournament(id), owner, server=True)

    async def tournament_join(self, id: str, owner_id: str, username: str) -> None:
        """Enter an owner into the present period; who takes part already stays, and where nobody needs to
        join nothing happens.

        `ApiError` after the end of the window, and when the tournament is full.
        """
        owner = uuid_of(owner_id, "owner id")
        if not username_of(username):
            raise ValueError("expects a username string")
        board = await self._tournament(id)
        with in_server_words(), refusing(JOIN_FAILED):
            await self._services.tournaments.join(board, owner, username, server=True)

    async def tournament_add_attempt(self, id: str, owner_id: str, count: int) -> None:
        """Give an owner `count` more scores to submit in the present period, or fewer if it is negative.

        Who has no record gets none. `ApiError` after the end of the window, and if none at all would be left.
        """
        owner = uuid_of(owner_id, "owner id")
        if not integer_of(count, "count", -_MOST_ATTEMPTS, _MOST_ATTEMPTS):
            raise ValueError("count must not be 0")
        board = await self._tournament(id)
        with refusing("Error adding tournament attempts."):
            await self._services.tournaments.add_attempt(board, owner, count)

    async def tournament_ranks_disable(self, id: str) -> None:
        """Keep no ranks for a tournament any more, for good."""
        await self._tournament(id)
        with in_server_words():
            await self._services.definitions.disable_ranks(id)


def _duration(value: Any) -> int:
    if integer_of(value, "duration") == 0:
        raise ValueError("duration must be > 0")
    return int(value)


def _bound(value: Any, what: str) -> int | None:
    """A time to list tournaments by, None where it does not matter."""
    if value is None:
        return None
    return integer_of(seconds_of(value, what), what, 0)
