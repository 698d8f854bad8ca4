"""What members were given, as game code reads it (T-171)."""

from dataclasses import dataclass
from datetime import datetime

import orjson

from kizuna.db.engine import Database, Record
from kizuna.teams.errors import bad_input
from kizuna.teams.rewards import queries
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.encode import JsonObject
from kizuna.wire.microseconds import from_microseconds, to_microseconds
from kizuna.wire.uuids import parse_uuid

_CURSOR = "team_member_grants"


@dataclass(frozen=True, slots=True)
class MemberGrant:
    """What a player was given that nothing here keeps: a `TeamMemberReward` message."""

    id: str
    team_id: str
    source: str
    source_id: str
    reward: JsonObject
    create_time: datetime


async def member_grants(
    database: Database, user_id: str, limit: int, cursor: str = ""
) -> tuple[list[MemberGrant], str]:
    """A page of what a player was given, newest first, and the cursor to the next, "" where there is none.

    400 for a cursor that is not of this player's grants.
    """
    after = _position(cursor, user_id) if cursor else (None, None)
    if limit <= 0:
        return [], ""
    rows = await database.read(queries.GRANTS, user_id, *after, limit + 1)
    grants = [_grant(row) for row in rows[:limit]]
    return grants, _cursor_after(user_id, grants[-1]) if len(rows) > limit else ""


def _grant(row: Record) -> MemberGrant:
    return MemberGrant(
        id=row["id"],
        team_id=row["team_id"],
        source=row["source"],
        source_id=row["source_id"],
        reward=orjson.loads(row["reward"]),
        create_time=row["create_time"],
    )


def _cursor_after(user_id: str, grant: MemberGrant) -> str:
    return encode_cursor(_CURSOR, (user_id, to_microseconds(grant.create_time), grant.id))


def _position(cursor: str, user_id: str) -> tuple[datetime, str]:
    """(time, id) of the last grant that was seen."""
    values = decode_cursor(_CURSOR, cursor, str, int, str)
    if values is None or values[0] != user_id or not parse_uuid(values[2]):
        raise bad_input()
    create_time = from_microseconds(values[1])
    if create_time is None:
        raise bad_input()
    return create_time, values[2]
