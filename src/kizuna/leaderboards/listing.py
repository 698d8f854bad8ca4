"""Pages of records in the order of their board, and windows around an owner."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.leaderboards import queries
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.counting import HIGHEST, LOWEST, Position
from kizuna.leaderboards.records import record_message
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.uuids import parse_uuid

#: Records of all the pages that one statement reads.
_RECORDS_AT_ONCE = 2_000

#: Beyond every rank there can be; a cursor may have been made up.
_HIGHEST_RANK = 2**53


class Boundary(NamedTuple):
    """Where a page begins: behind this record, or before it, and the rank that the record has."""

    backwards: bool
    position: Position
    rank: int


class _Page(NamedTuple):
    """A page that somebody asks for. Whoever asks for the same shares the answer."""

    board_id: str
    board: int
    expiry: int
    descending: bool
    boundary: Boundary | None
    limit: int

    @property
    def backwards(self) -> bool:
        return self.boundary is not None and self.boundary.backwards

    @property
    def upwards(self) -> bool:
        """Whether scores rise along the way that the page is read."""
        return self.descending == self.backwards

    @property
    def start(self) -> Position:
        """Where reading begins."""
        if self.boundary is not None:
            return self.boundary.position
        return LOWEST if self.upwards else HIGHEST


class Records(NamedTuple):
    """Messages of records in the order of the board, and the cursors to what lies before and behind."""

    messages: list[dict[str, Any]]
    prev_cursor: str = ""
    next_cursor: str = ""


class _Owner(NamedTuple):
    owner_id: str
    board: int
    expiry: int
    #: Records to look at on each side.
    size: int


class _Owned(NamedTuple):
    board: int
    expiry: int
    owner_ids: tuple[str, ...]


class Window(NamedTuple):
    """An owner's record in the middle of its neighbours, and whether there are more on each side."""

    above: list[Record]
    own: Record
    below: list[Record]
    more_above: bool
    more_below: bool


class Listing:
    """Reads records; whoever asks at once shares statements."""

    def __init__(self, database: Database) -> None:
        self._pages: SharedReads[_Page, Records] = SharedReads(self._read_pages)
        self._around: SharedReads[_Owner, list[Record]] = SharedReads(self._read_around)
        self._owned: SharedReads[_Owned, list[Record]] = SharedReads(self._read_owned)
        self._database = database

    async def page(self, board: Board, expiry: int, boundary: Boundary | None, limit: int) -> Records:
        """Up to `limit` records; their ranks count on from the boundary's.

        The messages are shared with others who ask for the same: nobody may change them.
        """
        return await self._pages(_Page(board.id, board.key, expiry, board.descending, boundary, limit))

    async def owned(self, board: Board, expiry: int, owner_ids: Sequence[str]) -> list[Record]:
        """The records that these owners have, in the order of the board."""
        rows = await self._owned(_Owned(board.key, expiry, tuple(sorted(set(owner_ids)))))
        return sorted(
            rows, key=lambda row: (row["score"], row["subscore"], row["owner_id"]), reverse=board.descending
        )

    async def around(self, board: Board, expiry: int, owner_id: str, limit: int) -> Window | None:
        """The owner's record in a window of `limit`, None if there is none."""
        half = limit // 2 + 1
        rows = await self._around(_Owner(owner_id, board.key, expiry, half))
        if not rows:
            return None
        upwards, downwards = _sides(rows)
        if (len(upwards) < half) != (len(downwards) < half):
            # Near an end of the board: the other side makes up for it.
            rows = await self._around(_Owner(owner_id, board.key, expiry, limit)) or rows
            upwards, downwards = _sides(rows)
        above, below = (upwards, downwards) if board.descending else (downwards, upwards)
        return _window(rows[0], above, below, limit)

    async def _read_pages(self, pages: list[_Page]) -> list[Records]:
        found: list[Records] = []
        for some in _portions(pages):
            found += await self._read_some_pages(some)
        return found

    async def _read_some_pages(self, pages: Sequence[_Page]) -> list[Records]:
        rows: list[list[Record]] = [[] for _ in pages]
        for upwards, query in ((True, queries.SCAN_UPWARDS), (False, queries.SCAN_DOWNWARDS)):
            some = [(place, page) for place, page in enumerate(pages) if page.upwards is upwards]
            if not some:
                continue
            for row in await self._database.read(
                query,
                [place for place, _ in some],
                [page.board for _, page in some],
                [page.expiry for _, page in some],
                [page.start.score for _, page in some],
                [page.start.subscore for _, page in some],
                [page.start.owner_id for _, page in some],
                # One more tells whether there are more; another is the boundary's own record.
                [page.limit + 2 for _, page in some],
            ):
                rows[row["place"]].append(row)
        return [_records(page, found) for page, found in zip(pages, rows, strict=True)]

    async def _read_around(self, owners: list[_Owner]) -> list[list[Record]]:
        rows = await self._database.read(
            queries.AROUND,
            list(range(len(owners))),
            [owner.owner_id for owner in owners],
            [owner.board for owner in owners],
            [owner.expiry for owner in owners],
            [owner.size for owner in owners],
        )
        found: list[list[Record]] = [[] for _ in owners]
        for row in rows:
            found[row["place"]].append(row)
        return found

    async def _read_owned(self, asked: list[_Owned]) -> list[list[Record]]:
        wanted = [
            (place, owner, board, expiry)
            for place, (board, expiry, owners) in enumerate(asked)
            for owner in owners
        ]
        found: list[list[Record]] = [[] for _ in asked]
        for row in await self._database.read(queries.READ, *map(list, zip(*wanted, strict=True))):
            found[row["place"]].append(row)
        return found


