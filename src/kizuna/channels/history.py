"""Pages of a channel's messages, and the cursors that lead from one to the next and back.

A listing runs from the oldest message on (`forward`) or from the newest back. A cursor belongs to one channel
and one of these two listings; it leads on in it (`onward`) or back to what comes before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from kizuna.channels import queries
from kizuna.channels.ids import Channel, channel_id
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query
from kizuna.errors import invalid
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.microseconds import EPOCH, from_microseconds, to_microseconds
from kizuna.wire.uuids import parse_uuid

INVALID_CURSOR = "Cursor is invalid or expired."


class Position(NamedTuple):
    """A message's place in its channel."""

    create_time: datetime
    id: str


_OLDEST = Position(EPOCH, "00000000-0000-0000-0000-000000000000")
_NEWEST = Position(datetime(9999, 12, 31, tzinfo=UTC), "ffffffff-ffff-ffff-ffff-ffffffffffff")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a channel's listing begins, and in which direction it lies."""

    channel: Channel
    position: Position
    forward: bool
    onward: bool

    def __str__(self) -> str:
        """The cursor as clients get it."""
        time, id = self.position
        place = (channel_id(self.channel), to_microseconds(time), id)
        return encode_cursor("channel", (*place, int(self.forward), int(self.onward)))


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order of the listing, and cursors, None where there is none."""

    rows: Sequence[Record]
    next: Cursor | None
    previous: Cursor | None
    cacheable: Cursor | None


class _Part(NamedTuple):
    channel: Channel
    start: Position
    size: int


class History:
    """Reads pages; those that are asked for at the same time share a statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._older_first: SharedReads[_Part, list[Record]] = SharedReads(
            lambda parts: self._read(queries.OLDER_FIRST, parts)
        )
        self._newer_first: SharedReads[_Part, list[Record]] = SharedReads(
            lambda parts: self._read(queries.NEWER_FIRST, parts)
        )

    async def page(self, channel: Channel, limit: int, forward: bool, cursor: Cursor | None) -> Page:
        """At most `limit` messages, from the beginning of the listing or from a cursor on."""
        onward = cursor is None or cursor.onward
        ascending = forward == onward
        start = cursor.position if cursor else _OLDEST if ascending else _NEWEST
        read = self._older_first if ascending else self._newer_first
        found = await read(_Part(channel, start, limit + 1))  # one more tells whether there are more
        rows, more = found[:limit], len(found) > limit
        if not rows:
            return Page([], None, None, Cursor(channel, start, True, True) if cursor else None)
        if not onward:
            rows.reverse()
        first, last = _position(rows[0]), _position(rows[-1])
        return Page(
            rows,
            next=Cursor(channel, last, forward, True) if more or not onward else None,
            previous=Cursor(channel, first, forward, False) if cursor and (more or onward) else None,
            # As in the reference this goes forward from the last row even of a listing from the newest back.
            cacheable=Cursor(channel, last, True, True),
        )

    async def _read(self, query: Query, parts: Sequence[_Part]) -> list[list[Record]]:
        rows = await self._database.read(
            query,
            list(range(len(parts))),
            [part.channel.mode for part in parts],
            [part.channel.subject for part in parts],
            [part.channel.descriptor for part in parts],
            [part.channel.label for part in parts],
            [part.start.create_time for part in parts],
            [part.start.id for part in parts],
            [part.size for part in parts],
        )
        found: list[list[Record]] = [[] for _ in parts]
        for row in rows:
            found[row["place"]].append(row)
        return found


def parse_cursor(text: str, channel: Channel, forward: bool) -> Cursor:
    """The cursor of this text. 400 for what is none, or belongs to another channel or listing."""
    values = decode_cursor("channel", text, str, int, str, int, int)
    if values is not None:
        whose, microseconds, message_id, forwards, onward = values
        time, id = from_microseconds(microseconds), parse_uuid(message_id)
        if time and id and (whose, forwards) == (channel_id(channel), int(forward)) and onward in (0, 1):
            return Cursor(channel, Position(time, id), forward, bool(onward))
    raise invalid(INVALID_CURSOR)


def _position(row: Record) -> Position:
    return Position(row["create_time"], row["id"])
