"""What clients are told, field by field."""

import dataclasses
from typing import Any

import pytest

from kizuna.db.engine import Database
from kizuna.teams.catalogue import EVENT_CLAIM, EVENT_ROLL, EVENT_UPDATE
from kizuna.teams.config.shapes import ChangeZone, EventLeaderboard, Operator, RewardTier, TierOverride
from kizuna.teams.functions import Writing
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from tests.teams.events.stage import DAY, MONDAY, WEEK, Stage
from tests.teams.support import answered

GOLD = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(min=7)}))
AVAILABLE = {"guaranteed": {"currencies": {"guild_gold": {"count": {"min": "7", "max": "7"}}}}}


def _everything(stage: Stage) -> EventLeaderboard:
    """An event with every setting."""
    return EventLeaderboard(
        name="Name",
        description="Description",
        category="category",
        ascending=True,
        operator="SET",
        reset=stage.configured("weekly_siege").reset,
        duration=DAY,
        cohort_size=5,
        tiers=3,
        tier_overrides={0: TierOverride(name="Other name", description="Other description")},
        max_num_score=9,
        reward_tiers={
            0: (
                RewardTier(name="First", rank_min=1, rank_max=1, reward=GOLD, tier_change=1),
                RewardTier(rank_min=2, rank_max=3, roll_cooldown_sec=5, reroll_count_freeze=True),
            ),
            2: (),
        },
        change_zones={
            1: ChangeZone(
                promotion=0.25,
                demotion=0.5,
                demote_idle=True,
                use_max_cohort_size=True,
                promotion_reroll_count_freeze=True,
                demotion_reroll_count_freeze=True,
                nochange_reroll_count_freeze=True,
            ),
            2: ChangeZone(),
        },
        max_rolls=4,
        score_target=3,
        score_target_players=2,
        score_time_limit_sec=60,
        roll_cooldown_sec=30,
        tier_delta_per_phase=-1,
        additional_properties={"banner": "x"},
    )


CONFIGURED: dict[str, Any] = {
    "name": "Other name",
    "description": "Other description",
    "category": "category",
    "ascending": True,
    "operator": "SET",
    "reward_tiers": {
        "0": {
            "reward_tiers": [
                {
                    "name": "First",
                    "rank_min": 1,
                    "rank_max": 1,
                    "tier_change": 1,
                    "available_rewards": AVAILABLE,
                },
                {"rank_min": 2, "rank_max": 3, "roll_cooldown_sec": "5", "reroll_count_freeze": True},
            ]
        },
        "2": {},
    },
    "change_zones": {
        "1": {
            "promotion": 0.25,
            "demotion": 0.5,
            "demote_idle": True,
            "use_max_cohort_size": True,
            "promotion_reroll_count_freeze": True,
            "demotion_reroll_count_freeze": True,
            "nochange_reroll_count_freeze": True,
        },
        "2": {},
    },
    "additional_properties": {"banner": "x"},
    "max_num_score": "9",
    "max_count": "5",
    "max_rolls": "4",
    "score_target": "3",
    "score_target_players": "2",
    "score_time_limit_sec": "60",
    "roll_cooldown_sec": "30",
    "tier_delta_per_phase": -1,
    "start_time_sec": str(MONDAY),
    "end_time_sec": str(MONDAY + DAY),
    "expiry_time_sec": str(MONDAY + WEEK),
    "is_active": True,
}


async def test_whole_message(stage: Stage) -> None:
    """T-244, T-245, T-246, T-247, T-248, T-249, T-251, T-252, T-253, T-255, T-256, T-259, T-261, T-262,
    T-268, T-272: what is configured is told, with or without a cohort."""
    team, event = await stage.team(), stage.event()
    stage.change(event, _everything(stage))
    own = {"id": event, "current_time_sec": str(MONDAY), "can_roll": True, "can_roll_with_claim": True}
    assert await stage.call(team, "get", event) == {**CONFIGURED, **own}
    [listed] = (await stage.call(team, "list", categories=["category"]))["event_leaderboards"]
    assert listed == {**CONFIGURED, **own}


@pytest.mark.parametrize("operator", ["INCREMENT", "DECREMENT", "SET", "BEST"])
async def test_operators(stage: Stage, operator: Operator) -> None:
    """T-249: in capitals, whatever the configuration calls it."""
    team, event = await stage.team(), stage.event(operator=operator)
    assert (await stage.call(team, "get", event))["operator"] == operator


