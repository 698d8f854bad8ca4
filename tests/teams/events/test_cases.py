"""The acceptance cases of event leaderboards, through the wire."""

import asyncio
from collections import Counter

from kizuna.teams.config.shapes import ChangeZone
from tests.teams.events.stage import DAY, HOUR, MONDAY, WEEK, Stage
from tests.teams.support import Cast, answered, ask

NOT_ASSIGNED = (9, "event leaderboard cohort not assigned")
ASSIGNED = (9, "event leaderboard cohort already assigned")
NOT_FOUND = (3, "event leaderboard not found")
NOT_ACTIVE = (3, "event leaderboard not active")
NOT_UPDATABLE = (3, "event leaderboard not updatable")
NOT_COMPLETE = (3, "event leaderboard not complete")
NOT_CLAIMABLE = (3, "event leaderboard not claimable")
NOT_CLAIMED = (3, "event leaderboard not claimed")
BAD_INPUT = (3, "bad input")


async def test_list(stage: Stage) -> None:
    """T-311, T-312, T-244: all events by id; scores and contributions only when they are asked for
    (case 42)."""
    team = await stage.team()
    listed = (await stage.call(team, "list"))["event_leaderboards"]
    assert [event["id"] for event in listed] == ["dragon_dash", "weekly_siege"]
    assert not any("scores" in event or "contributions" in event for event in listed)
    [siege] = (await stage.call(team, "list", categories=["siege"], with_scores=True))["event_leaderboards"]
    assert siege["id"] == "weekly_siege"
    assert "scores" not in siege
    assert await stage.call(team, "list", categories=["nothing"]) == {}
    await stage.call(team, "roll", "weekly_siege")
    await stage.call(team, "update", "weekly_siege", score=3)
    listed = (await stage.call(team, "list", with_scores=True))["event_leaderboards"]
    assert [score["score"] for score in listed[1]["scores"] if score["id"] == team.id] == ["3"]
    assert [one["id"] for one in listed[1]["contributions"]] == [team.members[0].id]
    assert "scores" not in listed[0]
    listed = (await stage.call(team, "list"))["event_leaderboards"]
    assert "scores" not in listed[1]
    assert listed[1]["cohort_id"]


async def test_before_enrolment(stage: Stage) -> None:
    """T-314, T-313, T-326: get enrols nobody; a score needs a cohort (case 43)."""
    team, event = await stage.team(), stage.event()
    for _ in range(2):
        empty = await stage.call(team, "get", event)
        assert empty["is_active"]
        assert empty["can_roll"]
        assert not empty.keys() & {"cohort_id", "scores", "count", "can_update", "can_claim", "backing_id"}
    assert await stage.refusal(team, "update", event, score=1) == NOT_ASSIGNED
    assert await stage.refusal(team, "claim", event) == NOT_ASSIGNED
    for function in ("get", "update", "claim", "roll", "fill", "scores"):
        assert await stage.refusal(team, function, "nope") == NOT_FOUND
        assert await stage.refusal(team, function, "no\0pe") == NOT_FOUND


async def test_roll(stage: Stage) -> None:
    """T-301, T-307, T-308, T-309, T-277, T-282: a roll puts the team into a cohort, once for the iteration
    (case 44)."""
    team, event = await stage.team(2), stage.event()
    stage.go(HOUR)
    rolled = await stage.call(team, "roll", event, by=1, metadata='{"mood":"grim"}')
    assert rolled["cohort_id"]
    assert rolled["count"] == "1"
    assert rolled["operator"] == "INCREMENT"
    assert rolled["backing_id"] == f"{event}.{MONDAY}"
    [score] = rolled["scores"]
    now = str(MONDAY + HOUR)
    assert score.pop("name").startswith("team-")
    assert score == {
        "id": team.id,
        "create_time_sec": now,
        "update_time_sec": now,
        "rank": "1",
        "metadata": '{"mood":"grim"}',
    }
    assert await stage.refusal(team, "roll", event) == ASSIGNED
    assert [(one.name, one.metadata["eventLeaderboardId"]) for one in stage.published] == [
        ("teamEventLeaderboardRolled", event)
    ]


