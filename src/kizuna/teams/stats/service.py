"""TEAMS_STATS_GET and TEAMS_STATS_UPDATE."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from kizuna.db.engine import Database
from kizuna.teams import catalogue
from kizuna.teams.errors import bad_input, stat_name_invalid, stat_operator_invalid, stats_not_found
from kizuna.teams.functions import Reading, Reply, Request, Served, Writing
from kizuna.teams.held import Held, View
from kizuna.teams.reading import RowsOfTeams
from kizuna.teams.stats.sheet import Stats
from kizuna.teams.stats.tally import Operator

#: What becomes of an operator that is not given.
_UNSPECIFIED = 0

_NAME = re.compile("[A-Za-z0-9_]+")


class _Update(NamedTuple):
    public: bool
    name: str
    operator: Operator
    value: int


class TeamStats:
    """Look at a team's stats, and submit to them."""

    def __init__(self, database: Database) -> None:
        self._rows = RowsOfTeams(database, Stats.query)

    def functions(self) -> list[Served]:
        return [
            Reading(catalogue.STATS_GET, self.get),
            Writing(catalogue.STATS_UPDATE, self.update, reads=(Stats,)),
        ]

    async def get(self, view: View, request: Request) -> Reply:
        """The `StatList` message."""
        return Stats(view.config, await self._rows.of(view.team_id)).message()

    async def update(self, held: Held, request: Request) -> Reply:
        """Submit values, all or none; the `StatList` message. 400 as in T-422 and T-423."""
        stats = await held.part(Stats)
        updates = _checked(stats, request)
        for public, name, operator, value in updates:
            after = stats.submit(held, public, name, operator, value)
            _publish(held, name, operator, after)
        return stats.message()


def _checked(stats: Stats, request: Request) -> Sequence[_Update]:
    """The updates in their order. 400 for the first that is none."""
    entries = [(True, entry) for entry in request.get("public", ())]
    entries += [(False, entry) for entry in request.get("private", ())]
    if not entries:
        raise bad_input()
    return [_update(stats, public, entry) for public, entry in entries]


def _update(stats: Stats, public: bool, entry: Request) -> _Update:
    name = entry.get("name", "")
    if not _NAME.fullmatch(name):
        raise stat_name_invalid()
    if not stats.is_configured(public, name):
        raise stats_not_found()
    try:
        operator = Operator(entry.get("operator", _UNSPECIFIED) or Operator.SET)
    except ValueError as error:
        raise stat_operator_invalid() from error
    return _Update(public, name, operator, entry.get("value", 0))


def _publish(held: Held, name: str, operator: Operator, value: int) -> None:
    held.publish("statUpdated", value, name=name, operator=f"STAT_UPDATE_OPERATOR_{operator.name}")
