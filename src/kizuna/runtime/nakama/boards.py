"""What the calls on leaderboards and on tournaments have in common."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kizuna.errors import invalid, not_found
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.definitions import NewBoard
from kizuna.leaderboards.records import RecordWrite
from kizuna.leaderboards.scoring import Operator
from kizuna.leaderboards.service import AROUND_FAILED, INVALID_CURSOR
from kizuna.leaderboards.spelling import descending_of
from kizuna.runtime.boards import LeaderboardRecords, records_of
from kizuna.runtime.nakama.services import Calls
from kizuna.runtime.nakama.words import in_words
from kizuna.runtime.values import flag_of, integer_of, limit_of, object_text, text_of, uuid_of

LEADERBOARD_NOT_FOUND = "leaderboard not found"
TOURNAMENT_NOT_FOUND = "tournament not found"

_INVALID_CURSOR = "leaderboard cursor invalid"
_OUTSIDE = "tournament outside of duration"
_FULL = "tournament max size reached"
_NOT_JOINED = "required to join before writing tournament record"

#: What server code is told of refusals, by what a client reads of them.
_TEXTS = {
    "Leaderboard not found.": LEADERBOARD_NOT_FOUND,
    INVALID_CURSOR: _INVALID_CURSOR,
    AROUND_FAILED: _INVALID_CURSOR,
    "Tournament not found.": TOURNAMENT_NOT_FOUND,
    "Tournament not found or has ended.": _OUTSIDE,
    "Tournament is not active and cannot accept new scores.": _OUTSIDE,
    "Tournament is not active and cannot accept new joins.": _OUTSIDE,
    "Tournament cannot be joined as it has reached its max size.": _FULL,
    "Tournament has reached max size.": _FULL,
    "Reached allowed max number of score attempts.": "max number score count reached",
    "Must join tournament before attempting to write value.": _NOT_JOINED,
}

_LONGEST_USERNAME = 128


class BoardCalls(Calls):
    """Boards by their ids, and what is read of their records."""

    async def _board(self, id: str, unknown: str) -> Board:
        """A leaderboard or tournament. `ApiError` with the text `unknown` for none."""
        board = await self._services.definitions.find(text_of(id, "id"))
        if board is None:
            raise not_found(unknown)
        return board

    async def _leaderboard(self, id: str) -> Board:
        board = await self._board(id, LEADERBOARD_NOT_FOUND)
        if board.is_tournament:
            raise not_found(LEADERBOARD_NOT_FOUND)
        return board

    async def _tournament(self, id: str) -> Board:
        board = await self._board(id, TOURNAMENT_NOT_FOUND)
        if not board.is_tournament:
            raise not_found(TOURNAMENT_NOT_FOUND)
        return board

    async def _records(
        self, board: Board, owner_ids: Sequence[str], limit: int, cursor: str, expiry: int
    ) -> LeaderboardRecords:
        with in_server_words():
            message = await self._services.leaderboards.list(
                board,
                owner_ids=[uuid_of(owner_id, "owner id") for owner_id in owner_ids],
                limit=limit_of(limit, 0, 10_000),
                cursor=text_of(cursor, "cursor"),
                expiry=expiry_of(expiry),
            )
        return records_of(message)

    async def _around(
        self, board: Board, owner_id: str, limit: int, cursor: str, expiry: int
    ) -> LeaderboardRecords:
        with in_server_words():
            message = await self._services.leaderboards.around(
                board,
                uuid_of(owner_id, "owner id"),
                limit=limit_of(limit, 1, 100),
                cursor=text_of(cursor, "cursor"),
                expiry=expiry_of(expiry),
            )
        return records_of(message)

    def _now(self) -> int:
        return int(self._services.clock.unix())


def in_server_words() -> AbstractContextManager[None]:
    """Refusals with the texts that server code knows them by."""
    return in_words(_TEXTS)


def prepared_board(
    id: str,
    *,
    authoritative: bool,
    sort_order: str,
    operator: str,
    reset_schedule: str,
    metadata: Mapping[str, Any] | None,
    enable_ranks: bool,
) -> NewBoard:
    """A leaderboard as the definitions take it, its arguments of the right types."""
    return NewBoard(
        id=text_of(id, "id"),
        authoritative=flag_of(authoritative, "authoritative"),
        descending=descending_of(text_of(sort_order, "sort_order")),
        operator=Operator.from_name(text_of(operator, "operator")),
        reset_schedule=text_of(reset_schedule, "reset_schedule"),
        metadata=object_text({} if metadata is None else metadata, "metadata"),
        enable_ranks=flag_of(enable_ranks, "enable_ranks"),
    )


def prepared_record(
    owner_id: str,
    username: str,
    score: int,
    subscore: int,
    metadata: Mapping[str, Any] | None,
    operator: str | None,
) -> RecordWrite:
    """A score as the services take it, with the server's authority, checked."""
    return RecordWrite(
        owner_id=uuid_of(owner_id, "owner id"),
        username=username_of(username),
        score=integer_of(score, "score"),
        subscore=integer_of(subscore, "subscore"),
        metadata="" if metadata is None else object_text(metadata, "metadata"),
        operator=0 if operator is None else Operator.from_name(text_of(operator, "operator")).wire,
        server=True,
    )


def check_scores(board: Board, write: RecordWrite) -> None:
    """`ApiError` for scores below zero, but where they are subtracted: that adds."""
    operator = Operator.from_wire(write.operator)
    if (board.operator if operator is None else operator) is not Operator.DECREMENT:
        for name in ("score", "subscore"):
            if getattr(write, name) < 0:
                raise invalid(f"{name} must not be negative")


def username_of(value: Any) -> str:
    """A name to show with a record. ValueError for one that is too long."""
    if len(text_of(value, "username")) > _LONGEST_USERNAME:
        raise ValueError(f"username must have at most {_LONGEST_USERNAME} characters")
    return str(value)


def expiry_of(value: Any) -> int:
    """Which period is meant, 0 for the present one. ValueError for anything but seconds since 1970."""
    return integer_of(value, "expiry", 0)
