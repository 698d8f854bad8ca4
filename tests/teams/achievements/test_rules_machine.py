"""Whatever is called in whatever order, under whatever configuration: what must always be true."""

import copy
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kizuna.errors import ApiError
from kizuna.scheduler.cron import Schedule
from kizuna.teams.achievements.goals import Goals
from kizuna.teams.achievements.messages import achievement_list
from kizuna.teams.achievements.rules import Outcome, Standings
from kizuna.teams.achievements.states import State
from kizuna.teams.config.shapes import Achievement, SubAchievement, TeamsConfig
from kizuna.teams.rewards.shapes import Reward

_TOPS = ["a", "b", "c"]
_SUBS = {"a": ["a1", "a2"], "b": ["b1"], "c": []}
_IDS = [id for top in _TOPS for id in (top, *_SUBS[top])]
_NOON = 1_800_014_400

_DAILY, _HOURLY = Schedule.parse("0 0 * * *"), Schedule.parse("0 * * * *")

_ids = st.sampled_from([*_IDS, "nobody"])
_amounts = st.one_of(st.integers(-3, 6), st.sampled_from([2**64, -(2**64)]))


@st.composite
def _common(draw: st.DrawFn, needs: list[str]) -> dict[str, Any]:
    max_count = draw(st.integers(0, 4))
    return {
        "name": "",
        "max_count": max_count,
        "count": min(max_count, draw(st.sampled_from([0, 0, 0, 1]))),
        "auto_claim": draw(st.booleans()),
        "auto_reset": draw(st.booleans()),
        "reset": draw(st.sampled_from([None, None, _DAILY, _HOURLY])),
        "duration_sec": draw(st.sampled_from([0, 0, 1800, 80_000])),
        "precondition_ids": tuple(draw(st.sets(st.sampled_from(needs), max_size=1)) if needs else ()),
    }


@st.composite
def _configs(draw: st.DrawFn) -> TeamsConfig:
    """Achievements that may need those before them, whole or in part."""
    achievements: dict[str, Achievement] = {}
    before: list[str] = []
    for top in _TOPS:
        common = draw(_common(before))
        own: list[str] = []
        subs: dict[str, SubAchievement] = {}
        for id in _SUBS[top]:
            subs[id] = SubAchievement(**draw(_common(before + own)))
            own.append(id)
        achievements[top] = Achievement(
            **common,
            sub_achievements=subs,
            auto_claim_total=draw(st.booleans()),
            total_reward=draw(st.sampled_from([None, Reward()])),
            start_time_sec=draw(st.sampled_from([0, 0, _NOON + 3600])),
            end_time_sec=draw(st.sampled_from([0, 0, _NOON + 7200])),
        )
        before += [top, *own]
    return TeamsConfig(achievements=achievements)


class Machine(RuleBasedStateMachine):
    """A team's rows, kept as the database keeps them."""

    @initialize(config=_configs())
    def begin(self, config: TeamsConfig) -> None:
        self.goals = Goals(config)
        self.now = _NOON
        self.rows: dict[str, State] = {}

    def standings(self) -> Standings:
        return Standings(self.goals, copy.deepcopy(self.rows), self.now)

    def message(self) -> dict[str, Any]:
        return achievement_list(self.standings())

    def store(self, standings: Standings) -> None:
        self.rows.update(copy.deepcopy(standings.states()))

    @rule(amounts=st.dictionaries(_ids, _amounts, min_size=1, max_size=4))
    def update(self, amounts: dict[str, int]) -> None:
        before, again = self.standings(), self.standings()
        standings = self.standings()
        if "nobody" in amounts:
            with pytest.raises(ApiError, match="achievement not found"):
                standings.update(amounts)
            assert standings.states() == {}
            return
        outcome = standings.update(amounts)
        repeated = again.update(dict(reversed(amounts.items())))
        assert (repeated.progressed, repeated.claims) == (outcome.progressed, outcome.claims)
        assert again.states() == standings.states()
        self.progressed(before, outcome, amounts)
        self.paid(before, outcome)
        self.store(standings)
        assert achievement_list(standings) == self.message()

    def progressed(self, before: Standings, outcome: Outcome, amounts: dict[str, int]) -> None:
        assert outcome.progressed.keys() <= amounts.keys()
        for id, count in outcome.progressed.items():
            standing, config = before[id], before[id].goal.config
            assert standing.is_open(self.now)
            start = standing.state.count
            if standing.state.is_claimed:
                # Claimed before the configuration let it repeat.
                assert config.auto_reset or standing.goal.achievement.auto_reset
                start = config.count
            assert count == min(max(start + amounts[id], 0), config.max_count)

    def paid(self, before: Standings, outcome: Outcome) -> None:
        """Nobody is paid twice: what is claimed was unclaimed, or has been completed anew."""
        assert len(outcome.claims) == len(set(outcome.claims))
        for claim in outcome.claims:
            state, goal = before[claim.goal.id].state, claim.goal
            if claim.total:
                assert state.total_claim_sec is None or state.restarted
                continue
            assert not state.is_claimed or goal.config.auto_reset or goal.achievement.auto_reset
            assert outcome.progressed.get(goal.id, state.count) >= goal.config.max_count
            if state.restarted:
                assert outcome.progressed, "paid again without any progress"

    @rule(ids=st.lists(_ids, min_size=1, max_size=3), with_total=st.booleans())
    def claim(self, ids: list[str], with_total: bool) -> None:
        before, standings = self.standings(), self.standings()
        try:
            outcome = standings.claim(ids, with_total=with_total)
        except ApiError as error:
            self.refused(standings, error, unknown="nobody" in ids)
            return
        self.paid(before, outcome)
        self.store(standings)
        answer = achievement_list(standings, outcome.shown)
        again = self.standings()
        second = again.claim(ids, with_total=with_total)
        assert second.claims == []
        assert achievement_list(again, second.shown) == answer
        assert again.states() == {}

    def refused(self, standings: Standings, error: ApiError, *, unknown: bool) -> None:
        assert standings.states() == {}
        assert error.message == ("achievement not found" if unknown else "achievement not complete")

    @rule(seconds=st.sampled_from([1, 600, 1800, 3600, 86_400]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(config=_configs())
    def configure(self, config: TeamsConfig) -> None:
        self.goals = Goals(config)

    @invariant()
    def counts_stay_within_bounds(self) -> None:
        if not hasattr(self, "goals"):
            return
        assert all(state.count >= 0 for state in self.rows.values())
        for messages in self.message().values():
            for achievement in messages.values():
                for part in (achievement, *achievement.get("sub_achievements", {}).values()):
                    assert 0 <= int(part.get("count", 0)) <= int(part.get("max_count", 0))


def test_any_calls_in_any_order() -> None:
    """T-216, T-225, T-226, T-229, T-231, T-235 to T-237: counts stay within bounds, a refusal changes
    nothing, the order of ids plays no part, a completion is paid once, a repeated claim answers the same."""
    run_state_machine_as_test(
        Machine, settings=settings(max_examples=30, stateful_step_count=20, deadline=None)
    )
