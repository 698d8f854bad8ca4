"""Trying a game out: a cohort's other teams, and their scores, without anybody who plays (T-339, T-340)."""

from dataclasses import dataclass, replace
from random import Random
from uuid import uuid4

from kizuna.teams.config.shapes import EventLeaderboard, Operator
from kizuna.teams.errors import bad_input, cohort_not_assigned
from kizuna.teams.events import queries
from kizuna.teams.events.reading import situation_of, standings_of
from kizuna.teams.events.scoring import scored
from kizuna.teams.events.situation import Situation
from kizuna.teams.events.updating import settled
from kizuna.teams.functions import Request
from kizuna.teams.held import Held

#: The operators by their numbers; 0 is the event's own.
_OPERATORS: dict[int, Operator | None] = {0: None, 1: "BEST", 2: "SET", 3: "INCREMENT", 4: "DECREMENT"}


@dataclass(frozen=True, slots=True)
class Chances:
    """Between which numbers scores lie, both included, and how they are applied; None as the event does."""

    scores: tuple[int, int]
    subscores: tuple[int, int]
    operator: Operator | None

    @classmethod
    def of(cls, request: Request) -> "Chances":
        """As a request has them. 400 for ranges without a number, and for an unknown operator."""
        scores = (request.get("min", 0), request.get("max", 0))
        subscores = (request.get("subscore_min", 0), request.get("subscore_max", 0))
        number = request.get("operator", 0)
        if number not in _OPERATORS or scores[0] > scores[1] or subscores[0] > subscores[1]:
            raise bad_input()
        return cls(scores, subscores, _OPERATORS[number])


async def hold(held: Held, event_id: str, event: EventLeaderboard) -> Situation:
    """How a team stands to an event whose cohort is locked then. 400 without one, or if it is over."""
    situation = await situation_of(held, event_id, event)
    if situation.current is None:
        raise cohort_not_assigned()
    cohorts = await held.tx.read(queries.LOCK_COHORT, situation.current.cohort_id)
    if not cohorts:
        # It has expired, and was cleared away while it was waited for.
        raise cohort_not_assigned()
    # It may have changed meanwhile.
    enrolment = replace(situation.current, **cohorts[0])
    situation = replace(situation, enrolment=enrolment)
    if refusal := situation.trial_refusal():
        raise refusal()
    standings = await standings_of(held.tx, held.team_id, enrolment.cohort_id, event)
    return replace(situation, standings=standings)


async def fill(held: Held, situation: Situation, target_count: int) -> Situation:
    """Add teams until the cohort has so many; 0, or more than it has room for, fills it."""
    cohort = situation.current
    assert cohort is not None
    target = min(target_count or cohort.size, cohort.size)
    ids = [uuid4() for _ in range(target - cohort.count)]
    if ids:
        names = [f"debug-{id.hex[:8]}" for id in ids]
        await held.tx.write(queries.FILL, cohort.cohort_id, ids, names, held.now, held.at.microsecond)
    filled = replace(cohort, count=cohort.count + len(ids))
    return await _after(held, replace(situation, enrolment=filled))


async def score(held: Held, situation: Situation, chances: Chances, random: Random) -> Situation:
    """Submit a random score for every team but the one that asks."""
    cohort, standings, event = situation.current, situation.standings, situation.event
    assert cohort is not None
    assert standings is not None
    operator = chances.operator or event.operator
    columns: tuple[list[str], list[int], list[int]] = ([], [], [])
    for row in standings.scores:
        if row["id"] == held.team_id:
            continue
        before = (row["score"], row["subscore"]) if row["num_scores"] else (None, None)
        columns[0].append(row["id"])
        columns[1].append(scored(operator, event.ascending, before[0], random.randint(*chances.scores)))
        columns[2].append(scored(operator, event.ascending, before[1], random.randint(*chances.subscores)))
    await held.tx.write(queries.SET_SCORES, cohort.cohort_id, *columns, held.now, held.at.microsecond)
    return await _after(held, situation)


async def _after(held: Held, situation: Situation) -> Situation:
    """The situation once scores of its cohort have changed."""
    assert situation.enrolment is not None
    cohort_id = situation.enrolment.cohort_id
    standings = await standings_of(held.tx, held.team_id, cohort_id, situation.event)
    return await settled(held, situation, standings)
