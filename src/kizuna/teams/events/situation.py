"""How a team stands to an event leaderboard at one moment, and what it may do then.

What a function refuses and what the flags of its message say come from here alone, so that a flag is true
exactly when the call would succeed (T-310, T-331, T-337).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from kizuna.db.engine import Record
from kizuna.errors import ApiError
from kizuna.teams import errors
from kizuna.teams.config.shapes import EventLeaderboard
from kizuna.teams.events import iterations
from kizuna.teams.events.iterations import Iteration
from kizuna.teams.events.ranking import (
    Outcome,
    keeps_roll_count,
    next_tier,
    ranked,
    ranked_contributions,
)
from kizuna.teams.events.rules import Rules, reward_range, rules_of
from kizuna.teams.row import Row

#: Makes the error that a call is refused with.
Refusal = Callable[[], ApiError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """The cohort that a team was last rolled into, and what came of it.

    `complete_sec` is when the cohort's ranks became final before its end, or that end once somebody asked for
    them. `final` is the outcome of a cohort that has been cleared away.
    """

    cohort_id: str
    iteration: Iteration
    tier: int
    rolls: int
    roll_sec: int
    claim_sec: int | None = None
    reward: str | None = None
    best_rank: int | None = None
    final: Outcome | None = None
    size: int
    count: int
    complete_sec: int | None = None
    matchmaker_properties: str | None = None

    @classmethod
    def of(cls, row: Record) -> Self:
        """From a row with the columns of `queries.ENROLMENTS`."""
        return cls(
            cohort_id=row["cohort_id"],
            iteration=Iteration(row["start_sec"], row["end_sec"], row["expiry_sec"]),
            tier=row["tier"],
            rolls=row["rolls"],
            roll_sec=row["roll_sec"],
            claim_sec=row["claim_sec"],
            reward=row["reward"],
            best_rank=row["best_rank"],
            final=None if row["outcome"] is None else Outcome.read(row["outcome"]),
            size=row["size"] or 0,
            count=row["count"] or 0,
            complete_sec=row["complete_sec"],
            matchmaker_properties=row["matchmaker_properties"],
        )


class Standings:
    """A cohort's scores in the order of their ranks, and one team's place among them.

    `contributions` are those of the team's members; none where they were not asked for.
    """

    def __init__(
        self, team_id: str, scores: Sequence[Row], contributions: Sequence[Row], *, ascending: bool
    ) -> None:
        self.scores = ranked(scores, ascending=ascending)
        self.contributions = ranked_contributions(contributions, ascending=ascending)
        self.rank = next((n for n, row in enumerate(self.scores, 1) if row["id"] == team_id), None)

    @property
    def own(self) -> Row | None:
        """The team's score."""
        return None if self.rank is None else self.scores[self.rank - 1]

    def outcome(self, size: int) -> Outcome | None:
        """What the cohort comes to for the team as things stand."""
        if self.rank is None:
            return None
        submitted = self.scores[self.rank - 1]["num_scores"] > 0
        return Outcome(self.rank, len(self.scores), size, submitted)


