"""Pages of friends, and of the friends of friends."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from kizuna.accounts.tables import SYSTEM_USER
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.errors import invalid
from kizuna.friends import queries
from kizuna.friends.messages import friend_message
from kizuna.friends.relations import State
from kizuna.users.profile import user_message
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.encode import parse_uuid

#: The kind of cursors that hold (state, position, id) of an edge: those of friends, of the users of a group
#: and of the groups of a user, which can take each other's place.
EDGE_CURSOR = "edge"

_FRIENDS_OF_FRIENDS = "friends_of_friends"

#: Rows of all the pages that one statement reads.
_ROWS_AT_ONCE = 5_000

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


class _Path(NamedTuple):
    """A place in the order of the friends of friends."""

    referrer: str
    id: str


class _PathPage(NamedTuple):
    owner: str
    first: _Path
    size: int


_AnyPage = TypeVar("_AnyPage", _Page, _PathPage)


class Listing:
    """Lists, coalesced. A cursor names the first row of the next page, which begins there or behind it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._friends: SharedReads[_Page, list[Record]] = SharedReads(self._read_friends)
        self._paths: SharedReads[_PathPage, list[Record]] = SharedReads(self._read_paths)

    async def friends(self, user_id: str, state: int | None, limit: int, cursor: str) -> dict[str, Any]:
        """The `FriendList` message: a player's edges by state and age. 400 for a bad cursor."""
        first = _edge(cursor, state) if cursor else _Edge(state or 0, 0, SYSTEM_USER)
        last_state = _HIGHEST_STATE if state is None else state
        rows = await self._friends(_Page(user_id, first, last_state, limit + 1))
        message: dict[str, Any] = {}
        if rows:
            message["friends"] = [friend_message(row) for row in rows[:limit]]
        if len(rows) > limit:
            following = rows[limit]
            place = (following["state"], following["position"], following["id"])
            message["cursor"] = encode_cursor(EDGE_CURSOR, place)
        return message

    async def friends_of_friends(self, user_id: str, limit: int, cursor: str) -> dict[str, Any]:
        """The `FriendsOfFriendsList` message. 400 for a bad cursor.

        The reference stops after the friend that its cursor names, or at once when that is one no more; here
        the others follow.
        """
        first = _path(cursor) if cursor else _Path(SYSTEM_USER, SYSTEM_USER)
        rows = await self._paths(_PathPage(user_id, first, limit + 1))
        message: dict[str, Any] = {}
        if rows:
            message["friends_of_friends"] = [
                {"referrer": row["referrer"], "user": user_message(row)} for row in rows[:limit]
            ]
        if len(rows) > limit:
            following = rows[limit]
            message["cursor"] = encode_cursor(_FRIENDS_OF_FRIENDS, (following["referrer"], following["id"]))
        return message

    async def _read_friends(self, pages: list[_Page]) -> list[list[Record]]:
        return await self._read(queries.LIST, pages, lambda p: (p.owner, *p.first, p.last_state, p.size))

    async def _read_paths(self, pages: list[_PathPage]) -> list[list[Record]]:
        return await self._read(
            queries.LIST_FRIENDS_OF_FRIENDS, pages, lambda page: (page.owner, *page.first, page.size)
        )

    async def _read(
        self,
        query: Any,
        pages: Sequence[_AnyPage],
        parameters: Callable[[_AnyPage], tuple[Any, ...]],
    ) -> list[list[Record]]:
        found: list[list[Record]] = [[] for _ in pages]
        for places in _portions(pages):
            columns = zip(*(parameters(pages[place]) for place in places), strict=True)
            for row in await self._database.read(query, list(places), *map(list, columns)):
                found[row["place"]].append(row)
        return found


def _portions(pages: Sequence[_AnyPage]) -> Iterator[range]:
    """The places of pages that are not too much to be read at once, one or more of them."""
    start, size = 0, 0
    for place, page in enumerate(pages):
        if size and size + page.size > _ROWS_AT_ONCE:
            yield range(start, place)
            start, size = place, 0
        size += page.size
    yield range(start, len(pages))


def _edge(cursor: str, state: int | None) -> _Edge:
    values = decode_cursor(EDGE_CURSOR, cursor, int, int, str)
    user_id = parse_uuid(values[2]) if values else None
    if values is None or user_id is None or values[0] not in _CURSOR_STATES:
        raise invalid("Cursor is invalid.")
    if state is not None and values[0] != state:
        raise invalid("Cursor is invalid.")
    return _Edge(values[0], values[1], user_id)


def _path(cursor: str) -> _Path:
    values = decode_cursor(_FRIENDS_OF_FRIENDS, cursor, str, str)
    referrer, user_id = map(parse_uuid, values or ("", ""))
    if referrer is None or user_id is None:
        raise invalid("Cursor is invalid.")
    return _Path(referrer, user_id)
