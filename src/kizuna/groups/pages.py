"""Pages of lists; whoever asks at once shares statements, and the answer to the same question."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query

Message = dict[str, Any]

#: Makes a page's message of its rows; there is one row more than the limit where there is a next page.
MessageOf = Callable[[list[Record], int], Message]

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
    and its parameters; they tell the place in each row.
    """

    def __init__(self, database: Database, message_of: MessageOf) -> None:
        self._database = database
        self._message_of = message_of
        self.read: SharedReads[Page, Message] = SharedReads(self._read_all)

    async def _read_all(self, pages: list[Page]) -> list[Message]:
        found: dict[Page, Message] = {}
        for query in {page.query: None for page in pages}:
            for some in _portions([page for page in pages if page.query is query]):
                found.update(zip(some, await self._read_some(query, some), strict=True))
        return [found[page] for page in pages]

    async def _read_some(self, query: Query, pages: Sequence[Page]) -> list[Message]:
        rows: list[list[Record]] = [[] for _ in pages]
        for row in await self._database.read(
            query,
            list(range(len(pages))),
            [page.limit + 1 for page in pages],
            *map(list, zip(*(page.parameters for page in pages), strict=True)),
        ):
            rows[row["place"]].append(row)
        return [self._message_of(found, page.limit) for found, page in zip(rows, pages, strict=True)]


def _portions(pages: Sequence[Page]) -> Iterator[Sequence[Page]]:
    """The pages in portions that are not too much to be read at once, each of one page or more."""
    start, size = 0, 0
    for place, page in enumerate(pages):
        if size and size + page.limit > _ROWS_AT_ONCE:
            yield pages[start:place]
            start, size = place, 0
        size += page.limit
    yield pages[start:]
