"""What progress and claims do, one rule after another."""

import copy
from typing import Any

import pytest

from kizuna.errors import ApiError
from kizuna.scheduler.cron import Schedule
from kizuna.teams.achievements.goals import Goals
from kizuna.teams.achievements.messages import achievement_list
from kizuna.teams.achievements.rules import Outcome, Standings
from kizuna.teams.achievements.states import State
from kizuna.teams.config.shapes import Achievement, SubAchievement, TeamsConfig
from kizuna.teams.rewards.shapes import Reward

#: The beginning of a day, which is a Monday.
MIDNIGHT = 1_800_230_400
HOUR, DAY = 3600, 86_400

DAILY, HOURLY = Schedule.parse("0 0 * * *"), Schedule.parse("0 * * * *")


def goal(max_count: int = 3, **config: Any) -> Achievement:
    return Achievement(name="", max_count=max_count, **config)


def sub(max_count: int = 2, **config: Any) -> SubAchievement:
    return SubAchievement(name="", max_count=max_count, **config)


class Team:
    """A team's achievements under a configuration that may change, and a clock that may move."""

    def __init__(self, now: int = MIDNIGHT, **achievements: Achievement) -> None:
        self.now = now
        self.rows: dict[str, State] = {}
        self.configure(**achievements)

    def configure(self, **achievements: Achievement) -> None:
        self.goals = Goals(TeamsConfig(achievements=achievements))

    def standings(self) -> Standings:
        return Standings(self.goals, copy.deepcopy(self.rows), self.now)

    def update(self, **amounts: int) -> Outcome:
        """Progress; how much of it was taken is told by the outcome."""
        standings = self.standings()
        return self._done(standings, standings.update(amounts))

    def claim(self, *ids: str, total: bool = False) -> Outcome:
        standings = self.standings()
        return self._done(standings, standings.claim(ids, with_total=total))

    def _done(self, standings: Standings, outcome: Outcome) -> Outcome:
        self.rows |= standings.states()
        self.answer = _parts(achievement_list(standings, outcome.shown))
        return outcome

    def __getitem__(self, id: str) -> dict[str, Any]:
        """How clients see an achievement or a part of one."""
        return _parts(achievement_list(self.standings()))[id]

    def count(self, id: str) -> int:
        return int(self[id].get("count", 0))

    def is_active(self, id: str) -> bool:
        return bool(self[id].get("is_active", False))


