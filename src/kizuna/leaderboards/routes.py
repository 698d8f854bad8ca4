"""Leaderboard operations over HTTP."""

from typing import Any

from kizuna.errors import not_found
from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.definitions import Definitions
from kizuna.leaderboards.requests import board_id, limit_of, owner_of, owners_of, record_write
from kizuna.leaderboards.service import AROUND_FAILED, WRITE_FAILED, Leaderboards

NOT_FOUND = "Leaderboard not found."
INVALID_ID = "Invalid leaderboard ID."


def routes(definitions: Definitions, leaderboards: Leaderboards) -> Routes:
    """List, write, delete and list around an owner."""
    api = Routes("Leaderboards")

    @api.operation("ListLeaderboardRecords", failure="Error listing records from leaderboard.")
    async def list_leaderboard_records(call: Call) -> dict[str, Any]:
        wanted = call.input
        id = board_id(wanted, "leaderboard_id", INVALID_ID)
        owners, cursor = wanted.get("owner_ids", ()), wanted.get("cursor", "")
        limit = limit_of(wanted, 1000, 0 if owners and not cursor else 1)
        owner_ids = owners_of(owners)
        board = await _found(id)
        return await leaderboards.list(
            board, owner_ids=owner_ids, limit=limit, cursor=cursor, expiry=wanted.get("expiry", 0)
        )

    @api.operation("WriteLeaderboardRecord", failure=WRITE_FAILED)
    async def write_leaderboard_record(call: Call) -> dict[str, Any]:
        id = board_id(call.input, "leaderboard_id", INVALID_ID)
        write = record_write(call)
        # A tournament's id the reference accepts here, past all of the tournament's rules.
        return await leaderboards.write(await _found(id, tournaments=False), write)

    @api.operation("DeleteLeaderboardRecord", failure="Error deleting score from leaderboard.")
    async def delete_leaderboard_record(call: Call) -> dict[str, Any]:
        id = board_id(call.input, "leaderboard_id", INVALID_ID)
        await leaderboards.delete(await _found(id, tournaments=False), call.caller.user_id)
        return {}

    @api.operation("ListLeaderboardRecordsAroundOwner", failure=AROUND_FAILED)
    async def list_leaderboard_records_around_owner(call: Call) -> dict[str, Any]:
        wanted = call.input
        id = board_id(wanted, "leaderboard_id", INVALID_ID)
        limit = limit_of(wanted, 100, 1)
        owner_id = owner_of(wanted)
        board = await _found(id)
        return await leaderboards.around(
            board, owner_id, limit=limit, cursor=wanted.get("cursor", ""), expiry=wanted.get("expiry", 0)
        )

    async def _found(id: str, *, tournaments: bool = True) -> Board:
        board = await definitions.find(id)
        if board is None or (board.is_tournament and not tournaments):
            raise not_found(NOT_FOUND)
        return board

    return api
