"""The ledger as whoever operates the game reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from kizuna.db.engine import Database, Record
from kizuna.teams.errors import bad_input
from kizuna.teams.wallet import queries
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.integers import INT64_MAX

_CURSOR = "team_ledger"

#: Behind every entry that there can be.
_NEWEST = INT64_MAX


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A change of what a team has: amounts by currency and by item, below zero for what it lost.

    `user_id` is whoever caused it, None for the server.
    """

    id: int
    user_id: str | None
    source: str
    source_id: str
    currencies: Mapping[str, int]
    items: Mapping[str, int]
    create_time: datetime


async def ledger_page(
    database: Database, team_id: str, limit: int, cursor: str = ""
) -> tuple[list[LedgerEntry], str]:
    """A page of a team's ledger, newest first, and the cursor to the next, "" where there is none.

    400 for a cursor that is not of this team's ledger.
    """
    before = _position(cursor, team_id) if cursor else _NEWEST
    if limit <= 0:
        return [], ""
    rows = await database.read(queries.LEDGER, team_id, before, limit + 1)
    entries = [_entry(row) for row in rows[:limit]]
    return entries, encode_cursor(_CURSOR, (team_id, entries[-1].id)) if len(rows) > limit else ""


def _entry(row: Record) -> LedgerEntry:
    return LedgerEntry(
        id=row["id"],
        user_id=row["user_id"],
        source=row["source"],
        source_id=row["source_id"],
        currencies=orjson.loads(row["currencies"]),
        items=orjson.loads(row["items"]),
        create_time=row["create_time"],
    )


def _position(cursor: str, team_id: str) -> int:
    values = decode_cursor(_CURSOR, cursor, str, int)
    if values is None or values[0] != team_id:
        raise bad_input()
    return int(values[1])
