"""Parties: which there are in this process, and which of them a list shows."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kizuna.errors import invalid
from kizuna.matches.searching import LIST_FAILED, Running, label_fields, milliseconds, read_query, search
from kizuna.search.documents import Document, truth
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.encode import omit_empty


@dataclass(frozen=True, slots=True)
class PartyEntry:
    """A party. `party_id` is `<uuid>.<node>`, `label` the text of a JSON object."""

    party_id: str
    open: bool
    hidden: bool
    max_size: int
    create_time: datetime
    label: str = "{}"
    node: str = ""

    def message(self) -> dict[str, Any]:
        """The Party message of lists."""
        return omit_empty(
            {
                "party_id": self.party_id,
                "open": self.open,
                "hidden": self.hidden,
                "max_size": self.max_size,
                "label": self.label,
            }
        )


@dataclass(frozen=True, slots=True)
class PartyFilter:
    """Which parties are asked for. `open` None is "whatever"; clients never see hidden ones."""

    limit: int = 10
    open: bool | None = None
    query: str = ""
    cursor: str = ""
    show_hidden: bool = False

    def shows(self, party: PartyEntry) -> bool:
        return (self.show_hidden or not party.hidden) and self.open in (None, party.open)

    @property
    def offset(self) -> int:
        """How many parties the pages before have shown. 400 for a cursor of another list.

        The reference ends in a crash where the cursor's `open` is not the request's, and answers 500 to the
        others; here all are one mistake of the client's.
        """
        if not self.cursor:
            return 0
        values = decode_cursor("parties", self.cursor, str, int)
        if values is None or values[0] != self._digest or values[1] < 0:
            raise invalid(LIST_FAILED)
        offset: int = values[1]
        return offset

    def cursor_at(self, offset: int) -> str:
        """The cursor of the page that begins there."""
        return encode_cursor("parties", (self._digest, offset))

    @property
    def _digest(self) -> str:
        """Tells lists apart, all but their pages."""
        asked = repr((self.query, self.open, self.limit, self.show_hidden))
        return hashlib.blake2b(asked.encode(), digest_size=12).hexdigest()


class Parties:
    """The parties of this process: their owners keep it up to date, lists read it."""

    def __init__(self) -> None:
        self._running: dict[str, Running[PartyEntry]] = {}

    def put(self, entry: PartyEntry) -> None:
        """A party has been made, or is another one now."""
        self._running[entry.party_id] = Running(entry, _document(entry))

    def update(self, party_id: str, *, open: bool, hidden: bool, label: str) -> None:
        """A party has changed; nothing happens to one that is gone. An empty label is that of `{}`."""
        running = self._running.get(party_id)
        if running is not None:
            self.put(replace(running.entry, open=open, hidden=hidden, label=label or "{}"))

    def remove(self, party_id: str) -> None:
        """A party is over."""
        self._running.pop(party_id, None)

    async def list(self, wanted: PartyFilter) -> dict[str, Any]:
        """The parties that are asked for as a PartyList message: what fits the query best comes first.

        Among equals the oldest comes first, so that new parties do not move the others from page to page.
        400 for limits, queries and cursors that are none.
        """
        if not 1 <= wanted.limit <= 100:
            raise invalid("Invalid limit - limit must be between 1 and 100.")
        query, start = read_query(wanted.query), wanted.offset
        shown = [each for each in self._running.values() if wanted.shows(each.entry)]
        found = await search(query, shown)
        found.sort(key=lambda each: (-each.score, each.entry.create_time, each.entry.party_id))
        end = start + wanted.limit
        message: dict[str, Any] = {}
        if page := found[start:end]:
            message["parties"] = [each.entry.message() for each in page]
        if end < len(found):
            message["cursor"] = wanted.cursor_at(end)
        return message


def _document(entry: PartyEntry) -> Document:
    """What queries see of a party."""
    return {
        **label_fields(entry.label),
        "node": [entry.node],
        "open": [truth(entry.open)],
        "hidden": [truth(entry.hidden)],
        "max_size": [float(entry.max_size)],
        "create_time": [milliseconds(entry.create_time)],
    }
