"""Races to a score, rolling again, tiers over the weeks."""

import asyncio
import dataclasses

from kizuna.teams.config.shapes import ChangeZone, EventLeaderboard, RewardTier, TierOverride
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from tests.teams.events.stage import DAY, MONDAY, WEEK, Stage, Team

GOLD = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(min=7)}))
NOT_UPDATABLE = (3, "event leaderboard not updatable")
LIMIT = (9, "event leaderboard roll limit reached")
COOLDOWN = (9, "event leaderboard roll cooldown active")


def _race(**changes: object) -> EventLeaderboard:
    """The first to 10 wins."""
    winner = RewardTier(rank_min=1, rank_max=1, reward=GOLD)
    event = EventLeaderboard(
        operator="INCREMENT", cohort_size=2, score_target=10, reward_tiers={0: (winner,)}, tiers=2
    )
    return dataclasses.replace(event, **changes)  # type: ignore[arg-type]


def _added(stage: Stage, event: EventLeaderboard) -> str:
    id = stage.event()
    stage.change(id, dataclasses.replace(event, reset=stage.configured("weekly_siege").reset))
    return id


async def test_race(stage: Stage) -> None:
    """T-334, T-266, T-338, T-327: who comes to the target ends the race for everybody, and claims at once."""
    event = _added(stage, _race())
    winner, loser = await stage.teams(2)
    for team in (winner, loser):
        await stage.call(team, "roll", event)
    await stage.call(winner, "update", event, score=9)
    await stage.call(loser, "update", event, score=9)
    won = await stage.call(winner, "update", event, score=1)
    assert won["is_active"]
    assert won["can_claim"]
    assert "can_update" not in won
    assert (won["score_target"], won.get("score_target_players")) == ("10", None)
    for team in (winner, loser):
        assert await stage.refusal(team, "update", event, score=1) == NOT_UPDATABLE
    claimed = await stage.call(winner, "claim", event)
    assert claimed["reward"]["currencies"] == {"guild_gold": "7"}
    lost = await stage.call(loser, "claim", event)
    assert lost["claim_time_sec"]
    assert "reward" not in lost
    assert lost["best_rank"] == "2"
    [third] = await stage.teams(1)
    rolled = await stage.call(third, "roll", event)
    assert rolled["cohort_id"] != won["cohort_id"]


async def test_race_of_several(stage: Stage) -> None:
    """T-334: with score_target_players the race goes on until so many have come; ascending, from above."""
    event = _added(stage, _race(score_target_players=2, ascending=True, operator="BEST", cohort_size=3))
    teams = await stage.teams(3)
    for team in teams:
        await stage.call(team, "roll", event)
    assert "can_claim" not in await stage.call(teams[0], "update", event, score=10)
    assert "can_claim" not in await stage.call(teams[1], "update", event, score=11)
    assert (await stage.call(teams[1], "update", event, score=4))["can_claim"]
    assert await stage.refusal(teams[2], "update", event, score=1) == NOT_UPDATABLE


async def test_end_of_a_race_under_concurrency(stage: Stage) -> None:
    """T-334: of 30 submissions at once those that come before the end count, and no other."""
    event = _added(stage, _race(cohort_size=3))
    teams = await stage.teams(3)
    for team in teams:
        await stage.call(team, "roll", event)
    answers = await asyncio.gather(
        *(stage.ask(team, "update", event, score=1) for _ in range(12) for team in teams)
    )
    taken = sum(answer.status_code == 200 for answer in answers)
    scores = (await stage.call(teams[0], "get", event))["scores"]
    assert sum(int(score["score"]) for score in scores) == taken < len(answers)
    assert sorted(int(score["score"]) for score in scores)[-1] == 10
    assert sum(int(score["score"]) >= 10 for score in scores) == 1


async def test_time_limit(stage: Stage) -> None:
    """T-335: a team's time runs from its roll, or from the beginning where it rolled before that."""
    event = _added(stage, _race(score_target=0, score_time_limit_sec=600, duration=DAY))
    late, early = await stage.teams(2)
    stage.go(-1)
    stage.change(event, dataclasses.replace(stage.configured(event), start_time_sec=MONDAY))
    await stage.call(early, "roll", event)
    stage.go(300)
    rolled = await stage.call(late, "roll", event)
    assert rolled["score_time_limit_ends_sec"] == str(MONDAY + 900)
    assert rolled["score_time_limit_sec"] == "600"
    assert (await stage.call(early, "get", event))["score_time_limit_ends_sec"] == str(MONDAY + 600)
    stage.go(599)
    await stage.call(early, "update", event, score=1)
    stage.go(600)
    assert await stage.refusal(early, "update", event, score=1) == NOT_UPDATABLE
    await stage.call(late, "update", event, score=1)