async def test_concurrent_rolls(stage: Stage) -> None:
    """T-306: 25 teams that roll at once come into cohorts of 20 and 5, each team into one
    (case 45)."""
    event = stage.event()
    teams = await stage.teams(25)
    rolled = await asyncio.gather(*(stage.call(team, "roll", event) for team in teams))
    counts = Counter(one["cohort_id"] for one in rolled)
    assert sorted(counts.values()) == [5, 20]
    views = [await stage.call(team, "get", event) for team in teams]
    assert Counter(view["cohort_id"] for view in views) == counts
    for view, team in zip(views, teams, strict=True):
        ids = [score["id"] for score in view["scores"]]
        assert len(set(ids)) == len(ids) == counts[view["cohort_id"]] == int(view["count"])
        assert team.id in ids


async def test_contributions(stage: Stage) -> None:
    """T-323, T-320, T-299, T-283, T-287, T-288, T-315, T-316: members' shares stand beside the team's total
    (case 46)."""
    team, event = await stage.team(3), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=10)
    updated = await stage.call(team, "update", event, by=1, score=5)
    assert updated["scores"][0]["score"] == "15"
    stage.go(5)
    updated = await stage.call(team, "update", event, by=1, score=-2, subscore=7, metadata='{"a":"b"}')
    [score] = updated["scores"]
    assert (score["score"], score["subscore"], score["num_scores"]) == ("13", "7", "3")
    first, second = updated["contributions"]
    shares = [(one["id"], one["score"], one["num_scores"]) for one in (first, second)]
    assert shares == [(team.members[0].id, "10", "1"), (team.members[1].id, "3", "2")]
    assert first["username"] == team.members[0].username
    assert second["metadata"] == score["metadata"] == '{"a":"b"}'
    assert first["metadata"] == "{}"
    assert (second["create_time_sec"], second["update_time_sec"]) == (str(MONDAY), str(MONDAY + 5))
    await stage.api.post(f"/v2/group/{team.id}/leave", headers=team.members[1].headers)
    assert len((await stage.call(team, "get", event))["contributions"]) == 2


async def test_totals_are_no_sums_of_shares(stage: Stage) -> None:
    """T-320, T-321: the best of all, and each member's own best; what changes nothing counts and is dated."""
    team, event = await stage.team(2), stage.event(operator="BEST")
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=9)
    await stage.call(team, "update", event, by=1, score=5)
    stage.go(30)
    updated = await stage.call(team, "update", event, by=1, score=2)
    [score] = updated["scores"]
    assert (score["score"], score["num_scores"], score["update_time_sec"]) == ("9", "3", str(MONDAY + 30))
    assert [one["score"] for one in updated["contributions"]] == ["9", "5"]
    assert updated["contributions"][1]["num_scores"] == "2"
    assert updated["contributions"][1]["update_time_sec"] == str(MONDAY + 30)


async def test_best_ascending(stage: Stage) -> None:
    """T-319, T-321, T-318: the lowest counts, every submission does, up to the most allowed
    (case 47)."""
    team, event = await stage.team(), stage.event("dragon_dash")
    await stage.call(team, "roll", event)
    for score in (300, 250, 400):
        updated = await stage.call(team, "update", event, score=score)
    assert (updated["scores"][0]["score"], updated["scores"][0]["num_scores"]) == ("250", "3")
    assert updated["max_num_score"] == "5"
    assert updated["can_update"]
    for score in (1000, 250):
        updated = await stage.call(team, "update", event, score=score)
    assert "can_update" not in updated
    assert await stage.refusal(team, "update", event, score=1) == NOT_UPDATABLE


