"""Lists of teams with room, and searches. Their messages are shared with others who ask for the same."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query
from kizuna.errors import ApiError, invalid
from kizuna.groups.names import Pattern, pattern
from kizuna.groups.pages import Page, Pages
from kizuna.teams.core import queries
from kizuna.teams.core.messages import team_message
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.microseconds import EPOCH, from_microseconds, to_microseconds
from kizuna.wire.uuids import parse_uuid

_CURSOR = "teams"

#: Searches go through very many names. Only others who search wait for them.
_SEARCHES_AT_ONCE, _SEARCHES_IN_FLIGHT = 4, 1

_WILDCARD = re.compile(r"[\\%_]")


class _Position(NamedTuple):
    """A team by what lists are ordered by."""

    update_time: datetime
    edge_count: int
    id: str


_BELOW_ALL = _Position(EPOCH, -1, SYSTEM_USER)


class Finder:
    """Finds teams; the messages are without members and scores, and nobody may change them."""

    def __init__(self, database: Database) -> None:
        self._pages = Pages(database, _list_message)
        self._searches = Pages(
            database, _search_message, at_once=_SEARCHES_AT_ONCE, in_flight=_SEARCHES_IN_FLIGHT
        )

    async def page(self, location: str, limit: int, cursor: str) -> dict[str, Any]:
        """The `TeamList` message: teams with room, at a location unless that is "". 400 for a bad cursor."""
        position = _position(cursor, location) if cursor else _BELOW_ALL
        query = queries.LIST_LOCATION if location else queries.LIST
        return await self._pages.read(Page(query, (location, *position), limit))

    async def search(self, text: str, lang_tag: str, limit: int) -> list[dict[str, Any]]:
        """Up to so many `Team` messages of a language, "" for any, in the order of T-102.

        Their short code is the text, or their name contains it; "" is in every name.
        """
        wanted = pattern(_WILDCARD.sub(r"\\\g<0>", text))
        if wanted is None or wanted.matches_nothing:
            return []
        found: dict[str, dict[str, Any]] = {}
        for query, parameters in _steps(wanted):
            if len(found) < limit:
                more = await self._searches.read(Page(query, (lang_tag, *parameters), limit))
                for team in more["teams"]:
                    # One may come by its short code, and by its name again.
                    found.setdefault(team["id"], team)
        return list(found.values())[:limit]


def _steps(wanted: Pattern) -> list[tuple[Query, tuple[str, ...]]]:
    """The statements of a search and what they look for, the best matches first."""
    if not wanted.low:
        return [(queries.SEARCH_REST, ("%", ""))]
    # Where there is no end, every name is below this one, which is longer.
    high = wanted.high or "\U0010ffff" * 256
    return [
        (queries.SEARCH_FIRST, (wanted.low, high)),
        (queries.SEARCH_REST, (f"%{wanted.like}%", wanted.low)),
    ]


def _list_message(rows: list[Record], limit: int) -> dict[str, Any]:
    if not rows:
        return {}
    message: dict[str, Any] = {"teams": [team_message(row) for row in rows[:limit]]}
    if len(rows) > limit:
        message["cursor"] = _cursor(rows[limit - 1])
    return message


def _search_message(rows: list[Record], limit: int) -> dict[str, Any]:
    """One team more than the limit, for one that comes twice."""
    in_order = sorted(rows, key=lambda row: (row["rank"], row["name"]))
    return {"teams": [team_message(row) for row in in_order]}


def _cursor(row: Record) -> str:
    position = to_microseconds(row["update_time"]), row["edge_count"], row["id"]
    return encode_cursor(_CURSOR, (row["wanted"].lower(), *position))


def _position(cursor: str, location: str) -> _Position:
    """Where a page of a location ended. 400 for what is no cursor of that."""
    values = decode_cursor(_CURSOR, cursor, str, int, int, str)
    if values is None or values[0] != location.lower():
        raise malformed_cursor()
    update_time, id = from_microseconds(values[1]), parse_uuid(values[3])
    if update_time is None or id is None:
        raise malformed_cursor()
    return _Position(update_time, values[2], id)


def malformed_cursor() -> ApiError:
    return invalid("Malformed cursor was used.")
