"""Many at once."""

import asyncio
from collections import Counter

import asyncpg
import pytest

from tests.support.locks import somebody_waits
from tests.teams.events.stage import DAY, WEEK, Stage, Team


async def test_members_submit_at_once(stage: Stage) -> None:
    """T-027, T-321, T-323, T-324: nothing of 100 submissions is lost, for the team or its members."""
    team, rival = await stage.team(10), await stage.team(2)
    event = stage.event()
    for one in (team, rival):
        await stage.call(one, "roll", event)
    calls = [stage.call(team, "update", event, by=n % 10, score=n, subscore=1) for n in range(100)]
    calls += [stage.call(rival, "update", event, by=n % 2, score=1) for n in range(20)]
    replies = await asyncio.gather(*calls)
    final = await stage.call(team, "get", event)
    scores = {score["id"]: score for score in final["scores"]}
    assert (scores[team.id]["score"], scores[team.id]["subscore"]) == (str(sum(range(100))), "100")
    assert (scores[team.id]["num_scores"], scores[rival.id]["score"]) == ("100", "20")
    shares = {one["id"]: (int(one["score"]), one["num_scores"]) for one in final["contributions"]}
    assert shares == {player.id: (sum(range(n, 100, 10)), "10") for n, player in enumerate(team.members)}
    # Every answer shows a state of its own: after the first submission, the second, …
    own = [
        next(score["num_scores"] for score in reply["scores"] if score["id"] == team.id)
        for reply in replies[:100]
    ]
    assert sorted(map(int, own)) == list(range(1, 101))
    updated = [one for one in stage.published if one.name == "teamEventLeaderboardUpdated"]
    assert len(updated) == 120
    values = [int(one.value) for one in updated if one.metadata["teamId"] == team.id]
    assert max(values) == sum(range(100))


async def test_refused_submissions_leave_nothing(stage: Stage) -> None:
    """T-026, T-318: of 12 submissions at once as many count as are allowed."""
    team, event = await stage.team(3), stage.event(max_num_score=5)
    await stage.call(team, "roll", event)
    answers = await asyncio.gather(*(stage.ask(team, "update", event, by=n % 3, score=1) for n in range(12)))
    assert Counter(answer.status_code for answer in answers) == {200: 5, 400: 7}
    own = await stage.standing(team, event)
    assert (own["score"], own["num_scores"]) == ("5", "5")


async def test_members_roll_at_once(stage: Stage) -> None:
    """T-469, T-307: one team comes into one cohort, whoever rolls it how often."""
    team, event = await stage.team(5), stage.event()
    answers = await asyncio.gather(*(stage.ask(team, "roll", event, by=n) for n in range(5)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 4}
    assert (await stage.call(team, "get", event))["count"] == "1"


async def test_claims_and_rolls_at_once(stage: Stage) -> None:
    """T-028, T-328: claim and roll with claim race: one grant."""
    team, event = await stage.team(4), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=1)
    stage.go(6 * DAY)
    before = await stage.wallet(team)
    await asyncio.gather(
        *(stage.ask(team, "claim", event, by=n) for n in (0, 1)),
        *(stage.ask(team, "roll", event, by=n, claim_reward=True) for n in (2, 3)),
    )
    assert (await stage.wallet(team))["guild_gold"] == before["guild_gold"] + 300
    assert (await stage.call(team, "get", event))["count"] == "1"


async def test_a_claim_waits_for_scores_under_way(stage: Stage) -> None:
    """T-327, T-334: whoever submits holds the cohort, so that the rank that a claim reads is the last."""
    event = stage.event()
    first, second = await stage.teams(2)
    for team, score in ((first, 5), (second, 3)):
        await stage.call(team, "roll", event)
        cohort = (await stage.call(team, "update", event, score=score))["cohort_id"]
    stage.go(6 * DAY)
    connection = await asyncpg.connect(stage.app.database.url)
    try:
        async with connection.transaction():
            await connection.execute(
                "select 1 from team_event_cohort where id = $1 for no key update", cohort
            )
            await connection.execute(
                "update team_event_score set score = 9 where cohort_id = $1 and team_id = $2",
                cohort,
                second.id,
            )
            claim = asyncio.create_task(stage.call(first, "claim", event))
            await somebody_waits(connection, claim)
        assert (await claim)["best_rank"] == "2"
    finally:
        await connection.close()
    assert (await stage.call(second, "claim", event))["best_rank"] == "1"