async def test_metadata(stage: Stage) -> None:
    """T-317, T-322: an object of texts; kept with scores that stay, where that is asked for
    (case 48)."""
    team, event = await stage.team(), stage.event("dragon_dash", max_num_score=0)
    bad = [
        "[1]",
        '{"a":1}',
        "null",
        "{",
        '{"a":null}',
        '"x"',
        '{"a":"' + "x" * 16384 + '"}',
        '{"a":"\\ud800"}',
    ]
    for metadata in bad:
        # The metadata is looked at first, whatever else is wrong.
        assert await stage.refusal(team, "update", event, metadata=metadata) == BAD_INPUT
        assert await stage.refusal(team, "roll", "nope", metadata=metadata) == BAD_INPUT
    await stage.call(team, "roll", event, metadata='{"from":"roll"}')
    await stage.call(team, "update", event, score=5, metadata="")
    assert (await stage.standing(team, event))["metadata"] == "{}"
    await stage.call(team, "update", event, score=5, metadata='{"k":"1"}')
    await stage.call(team, "update", event, score=9, metadata='{"k":"2"}', conditional_metadata_update=True)
    assert (await stage.standing(team, event))["metadata"] == '{"k":"1"}'
    await stage.call(team, "update", event, score=4, metadata='{"k":"3"}', conditional_metadata_update=True)
    assert (await stage.standing(team, event))["metadata"] == '{"k":"3"}'
    await stage.call(team, "update", event, score=9, metadata=None)
    assert (await stage.standing(team, event))["metadata"] == "{}"


async def test_update_after_the_end(stage: Stage) -> None:
    """T-318, T-264: no score after the end (case 49)."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    assert (await stage.call(team, "get", event))["is_active"]
    stage.go(6 * DAY - 1)
    await stage.call(team, "update", event, score=1)
    stage.go(6 * DAY)
    assert await stage.refusal(team, "update", event, score=1) == NOT_ACTIVE
    assert "is_active" not in await stage.call(team, "get", event)


async def test_claim(stage: Stage) -> None:
    """T-325, T-327, T-328, T-329, T-330: after the end, once, and the same answer again
    (case 50)."""
    team, event = await stage.team(2), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=1)
    assert await stage.refusal(team, "claim", event) == NOT_COMPLETE
    stage.go(6 * DAY)
    assert (await stage.call(team, "get", event))["can_claim"]
    before = await stage.wallet(team)
    claims = await asyncio.gather(*(stage.call(team, "claim", event, by=by) for by in (0, 1)))
    assert [claim["reward"] for claim in claims] == [claims[0]["reward"]] * 2
    assert claims[0]["reward"]["currencies"] == {"guild_gold": "300"}
    assert all("can_claim" not in claim and claim["best_rank"] == "1" for claim in claims)
    stage.go(6 * DAY + 60)
    again = await stage.call(team, "claim", event, by=1)
    assert again["reward"] == claims[0]["reward"]
    assert again["claim_time_sec"] == claims[0]["claim_time_sec"] == str(MONDAY + 6 * DAY)
    assert (await stage.wallet(team))["guild_gold"] == before["guild_gold"] + 300
    claimed = [one for one in stage.published if one.name == "teamEventLeaderboardClaimed"]
    assert [one.metadata["teamId"] for one in claimed] == [team.id]


async def test_final_ranks(stage: Stage) -> None:
    """T-327: a rank that a reward was granted for does not change by a submission that came in time."""
    first, second = await stage.teams(2)
    event = stage.event()
    for team in (first, second):
        await stage.call(team, "roll", event)
        await stage.call(team, "update", event, score=1)
    stage.go(6 * DAY)
    assert (await stage.call(first, "claim", event))["best_rank"] == "1"
    # Another process looked at the clock before the end, and comes to the cohort only now.
    stage.go(6 * DAY - 1)
    assert await stage.refusal(second, "update", event, score=9) == NOT_UPDATABLE
    stage.go(6 * DAY)
    assert (await stage.call(second, "claim", event))["best_rank"] == "2"


async def test_nothing_scored(stage: Stage) -> None:
    """T-326, T-331: a team without a submission has nothing to claim (case 51)."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    stage.go(6 * DAY)
    assert "can_claim" not in await stage.call(team, "get", event)
    assert await stage.refusal(team, "claim", event) == NOT_CLAIMABLE