async def _win(stage: Stage, team: Team, event: str) -> None:
    await stage.call(team, "update", event, score=10)
    await stage.call(team, "claim", event)


async def test_rolling_again(stage: Stage) -> None:
    """T-336, T-272: after a finished race the team rolls again, so often and after so long."""
    event = _added(stage, _race(max_rolls=2, roll_cooldown_sec=60))
    team = await stage.team()
    first = await stage.call(team, "roll", event)
    assert (first["rolls"], first["max_rolls"]) == ("1", "2")
    await stage.call(team, "update", event, score=10)
    assert await stage.refusal(team, "roll", event) == (3, "event leaderboard not claimed")
    await stage.call(team, "claim", event)
    assert await stage.refusal(team, "roll", event) == COOLDOWN
    assert (await stage.call(team, "get", event))["roll_cooldown_ends_sec"] == str(MONDAY + 60)
    stage.go(60)
    second = await stage.call(team, "roll", event)
    assert second["cohort_id"] != first["cohort_id"]
    assert (second["rolls"], second["best_rank"]) == ("2", "1")
    await _win(stage, team, event)
    stage.go(600)
    assert await stage.refusal(team, "roll", event) == LIMIT
    stage.go(WEEK)
    third = await stage.call(team, "roll", event)
    assert third["rolls"] == "1"
    assert "best_rank" not in third


async def test_rolls_that_do_not_count(stage: Stage) -> None:
    """T-336: a range keeps the count, and has a cooldown of its own."""
    winner = RewardTier(rank_min=1, rank_max=1, reroll_count_freeze=True, roll_cooldown_sec=10)
    event = _added(stage, _race(max_rolls=1, roll_cooldown_sec=500, reward_tiers={0: (winner,)}))
    team = await stage.team()
    await stage.call(team, "roll", event)
    for n in range(3):
        stage.go(10 * n)
        await _win(stage, team, event)
        stage.go(10 * n + 9)
        assert await stage.refusal(team, "roll", event) == COOLDOWN
        stage.go(10 * n + 10)
        assert (await stage.call(team, "get", event))["reroll_count_freeze"]
        assert (await stage.call(team, "roll", event))["rolls"] == "1"


async def test_an_idle_team_rolls_out_of_a_finished_race(stage: Stage) -> None:
    """T-336: who has nothing to claim need not claim."""
    event = _added(stage, _race())
    winner, idle = await stage.teams(2)
    for team in (winner, idle):
        await stage.call(team, "roll", event)
    await stage.call(winner, "update", event, score=10)
    assert (await stage.call(idle, "get", event))["can_roll"]
    assert (await stage.call(idle, "roll", event))["rolls"] == "2"


async def test_best_rank_of_an_iteration(stage: Stage) -> None:
    """T-337: what was claimed before is not forgotten with a worse rank."""
    event = _added(stage, _race())
    team, rival = await stage.teams(2)
    await stage.call(team, "roll", event)
    await _win(stage, team, event)
    for one in (team, rival):
        await stage.call(one, "roll", event)
    await stage.call(team, "update", event, score=1)
    await stage.call(rival, "update", event, score=10)
    assert (await stage.call(team, "claim", event))["best_rank"] == "1"
    assert (await stage.call(rival, "claim", event))["best_rank"] == "1"
    again = _added(stage, _race())
    for one in (team, rival):
        await stage.call(one, "roll", again)
    await stage.call(team, "update", again, score=1)
    await stage.call(rival, "update", again, score=10)
    assert (await stage.call(team, "claim", again))["best_rank"] == "2"
    await stage.call(team, "roll", again)
    await _win(stage, team, again)
    assert (await stage.call(team, "get", again))["best_rank"] == "1"


async def test_nobody_joins_a_finished_race(stage: Stage) -> None:
    """T-334, T-306: whoever rolls while a race ends comes into one that still goes on."""
    for _ in range(4):
        event = _added(stage, _race(cohort_size=9))
        winner, *others = await stage.teams(6)
        await stage.call(winner, "roll", event)
        answers = await asyncio.gather(
            *(stage.call(team, "roll", event) for team in others[:3]),
            stage.call(winner, "update", event, score=10),
            *(stage.call(team, "roll", event) for team in others[3:]),
        )
        assert "can_update" not in answers.pop(3)
        assert all(rolled["can_update"] for rolled in answers)
        finished = await stage.call(winner, "get", event)
        assert int(finished["count"]) == len(finished["scores"])