async def test_whole_cohort(stage: Stage) -> None:
    """T-254, T-257, T-258, T-260, T-263, T-264, T-265, T-269, T-270, T-271, T-273, T-275, T-276, T-277,
    T-279, T-280, T-281, T-282, T-284, T-285, T-286, T-287, T-288, T-289, T-290, T-291, T-292: what a cohort
    adds to it."""
    team, event = await stage.team(), stage.event()
    stage.change(event, _everything(stage))
    player = team.members[0]
    account = {"display_name": "Display", "avatar_url": "face.png"}
    answered(await stage.api.put("/v2/account", json=account, headers=player.headers))
    group = {"avatar_url": "crest.png", "name": f"Name {team.id}", "open": True}
    answered(await stage.api.put(f"/v2/group/{team.id}", json=group, headers=player.headers))
    await stage.call(team, "roll", event)
    stage.go(9)
    seen = await stage.call(team, "update", event, score=2, subscore=-4, metadata='{"a":"b"}')
    assert seen == await stage.call(team, "get", event)
    cohort_id = seen["cohort_id"]
    times = {"create_time_sec": str(MONDAY), "update_time_sec": str(MONDAY + 9)}
    numbers = {"score": "2", "subscore": "-4", "num_scores": "1", "metadata": '{"a":"b"}'}
    score = {"id": team.id, "name": f"Name {team.id}", "avatar_url": "crest.png", "rank": "1"}
    member = {"id": player.id, "username": player.username, **account}
    assert seen == {
        **CONFIGURED,
        "id": event,
        "current_time_sec": str(MONDAY + 9),
        "cohort_id": cohort_id,
        "backing_id": f"{event}.{MONDAY}",
        "count": "1",
        "rolls": "1",
        "score_time_limit_ends_sec": str(MONDAY + 60),
        "available_rewards": AVAILABLE,
        "can_update": True,
        "scores": [{**score, **times, **numbers}],
        "contributions": [{**member, **times, **numbers, "create_time_sec": str(MONDAY + 9)}],
    }
    stage.go(DAY)
    ended = await stage.call(team, "get", event)
    assert ended["can_claim"]
    assert "is_active" not in ended
    assert "can_update" not in ended
    claimed = await stage.call(team, "claim", event)
    assert claimed["claim_time_sec"] == str(MONDAY + DAY)
    assert claimed["reward"]["currencies"] == {"guild_gold": "7"}
    assert claimed == await stage.call(team, "get", event)


async def test_available_rewards_of_the_rank(stage: Stage) -> None:
    """T-254: the range that the rank lies in, if it has a reward."""
    event = stage.event()
    stage.change(event, _everything(stage))
    first, second = await stage.teams(2)
    for team, score in ((first, 1), (second, 2)):
        await stage.call(team, "roll", event)
        await stage.call(team, "update", event, score=score)
    assert (await stage.call(first, "get", event))["available_rewards"] == AVAILABLE
    seen = await stage.call(second, "get", event)
    assert "available_rewards" not in seen
    # The rank's own cooldown, and what it does to the count of rolls.
    assert seen["roll_cooldown_sec"] == "5"
    assert seen["reroll_count_freeze"]


async def test_events_that_are_over(stage: Stage) -> None:
    """T-311, T-297, T-296: after its end an event is listed to whom it still concerns."""
    over = stage.event(category="over", reset=None, duration=0, end_time_sec=MONDAY + DAY)
    to_come = stage.event(category="over", start_time_sec=MONDAY + 2 * DAY + 5)
    endless = stage.event(category="over", reset=None, duration=10, start_time_sec=MONDAY - 5)
    team = await stage.team()
    await stage.call(team, "roll", endless)

    async def listed() -> set[str]:
        events = (await stage.call(team, "list", categories=["over"]))["event_leaderboards"]
        assert [event["id"] for event in events] == sorted(event["id"] for event in events)
        return {event["id"] for event in events}

    assert await listed() == {over, to_come, endless}
    stage.go(DAY)
    assert await listed() == {to_come, endless}
    seen = await stage.call(team, "get", over)
    assert seen["end_time_sec"] == str(MONDAY + DAY)
    assert "can_roll" not in seen
    assert await stage.refusal(team, "roll", over) == (3, "event leaderboard not active")
    ahead = await stage.call(team, "roll", to_come)
    assert ahead["start_time_sec"] == str(MONDAY + 2 * DAY + 5)
    assert ahead["end_time_sec"] == str(MONDAY + 6 * DAY)


async def test_an_ended_event_is_listed_until_it_expires(stage: Stage) -> None:
    """T-311, T-253: an event without an expiry keeps its cohorts."""
    event = stage.event(category="single", reset=None, duration=60, start_time_sec=MONDAY)
    team = await stage.team()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=1)
    stage.go(50 * WEEK)
    seen = await stage.call(team, "get", event)
    assert seen["can_claim"]
    assert "expiry_time_sec" not in seen
    assert "can_roll_with_claim" not in seen
    await stage.call(team, "claim", event)
    seen = await stage.call(team, "get", event)
    assert not any(name.startswith("can_") for name in seen)