async def test_reward_to_the_mailbox(stage: Stage) -> None:
    """T-330: rank 2 of tier 1 finds its reward in the mailbox (case 52)."""
    # Whoever submitted rises out of tier 0.
    event = stage.event(change_zones={0: ChangeZone(promotion=1.0)})
    first, second = await stage.teams(2)
    for team, score in ((first, 2), (second, 1)):
        stage.go(0)
        await stage.call(team, "roll", event)
        await stage.call(team, "update", event, score=1)
        stage.go(6 * DAY)
        rolled = await stage.call(team, "roll", event, claim_reward=True)
        assert rolled["tier"] == 1
        stage.go(WEEK)
        await stage.call(team, "update", event, score=score)
    stage.go(WEEK + 6 * DAY)
    before = await stage.wallet(second)
    claimed = await stage.call(second, "claim", event)
    assert claimed["reward"]["to_mailbox_expiry_sec"] == "604800"
    assert await stage.wallet(second) == before
    mailbox = answered(
        await ask(stage.api, second.members[0], "TEAMS_REWARD_MAILBOX_LIST", {"id": second.id})
    )
    [entry] = mailbox["entries"]
    assert entry["reward"]["currencies"] == {"ember_shards": "5"}
    assert int(entry["expiry_time_sec"]) - int(entry["create_time_sec"]) == WEEK


async def test_roll_in_the_gap(stage: Stage) -> None:
    """T-302, T-303, T-304, T-266: once the last one has ended and is claimed, the next iteration is open
    (case 53)."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=1)
    stage.go(6 * DAY)
    assert await stage.refusal(team, "roll", event) == NOT_CLAIMED
    seen = await stage.call(team, "get", event)
    assert "can_roll" not in seen
    assert seen["can_roll_with_claim"]
    before = await stage.wallet(team)
    rolled = await stage.call(team, "roll", event, claim_reward=True)
    assert rolled["reward"]["currencies"] == {"guild_gold": "300"}
    assert (await stage.wallet(team))["guild_gold"] == before["guild_gold"] + 300
    assert rolled["start_time_sec"] == str(MONDAY + WEEK)
    assert "is_active" not in rolled
    seen = await stage.call(team, "get", event)
    assert "reward" not in seen
    assert "claim_time_sec" not in seen
    assert "is_active" not in seen
    assert await stage.refusal(team, "update", event, score=1) == NOT_ACTIVE
    assert await stage.refusal(team, "claim", event) == NOT_COMPLETE
    assert await stage.refusal(team, "roll", event) == ASSIGNED
    stage.go(WEEK)
    assert (await stage.call(team, "update", event, score=1))["is_active"]


async def test_forfeited(stage: Stage) -> None:
    """T-332: an unclaimed reward is gone with the next iteration, and keeps nobody from it (case 54)."""
    team, event = await stage.team(), stage.event()
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, score=1)
    stage.go(WEEK)
    assert await stage.refusal(team, "claim", event) == NOT_CLAIMABLE
    seen = await stage.call(team, "get", event)
    assert seen["can_roll"]
    assert "cohort_id" not in seen
    assert "can_claim" not in seen
    # The result counts: first of one is promoted only where the share comes to a team.
    assert "reward" not in await stage.call(team, "roll", event, claim_reward=True)


async def test_roles(stage: Stage, cast: Cast) -> None:
    """T-053: members do all of it, others nothing."""
    event = stage.event()
    for function in ("LIST", "GET", "ROLL", "UPDATE", "CLAIM", "DEBUG_FILL", "DEBUG_RANDOM_SCORES"):
        request = {} if function == "LIST" else {"event_leaderboard_id": event}
        for player in (cast.pending, cast.banned, cast.outsider):
            answer = await cast.ask(player, f"TEAMS_EVENT_LEADERBOARD_{function}", **request)
            assert (answer.status_code, answer.json()["code"]) == (403, 7)
    await cast.call(cast.member, "TEAMS_EVENT_LEADERBOARD_ROLL", event_leaderboard_id=event)
    await cast.call(cast.admin, "TEAMS_EVENT_LEADERBOARD_UPDATE", event_leaderboard_id=event)
