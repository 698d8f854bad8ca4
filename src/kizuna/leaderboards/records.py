"""Records as they are submitted and as clients read them."""

from functools import lru_cache
from typing import Any, NamedTuple

from kizuna.db.engine import Record
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.scoring import Operator
from kizuna.storage.objects import grows_too_long, is_json_object
from kizuna.wire.timestamps import rfc3339_unix


class RecordWrite(NamedTuple):
    """A score to be written.

    `metadata` is a JSON object's text, "" to keep what is stored. `operator` is the wire's number, 0 for the
    board's own. The `server` may write to any board, and for owners that are no players.
    """

    owner_id: str
    username: str = ""
    score: int = 0
    subscore: int = 0
    metadata: str = ""
    operator: int = 0
    server: bool = False


class Place(NamedTuple):
    """Which record is meant. Sorted, places are in the order in which records are locked."""

    owner_id: str
    board: int
    expiry: int


#: How a write is combined with what is stored, as the statements know it.
_ASCENDING_BEST, _DESCENDING_BEST, _SET, _INCREMENT, _DECREMENT, _FIRST_OR_ASCENDING_BEST = range(6)


def rule(board: Board, operator: Operator) -> int:
    """The number by which the statements know how to combine a score with the stored one."""
    if operator is Operator.SET:
        return _SET
    if operator is Operator.INCREMENT:
        return _INCREMENT
    if operator is Operator.DECREMENT:
        return _DECREMENT
    if board.descending:
        return _DESCENDING_BEST
    # Who has joined has a record with score 0, which no attempt could beat. The reference leaves it at that.
    return _FIRST_OR_ASCENDING_BEST if board.join_required else _ASCENDING_BEST


#: The same few times are told again and again.
_time = lru_cache(maxsize=16_384)(rfc3339_unix)


def record_message(board_id: str, row: Record, rank: int) -> dict[str, Any]:
    """The `LeaderboardRecord` message of a row with the columns `fragments.RECORD`; a rank of 0 is none."""
    message: dict[str, Any] = {"leaderboard_id": board_id, "owner_id": row["owner_id"]}
    if row["username"] is not None:
        message["username"] = row["username"]
    if row["score"]:
        message["score"] = str(row["score"])
    if row["subscore"]:
        message["subscore"] = str(row["subscore"])
    if row["num_score"]:
        message["num_score"] = row["num_score"]
    message["metadata"] = row["metadata"]
    message["create_time"] = _time(row["create_time"])
    message["update_time"] = _time(row["update_time"])
    if row["expiry"]:
        message["expiry_time"] = _time(row["expiry"])
    if rank:
        message["rank"] = str(rank)
    message["max_num_score"] = row["max_num_score"]
    return message


def is_metadata(text: str) -> bool:
    """Whether a text may be a record's metadata: nothing, or a JSON object that can be stored."""
    return not text or (is_json_object(text) and not grows_too_long(text))
