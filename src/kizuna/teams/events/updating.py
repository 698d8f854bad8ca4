"""Submitting a score (T-315 to T-324).

Whoever submits holds the cohort from the reading of the team's score to the end of the transaction: teams of
one cohort come one after the other for two statements. That makes the completion of a race exact, the
ranks that a claim reads final, and the standings of the answer those of one moment. Teams of different
cohorts do not meet, and members of one team wait for each other before that, at the team's own row.
"""

from dataclasses import dataclass, replace

from kizuna.db.engine import Record
from kizuna.teams.config.shapes import EventLeaderboard
from kizuna.teams.events import queries
from kizuna.teams.events.reading import standings_from
from kizuna.teams.events.scoring import reaches, scored
from kizuna.teams.events.situation import Enrolment, Situation, Standings
from kizuna.teams.functions import Request
from kizuna.teams.held import Actor, Held


@dataclass(frozen=True, slots=True)
class Submission:
    """What a member submits; with `only_if_changed` the metadata is kept where the scores stay."""

    score: int
    subscore: int
    metadata: str
    only_if_changed: bool

    @classmethod
    def of(cls, request: Request, metadata: str) -> "Submission":
        conditional = request.get("conditional_metadata_update", False)
        return cls(request.get("score", 0), request.get("subscore", 0), metadata, conditional)

    def after(
        self, event: EventLeaderboard, before: tuple[int, int] | None, metadata: str | None
    ) -> tuple[int, int, str]:
        """Score, subscore and metadata after it; `before` is None where it is the first one."""
        score, subscore = before or (None, None)
        result = (
            scored(event.operator, event.ascending, score, self.score),
            scored(event.operator, event.ascending, subscore, self.subscore),
        )
        keeps = self.only_if_changed and metadata is not None and result == (before or (0, 0))
        return (*result, metadata if keeps and metadata is not None else self.metadata)


async def submit(
    held: Held, actor: Actor, event_id: str, event: EventLeaderboard, submission: Submission
) -> Situation:
    """Take a member's score, if it can be taken; how the team stands then."""
    rows = await held.tx.read(queries.HOLD, held.team_id, event_id, actor.user_id)
    row = rows[0] if rows else None
    situation = _before(held, event_id, event, row)
    if refusal := situation.update_refusal():
        raise refusal()
    assert row is not None
    assert situation.enrolment is not None
    team = (row["score"], row["subscore"]) if row["num_scores"] else None
    own = None if row["own_score"] is None else (row["own_score"], row["own_subscore"])
    rows = await held.tx.write(
        queries.SUBMIT,
        situation.enrolment.cohort_id,
        held.team_id,
        actor.user_id,
        *submission.after(event, team, row["metadata"]),
        *submission.after(event, own, row["own_metadata"]),
        held.now,
        held.at.microsecond,
    )
    return await settled(held, situation, standings_from(rows, held.team_id, event))


async def settled(held: Held, situation: Situation, standings: Standings) -> Situation:
    """The situation after scores of its cohort, which is held, have come to these standings; a race may be
    over (T-334)."""
    enrolment = situation.enrolment
    assert enrolment is not None
    if enrolment.complete_sec is None and situation.is_active and _is_over(situation, standings):
        await held.tx.write(queries.COMPLETE, enrolment.cohort_id, held.now)
        enrolment = replace(enrolment, complete_sec=held.now)
    return Situation(situation.event_id, situation.event, held.now, enrolment, standings)


def _before(held: Held, event_id: str, event: EventLeaderboard, row: Record | None) -> Situation:
    """The situation as far as a submission depends on it: of the scores, only the team's own."""
    if row is None:
        return Situation(event_id, event, held.now, None, None)
    standings = Standings(held.team_id, [row], (), ascending=event.ascending)
    return Situation(event_id, event, held.now, Enrolment.of(row), standings)


def _is_over(situation: Situation, standings: Standings) -> bool:
    rules = situation.rules
    if not rules.score_target:
        return False
    ascending = situation.event.ascending
    arrived = sum(
        reaches(row["score"], row["num_scores"], rules.score_target, ascending) for row in standings.scores
    )
    return arrived >= max(rules.score_target_players, 1)
