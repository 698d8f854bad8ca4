"""Pages of friends."""

import asyncio
from collections.abc import Iterator
from typing import Any, NamedTuple

from kizuna.caller import SYSTEM_USER
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.errors import invalid
from kizuna.friends import queries
from kizuna.friends.messages import friend_message
from kizuna.friends.portions import portions
from kizuna.friends.relations import State
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.uuids import parse_uuid

#: The kind of cursors that hold (state, position, id) of an edge: those of friends, of the users of a group
#: and of the groups of a user, which can take each other's place.
EDGE_CURSOR = "edge"

#: Friends on a page that is read together with others'. Most players have fewer, whatever they ask for.
_SHORT = 100

#: Rows of all the short pages that one statement reads. A row may have some kilobytes.
_ROWS_AT_ONCE = 5_000

#: Longer pages that are in memory at once; whoever asks for another one waits.
_LONG_PAGES = 3

#: Messages that are built in one turn of the loop.
_MESSAGES_AT_ONCE = 200

_HIGHEST_STATE = max(State)

#: States that are in use among the edges of groups, whose cursors are taken too.
_CURSOR_STATES = range(5)


class _Edge(NamedTuple):
    """A place in the order of a player's edges."""

    state: int
    position: int
    id: str


class _Page(NamedTuple):
    owner: str
    first: _Edge
    last_state: int
    size: int


class Listing:
    """The list of friends. A cursor names the first row of the next page, which begins there or behind it.

    Short pages are coalesced. What turns out to be longer is read again, in one statement of its own, so that
    it shows one moment.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._short_pages: SharedReads[_Page, list[Record]] = SharedReads(self._read)
        self._long_pages = asyncio.Semaphore(_LONG_PAGES)

    async def friends(self, user_id: str, state: int | None, limit: int, cursor: str) -> dict[str, Any]:
        """The `FriendList` message: a player's edges by state and age. 400 for a bad cursor."""
        first = _edge(cursor, state) if cursor else _Edge(state or 0, 0, SYSTEM_USER)
        last_state = _HIGHEST_STATE if state is None else state
        short = min(limit, _SHORT)
        rows = await self._short_pages(_Page(user_id, first, last_state, short + 1))
        if limit == short or len(rows) <= short:
            return _message([friend_message(row) for row in rows[:limit]], rows[limit:])
        del rows  # others may have to be waited for
        return await self._long_page(_Page(user_id, first, last_state, limit + 1))

    async def _long_page(self, page: _Page) -> dict[str, Any]:
        limit = page.size - 1
        async with self._long_pages:
            [rows] = await self._read([page])
            friends: list[dict[str, Any]] = []
            for start in range(0, limit, _MESSAGES_AT_ONCE):
                friends += map(friend_message, rows[start : min(start + _MESSAGES_AT_ONCE, limit)])
                await asyncio.sleep(0)
            return _message(friends, rows[limit:])

    async def _read(self, pages: list[_Page]) -> list[list[Record]]:
        found: list[list[Record]] = [[] for _ in pages]
        for places in portions([page.size for page in pages], _ROWS_AT_ONCE):
            for row in await self._database.read(queries.LIST, *_columns(pages, places)):
                found[row["place"]].append(row)
        return found


def _columns(pages: list[_Page], places: range) -> Iterator[list[Any]]:
    """The parameters of the statement that reads some of the pages."""
    rows = ((place, *_flat(pages[place])) for place in places)
    return map(list, zip(*rows, strict=True))


def _flat(page: _Page) -> tuple[Any, ...]:
    return page.owner, *page.first, page.last_state, page.size


def _message(friends: list[dict[str, Any]], following: list[Record]) -> dict[str, Any]:
    message: dict[str, Any] = {}
    if friends:
        message["friends"] = friends
    if following:
        edge = following[0]
        message["cursor"] = encode_cursor(EDGE_CURSOR, (edge["state"], edge["position"], edge["id"]))
    return message


def _edge(cursor: str, state: int | None) -> _Edge:
    values = decode_cursor(EDGE_CURSOR, cursor, int, int, str)
    user_id = parse_uuid(values[2]) if values else None
    if values is None or user_id is None or values[0] not in _CURSOR_STATES:
        raise invalid("Cursor is invalid.")
    if state is not None and values[0] != state:
        raise invalid("Cursor is invalid.")
    return _Edge(values[0], values[1], user_id)