# --- tiers ---


async def test_tiers(stage: Stage) -> None:
    """T-305, T-332, T-333, T-250: of ten teams in tier 0 two rise, though nobody claimed; in tier 1 an idle
    one falls (case 55)."""
    siege = stage.configured("weekly_siege")
    event = stage.event(cohort_size=10, tier_overrides={1: TierOverride(name="Second")})
    teams = await stage.teams(10)
    for team in teams:
        await stage.call(team, "roll", event)
    for score, team in enumerate(reversed(teams), 1):
        await stage.call(team, "update", event, score=score)
    stage.go(WEEK)
    assert (await stage.call(teams[0], "get", event))["tier"] == 1
    tiers = [(await stage.call(team, "roll", event)).get("tier", 0) for team in teams]
    assert tiers == [1, 1] + [0] * 8
    # In tier 1: one submits, one is idle; of two teams none rises by its share of 0.2, and none falls.
    rolled = await stage.call(teams[0], "update", event, score=1)
    assert rolled["name"] == "Second"
    assert rolled["count"] == "2"
    stage.go(2 * WEEK)
    assert (await stage.call(teams[0], "roll", event))["tier"] == 1
    assert "tier" not in await stage.call(teams[1], "roll", event)
    assert siege.change_zones[1].demote_idle


async def test_ten_teams_of_tier_one(stage: Stage) -> None:
    """T-305, T-333: two rise and two fall; after two missed weeks it is one tier more, no more (case 55)."""
    zones = {**stage.configured("weekly_siege").change_zones, 0: ChangeZone(promotion=1.0)}
    event = stage.event(change_zones=zones)
    teams = await stage.teams(10)

    async def roll(chosen: list[Team]) -> list[int]:
        return [(await stage.call(team, "roll", event)).get("tier", 0) for team in chosen]

    async def play() -> None:
        for score, team in enumerate(reversed(teams), 1):
            await stage.call(team, "update", event, score=score)

    assert await roll(teams) == [0] * 10
    await play()
    stage.go(WEEK)
    assert await roll(teams) == [1] * 10
    await play()
    stage.go(2 * WEEK)
    assert await roll(teams) == [2, 2] + [1] * 6 + [0, 0]
    await play()
    # Of two teams in tier 2 the second falls.
    stage.go(5 * WEEK)
    assert await roll(teams[:2]) == [1, 0]


async def test_missed_weeks(stage: Stage) -> None:
    """T-305: of the weeks in which a team did not play only so many count against it (case 55)."""
    event = stage.event(
        tiers=9,
        change_zones={tier: ChangeZone(promotion=1.0) for tier in range(9)},
        max_idle_tier_drop=1,
        reward_tiers={},
    )
    team = await stage.team()
    for week, tier in ((0, 0), (1, 1), (2, 2), (5, 2), (7, 2), (8, 3)):
        stage.go(week * WEEK)
        assert (await stage.call(team, "roll", event)).get("tier", 0) == tier
        await stage.call(team, "update", event, score=1)


async def test_ties(stage: Stage) -> None:
    """T-298, T-278, T-300: the subscore decides, then who was first; who never submitted is last
    (case 56)."""
    event = stage.event(operator="SET")
    teams = await stage.teams(5)
    for team in teams:
        await stage.call(team, "roll", event)
    for team, score, subscore in ((teams[0], 5, 1), (teams[1], 5, 2), (teams[2], 5, 2), (teams[3], -9, 0)):
        await stage.call(team, "update", event, score=score, subscore=subscore)

    async def order() -> list[int]:
        scores = (await stage.call(teams[4], "get", event))["scores"]
        assert [score["rank"] for score in scores] == [str(n) for n in range(1, len(scores) + 1)]
        return [[team.id for team in teams].index(score["id"]) for score in scores]

    assert await order() == [1, 2, 0, 3, 4]
    await stage.call(teams[1], "update", event, score=5, subscore=2)
    assert await order() == [2, 1, 0, 3, 4]
    deleted = await stage.api.delete(f"/v2/group/{teams[1].id}", headers=teams[1].members[0].headers)
    assert deleted.status_code == 200
    assert await order() == [2, 0, 3, 4]
    assert (await stage.call(teams[4], "get", event))["count"] == "4"
    [newcomer] = await stage.teams(1)
    assert (await stage.call(newcomer, "roll", event))["count"] == "5"
