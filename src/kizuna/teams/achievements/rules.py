"""What progress and claims do to a team's achievements (T-216 to T-241). Pure: rewards are only named."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kizuna.teams.achievements.goals import Goal, Goals
from kizuna.teams.achievements.states import Standing, State, stored_period
from kizuna.teams.errors import achievement_not_complete, achievement_not_found


@dataclass(frozen=True, slots=True)
class Claim:
    """A reward to be granted: that of an achievement, or the `total` one."""

    goal: Goal
    total: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of a call: the new counts of achievements that took progress, and the rewards to be granted.

    `shown` are achievements whose claims the answer tells even though they have restarted (T-232).
    """

    progressed: dict[str, int] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)


class Standings:
    """All achievements of a team at one instant. States that change are noted in `changed`."""

    def __init__(self, goals: Goals, stored: Mapping[str, State], now: int) -> None:
        self.now = now
        self.changed: set[str] = set()
        self._reached: set[str] = set()
        self._by_id: dict[str, Standing] = {}
        for top in goals.tops:
            whole = self._by_id[top.id] = Standing(top, stored.get(top.id), None, now)
            for sub in top.subs:
                self._by_id[sub.id] = Standing(sub, stored.get(sub.id), whole, now)
        self._tops = [self._by_id[goal.id] for goal in goals.tops]
        self._in_order = [self._by_id[goal.id] for goal in goals.in_order]
        self._judge_all()

    def __getitem__(self, id: str) -> Standing:
        return self._by_id[id]

    @property
    def tops(self) -> list[Standing]:
        """The achievements without their parts, in the configuration's order."""
        return self._tops

    def has_reached(self, id: str) -> bool:
        """Whether an achievement is one that others may build upon (T-218)."""
        return id in self._reached

    def is_active(self, standing: Standing) -> bool:
        """Whether the time is right, and for a part whether the whole may progress (T-215, T-217)."""
        parent = standing.parent
        return standing.is_open(self.now) and (parent is None or self._reached.issuperset(parent.goal.needs))

    def states(self) -> dict[str, State]:
        """What is to be stored."""
        changed = {id: self._by_id[id] for id in sorted(self.changed)}
        for standing in changed.values():
            standing.state.period_sec = stored_period(standing.period)
        return {id: standing.state for id, standing in changed.items()}

    # --- progress ---

    def update(self, amounts: Mapping[str, int]) -> Outcome:
        """Add to counts, and claim what is claimed by itself. 400 for an unknown id, and nothing changes.

        Whatever cannot take progress is left as it is.
        """
        self._check_known(amounts)
        outcome = Outcome()
        # Achievements that the configuration had not repeat when they were claimed.
        self._restart()
        self._reached.clear()
        for standing in self._in_order:
            amount = amounts.get(standing.goal.id)
            by_itself = standing.goal.config.auto_claim
            if (amount is not None or by_itself) and self._takes_progress(standing):
                self._progress(standing, amount or 0, outcome)
                if by_itself:
                    self._claim_unclaimed(standing, outcome)
            self._judge(standing)
        self._claim_totals_by_themselves(outcome)
        self._restart()
        self._judge_all()
        return outcome

    def _takes_progress(self, standing: Standing) -> bool:
        return standing.is_open(self.now) and self._reached.issuperset(standing.goal.needs)

    def _progress(self, standing: Standing, amount: int, outcome: Outcome) -> None:
        state = standing.state
        if state.is_claimed:
            return
        if not standing.is_full:
            count = min(max(state.count + amount, 0), standing.goal.config.max_count)
            accepted = count != state.count
        else:
            # Full from its beginning on: that there is progress at all begins the next completion.
            count, accepted = state.count, state.restarted and amount > 0
        if accepted:
            self._begin(standing)
            state.count = outcome.progressed[standing.goal.id] = count

    def _begin(self, standing: Standing) -> None:
        """Take up progress, and with it the next cycle of everything that restarted together."""
        standing.state.begin(self.now)
        self.changed.add(standing.goal.id)
        whole = standing.parent or standing
        for other in (whole, *(sub for sub in self._subs(whole) if not sub.goal.config.auto_reset)):
            if other.state.restarted:
                other.state.forget_claims()
                self.changed.add(other.goal.id)

    # --- claims ---

    def claim(self, ids: Iterable[str], *, with_total: bool = False) -> Outcome:
        """Claim achievements, each once in a completion. 400 where one is unknown or not complete, and
        nothing changes.
        """
        named = [self._by_id[id] for id in self._check_known(dict.fromkeys(ids))]
        if not all(map(self._is_claimable, named)):
            raise achievement_not_complete()
        outcome = Outcome()
        for standing in named:
            outcome.shown.add(standing.goal.id)
            if standing.state.claim_sec is None:
                self._claim(standing, outcome)
        for standing in named if with_total else ():
            self._claim_total(standing, outcome)
        self._restart()
        self._judge_all()
        return outcome

    def _is_claimable(self, standing: Standing) -> bool:
        """Whether it can be claimed, or was (T-235, T-237)."""
        return standing.state.claim_sec is not None or (
            self._is_complete(standing) and self._reached.issuperset(standing.goal.config.precondition_ids)
        )

    def _claim(self, standing: Standing, outcome: Outcome) -> None:
        standing.state.claim(self.now)
        self.changed.add(standing.goal.id)
        outcome.shown.add(standing.goal.id)
        outcome.claims.append(Claim(standing.goal))

    def _claim_unclaimed(self, standing: Standing, outcome: Outcome) -> None:
        if standing.state.claim_sec is None and self._is_complete(standing):
            self._claim(standing, outcome)

    def _claim_total(self, standing: Standing, outcome: Outcome) -> None:
        """Claim the reward for a whole achievement, where there is one and all of it is complete."""
        is_whole = standing.parent is None and standing.goal.achievement.total_reward is not None
        if not is_whole or standing.state.total_claim_sec is not None:
            return
        if self._is_complete(standing) and all(self._is_reached(sub) for sub in self._subs(standing)):
            standing.state.total_claim_sec = standing.state.update_sec = self.now
            self.changed.add(standing.goal.id)
            outcome.shown.add(standing.goal.id)
            outcome.claims.append(Claim(standing.goal, total=True))

    def _claim_totals_by_themselves(self, outcome: Outcome) -> None:
        for standing in self._tops:
            if standing.goal.achievement.auto_claim_total and self._takes_progress(standing):
                self._claim_total(standing, outcome)

    # --- beginning anew ---

    def _restart(self) -> None:
        """Let everything begin anew that repeats and has been claimed (T-231)."""
        for standing in self._by_id.values():
            config = standing.goal.config
            alone = standing.parent is not None or not standing.goal.restarts_together
            if config.auto_reset and alone and standing.state.is_claimed:
                self._restart_one(standing)
        for standing in self._tops:
            if standing.goal.config.auto_reset and self._is_settled(standing):
                self._restart_whole(standing)

    def _restart_one(self, standing: Standing) -> None:
        standing.state.restart(standing.goal.config.count)
        self.changed.add(standing.goal.id)

    def _restart_whole(self, standing: Standing) -> None:
        self._restart_one(standing)
        for sub in self._subs(standing):
            self._restart_one(sub)
            # What its parts were completed for is over; the whole was completed (T-218).
            sub.state.completions = 0

    def _is_settled(self, standing: Standing) -> bool:
        """Whether everything that can be claimed of a whole achievement has been."""
        state = standing.state
        total_is_open = standing.goal.achievement.total_reward is not None and state.total_claim_sec is None
        return state.is_claimed and not total_is_open and all(map(self._sub_is_settled, self._subs(standing)))

    def _sub_is_settled(self, sub: Standing) -> bool:
        state = sub.state
        if state.is_claimed or not sub.goal.config.auto_reset:
            return state.is_claimed
        waits = state.claim_sec is None and self._is_complete(sub)
        return state.completions > 0 and not waits

    # --- judging ---

    def _judge_all(self) -> None:
        self._reached.clear()
        for standing in self._in_order:
            self._judge(standing)

    def _judge(self, standing: Standing) -> None:
        if self._is_reached(standing):
            self._reached.add(standing.goal.id)

    def _is_reached(self, standing: Standing) -> bool:
        """Whether it counts as a precondition that is met."""
        repeated = standing.goal.config.auto_reset and standing.state.completions > 0
        return repeated or self._is_complete(standing)

    def _is_complete(self, standing: Standing) -> bool:
        """Whether it is complete in its present cycle (T-218); what nobody earned needs its preconditions."""
        if standing.state.is_claimed:
            return True
        if not standing.is_full or not standing.goal.is_given:
            return standing.is_full
        started = self.now >= standing.goal.achievement.start_time_sec
        return started and self._reached.issuperset(standing.goal.needs)

    def _subs(self, standing: Standing) -> list[Standing]:
        return [self._by_id[sub.id] for sub in standing.goal.subs]

    def _check_known(self, ids: Mapping[str, object]) -> Mapping[str, object]:
        if not ids.keys() <= self._by_id.keys():
            raise achievement_not_found()
        return ids