async def test_few_statements(stage: Stage) -> None:
    """T-312, T-324: however many events there are; and a submission reads and writes little."""
    team = await stage.team()
    events = [stage.event(category="many") for _ in range(6)]
    for event in events:
        await stage.call(team, "roll", event)
    database = stage.app.database
    before = _sent(database)
    await stage.call(team, "list", categories=["many"])
    await stage.call(team, "list", categories=["many"], with_scores=True)
    assert _sent(database) - before == 4
    before = _sent(database)
    await stage.call(team, "update", events[0], score=1)
    assert _sent(database) - before == 2


def _sent(database: Database) -> int:
    return sum(count for name, count in database.counts.items() if name.startswith("team_event."))


async def test_the_server_itself(stage: Stage) -> None:
    """T-019: the game's own code rolls and claims for a team."""
    team, event = await stage.team(), stage.event()
    served = {one.function: one for one in stage.app.teams.event_leaderboards.functions()}
    request = {"id": team.id, "event_leaderboard_id": event}

    async def call(function: Any) -> dict[str, Any]:
        assert isinstance(served[function], Writing)
        return await stage.app.teams.calls.call(served[function], None, dict(request))

    assert (await call(EVENT_ROLL))["count"] == "1"
    try:
        await call(EVENT_UPDATE)
    except TypeError:
        pass
    else:
        raise AssertionError("a score without a player")
    await stage.call(team, "update", event, score=1)
    stage.go(6 * DAY)
    assert (await call(EVENT_CLAIM))["reward"]["currencies"] == {"guild_gold": "300"}


async def test_published(stage: Stage) -> None:
    """T-035, T-324, T-308, T-330: what is told to the publisher, after the fact."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=5, subscore=-2)
    await stage.refusal(team, "claim", event)
    stage.go(6 * DAY)
    await stage.call(team, "claim", event)
    await stage.call(team, "claim", event)
    own = {"teamId": team.id, "eventLeaderboardId": event}
    told = [(one.name, one.metadata, one.value) for one in stage.published if "Event" in one.name]
    assert told == [
        ("teamEventLeaderboardRolled", own, ""),
        ("teamEventLeaderboardUpdated", {**own, "subscore": "-2"}, "5"),
        ("teamEventLeaderboardClaimed", own, ""),
    ]


async def test_over_rest(stage: Stage) -> None:
    """T-313, T-315, T-466: the same over the REST paths."""
    team, event = await stage.team(), stage.event(category="rest")
    path, headers = f"/v2/team/{team.id}/event", team.members[0].headers
    rolled = answered(await stage.api.post(f"{path}/{event}/roll", json={}, headers=headers))
    assert rolled["count"] == "1"
    body = {"score": "5", "metadata": '{"a":"b"}'}
    answered(await stage.api.post(f"{path}/{event}", json=body, headers=headers))
    got = answered(await stage.api.get(f"{path}/{event}", headers=headers))
    assert got == await stage.call(team, "get", event)
    listed = answered(await stage.api.get(path, params={"categories": "rest"}, headers=headers))
    assert [one["id"] for one in listed["event_leaderboards"]] == [event]
    refused = await stage.api.post(f"{path}/{event}/claim", headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (400, "event leaderboard not complete")


async def test_new_configuration(stage: Stage) -> None:
    """T-127, T-145: cohorts keep the size and times with which they began; new ones have others."""
    event = stage.event(cohort_size=2)
    one, other, third = await stage.teams(3)
    first = await stage.call(one, "roll", event)
    stage.change(event, dataclasses.replace(stage.configured(event), cohort_size=1, name="New"))
    second = await stage.call(other, "roll", event)
    assert (second["cohort_id"], second["max_count"], second["name"]) == (first["cohort_id"], "2", "New")
    assert (await stage.call(third, "roll", event))["max_count"] == "1"


async def test_numbers_at_the_edge(stage: Stage) -> None:
    """T-316, T-319, T-028: all of int64, as text and as numbers; absent is 0."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    top = 2**63 - 1
    await stage.call(team, "update", event, score=str(top), subscore=-top - 1)
    await stage.call(team, "update", event, score=top, subscore=-1)
    own = await stage.standing(team, event)
    assert (own["score"], own["subscore"]) == (str(top), str(-top - 1))
    await stage.call(team, "update", event)
    assert (await stage.standing(team, event))["num_scores"] == "3"
    wrong: Any
    for wrong in (top + 1, "1.5", 1.5, True, [], {}):
        assert await stage.refusal(team, "update", event, score=wrong) == (3, "cannot decode json")
    assert await stage.refusal(team, "update", "x" * 129, score=1) == (3, "bad input")
    assert await stage.refusal(team, "update", score=1) == (3, "bad input")
