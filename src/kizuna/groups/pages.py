"""Pages of lists; whoever asks at once shares statements, and the answer to the same question."""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

from kizuna.db.coalesce import LARGEST_BATCH, Run, SharedReads
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query
from kizuna.wire.encode import JsonObject

#: Makes a page's message of its rows; there is one row more than the limit where there is a next page.
MessageOf = Callable[[list[Record], int], JsonObject]

#: Rows of all the pages that one statement reads.
_ROWS_AT_ONCE = 2_000


class Page(NamedTuple):
    """A page that somebody asks for: its statement, and that one's parameters behind place and size."""

    query: Query
    parameters: tuple[Hashable, ...]
    limit: int


class Pages:
    """Reads pages. The messages are shared with others who ask for the same: nobody may change them.

    The statements take lists, one entry for each page: its place in the batch, the most rows that are wanted,
    and its parameters; they tell the place in each row. `at_once` is the most pages that wait for each other,
    `in_flight` how often so many are read at the same time.
    """

    def __init__(
        self, database: Database, message_of: MessageOf, *, at_once: int = LARGEST_BATCH, in_flight: int = 1
    ) -> None:
        self._database = database
        self._message_of = message_of
        self.read = _Reads(self._read_all, at_once=at_once, in_flight=in_flight)

    async def _read_all(self, pages: list[Page]) -> list[JsonObject]:
        found: dict[Page, JsonObject] = {}
        for query in {page.query: None for page in pages}:
            for some in _portions([page for page in pages if page.query is query]):
                found.update(zip(some, await self._read_some(query, some), strict=True))
        return [found[page] for page in pages]

    async def _read_some(self, query: Query, pages: Sequence[Page]) -> list[JsonObject]:
        rows: list[list[Record]] = [[] for _ in pages]
        for row in await self._database.read(
            query,
            list(range(len(pages))),
            [page.limit + 1 for page in pages],
            *map(list, zip(*(page.parameters for page in pages), strict=True)),
        ):
            rows[row["place"]].append(row)
        return [self._message_of(found, page.limit) for found, page in zip(rows, pages, strict=True)]


class _Reads(SharedReads[Page, JsonObject]):
    """Shared reads of up to `at_once` different pages."""

    def __init__(self, run: Run[Page, JsonObject], *, at_once: int, in_flight: int) -> None:
        super().__init__(run, in_flight=in_flight)
        self._at_once = at_once

    def _take(self) -> tuple[list[Page], list[list[asyncio.Future[JsonObject]]]]:
        waiting: dict[Page, list[asyncio.Future[JsonObject]]] = {}
        later: list[tuple[Page, asyncio.Future[JsonObject]]] = []
        for page, caller in self._queue:
            if page not in waiting and len(waiting) >= self._at_once:
                later.append((page, caller))
            elif not caller.done():
                waiting.setdefault(page, []).append(caller)
        self._queue[:] = later
        # More than a batch may have come at once, and been taken for one.
        self._launch()
        return list(waiting), list(waiting.values())


def _portions(pages: Sequence[Page]) -> Iterator[Sequence[Page]]:
    """The pages in portions that are not too much to be read at once, each of one page or more."""
    start, size = 0, 0
    for place, page in enumerate(pages):
        if size and size + page.limit > _ROWS_AT_ONCE:
            yield pages[start:place]
            start, size = place, 0
        size += page.limit
    yield pages[start:]
