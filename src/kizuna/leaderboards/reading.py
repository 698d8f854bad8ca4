"""How the keys of a board's records get from the table into an index.

In the order of the table's index that takes no sorting, and where the pages have been vacuumed it touches
nothing else. On a board in use, though, every key costs a visit to the record's own page, one after the other
and all over the table. Once that shows, the rest is read in the order of the pages and sorted by PostgreSQL.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import aclosing
from struct import Struct

from kizuna.db.engine import Transaction
from kizuna.leaderboards import queries
from kizuna.leaderboards.counting import LOWEST, Position
from kizuna.leaderboards.ranking import KEY_SIZE, unpack_key

#: Records of a slice: little work for the event loop, most of it is the database's.
SLICE = 10_000

#: Seconds for a slice from which on pages are being visited one by one; and how many such slices are enough.
_SLOW = 0.03
_MOST_SLOW = 3

#: The longest time that sorting and sending all keys may take, in seconds.
_SORTED_WITHIN = 900.0

#: Rows of PostgreSQL's binary format: one column of a key's length each.
_ROW_SIZE = 2 + 4 + KEY_SIZE
_HEADER_SIZE = 19
_ROWS_AT_ONCE = 1_000
_ROWS = Struct(f">{f'6x{KEY_SIZE}s' * _ROWS_AT_ONCE}")
_ROW = Struct(f">6x{KEY_SIZE}s")


async def first_slice(tx: Transaction, board: int, expiry: int, records: int) -> bytes:
    """The keys of the lowest records."""
    return await _slice(tx, board, expiry, LOWEST, records)


async def count(tx: Transaction, board: int, expiry: int) -> int:
    """The number of records, found in the order of the pages."""
    await tx.write(queries.IN_PAGE_ORDER)
    [row] = await tx.read(queries.COUNT, [0], [board], [expiry])
    await tx.write(queries.IN_INDEX_ORDER)
    records: int = row["records"]
    return records


async def all_slices(tx: Transaction, board: int, expiry: int) -> AsyncGenerator[bytes, None]:
    """All keys in ascending order, a part at a time."""
    loop = asyncio.get_running_loop()
    after, slow = LOWEST, 0
    while True:
        begun = loop.time()
        keys = await _slice(tx, board, expiry, after, SLICE)
        yield keys
        if len(keys) < SLICE * KEY_SIZE:
            return
        after = position_of(keys[-KEY_SIZE:])
        slow += loop.time() - begun > _SLOW
        if slow > _MOST_SLOW:
            async with aclosing(_sorted(tx, board, expiry, after)) as rest:
                async for keys in rest:
                    yield keys
            return


async def _slice(tx: Transaction, board: int, expiry: int, after: Position, records: int) -> bytes:
    [row] = await tx.read(queries.SLICE, board, expiry, *after, records)
    return row["keys"] or b""


async def _sorted(tx: Transaction, board: int, expiry: int, after: Position) -> AsyncGenerator[bytes, None]:
    """The keys behind a position, read in the order of the pages."""
    await tx.write(queries.IN_PAGE_ORDER)
    data = b""
    header = _HEADER_SIZE
    copied = tx.copy(queries.SORTED, board, expiry, *after, patience=_SORTED_WITHIN)
    async with aclosing(copied) as chunks:
        async for chunk in chunks:
            data += chunk
            if header and len(data) >= header:
                data, header = data[header:], 0
            rows = 0 if header else len(data) // _ROW_SIZE
            if rows:
                yield _keys(data, rows)
                data = data[rows * _ROW_SIZE :]


def _keys(data: bytes, rows: int) -> bytes:
    """The keys in so many rows."""
    size = _ROWS_AT_ONCE * _ROW_SIZE
    whole, rest = divmod(rows, _ROWS_AT_ONCE)
    parts = [b"".join(_ROWS.unpack_from(data, start * size)) for start in range(whole)]
    parts += [_ROW.unpack_from(data, whole * size + row * _ROW_SIZE)[0] for row in range(rest)]
    return b"".join(parts)


def position_of(key: bytes) -> Position:
    """Where the record with a packed key stands."""
    score, subscore, owner = unpack_key(key)
    return Position(score, subscore, str(uuid.UUID(bytes=owner)))
