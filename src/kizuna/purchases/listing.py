"""Pages of purchases and of subscriptions, the latest first, forwards and backwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query
from kizuna.errors import invalid
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.microseconds import EPOCH, to_microseconds
from kizuna.wire.uuids import parse_uuid


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of one list, each forwards and backwards: of a user, and of all users."""

    of_user: tuple[Query, Query]
    of_all: tuple[Query, Query]


class Page(NamedTuple):
    """Rows, and the cursors to those behind and before them, "" for none."""

    rows: list[Record]
    cursor: str = ""
    prev_cursor: str = ""


class _Position(NamedTuple):
    """A row's place. The user counts only in lists of all."""

    time: datetime | None
    user_id: str
    id: str


class _Boundary(NamedTuple):
    """Where a page begins: behind a row, or before it."""

    backwards: bool
    position: _Position


_START = _Position(None, SYSTEM_USER, "")


class Listing:
    """A list named `name`; `id` is the column with the ids.

    A cursor belongs to one user's list or to that of all. The reference's cursors lose the id on the way, so
    that each step skips a row.
    """

    def __init__(self, database: Database, statements: Statements, *, name: str, id: str) -> None:
        self._database = database
        self._statements = statements
        self._name = name
        self._id = id

    async def page(self, user_id: str | None, limit: int, cursor: str) -> Page:
        """A page of a user's, or (None) of everybody's. 400 for a cursor that is none of this list."""
        boundary = self._boundary_of(cursor, user_id) if cursor else None
        backwards = boundary is not None and boundary.backwards
        position = _START if boundary is None else boundary.position
        rows = await self._read(
            user_id, backwards, position, limit + 1
        )  # one more tells whether there is more
        more = len(rows) > limit
        rows = rows[:limit]
        if not rows:
            return Page([])
        if backwards:
            rows.reverse()
        has_next, has_prev = (True, more) if backwards else (more, boundary is not None)
        return Page(
            rows,
            self._cursor(user_id, _Boundary(False, self._position(rows[-1]))) if has_next else "",
            self._cursor(user_id, _Boundary(True, self._position(rows[0]))) if has_prev else "",
        )

    async def _read(
        self, user_id: str | None, backwards: bool, position: _Position, size: int
    ) -> list[Record]:
        if user_id is None:
            return await self._database.read(self._statements.of_all[backwards], *position, size)
        query = self._statements.of_user[backwards]
        return await self._database.read(query, user_id, position.time, position.id, size)

    def _position(self, row: Record) -> _Position:
        return _Position(row["purchase_time"], row["user_id"], row[self._id])

    def _cursor(self, user_id: str | None, boundary: _Boundary) -> str:
        time, owner, id = boundary.position
        assert time is not None
        values = (user_id, int(boundary.backwards), to_microseconds(time), owner, id)
        return encode_cursor(self._name, values)

    def _boundary_of(self, cursor: str, user_id: str | None) -> _Boundary:
        values = decode_cursor(self._name, cursor, str | None, int, int, str, str)
        if values and values[0] == user_id and values[1] in (0, 1):
            time, owner = _time(values[2]), parse_uuid(values[3])
            if time and owner:
                return _Boundary(bool(values[1]), _Position(time, owner, values[4]))
        # The reference says that the fault is its own, with a 500.
        raise invalid(f"{self._name} list cursor invalid")


def _time(microseconds: int) -> datetime | None:
    """A time by its microseconds since 1970, which may be negative; None for one that there is not."""
    try:
        return EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None
