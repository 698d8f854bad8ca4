"""Several statements as one: what counts for most of them is the way to the database and back."""

import re
from functools import lru_cache
from typing import Any

import orjson

from kizuna.db.engine import Record
from kizuna.db.statements import Command, Query

#: Statements that are kept, ready made. There are a few for each function that writes.
_KEPT = 256

#: Where a query takes the rows of others: without them it is a comment.
_PLACE = "/* rows */"

_PARAMETER = re.compile(r"\$(\d+)")


@lru_cache(_KEPT)
def at_once(commands: tuple[Command, ...]) -> Command:
    """Commands as one, whose parameters are those of all of them in their order.

    None of them sees what another one does, and no two may change the same row. A command that begins with
    `with` cannot be one of several.
    """
    if len(commands) == 1:
        return commands[0]
    parts, taken = [], 0
    for number, command in enumerate(commands):
        places = {int(place) for place in _PARAMETER.findall(command.sql)}
        parts.append(f"c{number} as ({_shifted(command.sql, taken)})")
        taken += max(places, default=0)
    name = " + ".join(command.name for command in commands)
    purpose = " ".join(command.purpose for command in commands)
    return Command(name, purpose, f"with {', '.join(parts)} select where false")


@lru_cache(_KEPT)
def with_rows_of(query: Query, others: tuple[Query, ...]) -> Query:
    """A query of one row, with all rows of others besides: `others[i]` are in the column `rows_i`, as JSON.

    All of them have the same parameters. `/* rows */` in the SQL, behind its last column, is their place.
    """
    columns = [
        f", (select json_agg(r)::text from ({other.sql}) r) as rows_{number}"
        for number, other in enumerate(others)
    ]
    name = " + ".join([query.name, *(other.name for other in others)])
    return Query(name, query.purpose, query.sql.replace(_PLACE, "".join(columns)))


def rows_of(row: Record, number: int) -> list[dict[str, Any]]:
    """The rows of the query with this number of those that `with_rows_of` has added."""
    text = row[f"rows_{number}"]
    rows: list[dict[str, Any]] = orjson.loads(text) if text else []
    return rows


def _shifted(sql: str, by: int) -> str:
    return _PARAMETER.sub(lambda place: f"${int(place[1]) + by}", sql)
