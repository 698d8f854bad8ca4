"""How far a team is with one achievement at one instant."""

from dataclasses import dataclass

from kizuna.teams.achievements.goals import Goal
from kizuna.teams.achievements.periods import Period, expiry, is_open, period_at


@dataclass(slots=True)
class State:
    """What is stored of an achievement.

    `completions` counts what was claimed in the period. A `restarted` one has begun anew after its claim:
    the claims and rewards are those of the completion before, which only a repeated claim answers with.
    Rewards are `Reward` messages in JSON.
    """

    count: int
    completions: int = 0
    period_sec: int = 0
    first_progress_sec: int | None = None
    update_sec: int | None = None
    claim_sec: int | None = None
    reward: str | None = None
    total_claim_sec: int | None = None
    total_reward: str | None = None
    restarted: bool = False

    @property
    def is_claimed(self) -> bool:
        """Whether the present progress has been rewarded."""
        return self.claim_sec is not None and not self.restarted

    def begin(self, now: int) -> None:
        """Take progress: a claim from before a restart is over."""
        if self.first_progress_sec is None:
            self.first_progress_sec = now
        self.update_sec = now
        self.forget_claims()

    def forget_claims(self) -> None:
        """Be fresh after a restart."""
        if self.restarted:
            self.restarted = False
            self.claim_sec = self.total_claim_sec = None
            self.reward = self.total_reward = None

    def claim(self, now: int) -> None:
        self.claim_sec = self.update_sec = now
        self.completions += 1

    def restart(self, count: int) -> None:
        """Begin anew; the claims are kept for who repeats them."""
        self.count = count
        self.first_progress_sec = None
        self.restarted = True


class Standing:
    """An achievement, a team's state in it, and the period it is in; fresh where the state is from before."""

    __slots__ = ("goal", "parent", "period", "state")

    def __init__(self, goal: Goal, stored: State | None, parent: "Standing | None", now: int) -> None:
        config = goal.config
        self.goal = goal
        self.parent = parent
        self.period: Period = (
            parent.period
            if parent is not None and config.reset is None
            else period_at(now, config.reset, config.time_offset_sec)
        )
        if stored is None or not self.period.holds(stored.period_sec):
            stored = State(config.count)
        self.state = stored

    @property
    def expiry(self) -> int | None:
        """Until when progress is taken; None for no such end."""
        start = self.goal.achievement.start_time_sec if self.parent is None else 0
        return expiry(self.goal.config.duration_sec, self.period, start, self.state.first_progress_sec)

    @property
    def is_full(self) -> bool:
        """Whether there is nothing left to progress to."""
        return self.state.count >= self.goal.config.max_count

    def is_open(self, now: int) -> bool:
        """Whether the time is one in which progress is taken; for a part, in the whole too (T-215, T-217)."""
        if self.parent is not None:
            return is_open(now, 0, 0, self.expiry) and self.parent.is_open(now)
        whole = self.goal.achievement
        return is_open(now, whole.start_time_sec, whole.end_time_sec, self.expiry)


def stored_period(period: Period) -> int:
    """How a period is written down; an endless one has always been."""
    return period.start or 0
