"""Matches: which run in this process, and which of them a list shows."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kizuna.errors import invalid
from kizuna.matches.searching import Running, label_fields, milliseconds, read_query, search
from kizuna.search.documents import Document
from kizuna.wire.encode import omit_empty
from kizuna.wire.uuids import parse_uuid


@dataclass(frozen=True, slots=True)
class MatchEntry:
    """A running match. `match_id` is `<uuid>.<node>`, of a relayed match `<uuid>.`; `size` counts presences.

    Label, tick rate, handler and node are those of authoritative matches.
    """

    match_id: str
    authoritative: bool
    size: int
    create_time: datetime
    label: str = ""
    tick_rate: int = 0
    handler_name: str = ""
    node: str = ""

    def message(self) -> dict[str, Any]:
        """The Match message."""
        message = omit_empty(
            {
                "match_id": self.match_id,
                "authoritative": self.authoritative,
                "size": self.size,
                "tick_rate": self.tick_rate,
                "handler_name": self.handler_name,
            }
        )
        if self.authoritative:
            message["label"] = self.label  # a wrapper: told even when it is empty
        return message


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """Which matches are asked for; None is "whatever". `label` is the whole text, `query` wins over it."""

    limit: int = 10
    authoritative: bool | None = None
    label: str | None = None
    min_size: int | None = None
    max_size: int | None = None
    query: str | None = None

    def check(self) -> None:
        """400 for what contradicts itself."""
        if not 1 <= self.limit <= 100:
            raise invalid("Invalid limit - limit must be between 1 and 100.")
        if self.authoritative is False and self.label is not None:
            raise invalid("Label filtering is not supported for non-authoritative matches.")
        if self.authoritative is False and self.query is not None:
            raise invalid("Query filtering is not supported for non-authoritative matches.")
        self._check_sizes()

    def _check_sizes(self) -> None:
        if self.min_size is not None and self.min_size < 0:
            raise invalid("Minimum size must be 0 or above.")
        if self.max_size is not None and self.max_size < 0:
            raise invalid("Maximum size must be 0 or above.")
        if self.min_size is not None and self.max_size is not None and self.min_size > self.max_size:
            raise invalid(
                "Maximum size must be greater than or equal to minimum size when both are specified."
            )

    @property
    def shows_authoritative(self) -> bool:
        return self.authoritative is not False

    @property
    def shows_relayed(self) -> bool:
        """Relayed matches have nothing that a label or a query could look at."""
        return not self.authoritative and self.label is None and self.query is None

    def fits(self, match: MatchEntry) -> bool:
        """Whether the match's size is one of those asked for."""
        return (self.min_size is None or match.size >= self.min_size) and (
            self.max_size is None or match.size <= self.max_size
        )


class Matches:
    """The matches of this process: their owners keep it up to date, lists and `get` read it."""

    def __init__(self) -> None:
        self._running: dict[str, Running[MatchEntry]] = {}

    def put(self, entry: MatchEntry) -> None:
        """A match has begun, or is another one now."""
        self._running[entry.match_id] = Running(entry, _document(entry))

    def update(self, match_id: str, *, size: int | None = None, label: str | None = None) -> None:
        """A match has another size or label; nothing happens to one that is not running."""
        running = self._running.get(match_id)
        if running is None:
            return
        entry, document = running
        if label is not None:
            entry = replace(entry, label=label)
            document = _document(entry)
        if size is not None:
            entry = replace(entry, size=size)
        self._running[match_id] = Running(entry, document)

    def remove(self, match_id: str) -> None:
        """A match is over."""
        self._running.pop(match_id, None)

    def get(self, match_id: str) -> dict[str, Any] | None:
        """The Match message of a running match; one that is only relayed runs while somebody is in it.

        400 for what is no match id.
        """
        id, dot, node = match_id.partition(".")
        canonical = parse_uuid(id)
        if not dot or canonical is None:
            raise invalid("match id invalid")
        running = self._running.get(f"{canonical}.{node}")
        if running is None or not (running.entry.authoritative or running.entry.size):
            return None
        return running.entry.message()

    async def list(self, wanted: MatchFilter) -> dict[str, Any]:
        """The matches that are asked for as a MatchList message: authoritative ones first, the newest first.

        With a query, those that fit it best come first. 400 for what contradicts itself.
        """
        wanted.check()
        found = [*await self._authoritative(wanted)] if wanted.shows_authoritative else []
        if wanted.shows_relayed:
            relayed = (each.entry for each in self._running.values() if not each.entry.authoritative)
            found += (entry for entry in relayed if wanted.fits(entry))
        return {"matches": [entry.message() for entry in found[: wanted.limit]]} if found else {}

    async def _authoritative(self, wanted: MatchFilter) -> Sequence[MatchEntry]:
        """The best of them, no more than may be shown."""
        running = [each for each in self._running.values() if each.entry.authoritative]
        running = [each for each in running if wanted.fits(each.entry)]
        if wanted.query is None:
            entries = (each.entry for each in running if wanted.label in (None, each.entry.label))
            return heapq.nlargest(wanted.limit, entries, key=lambda entry: entry.create_time)
        found = await search(read_query(wanted.query), running)
        best = heapq.nlargest(wanted.limit, found, key=lambda each: (each.score, each.entry.create_time))
        return [each.entry for each in best]


def _document(entry: MatchEntry) -> Document:
    """What queries see of a match; a relayed one is never asked for by a query."""
    if not entry.authoritative:
        return {}
    return {
        **label_fields(entry.label),
        "label_string": [entry.label],
        "node": [entry.node],
        "tick_rate": [float(entry.tick_rate)],
        "handler_name": [entry.handler_name],
        "create_time": [milliseconds(entry.create_time)],
    }
