"""Pages of a collection, in an order that clients can rely on."""

from dataclasses import dataclass
from typing import NamedTuple

from kizuna.caller import SYSTEM_USER
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.errors import invalid
from kizuna.storage import queries
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.uuids import parse_uuid

MALFORMED_CURSOR = "Malformed cursor was used."


class Position(NamedTuple):
    """Where a page ends: the last row's read permission, key and owner."""

    read: int
    key: str
    user_id: str


_START = Position(-1, "", SYSTEM_USER)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and the cursor to the next page, "" where there is none."""

    rows: list[Record]
    cursor: str


class _PublicPage(NamedTuple):
    collection: str
    after: Position
    size: int


class _OwnedPage(NamedTuple):
    collection: str
    owner: str
    lowest_read: int
    after: Position
    size: int


class Listing:
    """Lists; those of players are coalesced."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._public: SharedReads[_PublicPage, list[Record]] = SharedReads(self._public_pages)
        self._owned: SharedReads[_OwnedPage, list[Record]] = SharedReads(self._owned_pages)

    async def page(
        self, caller: str | None, collection: str, owner: str | None, limit: int, cursor: str
    ) -> Page:
        """What the caller (None: the server) may see of a collection, `limit` objects from the cursor on.

        Everybody's public objects; or an owner's: all but hidden ones to the owner, public ones to others.
        """
        after = position(cursor) if cursor else _START
        size = limit + 1  # one more tells whether there is a next page
        if owner is None:
            rows = await self._everybody(caller, collection, after, size)
        else:
            lowest_read = 0 if caller is None else 1 if owner == caller else 2
            after = after._replace(read=max(after.read, lowest_read)) if cursor else after
            rows = await self._owned(_OwnedPage(collection, owner, lowest_read, after, size))
        if len(rows) <= limit:
            return Page(rows, "")
        last = rows[limit - 1] if limit else None
        return Page(rows[:limit], _cursor(last) if last else "")

    async def _everybody(
        self, caller: str | None, collection: str, after: Position, size: int
    ) -> list[Record]:
        if caller is None:
            return await self._database.read(
                queries.LIST_ALL, collection, after.read, after.key, after.user_id, size
            )
        return await self._public(_PublicPage(collection, after, size))

    async def _public_pages(self, pages: list[_PublicPage]) -> list[list[Record]]:
        rows = await self._database.read(
            queries.LIST_PUBLIC,
            list(range(len(pages))),
            [page.collection for page in pages],
            [page.after.read for page in pages],
            [page.after.key for page in pages],
            [page.after.user_id for page in pages],
            [page.size for page in pages],
        )
        return _by_place(rows, len(pages))

    async def _owned_pages(self, pages: list[_OwnedPage]) -> list[list[Record]]:
        rows = await self._database.read(
            queries.LIST_OWNED,
            list(range(len(pages))),
            [page.collection for page in pages],
            [page.owner for page in pages],
            [page.lowest_read for page in pages],
            [page.after.read for page in pages],
            [page.after.key for page in pages],
            [page.size for page in pages],
        )
        return _by_place(rows, len(pages))


def _by_place(rows: list[Record], count: int) -> list[list[Record]]:
    pages: list[list[Record]] = [[] for _ in range(count)]
    for row in rows:
        pages[row["place"]].append(row)
    return pages


def _cursor(row: Record) -> str:
    return encode_cursor("storage", (row["read"], row["key"], row["user_id"]))


def position(cursor: str) -> Position:
    """Where a cursor points. 400 for what is none of ours."""
    values = decode_cursor("storage", cursor, int, str, str)
    user_id = parse_uuid(values[2]) if values else None
    if values is None or user_id is None or not -1 <= values[0] <= 2:
        raise invalid(MALFORMED_CURSOR)
    return Position(values[0], values[1], user_id)
