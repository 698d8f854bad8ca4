"""Tournament operations over HTTP."""

from typing import Any

from kizuna.clock import Clock
from kizuna.errors import invalid, not_found
from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.definitions import Definitions, tournament_of
from kizuna.leaderboards.requests import board_id, limit_of, owner_of, owners_of, record_write
from kizuna.leaderboards.service import AROUND_FAILED, Leaderboards
from kizuna.tournaments.service import JOIN_FAILED, NOT_FOUND, WRITE_FAILED, Tournaments

_INVALID_ID = "Invalid tournament ID."


def routes(
    definitions: Definitions, leaderboards: Leaderboards, tournaments: Tournaments, clock: Clock
) -> Routes:
    """List tournaments, join, write, delete, and list records."""
    api = Routes("Tournaments")

    @api.operation("ListTournaments", failure="Error listing tournaments.")
    async def list_tournaments(call: Call) -> dict[str, Any]:
        wanted = call.input
        cursor = wanted.get("cursor", "")
        if cursor:
            tournament_of(cursor)  # a bad one is refused before anything else
        category_start, category_end = _categories(wanted)
        start_time, end_time = wanted.get("start_time"), wanted.get("end_time")
        if end_time and end_time < (-1 if start_time is None else start_time):
            raise invalid("Tournament end time must be greater than start time.")
        limit = wanted.get("limit", 100)
        if not 1 <= limit <= 100:
            raise invalid("Limit must be between 1 and 100.")
        return await tournaments.list(category_start, category_end, start_time, end_time, limit, cursor)

    @api.operation("ListTournamentRecords", failure="Error listing records from tournament.")
    async def list_tournament_records(call: Call) -> dict[str, Any]:
        wanted = call.input
        id = board_id(wanted, "tournament_id", "Tournament ID must be provided")
        owners, cursor, expiry = (
            wanted.get("owner_ids", ()),
            wanted.get("cursor", ""),
            wanted.get("expiry", 0),
        )
        owner_ids = owners_of(owners)
        limit = limit_of(wanted, 100, 0 if owners and cursor else 10)
        board = await _found(id)
        if not expiry and board.has_ended(int(clock.unix())):
            raise not_found("Tournament has ended.")
        return await leaderboards.list(board, owner_ids=owner_ids, limit=limit, cursor=cursor, expiry=expiry)

    async def write_tournament_record(call: Call) -> dict[str, Any]:
        id = board_id(call.input, "tournament_id", "Tournament ID must be provided.")
        write = record_write(call)
        # A plain leaderboard's id the reference answers with 500.
        return await tournaments.write(await _found(id), write)

    for name in ("WriteTournamentRecord", "WriteTournamentRecord2"):
        api.operation(name, failure=WRITE_FAILED)(write_tournament_record)

    @api.operation("DeleteTournamentRecord", failure="Error deleting score from tournament.")
    async def delete_tournament_record(call: Call) -> dict[str, Any]:
        # The reference answers 500 to unknown ids and authoritative tournaments.
        id = board_id(call.input, "tournament_id", _INVALID_ID)
        await tournaments.delete(await _found(id), call.caller.user_id)
        return {}

    @api.operation("JoinTournament", failure=JOIN_FAILED)
    async def join_tournament(call: Call) -> dict[str, Any]:
        board = await _found(call.input.get("tournament_id", ""))
        await tournaments.join(board, call.caller.user_id, call.caller.username)
        return {}

    @api.operation("ListTournamentRecordsAroundOwner", failure=AROUND_FAILED)
    async def list_tournament_records_around_owner(call: Call) -> dict[str, Any]:
        wanted = call.input
        id = board_id(wanted, "tournament_id", _INVALID_ID)
        limit = limit_of(wanted, 100, 100)
        owner_id = owner_of(wanted)
        board = await _found(id)
        return await leaderboards.around(
            board, owner_id, limit=limit, cursor=wanted.get("cursor", ""), expiry=wanted.get("expiry", 0)
        )

    async def _found(id: str) -> Board:
        board = await definitions.find(id)
        if board is None or not board.is_tournament:
            raise not_found(NOT_FOUND)
        return board

    return api


def _categories(wanted: dict[str, Any]) -> tuple[int, int]:
    """The first and the last category that are wanted. 400 if the last is none, or lies before the first."""
    start: int = wanted.get("category_start", 0)
    end: int = wanted.get("category_end", 127)
    if end >= 128:
        raise invalid("Tournament category end must be >=0 and <128.")
    if "category_end" in wanted and end < start:
        raise invalid("Tournament category end must be greater than category start.")
    return start, end
