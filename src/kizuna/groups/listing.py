"""Lists of groups: by name, or filtered by openness, language and size."""

from datetime import datetime
from typing import Any, NamedTuple

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query
from kizuna.errors import invalid
from kizuna.groups import queries
from kizuna.groups.names import pattern
from kizuna.groups.pages import Page, Pages
from kizuna.groups.profile import OPEN, group_message, state_of
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.integers import INT32_MAX
from kizuna.wire.microseconds import EPOCH, from_microseconds, to_microseconds
from kizuna.wire.uuids import parse_uuid

LIST_FAILED = "Error while trying to list groups."
COMBINED = "name filter cannot be combined with any other filter"

_CURSOR = "groups"

#: Searches go through very many names. Only others who search wait for them.
_SEARCHES_AT_ONCE, _SEARCHES_IN_FLIGHT = 4, 2


class Position(NamedTuple):
    """A group by everything that lists are ordered by."""

    update_time: datetime
    edge_count: int
    lang_tag: str
    id: str
    name: str


_BELOW_ALL = Position(EPOCH, -1, "", SYSTEM_USER, "")

#: The list for a filter on openness, on the language, on the size. Where the size is limited it goes down
#: from there; so does the fourth, from the largest. The reference goes on upwards in that one, so that its
#: pages repeat or lose groups.
_LISTS: dict[tuple[bool, bool, bool], Query] = {
    (False, False, False): queries.LIST_ALL,
    (True, False, False): queries.LIST_STATE,
    (False, True, False): queries.LIST_LANG_TAG,
    (True, True, False): queries.LIST_STATE_LANG_TAG,
    (False, False, True): queries.LIST_LARGEST,
    (True, False, True): queries.LIST_STATE_LARGEST,
    (False, True, True): queries.LIST_LANG_TAG_LARGEST,
    (True, True, True): queries.LIST_STATE_LANG_TAG,
}
_DOWNWARDS = {
    queries.LIST_STATE_LANG_TAG,
    queries.LIST_LARGEST,
    queries.LIST_STATE_LARGEST,
    queries.LIST_LANG_TAG_LARGEST,
}

#: The most members that a group can have.
_LARGEST = INT32_MAX


class Listing:
    """Finds groups."""

    def __init__(self, database: Database) -> None:
        self._pages = Pages(database, _list_message)
        self._searches = Pages(
            database, _list_message, at_once=_SEARCHES_AT_ONCE, in_flight=_SEARCHES_IN_FLIGHT
        )

    async def page(
        self, *, name: str, lang_tag: str, members: int | None, open: bool | None, limit: int, cursor: str
    ) -> dict[str, Any]:
        """The `GroupList` message, shared with others: nobody may change it.

        400 for a name beside another filter, a pattern that cannot be read, a cursor that is none.
        """
        if members is not None and members < 0:
            members = None
        if name and (lang_tag or open is not None or members is not None):
            raise invalid(COMBINED)
        after = _position(cursor) if cursor else None
        # A name cannot begin with a wildcard; where nothing else is left, any name will do.
        if text := name.lstrip("% "):
            return await self._search(text, after, limit)
        return await self._pages.read(_filtered(open, lang_tag, members, after, limit))

    async def _search(self, text: str, after: Position | None, limit: int) -> dict[str, Any]:
        """The groups whose names match a pattern."""
        wanted = pattern(text)
        if wanted is None:
            raise invalid(LIST_FAILED)
        if wanted.matches_nothing:
            return {}
        name = after.name if after else ""
        if not wanted.has_wildcards:
            return await self._pages.read(Page(queries.LIST_NAMED, (name, wanted.low), limit))
        if wanted.high is None:
            return await self._searches.read(Page(queries.LIST_MATCHING, (name, wanted.like), limit))
        parameters = (name, wanted.like, wanted.low, wanted.high)
        return await self._searches.read(Page(queries.LIST_BEGINNING, parameters, limit))


def _filtered(
    open: bool | None, lang_tag: str, members: int | None, after: Position | None, limit: int
) -> Page:
    """A page of the groups that pass filters."""
    query = _LISTS[open is not None, bool(lang_tag), members is not None]
    start = after or _BELOW_ALL
    if query in _DOWNWARDS:
        most = _LARGEST if members is None else members
        if after is None or after.edge_count > most:
            # Right above the largest groups that are wanted.
            start = _BELOW_ALL._replace(edge_count=most + 1)
    state = None if open is None else state_of(open)
    return Page(query, (state, lang_tag, *start[:-1]), limit)


def _list_message(rows: list[Record], limit: int) -> dict[str, Any]:
    if not rows:
        return {}
    message: dict[str, Any] = {"groups": [group_message(row) for row in rows[:limit]]}
    if len(rows) > limit:
        message["cursor"] = _cursor(rows[limit - 1])
    return message


def _cursor(row: Record) -> str:
    """Where a page ends, with all that any list needs to go on: cursors are not bound to filters."""
    changed = to_microseconds(row["update_time"])
    values = row["lang_tag"], row["edge_count"], row["id"], int(row["state"] == OPEN), row["name"], changed
    return encode_cursor(_CURSOR, values)


def _position(cursor: str) -> Position:
    """Where a cursor points. 400 for what is none, where the reference answers 500."""
    values = decode_cursor(_CURSOR, cursor, str, int, str, int, str, int)
    if values is None:
        raise invalid(LIST_FAILED)
    id, update_time = parse_uuid(values[2]), from_microseconds(values[5])
    if id is None or update_time is None:
        raise invalid(LIST_FAILED)
    return Position(update_time, edge_count=values[1], lang_tag=values[0], id=id, name=values[4])
