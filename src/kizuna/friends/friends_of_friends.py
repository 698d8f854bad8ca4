"""Pages of the friends of friends.

A player may have thousands of friends with thousands of friends each who are all friends of the player
already: nothing is found among millions of edges. A statement looks at some of them, a request has as many
statements as it takes to fill its page, up to a number; then the page is what has been found. Requests that
one look is enough for do not wait for those that go on.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from kizuna.caller import SYSTEM_USER
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.errors import invalid
from kizuna.friends import queries
from kizuna.friends.portions import portions
from kizuna.users.profile import user_message
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.uuids import parse_uuid

_CURSOR = "friends_of_friends"

#: Edges that are looked at: first, which is enough for most, and then each time.
_FIRST_LOOK, _FURTHER_LOOK = 500, 10_000

#: How often a request looks.
_LOOKS = 11

#: Edges that one statement looks at for all who share it.
_EDGES_AT_ONCE = 20_000

#: Statements at once, of first looks and of further ones.
_FIRST_IN_FLIGHT, _FURTHER_IN_FLIGHT = 2, 2


class _Path(NamedTuple):
    """A place in the order of the friends of friends."""

    referrer: str
    id: str


class _Look(NamedTuple):
    """A search of at most `size` paths among a number of edges."""

    owner: str
    first: _Path
    size: int
    edges: int


class _Sight(NamedTuple):
    """What was found, and where to look next, None at the end."""

    paths: list[Record]
    following: _Path | None


class FriendsOfFriends:
    """The list of friends of friends. A cursor names where the next page begins, there or behind it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._first_looks: SharedReads[_Look, _Sight] = SharedReads(self._read, in_flight=_FIRST_IN_FLIGHT)
        self._further_looks: SharedReads[_Look, _Sight] = SharedReads(
            self._read, in_flight=_FURTHER_IN_FLIGHT
        )

    async def page(self, user_id: str, limit: int, cursor: str) -> dict[str, Any]:
        """The `FriendsOfFriendsList` message. 400 for a bad cursor.

        Where little is found among very many, it is shorter than the limit, even empty, and has a cursor.

        The reference stops after the friend that its cursor names, or at once when that is one no more; here
        the others follow.
        """
        first = _path(cursor) if cursor else _Path(SYSTEM_USER, SYSTEM_USER)
        paths, following = await self._search(user_id, first, limit + 1)
        if len(paths) > limit:
            following = _Path(paths[limit]["referrer"], paths[limit]["id"])
        message: dict[str, Any] = {}
        if paths:
            message["friends_of_friends"] = [
                {"referrer": path["referrer"], "user": user_message(path)} for path in paths[:limit]
            ]
        if following:
            message["cursor"] = encode_cursor(_CURSOR, following)
        return message

    async def _search(self, owner: str, first: _Path, size: int) -> _Sight:
        """Look until `size` paths are found, or there are no more, or it has been enough."""
        paths, following = await self._first_looks(_Look(owner, first, size, _FIRST_LOOK))
        for _ in range(_LOOKS - 1):
            if following is None or len(paths) == size:
                break
            more = _Look(owner, following, size - len(paths), _FURTHER_LOOK)
            seen = await self._further_looks(more)
            paths, following = paths + seen.paths, seen.following
        return _Sight(paths, following)

    async def _read(self, looks: list[_Look]) -> list[_Sight]:
        rows: list[list[Record]] = [[] for _ in looks]
        for places in portions([look.edges for look in looks], _EDGES_AT_ONCE):
            for row in await self._database.read(queries.LIST_FRIENDS_OF_FRIENDS, *_columns(looks, places)):
                rows[row["place"]].append(row)
        return list(map(_sight, rows))


def _columns(looks: list[_Look], places: range) -> Iterator[list[Any]]:
    """The parameters of the statement for some of the looks."""
    rows = ((place, *_flat(looks[place])) for place in places)
    return map(list, zip(*rows, strict=True))


def _flat(look: _Look) -> tuple[Any, ...]:
    return look.owner, *look.first, look.size, look.edges


def _sight(rows: list[Record]) -> _Sight:
    following = rows[0]["following_referrer"]
    return _Sight(
        paths=[row for row in rows if row["referrer"]],
        following=_Path(following, rows[0]["following_id"]) if following else None,
    )


def _path(cursor: str) -> _Path:
    values = decode_cursor(_CURSOR, cursor, str, str)
    referrer, user_id = map(parse_uuid, values or ("", ""))
    if referrer is None or user_id is None:
        raise invalid("Cursor is invalid.")
    return _Path(referrer, user_id)
