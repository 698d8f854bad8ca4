"""Trying a game out."""

import asyncio
import random

from kizuna.teams.config.shapes import RewardTier
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from tests.teams.events.stage import DAY, Stage

NOT_ASSIGNED = (9, "event leaderboard cohort not assigned")
NOT_ACTIVE = (3, "event leaderboard not active")
NOT_UPDATABLE = (3, "event leaderboard not updatable")
BAD_INPUT = (3, "bad input")


async def test_fill_and_score(stage: Stage) -> None:
    """T-339, T-340, T-274: dummy teams fill the cohort, and get scores within a range (case 57)."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=100, subscore=3)
    filled = await stage.call(team, "fill", event, target_count=10)
    assert filled["count"] == "10"
    assert len(filled["scores"]) == 10
    for dummy in filled["scores"][1:]:
        assert dummy["name"] == f"debug-{dummy['id'][:8]}"
        assert "score" not in dummy
        assert dummy["num_scores"] == "1"
    scored = await stage.call(team, "scores", event, min=5, max=9, subscore_min=-2, subscore_max=-1)
    own, *others = scored["scores"]
    assert (own["id"], own["score"], own["subscore"], own["num_scores"]) == (team.id, "100", "3", "1")
    assert all(5 <= int(one["score"]) <= 9 and int(one["subscore"]) in (-2, -1) for one in others)
    assert {one["num_scores"] for one in others} == {"2"}
    assert [int(one["score"]) for one in others] == sorted(
        (int(one["score"]) for one in others), reverse=True
    )
    assert (await stage.call(team, "fill", event, target_count=3))["count"] == "10"
    assert (await stage.call(team, "fill", event))["count"] == "20"
    assert (await stage.call(team, "fill", event, target_count=99))["count"] == "20"


async def test_operators(stage: Stage) -> None:
    """T-340: scores are applied with the operator that is given, or the event's own."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "fill", event, target_count=2)

    async def score(number: int, operator: int | str | None) -> int:
        reply = await stage.call(team, "scores", event, min=number, max=number, operator=operator)
        return next(int(one.get("score", 0)) for one in reply["scores"] if one["id"] != team.id)

    assert await score(5, None) == 5
    assert await score(5, 0) == 10
    assert await score(7, 1) == 10
    assert await score(7, 2) == 7
    assert await score(7, "OPERATOR_INCREMENT") == 14
    assert await score(4, 4) == 10
    assert await score(99, 1) == 99
    for wrong in ({"operator": 5}, {"operator": -1}, {"min": 1}, {"subscore_min": 1}):
        assert await stage.refusal(team, "scores", event, **wrong) == BAD_INPUT


async def test_who_has_no_cohort(stage: Stage) -> None:
    """T-339: without a cohort there is nothing to fill."""
    team, event = await stage.team(), stage.event()
    assert await stage.refusal(team, "fill", event) == NOT_ASSIGNED
    assert await stage.refusal(team, "scores", event) == NOT_ASSIGNED
    await stage.call(team, "roll", event)
    stage.go(7 * DAY)
    assert await stage.refusal(team, "fill", event) == NOT_ASSIGNED


async def test_what_is_over_stays_as_it_is(stage: Stage) -> None:
    """T-339, T-340, T-318: no team and no score is added behind the end, nor to a race that is decided."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "fill", event, target_count=3)
    await stage.call(team, "update", event, score=5)
    race = stage.event(score_target=5)
    await stage.call(team, "roll", race)
    await stage.call(team, "update", race, score=5)
    for function in ("fill", "scores"):
        assert await stage.refusal(team, function, race) == NOT_UPDATABLE
    stage.go(6 * DAY)
    for function in ("fill", "scores"):
        assert await stage.refusal(team, function, event) == NOT_ACTIVE
        assert await stage.refusal(team, function, race) == NOT_ACTIVE
    seen = await stage.call(team, "get", event)
    assert (seen["count"], len(seen["scores"]), seen["scores"][0]["score"]) == ("3", 3, "5")


async def test_a_cohort_of_the_next_iteration_can_be_filled(stage: Stage) -> None:
    """T-302, T-339: a team that was rolled ahead of time has a cohort to try out."""
    team, event = await stage.team(), stage.event()
    stage.go(6 * DAY)
    await stage.call(team, "roll", event)
    assert (await stage.call(team, "fill", event, target_count=4))["count"] == "4"


async def test_scores_are_seedable(stage: Stage) -> None:
    """T-340: scores come from the one source of chance."""
    rewards = stage.app.teams.rewards
    before = rewards.random
    team = await stage.team()
    drawn = []
    try:
        for _ in range(2):
            event = stage.event()
            await stage.call(team, "roll", event)
            await stage.call(team, "fill", event, target_count=2)
            rewards.random = random.Random(7)
            reply = await stage.call(team, "scores", event, min=0, max=10**12)
            drawn.append(reply["scores"][0]["score"])
    finally:
        rewards.random = before
    assert drawn[0] == drawn[1]


async def test_dummies_finish_a_race(stage: Stage) -> None:
    """T-334, T-340: a race ends with whoever comes to the target."""
    event = stage.event(score_target=50)
    team = await stage.team()
    await stage.call(team, "roll", event)
    await stage.call(team, "fill", event, target_count=3)
    assert (await stage.call(team, "scores", event, min=49, max=49))["can_update"]
    finished = await stage.call(team, "scores", event, min=1, max=1)
    assert "can_update" not in finished
    assert finished["can_roll"]


async def test_dummies_are_below_a_target_at_once(stage: Stage) -> None:
    """T-334, T-339: where the lowest is best, their zeros have come to it."""
    event = stage.event(score_target=50, score_target_players=2, ascending=True)
    team = await stage.team()
    await stage.call(team, "roll", event)
    assert (await stage.call(team, "fill", event, target_count=2))["can_update"]
    assert "can_update" not in await stage.call(team, "fill", event, target_count=3)
    [newcomer] = await stage.teams(1)
    assert (await stage.call(newcomer, "roll", event))["count"] == "1"


async def test_scores_while_others_submit(stage: Stage) -> None:
    """T-340, T-027: random scores and submissions at once lose nothing."""
    event = stage.event()
    one, other = await stage.teams(2)
    for team in (one, other):
        await stage.call(team, "roll", event)
    await asyncio.gather(
        *(stage.call(other, "update", event, score=1) for _ in range(10)),
        *(stage.call(one, "scores", event, min=1000, max=1000) for _ in range(5)),
    )
    own = await stage.standing(other, event)
    assert (own["score"], own["num_scores"]) == ("5010", "15")


async def test_rewards_of_dummies_cohort(stage: Stage) -> None:
    """T-254, T-327: what a rank is worth, among teams that are none."""
    tiers = (
        RewardTier(
            rank_min=2,
            rank_max=2,
            reward=Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(min=9)})),
        ),
    )
    event = stage.event(reward_tiers={0: tiers})
    team = await stage.team()
    await stage.call(team, "roll", event)
    alone = await stage.call(team, "update", event, score=5)
    assert "available_rewards" not in alone
    await stage.call(team, "fill", event, target_count=2)
    second = await stage.call(team, "scores", event, min=6, max=6)
    assert second["available_rewards"] == {
        "guaranteed": {"currencies": {"guild_gold": {"count": {"min": "9", "max": "9"}}}}
    }
    stage.go(6 * DAY)
    assert (await stage.call(team, "claim", event))["reward"]["currencies"] == {"guild_gold": "9"}
