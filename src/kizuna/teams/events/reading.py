"""How teams stand to event leaderboards, read from the database."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping

from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record, Transaction
from kizuna.teams.config.shapes import EventLeaderboard
from kizuna.teams.events import queries
from kizuna.teams.events.situation import Enrolment, Situation, Standings
from kizuna.teams.held import Held, View

_Key = tuple[str, str]


class Readings:
    """Reads for functions that change nothing. Requests that come together share their statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._enrolments: SharedReads[str, list[Record]] = SharedReads(self._read_enrolments)
        self._places: SharedReads[str, list[Record]] = SharedReads(self._read_places)
        self._standings: SharedReads[_Key, list[Record]] = SharedReads(self._read_standings)

    async def situations(
        self, view: View, events: Mapping[str, EventLeaderboard], *, with_scores: bool
    ) -> list[Situation]:
        """How the team stands to these events."""
        rows = {row["event_id"]: row for row in await self._enrolments(view.team_id)}
        enrolled = {id: Enrolment.of(rows[id]) for id in events if id in rows}

        async def situation(id: str, event: EventLeaderboard) -> Situation:
            enrolment = enrolled.get(id)
            standings = None
            if enrolment is not None and rows[id]["has_cohort"]:
                full = with_scores and not enrolment.iteration.has_expired(view.now)
                standings = await self._of_cohort(view.team_id, enrolment.cohort_id, event, full=full)
            return Situation(id, event, view.now, enrolment, standings)

        # All at once, so that they share their statements.
        return await asyncio.gather(*(situation(id, event) for id, event in events.items()))

    async def _of_cohort(
        self, team_id: str, cohort_id: str, event: EventLeaderboard, *, full: bool
    ) -> Standings:
        if full:
            return standings_from(await self._standings((cohort_id, team_id)), team_id, event)
        return Standings(team_id, await self._places(cohort_id), (), ascending=event.ascending)

    async def _read_enrolments(self, team_ids: list[str]) -> list[list[Record]]:
        rows = await self._database.read(queries.ENROLMENTS, team_ids)
        found = defaultdict(list)
        for row in rows:
            found[row["team_id"]].append(row)
        return [found[team_id] for team_id in team_ids]

    async def _read_places(self, cohort_ids: list[str]) -> list[list[Record]]:
        found = defaultdict(list)
        for row in await self._database.read(queries.PLACES, cohort_ids):
            found[row["cohort_id"]].append(row)
        return [found[cohort_id] for cohort_id in cohort_ids]

    async def _read_standings(self, keys: list[_Key]) -> list[list[Record]]:
        found: list[list[Record]] = [[] for _ in keys]
        cohort_ids, team_ids = zip(*keys, strict=True)
        for row in await self._database.read(queries.STANDINGS, list(cohort_ids), list(team_ids)):
            found[row["place"] - 1].append(row)
        return found


async def situation_of(held: Held, event_id: str, event: EventLeaderboard) -> Situation:
    """How a team that is held stands to an event, with its scores.

    The ranks of a cohort that has ended are final: nobody's score is taken after they were read.
    """
    row = await _enrolment_row(held, event_id)
    if row is None:
        return Situation(event_id, event, held.now, None, None)
    if row["has_cohort"] and Enrolment.of(row).iteration.has_ended(held.now):
        sealed = await held.tx.write(queries.SEAL, row["cohort_id"])
        if not sealed:
            # Cleared away since it was read; what it came to has been kept.
            row = await _enrolment_row(held, event_id)
            assert row is not None
    enrolment = Enrolment.of(row)
    if not row["has_cohort"]:
        return Situation(event_id, event, held.now, enrolment, None)
    standings = await standings_of(held.tx, held.team_id, enrolment.cohort_id, event)
    return Situation(event_id, event, held.now, enrolment, standings)


async def standings_of(tx: Transaction, team_id: str, cohort_id: str, event: EventLeaderboard) -> Standings:
    """The standings of a cohort, as a transaction sees them."""
    return standings_from(await tx.read(queries.STANDINGS, [cohort_id], [team_id]), team_id, event)


async def _enrolment_row(held: Held, event_id: str) -> Record | None:
    rows = await held.tx.read(queries.ENROLMENTS, [held.team_id])
    return next((row for row in rows if row["event_id"] == event_id), None)


def standings_from(rows: Iterable[Record], team_id: str, event: EventLeaderboard) -> Standings:
    """The standings of a cohort from its rows of `queries.STANDINGS`."""
    scores: list[Record] = []
    contributions: list[Record] = []
    for row in rows:
        (contributions if row["is_contribution"] else scores).append(row)
    return Standings(team_id, scores, contributions, ascending=event.ascending)
