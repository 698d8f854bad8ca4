"""A team's stats: those that are configured, and what has become of them."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any, ClassVar, Self

import orjson

from kizuna.db.statements import Query
from kizuna.teams.config.shapes import Stat, TeamsConfig
from kizuna.teams.held import Held
from kizuna.teams.row import Row
from kizuna.teams.stats import queries
from kizuna.teams.stats.tally import Operator, Tally, submit
from kizuna.wire.encode import int64_text, omit_empty

#: The member of a group's metadata that shows the team's public stats to everybody (T-430).
PUBLIC_STATS = "public_stats"

_Key = tuple[bool, str]


class Stats:
    """The stats of one team; `rows` are those of `queries.OF_TEAMS`.

    A stat is known by whether it is public, and its name. What is no longer configured is kept, and nobody
    sees it.
    """

    query: ClassVar[Query] = queries.OF_TEAMS

    def __init__(self, config: TeamsConfig, rows: Sequence[Row]) -> None:
        self._configured: Mapping[bool, Mapping[str, Stat]] = {
            True: config.stats_public,
            False: config.stats_private,
        }
        self._tallies: dict[_Key, Tally] = {}
        self._update_secs: dict[_Key, int] = {}
        self._changed: set[_Key] = set()
        for row in rows:
            key = (row["public"], row["name"])
            self._tallies[key] = _tally(row)
            self._update_secs[key] = row["update_sec"]

    @classmethod
    async def load(cls, held: Held) -> Self:
        return cls(held.config, await held.rows(cls))

    def is_configured(self, public: bool, name: str) -> bool:
        return name in self._configured[public]

    def value(self, public: bool, name: str) -> int:
        """The value of a configured stat; the configured one before the first submission."""
        tally = self._tallies.get((public, name))
        return tally.value if tally else self._configured[public][name].value

    def values(self, public: bool) -> dict[str, int]:
        """The values of all configured stats of a kind."""
        return {name: self.value(public, name) for name in self._configured[public]}

    def reaches(self, name: str, minimum: int) -> bool:
        """Whether a stat, the public one where there are two of the name, is at least `minimum`."""
        return self.value(self.is_configured(True, name), name) >= minimum

    def submit(self, held: Held, public: bool, name: str, operator: Operator, submitted: int) -> int:
        """Submit to a configured stat; the value after it. `submitted` is within 64 bits."""
        key = (public, name)
        configured = self._configured[public][name].value
        tally = submit(self._tallies.get(key), configured, operator, submitted)
        self._tallies[key] = tally
        self._update_secs[key] = held.now
        self._changed.add(key)
        return tally.value

    def message(self) -> dict[str, Any]:
        """The `StatList` message, with every configured stat."""
        return omit_empty({"public": self._messages(True), "private": self._messages(False)})

    async def save(self, held: Held) -> None:
        if self._changed:
            rows = [(*key, *astuple(self._tallies[key])) for key in sorted(self._changed)]
            columns = [list(column) for column in zip(*rows, strict=True)]
            held.write_last(queries.STORE, held.team_id, *columns, held.now)
            shown = orjson.dumps(self.values(public=True)).decode()
            held.write_last(queries.PUBLISH, held.team_id, PUBLIC_STATS, shown)
            self._changed.clear()

    def _messages(self, public: bool) -> dict[str, Any]:
        return {name: self._message(public, name) for name in self._configured[public]}

    def _message(self, public: bool, name: str) -> dict[str, Any]:
        message = {
            "name": name,
            "public": public,
            "value": int64_text(self.value(public, name)),
            "additional_properties": dict(self._configured[public][name].additional_properties),
        }
        tally = self._tallies.get((public, name))
        if tally is not None:
            message |= {
                "update_time_sec": int64_text(self._update_secs[public, name]),
                "count": int64_text(tally.count),
                "total": int64_text(tally.total),
                "min": int64_text(tally.min),
                "max": int64_text(tally.max),
                "first": int64_text(tally.first),
                "last": int64_text(tally.last),
            }
        return omit_empty(message)


def _tally(row: Row) -> Tally:
    return Tally(row["value"], row["count"], row["total"], row["min"], row["max"], row["first"], row["last"])