@dataclass(frozen=True)
class Situation:
    """An event, a team, a moment. `standings` are those of the enrolment's cohort, if that still exists."""

    event_id: str
    event: EventLeaderboard
    now: int
    enrolment: Enrolment | None
    standings: Standings | None

    @property
    def current(self) -> Enrolment | None:
        """The cohort that the team is in: its iteration has not expired."""
        if self.enrolment is None or self.enrolment.iteration.has_expired(self.now):
            return None
        return self.enrolment

    @cached_property
    def iteration(self) -> Iteration | None:
        """The iteration that clients are shown."""
        return self.current.iteration if self.current else iterations.shown(self.event, self.now)

    @property
    def is_active(self) -> bool:
        return self.iteration is not None and self.iteration.is_running(self.now)

    @cached_property
    def target(self) -> Iteration | None:
        """The iteration that the team would be rolled into."""
        return iterations.open_for_rolls(self.event, self.now)

    @property
    def is_reroll(self) -> bool:
        """Whether the next roll stays in the iteration of the last one."""
        return (
            self.enrolment is not None
            and self.target is not None
            and self.enrolment.iteration.start == self.target.start
        )

    @property
    def submissions(self) -> int:
        """How often the team has submitted."""
        own = self.standings.own if self.standings else None
        return own["num_scores"] if own else 0

    @property
    def outcome(self) -> Outcome | None:
        """What the team's last cohort comes to as things stand."""
        if self.enrolment is None or self.standings is None:
            return self.enrolment.final if self.enrolment else None
        return self.enrolment.final or self.standings.outcome(self.enrolment.size)

    @cached_property
    def next_tier(self) -> int:
        """The tier that the team would be rolled into."""
        last = self.enrolment
        if last is None:
            return 0
        if self.target is None:
            return last.tier
        return next_tier(self.event, last.tier, last.iteration, self.outcome, self.target)

    @cached_property
    def tier(self) -> int:
        """The tier that clients are shown: of the cohort, or of the one to come."""
        return self.current.tier if self.current else self.next_tier

    @cached_property
    def rules(self) -> Rules:
        return rules_of(self.event, self.tier)

    # --- what a roll does to the count of rolls ---

    @property
    def keeps_roll_count(self) -> bool:
        """Whether another roll in this iteration would not be counted."""
        if self.enrolment is None or self.outcome is None:
            return False
        return keeps_roll_count(self.event, self.enrolment.tier, self.outcome)

    @property
    def next_rolls(self) -> int:
        """The count of rolls after the next one."""
        if self.enrolment is None or not self.is_reroll:
            return 1
        return self.enrolment.rolls + (0 if self.keeps_roll_count else 1)

    @property
    def roll_cooldown_sec(self) -> int:
        """How long a team waits after its cohort is completed: as its rank says, else as the event does."""
        reached = None
        if self.enrolment is not None and self.outcome is not None:
            reached = reward_range(self.event, self.enrolment.tier, self.outcome.rank)
        return (reached.roll_cooldown_sec if reached else 0) or self.event.roll_cooldown_sec

    @property
    def roll_cooldown_ends_sec(self) -> int | None:
        """When the team may roll again in this iteration; None where nothing keeps it."""
        last = self.enrolment
        if last is None or last.complete_sec is None or not self.is_reroll or not self.roll_cooldown_sec:
            return None
        return last.complete_sec + self.roll_cooldown_sec

    @property
    def score_time_limit_ends_sec(self) -> int | None:
        """When the team's time to submit is over, whatever the iteration's end; None for no limit."""
        if self.current is None or not self.rules.score_time_limit_sec:
            return None
        begun = max(self.current.roll_sec, self.current.iteration.start)
        return begun + self.rules.score_time_limit_sec

    # --- what the team may do ---

    def is_final(self, enrolment: Enrolment) -> bool:
        """Whether nothing changes the cohort's ranks any more."""
        if not enrolment.iteration.has_begun(self.now):
            return False
        return enrolment.complete_sec is not None or enrolment.iteration.has_ended(self.now)

    def update_refusal(self) -> Refusal | None:
        """Why a score would not be taken (T-318)."""
        if not self.is_active:
            return errors.event_not_active
        if self.current is None:
            return errors.cohort_not_assigned
        exhausted = 0 < self.rules.max_num_score <= self.submissions
        time_limit = self.score_time_limit_ends_sec
        too_late = time_limit is not None and time_limit <= self.now
        if exhausted or too_late or self.current.complete_sec is not None:
            return errors.event_not_updatable
        return None

    def trial_refusal(self) -> Refusal | None:
        """Why teams and scores would not be made up: what a cohort has come to is nobody's to change, and
        rewards are paid by it. Before its beginning a cohort can be filled.
        """
        if self.current is None:
            return errors.cohort_not_assigned
        if not self.is_final(self.current):
            return None
        over = self.current.iteration.has_ended(self.now)
        return errors.event_not_active if over else errors.event_not_updatable

    def claim_refusal(self) -> Refusal | None:
        """Why a reward that is not yet claimed would not be granted (T-326)."""
        last = self.enrolment
        if last is None:
            return errors.cohort_not_assigned
        if self.current is None:
            return errors.cohort_not_assigned if last.claim_sec else errors.event_not_claimable
        if not self.is_final(last):
            return errors.event_not_complete
        return None if self.submissions else errors.event_not_claimable

    def roll_refusal(self, *, claiming: bool) -> Refusal | None:
        """Why the team would not be rolled, where its reward would be claimed first or not (T-303)."""
        if self.current is not None and not self.is_final(self.current):
            return errors.cohort_already_assigned
        if self.can_claim and not claiming:
            return errors.event_not_claimed
        if self.target is None:
            return errors.event_not_active
        return self._reroll_refusal() if self.is_reroll else None

    def _reroll_refusal(self) -> Refusal | None:
        assert self.enrolment is not None
        if not self.keeps_roll_count and 0 < self.event.max_rolls <= self.enrolment.rolls:
            return errors.roll_limit_reached
        cooldown = self.roll_cooldown_ends_sec
        return errors.roll_cooldown_active if cooldown is not None and cooldown > self.now else None

    @property
    def can_update(self) -> bool:
        return self.update_refusal() is None

    @property
    def can_claim(self) -> bool:
        unclaimed = self.enrolment is not None and self.enrolment.claim_sec is None
        return unclaimed and self.claim_refusal() is None

    @property
    def can_roll(self) -> bool:
        return self.roll_refusal(claiming=False) is None

    @property
    def can_roll_with_claim(self) -> bool:
        return self.roll_refusal(claiming=True) is None