def _parts(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    wholes = {id: whole for kind in message.values() for id, whole in kind.items()}
    return wholes | {
        id: part for whole in wholes.values() for id, part in whole.get("sub_achievements", {}).items()
    }


def claimed(outcome: Outcome) -> list[str]:
    """What is to be paid, a total reward with a plus."""
    return [claim.goal.id + "+" * claim.total for claim in outcome.claims]


def not_complete(team: Team, *ids: str) -> None:
    before = copy.deepcopy(team.rows)
    with pytest.raises(ApiError, match="achievement not complete"):
        team.claim(*ids)
    assert team.rows == before


# --- counts ---


def test_counts_stay_between_zero_and_the_target() -> None:
    """T-193, T-225, T-227: up to `max_count`, down to 0 wherever it began; full ones stay."""
    team = Team(a=goal(10, count=4))
    assert team.count("a") == 4
    assert team.update(a=-(2**64)).progressed == {"a": 0}
    assert team.update(a=2**64).progressed == {"a": 10}
    assert team.update(a=-5).progressed == {}
    assert team.count("a") == 10


def test_what_changes_nothing_is_no_progress() -> None:
    """T-212, T-214: it is not told, not stored, and begins no window."""
    team = Team(a=goal(duration_sec=HOUR))
    assert team.update(a=0).progressed == {}
    assert team.update(a=-1).progressed == {}
    assert team.rows == {}
    assert "expire_time_sec" not in team["a"]


def test_parts_and_wholes_count_apart() -> None:
    """T-223."""
    team = Team(a=goal(sub_achievements={"a1": sub()}))
    team.update(a1=1)
    assert (team.count("a"), team.count("a1")) == (0, 1)
    team.update(a=2)
    assert (team.count("a"), team.count("a1")) == (2, 1)


def test_one_unknown_id_stops_everything() -> None:
    """T-224, T-226."""
    team = Team(a=goal())
    with pytest.raises(ApiError, match="achievement not found"):
        team.update(a=1, b=1)
    assert team.rows == {}


# --- preconditions ---


def test_preconditions_met_within_the_call_count() -> None:
    """T-202, T-227, T-229: whatever the order in which the ids came."""
    team = Team(
        a=goal(1, precondition_ids=("z",)), m=goal(1, precondition_ids=("a",)), z=goal(2, precondition_ids=())
    )
    assert team.update(m=1, a=1, z=1).progressed == {"z": 1}
    assert team.update(m=1, a=1, z=1).progressed == {"z": 2, "a": 1, "m": 1}


def test_order_without_preconditions_is_by_id() -> None:
    """T-229."""
    team = Team(c=goal(), b=goal(precondition_ids=("c",)), a=goal(), d=goal())
    assert [goal.id for goal in team.goals.in_order] == ["a", "c", "b", "d"]
    team.update(c=3)
    assert list(team.update(d=1, c=1, b=1, a=1).progressed) == ["a", "b", "d"]


def test_goals_that_need_each_other_are_never_met() -> None:
    """T-144, T-227: a whole that needs its own part; nothing progresses, nothing fails."""
    team = Team(a=goal(0, precondition_ids=("a1",), sub_achievements={"a1": sub(0)}), b=goal(1))
    assert team.update(a=1, a1=1, b=1).progressed == {"b": 1}
    not_complete(team, "a")
    assert not team.is_active("a1")
    assert [goal.id for goal in team.goals.in_order] == ["b", "a", "a1"]


def test_a_precondition_is_met_in_its_period_only() -> None:
    """T-218: a reset takes back what it allowed, but not what was earned by it."""
    team = Team(
        a=goal(1, reset=DAILY), b=goal(2, precondition_ids=("a",)), c=goal(1, precondition_ids=("b",))
    )
    team.update(a=1, b=1)
    team.now += DAY
    assert team.update(b=1).progressed == {}
    team.update(a=1, b=1)
    team.now += DAY
    not_complete(team, "b")
    assert team.update(c=1).progressed == {"c": 1}
    team.update(a=1)
    assert claimed(team.claim("b")) == ["b"]
    team.now += DAY
    assert claimed(team.claim("b")) == []


def test_a_repeated_precondition_need_only_once_be_met() -> None:
    """T-218: also after it has begun anew, until its period is over."""
    team = Team(a=goal(1, auto_claim=True, auto_reset=True, reset=DAILY), b=goal(precondition_ids=("a",)))
    assert team.update(b=1).progressed == {}
    team.update(a=1)
    assert team.count("a") == 0
    assert team.update(b=1).progressed == {"b": 1}
    team.now += DAY
    assert team.update(b=1).progressed == {}


def test_parts_need_what_the_whole_needs() -> None:
    """T-212, T-217: a part is active and progresses only once the whole may."""
    team = Team(z=goal(1), a=goal(precondition_ids=("z",), sub_achievements={"a1": sub()}))
    assert (team.is_active("a"), team.is_active("a1")) == (True, False)
    assert team.update(a1=1).progressed == {}
    assert team.update(a1=1, z=1).progressed == {"z": 1, "a1": 1}
    assert team.is_active("a1")


def test_without_a_target_there_are_only_preconditions() -> None:
    """T-218: a `max_count` of 0 is complete as soon as they are met, also for others in the same call."""
    team = Team(
        a=goal(1),
        b=goal(0, precondition_ids=("a",)),
        c=goal(1, precondition_ids=("b",)),
        d=goal(0, precondition_ids=("a",), auto_claim=True),
    )
    not_complete(team, "b")
    outcome = team.update(a=1, c=1)
    assert outcome.progressed == {"a": 1, "c": 1}
    assert claimed(outcome) == ["d"]
    assert claimed(team.claim("b")) == ["b"]
    assert claimed(team.update(a=1)) == []


def test_what_has_not_started_is_not_complete_by_itself() -> None:
    """T-200, T-218."""
    team = Team(a=goal(0, start_time_sec=MIDNIGHT + HOUR))
    not_complete(team, "a")
    team.now += HOUR
    assert claimed(team.claim("a")) == ["a"]


# --- time ---


def test_start_and_end() -> None:
    """T-200, T-201, T-215, T-217, T-227, T-240: nothing before the start, only claims from the end on."""
    team = Team(
        a=goal(start_time_sec=MIDNIGHT + 10, end_time_sec=MIDNIGHT + 20, sub_achievements={"a1": sub()})
    )
    for now, taken in ((9, False), (10, True), (19, True), (20, False)):
        team.now = MIDNIGHT + now
        assert (team.is_active("a"), team.is_active("a1")) == (taken, taken)
        assert team.update(a=1, a1=1).progressed.keys() == ({"a", "a1"} if taken else set())
    team.now = MIDNIGHT + 19
    team.update(a=1)
    team.now = MIDNIGHT + 10 * DAY
    assert claimed(team.claim("a", "a1")) == ["a", "a1"]


def test_a_window_begins_with_the_first_progress() -> None:
    """T-198, T-214, T-215: where there is neither a schedule nor a start, and for each part by itself."""
    team = Team(a=goal(9, duration_sec=HOUR, sub_achievements={"a1": sub(9, duration_sec=60)}))
    team.now += 5
    team.update(a=1)
    assert team["a"]["expire_time_sec"] == str(MIDNIGHT + 5 + HOUR)
    assert "expire_time_sec" not in team["a1"]
    team.now += 100
    team.update(a=1, a1=1)
    assert team["a"]["expire_time_sec"] == str(MIDNIGHT + 5 + HOUR)
    assert team["a1"]["expire_time_sec"] == str(MIDNIGHT + 165)
    team.now += 60
    assert (team.is_active("a"), team.is_active("a1")) == (True, False)
    assert team.update(a=1, a1=1).progressed == {"a": 3}
    team.now += HOUR
    assert team.update(a=1).progressed == {}


def test_a_window_begins_with_the_start() -> None:
    """T-214: in an endless period with a configured start."""
    part = sub(duration_sec=HOUR)
    team = Team(a=goal(duration_sec=HOUR, start_time_sec=MIDNIGHT - 60, sub_achievements={"a1": part}))
    assert team["a"]["expire_time_sec"] == str(MIDNIGHT - 60 + HOUR)
    assert "expire_time_sec" not in team["a1"]


def test_a_new_period_reads_as_fresh() -> None:
    """T-199, T-216, T-221, T-228: before anything is written, with the parts; what was unclaimed is lost."""
    team = Team(a=goal(3, count=1, reset=DAILY, sub_achievements={"a1": sub(auto_claim=True)}))
    team.update(a=2, a1=2)
    assert team["a"]["reset_time_sec"] == team["a1"]["reset_time_sec"] == str(MIDNIGHT + DAY)
    rows = copy.deepcopy(team.rows)
    team.now += DAY
    assert team.count("a") == 1
    assert not team["a"].keys() & {"claim_time_sec", "update_time_sec"}
    assert not team["a1"].keys() & {"claim_time_sec", "update_time_sec", "count"}
    assert team.rows == rows
    not_complete(team, "a")
    assert claimed(team.update(a=1, a1=2)) == ["a1"]
    assert team.count("a") == 2


def test_parts_with_a_schedule_of_their_own() -> None:
    """T-217: they are reset on their own, and only then."""
    team = Team(
        a=goal(
            3,
            reset=DAILY,
            total_reward=Reward(),
            sub_achievements={
                "a1": sub(reset=HOURLY),
                "a2": sub(),
                "a3": sub(reset=Schedule.parse("0 0 1 1 *")),
            },
        )
    )
    team.update(a=3, a1=2, a2=1, a3=1)
    team.claim("a")
    team.now += HOUR
    assert [team.count(id) for id in ("a", "a1", "a2", "a3")] == [3, 0, 1, 1]
    assert team["a"]["claim_time_sec"] == str(MIDNIGHT)
    team.update(a2=1, a3=1)
    assert claimed(team.claim("a", total=True)) == []
    team.now += DAY
    assert [team.count(id) for id in ("a", "a1", "a2", "a3")] == [0, 0, 0, 2]
    assert "claim_time_sec" not in team["a"]


def test_offsets_move_periods() -> None:
    """T-213: two hours ahead of the schedule."""
    team = Team(a=goal(reset=DAILY, time_offset_sec=2 * HOUR))
    team.now += 21 * HOUR
    team.update(a=1)
    assert team["a"]["reset_time_sec"] == str(MIDNIGHT + 22 * HOUR)
    team.now += HOUR
    assert team.count("a") == 0


# --- claims ---


def test_everything_is_checked_before_anything_is_claimed() -> None:
    """T-235: unknown before incomplete, and nothing is claimed."""
    team = Team(a=goal(1), b=goal(1))
    team.update(a=1)
    not_complete(team, "a", "b")
    with pytest.raises(ApiError, match="achievement not found"):
        team.claim("a", "b", "c")
    assert claimed(team.claim("a", "a")) == ["a"]


def test_claims_are_repeated_without_effect() -> None:
    """T-195, T-204, T-218, T-236, T-237: the same time and reward; claimed stays complete."""
    team = Team(a=goal(2))
    team.update(a=2)
    assert claimed(team.claim("a")) == ["a"]
    answer = team.answer["a"]
    assert answer["claim_time_sec"] == str(MIDNIGHT)
    team.now += 60
    assert claimed(team.claim("a")) == []
    assert team.answer["a"]["claim_time_sec"] == str(MIDNIGHT)
    assert team.update(a=1).progressed == {}


def test_wholes_and_parts_are_claimed_apart() -> None:
    """T-238."""
    team = Team(a=goal(1, sub_achievements={"a1": sub(1)}))
    team.update(a=1, a1=1)
    assert claimed(team.claim("a")) == ["a"]
    assert "claim_time_sec" not in team["a1"]
    assert claimed(team.claim("a1")) == ["a1"]


def test_total_rewards() -> None:
    """T-196, T-239: where all is complete; skipped otherwise; also long after the whole's own claim."""
    team = Team(a=goal(1, total_reward=Reward(), sub_achievements={"a1": sub(1)}), b=goal(1))
    team.update(a=1, b=1)
    assert claimed(team.claim("a", "b", total=True)) == ["a", "b"]
    team.update(a1=1)
    assert claimed(team.claim("a1", total=True)) == ["a1"]
    assert claimed(team.claim("a")) == []
    assert claimed(team.claim("a", total=True)) == ["a+"]
    assert team["a"]["total_claim_time_sec"] == str(MIDNIGHT)
    assert claimed(team.claim("a", total=True)) == []


def test_auto_claims() -> None:
    """T-209, T-210, T-230: the reward with the completion, the total reward with the last of them, once."""
    team = Team(
        a=goal(
            1,
            auto_claim=True,
            auto_claim_total=True,
            total_reward=Reward(),
            sub_achievements={"a1": sub(1), "a2": sub(1, auto_claim=True)},
        )
    )
    assert claimed(team.update(a=1, a1=1)) == ["a"]
    assert claimed(team.update(a2=1)) == ["a2", "a+"]
    assert claimed(team.update(a=1, a1=1, a2=1)) == []
    assert "claim_time_sec" not in team["a1"]


def test_auto_claims_need_progress_to_be_possible() -> None:
    """T-227, T-230: not of what is complete by a changed configuration while its time is over."""
    team = Team(a=goal(5, end_time_sec=MIDNIGHT + 60), b=goal())
    team.update(a=3)
    itself: dict[str, Any] = {"auto_claim": True, "auto_claim_total": True, "total_reward": Reward()}
    team.configure(a=goal(3, end_time_sec=MIDNIGHT + 60, **itself), b=goal())
    team.now += 60
    assert claimed(team.update(a=1, b=1)) == []
    assert claimed(team.claim("a")) == ["a"]
    assert claimed(team.update(a=1, b=1)) == []
    assert claimed(team.claim("a", total=True)) == ["a+"]


# --- what repeats ---


def test_repeated_by_itself() -> None:
    """T-211, T-228, T-231, T-232: one completion in a call, the rest is dropped; shown in the very answer."""
    team = Team(a=goal(3, count=1, auto_claim=True, auto_reset=True))
    team.update(a=1)
    for _ in range(2):
        outcome = team.update(a=100)
        assert (outcome.progressed, claimed(outcome)) == ({"a": 3}, ["a"])
        assert team.answer["a"]["count"] == "1"
        assert team.answer["a"]["claim_time_sec"] == str(team.now)
        assert team.count("a") == 1
        assert not team["a"].keys() & {"claim_time_sec", "update_time_sec"}
        team.now += 1


def test_repeated_by_claims() -> None:
    """T-228, T-232, T-237, T-241: no progress until it is claimed, and new progress then."""
    team = Team(a=goal(2, auto_reset=True))
    team.update(a=2)
    assert team.update(a=-1).progressed == {}
    assert claimed(team.claim("a")) == ["a"]
    answer = team.answer
    assert (answer["a"].get("count"), answer["a"]["claim_time_sec"]) == (None, str(MIDNIGHT))
    assert claimed(team.claim("a")) == []
    assert team.answer == answer
    team.now += 5
    assert team.update(a=1).progressed == {"a": 1}
    not_complete(team, "a")
    team.update(a=1)
    assert claimed(team.claim("a")) == ["a"]
    assert team.answer["a"]["claim_time_sec"] == str(MIDNIGHT + 5)


def test_repeated_windows_begin_anew() -> None:
    """T-214, T-231: with the first progress after the claim."""
    team = Team(a=goal(1, auto_claim=True, auto_reset=True, duration_sec=HOUR))
    team.update(a=1)
    team.now += 2 * HOUR
    assert team.is_active("a")
    assert claimed(team.update(a=1)) == ["a"]


def test_wholes_repeat_together() -> None:
    """T-231: once the whole, every part and the total reward are claimed, and not before."""
    team = Team(
        a=goal(
            1,
            auto_reset=True,
            auto_claim=True,
            total_reward=Reward(),
            sub_achievements={"a1": sub(1, auto_claim=True), "a2": sub(1)},
        ),
        b=goal(1, precondition_ids=("a",)),
        c=goal(1, precondition_ids=("a1",)),
    )
    for _ in range(2):
        assert claimed(team.update(a=1)) == ["a"]
        assert team.update(a=1).progressed == {}
        assert claimed(team.update(a1=1, a2=1)) == ["a1"]
        assert claimed(team.claim("a2")) == ["a2"]
        assert (team.count("a"), team.count("a1"), team.count("a2")) == (1, 1, 1)
        assert claimed(team.claim("a", total=True)) == ["a+"]
        assert team.answer["a"]["total_claim_time_sec"] == str(MIDNIGHT)
        assert (team.count("a"), team.count("a1"), team.count("a2")) == (0, 0, 0)
        assert not team["a"].keys() & {"claim_time_sec", "total_claim_time_sec"}
        assert "claim_time_sec" not in team["a1"]
    assert team.update(b=1, c=1).progressed == {"b": 1}


def test_wholes_that_repeat_by_themselves() -> None:
    """T-230, T-231, T-232: the last part brings the total reward, and everything begins anew."""
    team = Team(
        a=goal(
            1,
            auto_reset=True,
            auto_claim=True,
            auto_claim_total=True,
            total_reward=Reward(),
            sub_achievements={"a1": sub(2, auto_claim=True)},
        )
    )
    for _ in range(3):
        assert claimed(team.update(a=1, a1=1)) == ["a"]
        assert claimed(team.update(a=1, a1=1)) == ["a1", "a+"]
        assert team.answer["a"]["total_claim_time_sec"] == str(MIDNIGHT)
        assert team.answer["a1"]["claim_time_sec"] == str(MIDNIGHT)
        assert (team.count("a"), team.count("a1")) == (0, 0)
        team.claim("a", total=True)


def test_wholes_wait_for_their_parts() -> None:
    """T-231: without a total reward too; and progress of a part begins the next cycle of the whole."""
    team = Team(a=goal(1, auto_reset=True, sub_achievements={"a1": sub(2)}))
    team.update(a=1)
    team.claim("a")
    assert team.count("a") == 1
    team.update(a1=2)
    team.claim("a1")
    assert (team.count("a"), team.count("a1")) == (0, 0)
    assert claimed(team.claim("a", "a1")) == []
    team.update(a1=1)
    not_complete(team, "a")
    team.update(a1=1)
    assert claimed(team.claim("a1")) == ["a1"]
    assert team.count("a1") == 2


def test_wholes_wait_for_every_claim() -> None:
    """T-231: a part that was claimed and is complete again is claimable, so nothing restarts yet."""
    team = Team(a=goal(1, auto_reset=True, sub_achievements={"a1": sub(1, auto_reset=True), "a2": sub(1)}))
    team.update(a1=1, a2=1)
    team.claim("a1", "a2")
    team.update(a=1, a1=1)
    team.claim("a")
    assert (team.count("a"), team.count("a1"), team.count("a2")) == (1, 1, 1)
    assert claimed(team.claim("a1")) == ["a1"]
    assert (team.count("a"), team.count("a1"), team.count("a2")) == (0, 0, 0)


def test_parts_that_repeat_begin_with_progress_of_their_own() -> None:
    """T-231, T-237: that of their neighbours pays nothing."""
    team = Team(a=goal(9, sub_achievements={"a1": sub(0, auto_reset=True), "a2": sub(9)}))
    assert claimed(team.claim("a1")) == ["a1"]
    team.update(a=1, a2=1)
    assert claimed(team.claim("a1")) == []
    team.update(a1=1)
    assert claimed(team.claim("a1")) == ["a1"]


def test_parts_that_repeat() -> None:
    """T-218, T-231: for the whole it is enough that they were completed once since it began."""
    team = Team(
        a=goal(
            1,
            auto_reset=True,
            auto_claim=True,
            auto_claim_total=True,
            total_reward=Reward(),
            sub_achievements={"a1": sub(1, auto_claim=True, auto_reset=True)},
        )
    )
    assert claimed(team.update(a1=1)) == ["a1"]
    assert claimed(team.update(a1=1)) == ["a1"]
    assert claimed(team.update(a=1)) == ["a", "a+"]
    assert claimed(team.update(a=1)) == ["a"]
    assert claimed(team.update(a=1)) == []
    assert claimed(team.update(a1=1)) == ["a1", "a+"]


def test_goals_without_a_target_repeat_with_progress_only() -> None:
    """T-218, T-231, T-237: repeated calls alone pay nothing."""
    team = Team(a=goal(0, auto_reset=True), b=goal(0, auto_reset=True, auto_claim=True), c=goal(9))
    assert claimed(team.claim("a")) == ["a"]
    assert claimed(team.claim("a")) == []
    assert claimed(team.update(c=1)) == ["b"]
    assert claimed(team.update(c=1)) == []
    assert claimed(team.update(a=0, b=-1)) == []
    outcome = team.update(a=1, b=1)
    assert (outcome.progressed, claimed(outcome)) == ({"a": 0, "b": 0}, ["b"])
    assert claimed(team.claim("a")) == ["a"]


# --- other configurations ---


def test_a_target_that_moves() -> None:
    """T-127, T-218, T-225: a lower one is reached by what there is, a higher one takes progress again."""
    team = Team(a=goal(5))
    team.update(a=4)
    team.configure(a=goal(2))
    assert team["a"]["count"] == "2"
    team.configure(a=goal(9))
    assert team.update(a=1).progressed == {"a": 5}
    team.configure(a=goal(3))
    assert claimed(team.claim("a")) == ["a"]
    team.configure(a=goal(9))
    assert team.update(a=1).progressed == {}
    assert claimed(team.claim("a")) == []


def test_goals_that_go_and_come_back() -> None:
    """T-127, T-219: meanwhile nobody sees them, and nothing of them is lost."""
    team = Team(a=goal(5), b=goal())
    team.update(a=4)
    team.configure(b=goal())
    assert "a" not in _parts(achievement_list(team.standings()))
    team.update(b=1)
    team.configure(a=goal(5), b=goal())
    assert team.count("a") == 4


def test_schedules_that_change() -> None:
    """T-216: what was done in the period that is now in force still counts, whichever it was done in."""
    team = Team(a=goal(reset=DAILY), b=goal())
    team.now += DAY
    team.update(a=1, b=1)
    team.configure(a=goal(reset=Schedule.parse("0 0 * * 1")), b=goal(reset=DAILY))
    assert (team.count("a"), team.count("b")) == (1, 0)
    team.configure(a=goal(), b=goal())
    assert (team.count("a"), team.count("b")) == (1, 1)


def test_a_whole_that_becomes_a_part() -> None:
    """T-207: its claims go with it, but a part has no total reward."""
    team = Team(a=goal(1, total_reward=Reward()), b=goal())
    team.update(a=1)
    team.claim("a", total=True)
    assert team["a"]["total_claim_time_sec"] == str(MIDNIGHT)
    team.configure(b=goal(sub_achievements={"a": sub(1)}))
    assert team["a"]["claim_time_sec"] == str(MIDNIGHT)
    assert "total_claim_time_sec" not in team["a"]


def test_goals_that_begin_to_repeat() -> None:
    """T-231: those that were claimed before take progress at once."""
    team = Team(a=goal(2))
    team.update(a=2)
    team.claim("a")
    team.configure(a=goal(2, auto_reset=True))
    assert team.update(a=1).progressed == {"a": 1}
    assert team.count("a") == 1