@pytest.mark.parametrize("change", ["complete_sec = start_sec", "count = size"])
async def test_a_roll_waits_for_what_becomes_of_the_cohort(stage: Stage, change: str) -> None:
    """T-306, T-334: one that is completed or filled meanwhile takes no team any more; there is another."""
    event = stage.event()
    first, second = await stage.teams(2)
    cohort = (await stage.call(first, "roll", event))["cohort_id"]
    connection = await asyncpg.connect(stage.app.database.url)
    try:
        async with connection.transaction():
            await connection.execute(f"update team_event_cohort set {change} where id = $1", cohort)
            roll = asyncio.create_task(stage.call(second, "roll", event))
            await somebody_waits(connection, roll)
        rolled = await roll
    finally:
        await connection.close()
    assert rolled["cohort_id"] != cohort
    assert rolled["count"] == "1"


async def test_a_burst_of_a_whole_tier(stage: Stage) -> None:
    """T-306, T-028: teams that claim and roll on at once fill cohorts one after the other."""
    event = stage.event(cohort_size=4)
    teams = await stage.teams(14)
    await asyncio.gather(*(stage.call(team, "roll", event) for team in teams))
    await asyncio.gather(*(stage.call(team, "update", event, score=1) for team in teams))
    stage.go(6 * DAY)
    rolled = await asyncio.gather(*(stage.call(team, "roll", event, claim_reward=True) for team in teams))
    cohorts = Counter((one.get("tier", 0), one["cohort_id"]) for one in rolled)
    for tier in (0, 1):
        sizes = [count for (of, _), count in cohorts.items() if of == tier]
        assert sum(size < 4 for size in sizes) <= 1, cohorts
    stage.go(WEEK)
    assert all([(await stage.call(team, "get", event))["is_active"] for team in teams])


async def test_teams_roll_while_they_are_deleted(stage: Stage) -> None:
    """T-124, T-300, T-303: they are rolled and go, or are gone; either way nothing of them stays."""
    event = stage.event(cohort_size=20)
    stays, *teams = await stage.teams(9)
    await stage.call(stays, "roll", event)

    async def delete(team: Team) -> None:
        answer = await stage.api.delete(f"/v2/group/{team.id}", headers=team.members[0].headers)
        assert answer.status_code == 200

    rolls = [stage.ask(team, "roll", event) for team in teams]
    deletions = [delete(team) for team in teams]
    answers, _ = await asyncio.gather(asyncio.gather(*rolls), asyncio.gather(*deletions))
    refusals = {answer.json()["message"] for answer in answers if answer.status_code != 200}
    assert refusals <= {"team not found", "team membership required"}
    seen = await stage.call(stays, "get", event)
    assert (seen["count"], [score["id"] for score in seen["scores"]]) == ("1", [stays.id])
    [newcomer] = await stage.teams(1)
    rolled = await stage.call(newcomer, "roll", event)
    assert (rolled["cohort_id"], rolled["count"]) == (seen["cohort_id"], "2")


async def test_departures_and_arrivals_at_once(stage: Stage) -> None:
    """T-300, T-306: counts stay those of the teams that are there."""
    event = stage.event(cohort_size=6)
    teams = await stage.teams(12)
    for team in teams[:6]:
        await stage.call(team, "roll", event)

    async def delete(index: int) -> None:
        team = teams[index]
        answer = await stage.api.delete(f"/v2/group/{team.id}", headers=team.members[0].headers)
        assert answer.status_code == 200

    await asyncio.gather(
        *(delete(n) for n in range(3)),
        *(stage.call(team, "roll", event) for team in teams[6:]),
        *(stage.call(teams[n], "update", event, score=1) for n in (3, 4, 5)),
    )
    for team in teams[3:]:
        seen = await stage.call(team, "get", event)
        assert int(seen["count"]) == len(seen["scores"]) <= 6
