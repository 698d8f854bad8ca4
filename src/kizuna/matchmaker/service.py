"""Matchmaker: what it tells of itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.wire.encode import omit_empty, rfc3339

#: Of the completed searches, so many are told.
_MOST_COMPLETIONS = 10


@dataclass(frozen=True, slots=True)
class Completion:
    """A search that found its match; one for each player in it."""

    create_time: datetime
    complete_time: datetime


@dataclass(frozen=True, slots=True)
class Stats:
    """The matchmaker at the beginning of a pass. `completions` are the latest, the oldest first."""

    ticket_count: int = 0
    oldest_ticket_create_time: datetime | None = None
    completions: Sequence[Completion] = ()


class Matchmaker:
    """Keeps the snapshot that clients may read; each pass replaces it."""

    def __init__(self) -> None:
        self._stats = Stats()

    def publish(self, stats: Stats) -> None:
        """Tell this from now on."""
        self._stats = stats

    def stats(self) -> dict[str, Any]:
        """The present snapshot as a MatchmakerStats message."""
        stats = self._stats
        oldest = stats.oldest_ticket_create_time
        return omit_empty(
            {
                "ticket_count": stats.ticket_count,
                "oldest_ticket_create_time": rfc3339(oldest) if oldest else None,
                "completions": [_message(each) for each in stats.completions[-_MOST_COMPLETIONS:]],
            }
        )


def _message(completion: Completion) -> dict[str, Any]:
    return {
        "create_time": rfc3339(completion.create_time),
        "complete_time": rfc3339(completion.complete_time),
    }
