"""Members and teams that go."""

from collections.abc import Awaitable, Callable

import pytest

from tests.support.applications import client_of, running_application
from tests.support.players import Player
from tests.teams.events.stage import Stage, StillClock, Team
from tests.teams.support import answered

Go = Callable[[Stage, str, Player], Awaitable[None]]


async def _leave(stage: Stage, team: str, player: Player) -> None:
    answered(await stage.api.post(f"/v2/group/{team}/leave", headers=player.headers))


async def _delete(stage: Stage, team: str, player: Player) -> None:
    answered(await stage.api.delete(f"/v2/group/{team}", headers=player.headers))


async def _delete_account(stage: Stage, team: str, player: Player) -> None:
    answered(await stage.api.delete("/v2/account", headers=player.headers))


@pytest.mark.parametrize("go", [_leave, _delete, _delete_account])
async def test_team_that_goes(stage: Stage, go: Go) -> None:
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


@pytest.mark.parametrize("go", [_leave, _delete, _delete_account])
async def test_team_that_goes_while_there_are_no_teams(
    stage: Stage, database_url: str, app_clock: StillClock, go: Go
) -> None:
    """T-124, T-300: a server without the configuration counts it out as well."""
    event = stage.event(cohort_size=2)
    gone, left = await stage.teams(2)
    for team in (gone, left):
        await stage.call(team, "roll", event)
    session = {"token_expiry_sec": 10 * 365 * 86400, "refresh_token_expiry_sec": 11 * 365 * 86400}
    settings = {"session": session}
    async with running_application(database_url, app_clock, settings) as plain, client_of(plain) as api:
        await go(Stage(plain, api, app_clock), gone.id, gone.members[0])
    seen = await stage.call(left, "get", event)
    assert (seen["count"], len(seen["scores"])) == ("1", 1)
    [newcomer] = await stage.teams(1)
    assert (await stage.call(newcomer, "roll", event))["cohort_id"] == seen["cohort_id"]


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
