"""Pages of a player's notifications, oldest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from kizuna.caller import SYSTEM_USER
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.errors import invalid
from kizuna.notifications import queries
from kizuna.notifications.notification import Notification
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.microseconds import EPOCH, from_microseconds, to_microseconds
from kizuna.wire.uuids import parse_uuid

LIST_FAILED = "Error retrieving notifications."


class Position(NamedTuple):
    """Where a page ends: the time and the id of its last row."""

    create_time: datetime
    id: str


_BEGINNING = Position(EPOCH, SYSTEM_USER)


class _Page(NamedTuple):
    user_id: str
    after: Position
    size: int


class Listing:
    """Lists; the pages of players are coalesced."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shared: SharedReads[_Page, list[Record]] = SharedReads(self._pages)

    async def page(self, user_id: str, limit: int, cursor: str) -> list[Notification]:
        """At most `limit` notifications from the cursor on."""
        rows = await self._shared(_Page(user_id, position(cursor), limit))
        return [Notification.of(row) for row in rows]

    async def of_user(self, user_id: str, limit: int | None, cursor: str) -> list[Notification]:
        """The same without a bound, for the server's own use; a limit of None is none."""
        rows = await self._database.read(queries.LIST, user_id, *position(cursor), limit)
        return [Notification.of(row) for row in rows]

    async def _pages(self, pages: list[_Page]) -> list[list[Record]]:
        rows = await self._database.read(
            queries.PAGES,
            list(range(len(pages))),
            [page.user_id for page in pages],
            [page.after.create_time for page in pages],
            [page.after.id for page in pages],
            [page.size for page in pages],
        )
        found: list[list[Record]] = [[] for _ in pages]
        for row in rows:
            found[row["place"]].append(row)
        return found


def cursor_after(notifications: Sequence[Notification]) -> str:
    """The cursor to what comes after these, or from the beginning on where there are none."""
    end = _BEGINNING
    if notifications:
        end = Position(notifications[-1].create_time, notifications[-1].id)
    return encode_cursor("notifications", (to_microseconds(end.create_time), end.id))


def position(cursor: str) -> Position:
    """Where a cursor points, "" to the beginning. 400 for what is none of ours."""
    if not cursor:
        return _BEGINNING
    values = decode_cursor("notifications", cursor, int, str)
    if values and (time := from_microseconds(values[0])) and (id := parse_uuid(values[1])):
        return Position(time, id)
    # The reference has this text as well, but says that the fault is its own, with a 500.
    raise invalid(LIST_FAILED)
