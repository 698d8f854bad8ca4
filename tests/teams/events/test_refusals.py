"""What is refused, and for which of several reasons."""

import dataclasses

from kizuna.teams.config.shapes import EventLeaderboard, RewardTier
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from tests.teams.events.stage import DAY, MONDAY, WEEK, Stage
from tests.teams.events.test_cases import (
    ASSIGNED,
    NOT_ACTIVE,
    NOT_ASSIGNED,
    NOT_CLAIMABLE,
    NOT_CLAIMED,
    NOT_COMPLETE,
    NOT_UPDATABLE,
)
from tests.teams.events.test_races import COOLDOWN, LIMIT

GOLD = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(min=7)}))


def _once(stage: Stage) -> str:
    """An event of one iteration that ends after ten seconds and expires after a hundred."""
    id = stage.event()
    winner = RewardTier(rank_min=1, rank_max=1, reward=GOLD)
    event = EventLeaderboard(
        start_time_sec=MONDAY, duration=10, end_time_sec=MONDAY + 100, reward_tiers={0: (winner,)}
    )
    stage.change(id, event)
    return id


async def test_rolls_ahead(stage: Stage) -> None:
    """T-302, T-338: before the first start a team rolls into the first iteration, and waits for it."""
    team, event = await stage.team(), _once(stage)
    stage.go(-60)
    seen = await stage.call(team, "get", event)
    assert seen["can_roll"]
    assert "is_active" not in seen
    rolled = await stage.call(team, "roll", event)
    assert rolled["start_time_sec"] == str(MONDAY)
    assert not rolled.keys() & {"is_active", "can_claim", "can_roll", "can_roll_with_claim", "can_update"}
    assert await stage.refusal(team, "roll", event) == ASSIGNED
    assert await stage.refusal(team, "update", event, score=1) == NOT_ACTIVE
    assert await stage.refusal(team, "claim", event) == NOT_COMPLETE
    stage.go(0)
    assert (await stage.call(team, "update", event, score=1))["is_active"]


async def test_rolls(stage: Stage) -> None:
    """T-303: a live cohort comes before a reward to claim, and that before the want of an iteration; what
    is refused claims nothing."""
    team, event = await stage.team(), _once(stage)
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=1)
    for claims in (False, True):
        assert await stage.refusal(team, "roll", event, claim_reward=claims) == ASSIGNED
    stage.go(10)
    assert await stage.refusal(team, "roll", event) == NOT_CLAIMED
    assert await stage.refusal(team, "roll", event, claim_reward=True) == NOT_ACTIVE
    seen = await stage.call(team, "get", event)
    assert seen["can_claim"]
    assert "claim_time_sec" not in seen
    await stage.call(team, "claim", event)
    assert await stage.refusal(team, "roll", event) == NOT_ACTIVE


async def test_rolls_again(stage: Stage) -> None:
    """T-303, T-336: a reward to claim comes before the limit of rolls, and that before the cooldown."""
    event = stage.event(score_target=1, max_rolls=1, roll_cooldown_sec=60)
    team = await stage.team()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=1)
    assert await stage.refusal(team, "roll", event) == NOT_CLAIMED
    assert await stage.refusal(team, "roll", event, claim_reward=True) == LIMIT
    assert "claim_time_sec" not in await stage.call(team, "get", event)
    stage.change(event, dataclasses.replace(stage.configured(event), max_rolls=0))
    assert await stage.refusal(team, "roll", event, claim_reward=True) == COOLDOWN
    stage.go(60)
    assert (await stage.call(team, "roll", event, claim_reward=True))["rolls"] == "2"


async def test_scores(stage: Stage) -> None:
    """T-318: whether anything runs comes before the cohort, and that before what it allows."""
    team, stranger = await stage.teams(2)
    event = stage.event(max_num_score=1)
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=1)
    assert await stage.refusal(team, "update", event, score=1) == NOT_UPDATABLE
    assert await stage.refusal(stranger, "update", event, score=1) == NOT_ASSIGNED
    stage.go(6 * DAY)
    for one in (team, stranger):
        assert await stage.refusal(one, "update", event, score=1) == NOT_ACTIVE
    stage.go(WEEK)
    # The cohort of the last week is none of this one.
    assert await stage.refusal(team, "update", event, score=1) == NOT_ASSIGNED


async def test_claims(stage: Stage) -> None:
    """T-326, T-329, T-332: what is claimed answers again until it expires; what was not is lost."""
    prompt, late, idle, stranger = await stage.teams(4)
    event = stage.event()
    for team in (prompt, late, idle):
        await stage.call(team, "roll", event)
    for team in (prompt, late):
        await stage.call(team, "update", event, score=1)
    assert await stage.refusal(idle, "claim", event) == NOT_COMPLETE
    stage.go(6 * DAY)
    assert await stage.refusal(idle, "claim", event) == NOT_CLAIMABLE
    assert await stage.refusal(stranger, "claim", event) == NOT_ASSIGNED
    claimed = await stage.call(prompt, "claim", event)
    stage.go(WEEK - 1)
    assert (await stage.call(prompt, "claim", event))["reward"] == claimed["reward"]
    stage.go(WEEK)
    assert await stage.refusal(prompt, "claim", event) == NOT_ASSIGNED
    for team in (late, idle):
        assert await stage.refusal(team, "claim", event) == NOT_CLAIMABLE
