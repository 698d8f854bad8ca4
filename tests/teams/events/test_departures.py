"""Members and teams that go."""

import pytest

from tests.support.players import Player
from tests.teams.events.stage import Stage, Team
from tests.teams.support import answered


async def _leave(stage: Stage, team: str, player: Player) -> None:
    answered(await stage.api.post(f"/v2/group/{team}/leave", headers=player.headers))


async def _delete(stage: Stage, team: str, player: Player) -> None:
    answered(await stage.api.delete(f"/v2/group/{team}", headers=player.headers))


async def _delete_account(stage: Stage, team: str, player: Player) -> None:
    answered(await stage.api.delete("/v2/account", headers=player.headers))


@pytest.mark.parametrize("go", [_leave, _delete, _delete_account])
async def test_team_that_goes(stage: Stage, go) -> None:  # type: ignore[no-untyped-def]
    """T-124, T-300: however a team ends, its score goes with it, and its place is free again."""
    event = stage.event(cohort_size=3)
    teams = await stage.teams(3)
    for score, team in enumerate(teams):
        await stage.call(team, "roll", event)
        await stage.call(team, "update", event, score=score)
    gone, *left = reversed(teams)
    await go(stage, gone.id, gone.members[0])
    seen = await stage.call(left[0], "get", event)
    assert seen["count"] == "2"
    assert [(score["id"], score["rank"]) for score in seen["scores"]] == [
        (team.id, str(rank)) for rank, team in enumerate(left, 1)
    ]
    [newcomer] = await stage.teams(1)
    rolled = await stage.call(newcomer, "roll", event)
    assert (rolled["cohort_id"], rolled["count"]) == (seen["cohort_id"], "3")


async def test_member_who_goes(stage: Stage) -> None:
    """T-125, T-299: who was kicked has no access, and what was contributed stays."""
    team, event = await stage.team(2), stage.event()
    kicked = team.members[1]
    await stage.call(team, "roll", event)
    await stage.call(team, "update", event, by=1, score=5)
    path = f"/v2/group/{team.id}/kick"
    answered(await stage.api.post(path, params={"user_ids": kicked.id}, headers=team.members[0].headers))
    for function in ("get", "update", "roll", "claim", "list"):
        answer = await stage.ask(Team(team.id, [kicked]), function, "" if function == "list" else event)
        assert (answer.status_code, answer.json()["message"]) == (403, "team membership required")
    seen = await stage.call(team, "get", event)
    assert seen["scores"][0]["score"] == "5"
    assert [one["id"] for one in seen["contributions"]] == [kicked.id]
    answered(await stage.api.delete("/v2/account", headers=kicked.headers))
    [share] = (await stage.call(team, "get", event))["contributions"]
    assert share["id"] == kicked.id
    assert share["score"] == "5"
    assert "username" not in share
