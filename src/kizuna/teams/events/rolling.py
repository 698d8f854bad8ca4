"""Rolling: a team's way into a cohort (T-301 to T-310, T-336)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from kizuna.db.engine import Record
from kizuna.teams.events import queries
from kizuna.teams.events.iterations import Iteration
from kizuna.teams.events.rules import rules_of
from kizuna.teams.events.situation import Enrolment, Situation
from kizuna.teams.held import Held
from kizuna.teams.hooks import CohortChoice, TeamHooks

#: The most cohorts that a hook chooses among. Without departures there is one with room at a time.
_MOST_OFFERED = 100


class CohortHookError(ValueError):
    """The hook `cohort` chose something into which no team can be put."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Where a team is rolled: an event's iteration and tier."""

    event_id: str
    iteration: Iteration
    tier: int
    cohort_size: int

    @property
    def key(self) -> str:
        return f"{self.iteration.start}:{self.tier}:{self.event_id}"


def opening_of(situation: Situation) -> Opening:
    """Where a team that may be rolled would be rolled now."""
    assert situation.target is not None
    tier = situation.next_tier
    size = rules_of(situation.event, tier).cohort_size
    return Opening(situation.event_id, situation.target, tier, size)


async def take_place(held: Held, hooks: TeamHooks, opening: Opening) -> Record:
    """Count a team into a cohort, which is locked then: its id, count, size and matchmaker_properties.

    Teams that are rolled into the same iteration and tier come here one after the other, so that each sees
    the cohort that the one before it began: a burst leaves one that is not full (T-306). The hook is asked
    meanwhile, and keeps them waiting.
    """
    await held.tx.read(queries.TAKE_TURN, opening.key)
    while True:
        cohorts = await _open_cohorts(held, opening)
        choice = await hooks.cohort(opening.event_id, held.team_id, opening.tier, cohorts)
        cohort_id, properties = _chosen(choice, cohorts)
        if not cohort_id:
            return await _found(held, opening, properties)
        joined = await held.tx.write(queries.JOIN, cohort_id, properties)
        if joined:
            return joined[0]
        # A submission has completed the chosen cohort since it was read: choose again.


async def enrol(
    held: Held, situation: Situation, opening: Opening, cohort: Record, metadata: str, best_rank: int | None
) -> Enrolment:
    """Put a team into the cohort in which it has a place."""
    iteration = opening.iteration
    enrolment = Enrolment(
        cohort_id=cohort["id"],
        iteration=iteration,
        tier=opening.tier,
        rolls=situation.next_rolls,
        roll_sec=held.now,
        best_rank=best_rank if situation.is_reroll else None,
        size=cohort["size"],
        count=cohort["count"],
        matchmaker_properties=cohort["matchmaker_properties"],
    )
    await held.tx.write(
        queries.ENROL,
        held.team_id,
        opening.event_id,
        enrolment.cohort_id,
        iteration.start,
        iteration.end,
        iteration.expiry,
        enrolment.tier,
        enrolment.rolls,
        held.now,
        metadata,
        held.at.microsecond,
        enrolment.best_rank,
    )
    return enrolment


async def _open_cohorts(held: Held, opening: Opening) -> list[dict[str, Any]]:
    iteration = opening.iteration
    rows = await held.tx.read(
        queries.OPEN,
        opening.event_id,
        iteration.start,
        opening.tier,
        iteration.end,
        iteration.expiry,
        held.team_id,
        _MOST_OFFERED,
    )
    return [_offered(row) for row in rows]


def _offered(row: Record) -> dict[str, Any]:
    properties = row["matchmaker_properties"]
    return {**row, "matchmaker_properties": orjson.loads(properties) if properties else {}}


def _chosen(choice: CohortChoice | None, cohorts: Sequence[Mapping[str, Any]]) -> tuple[str, str | None]:
    """The cohort's id, "" for a new one, and its matchmaker properties as text, None to leave them."""
    if choice is None:
        return (cohorts[0]["id"] if cohorts else ""), None
    if choice.cohort_id and choice.cohort_id not in {cohort["id"] for cohort in cohorts}:
        raise CohortHookError(f"the hook `cohort` chose {choice.cohort_id!r}, no cohort with room here")
    return choice.cohort_id, _text(choice.matchmaker_properties)


def _text(properties: Mapping[str, Any] | None) -> str | None:
    if properties is None:
        return None
    try:
        return orjson.dumps(dict(properties)).decode()
    except TypeError as error:
        raise CohortHookError("the hook `cohort` gave matchmaker properties that are no JSON") from error


async def _found(held: Held, opening: Opening, properties: str | None) -> Record:
    iteration = opening.iteration
    rows = await held.tx.write(
        queries.FOUND,
        uuid4(),
        opening.event_id,
        iteration.start,
        iteration.end,
        iteration.expiry,
        opening.tier,
        opening.cohort_size,
        held.at,
        properties,
    )
    return rows[0]
