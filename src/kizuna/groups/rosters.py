"""Lists of relations: the users of a group, the groups of a user."""

from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query
from kizuna.errors import invalid
from kizuna.groups import queries
from kizuna.groups.pages import Page, Pages
from kizuna.groups.profile import group_message
from kizuna.groups.roles import Role
from kizuna.users.profile import user_message
from kizuna.wire.cursors import Value, decode_cursor, encode_cursor
from kizuna.wire.uuids import parse_uuid

#: Cursors of lists of friends are of this kind too: one list goes on where another one ended.
_CURSOR = "edge"


class Rosters:
    """Who is in a group, and where somebody is; bans are listed where they are asked for."""

    def __init__(self, database: Database) -> None:
        self._users = Pages(database, _users_message)
        self._groups = Pages(database, _groups_message)

    async def users(self, group_id: str, limit: int, state: int | None, cursor: str) -> dict[str, Any]:
        """The `GroupUserList` message, shared with others: nobody may change it. 400 for a bad cursor."""
        return await self._users.read(_page(queries.LIST_USERS, group_id, limit, state, cursor))

    async def of_user(self, user_id: str, limit: int, state: int | None, cursor: str) -> dict[str, Any]:
        """The `UserGroupList` message, likewise. Bans are never among a user's groups."""
        page = _page(queries.LIST_OF_USER, user_id, limit, state, cursor)
        return {} if state == Role.BANNED else await self._groups.read(page)


def _page(query: Query, owner: str, limit: int, state: int | None, cursor: str) -> Page:
    low, high = (Role.SUPERADMIN, Role.JOIN_REQUEST) if state is None else (state, state)
    begin = _position(cursor, state) if cursor else (int(low), 0, SYSTEM_USER)
    return Page(query, (owner, int(low), int(high), *begin), limit)


def _position(cursor: str, state: int | None) -> tuple[int, int, str]:
    """Where the next page begins. 400 for what is no cursor, and for one of other relations."""
    values = decode_cursor(_CURSOR, cursor, int, int, str)
    id = parse_uuid(values[2]) if values else None
    if values is None or id is None or not 0 <= values[0] <= Role.BANNED or state not in (None, values[0]):
        raise invalid("Cursor is invalid.")
    return values[0], values[1], id


def _users_message(rows: list[Record], limit: int) -> dict[str, Any]:
    entries = [{"user": user_message(row), "state": row["role"]} for row in rows[:limit]]
    return _list_message("group_users", entries, rows[limit:])


def _groups_message(rows: list[Record], limit: int) -> dict[str, Any]:
    entries = [{"group": group_message(row), "state": row["role"]} for row in rows[:limit]]
    return _list_message("user_groups", entries, rows[limit:])


def _list_message(name: str, entries: list[dict[str, Any]], following: list[Record]) -> dict[str, Any]:
    """The message of a page, and the cursor to what follows it."""
    if not entries:
        return {}
    message: dict[str, Any] = {name: entries}
    for row in following:
        values: tuple[Value, ...] = (row["role"], row["position"], row["id"])
        message["cursor"] = encode_cursor(_CURSOR, values)
    return message
