"""What the flags promise is what happens: random walks through random events."""

import random
from typing import Any

from kizuna.scheduler.cron import Schedule
from kizuna.teams.config.shapes import ChangeZone, EventLeaderboard, RewardTier
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from tests.teams.events.stage import MONDAY, Stage, Team

HOURLY = Schedule.parse("0 * * * *")
STEPS, FEWEST_WALKS, MOST_WALKS = 40, 6, 40
REWARD = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(min=1)}))


def _any_event(choice: random.Random) -> EventLeaderboard:
    """An event of whatever kind, which begins and ends within the walk."""
    ranges = (
        RewardTier(
            rank_min=1,
            rank_max=1,
            reward=REWARD,
            tier_change=1,
            roll_cooldown_sec=choice.choice([0, 0, 300]),
            reroll_count_freeze=choice.random() < 0.3,
        ),
        RewardTier(rank_min=2, rank_max=2, tier_change=-1),
    )
    zone = ChangeZone(promotion=0.5, demotion=0.3, nochange_reroll_count_freeze=choice.random() < 0.5)
    return EventLeaderboard(
        operator=choice.choice(["INCREMENT", "SET", "BEST", "DECREMENT"]),
        ascending=choice.random() < 0.3,
        reset=choice.choice([HOURLY, HOURLY, HOURLY, None]),
        duration=choice.choice([0, 1800, 3000]),
        start_time_sec=choice.choice([0, MONDAY, MONDAY + 900]),
        end_time_sec=choice.choice([0, MONDAY + 5 * 3600 + 600]),
        cohort_size=choice.choice([1, 2, 3]),
        tiers=3,
        max_num_score=choice.choice([0, 0, 2]),
        reward_tiers=dict.fromkeys(range(choice.choice([1, 3])), ranges),
        change_zones={} if choice.random() < 0.5 else {1: zone},
        max_idle_tier_drop=choice.choice([0, 1]),
        max_rolls=choice.choice([0, 2]),
        score_target=choice.choice([0, 2, 3, 3]),
        score_target_players=choice.choice([0, 1, 2]),
        score_time_limit_sec=choice.choice([0, 0, 600]),
        roll_cooldown_sec=choice.choice([0, 120, 600]),
        tier_delta_per_phase=choice.choice([0, 1, -1]),
    )


async def _check(stage: Stage, team: Team, event: str, function: str) -> str:
    """Call a function; it must end as the flags said."""
    before = await stage.call(team, "get", event)
    flags = {name for name in before if name.startswith(("can_", "is_"))}
    assert all(before[name] is True for name in flags)
    if function == "update":
        answer, promised = await stage.ask(team, "update", event, score=2), "can_update" in flags
    elif function == "roll":
        answer, promised = await stage.ask(team, "roll", event), "can_roll" in flags
    elif function == "roll_with_claim":
        answer = await stage.ask(team, "roll", event, claim_reward=True)
        promised = "can_roll_with_claim" in flags
        if promised:
            assert ("reward" in answer.json()) is ("can_claim" in flags and "available_rewards" in before)
    else:
        answer = await stage.ask(team, "claim", event)
        promised = "can_claim" in flags or "claim_time_sec" in before
        if promised and "can_claim" not in flags:
            assert _fixed(answer.json()) == _fixed(before)
    assert (answer.status_code == 200) is promised, (function, before, answer.text)
    _check_combination(before, flags)
    return f"{function} {'done' if promised else answer.json()['message']}"


def _fixed(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "current_time_sec"}


def _check_combination(message: dict[str, Any], flags: set[str]) -> None:
    """The rows of the table: a reward to claim, a running cohort and a free roll exclude each other."""
    if "can_claim" in flags:
        assert "can_roll" not in flags
        assert "can_update" not in flags
    if "can_update" in flags:
        assert "is_active" in flags
        assert "cohort_id" in message
        assert "can_roll" not in flags
    if "can_roll" in flags:
        assert "can_roll_with_claim" in flags
    if "can_roll" in flags and "is_active" not in flags:
        assert message["current_time_sec"] < message["start_time_sec"] or "cohort_id" in message


#: What must have happened on the walks: one on which nothing happens proves nothing.
EXPECTED = {
    "update done",
    "update event leaderboard not active",
    "update event leaderboard cohort not assigned",
    "update event leaderboard not updatable",
    "roll done",
    "roll event leaderboard cohort already assigned",
    "roll event leaderboard not claimed",
    "roll event leaderboard not active",
    "roll event leaderboard roll limit reached",
    "roll event leaderboard roll cooldown active",
    "roll_with_claim done",
    "roll_with_claim event leaderboard roll limit reached",
    "claim done",
    "claim event leaderboard cohort not assigned",
    "claim event leaderboard not complete",
    "claim event leaderboard not claimable",
}


async def _walk(stage: Stage, choice: random.Random) -> set[str]:
    """Two teams in one event do whatever they like, as the hours pass."""
    event = stage.event()
    stage.change(event, _any_event(choice))
    stage.go(choice.choice([-1800, 0, 600]))
    teams = await stage.teams(2)
    outcomes = set()
    for _ in range(STEPS):
        function = choice.choice(["update", "update", "roll", "roll_with_claim", "claim"])
        team = choice.choice(teams)
        outcomes.add(await _check(stage, team, event, function))
        if function == "claim":
            # Who has just claimed wants to go on, before a cooldown is over.
            outcomes.add(await _check(stage, team, event, "roll"))
        stage.go(stage.seconds + choice.choice([0, 0, 0, 0, 0, 1, 60, 120, 300, 1200]))
    return outcomes


async def test_flags(stage: Stage) -> None:
    """T-310, T-331, T-337, T-338, T-336: each flag is true exactly when the call succeeds."""
    choice = random.Random(20270104)
    outcomes = set()
    for walk in range(MOST_WALKS):
        new = await _walk(stage, choice)
        outcomes |= new
        if walk + 1 >= FEWEST_WALKS and outcomes >= EXPECTED:
            break
    assert outcomes >= EXPECTED, EXPECTED - outcomes