def _portions(pages: Sequence[_Page]) -> Iterator[Sequence[_Page]]:
    """The pages in portions that are not too much to be read at once, each of one page or more."""
    start, size = 0, 0
    for place, page in enumerate(pages):
        if size and size + page.limit > _RECORDS_AT_ONCE:
            yield pages[start:place]
            start, size = place, 0
        size += page.limit
    yield pages[start:]


def _records(page: _Page, rows: list[Record]) -> Records:
    """What was read for a page, as it is answered."""
    if page.boundary is not None and rows and _position(rows[0]) == page.boundary.position:
        del rows[0]
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    before = page.boundary.rank if page.boundary else 0
    if page.backwards:
        rows.reverse()
        before -= len(rows) + 1
    messages = [record_message(page.board_id, row, before + n) for n, row in enumerate(rows, start=1)]
    if not rows:
        return Records(messages)
    has_prev, has_next = (more, True) if page.backwards else (page.boundary is not None, more)
    place = page.board, page.expiry
    return Records(
        messages,
        cursor(*place, Boundary(True, _position(rows[0]), before + 1)) if has_prev else "",
        cursor(*place, Boundary(False, _position(rows[-1]), before + len(rows))) if has_next else "",
    )


def _sides(rows: list[Record]) -> tuple[list[Record], list[Record]]:
    """Records next to the first one, which is in neither list: upwards, and downwards."""
    upwards = [row for row in rows if row["upwards"]]
    return upwards[1:], rows[len(upwards) :]


def _window(own: Record, above: list[Record], below: list[Record], limit: int) -> Window:
    """The neighbours that belong into a window of `limit`, the nearest of each side first.

    Half of them lie below, rounded down; a side that is short is made up for by the other. Where all below
    are shown there is no next page: the reference says so for one case too many.
    """
    room = limit - 1
    down = min(len(below), limit // 2 if len(above) >= room - limit // 2 else room - len(above))
    up = min(len(above), room - down)
    return Window(above[:up][::-1], own, below[:down], len(above) > up, len(below) > down)


def cursor(board: int, expiry: int, boundary: Boundary) -> str:
    """A boundary as text."""
    return encode_cursor(
        "records", (int(boundary.backwards), board, expiry, *boundary.position, boundary.rank)
    )


def boundary_of(text: str, board: Board, expiry: int) -> Boundary | None:
    """Where a cursor points; None for one that is of another board or period, or none at all."""
    values = decode_cursor("records", text, int, int, int, int, int, str, int)
    if values is None or values[1:3] != (board.key, expiry) or values[0] not in (0, 1):
        return None
    owner_id = parse_uuid(values[5])
    if owner_id is None or abs(values[6]) > _HIGHEST_RANK:
        return None
    return Boundary(bool(values[0]), Position(values[3], values[4], owner_id), values[6])


def _position(row: Record) -> Position:
    return Position(row["score"], row["subscore"], row["owner_id"])


def window_cursors(board: Board, expiry: int, window: Window, ranks: Sequence[int]) -> tuple[str, str]:
    """The cursors before and behind a window whose records have these ranks."""
    rows = [*window.above, window.own, *window.below]
    before = Boundary(True, _position(rows[0]), ranks[0])
    behind = Boundary(False, _position(rows[-1]), ranks[-1])
    return (
        cursor(board.key, expiry, before) if window.more_above else "",
        cursor(board.key, expiry, behind) if window.more_below else "",
    )
