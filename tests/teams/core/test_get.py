"""TEAMS_GET, TEAMS_USER_TEAMS_LIST, and what clients ask groups about their team."""

import asyncio
import uuid

from kizuna.app import Application
from kizuna.channels import codes
from tests.teams.core.conftest import Enter
from tests.teams.core.support import BAD_INPUT, NOT_FOUND, Founder, new_name
from tests.teams.support import Cast, Configure, answered, refused


async def test_any_team(cast: Cast) -> None:
    """T-041, T-079, T-105 (case 23): for any player; members by role, then by when they joined."""
    outsider = Founder(cast.api, cast.outsider)
    team = await outsider.get(cast.team)
    assert team["members"] == [{"id": player.id} for player in cast.members]
    assert (team["id"], team["edge_count"]) == (cast.team, 5)
    assert await outsider.get(cast.team.upper()) == team
    assert answered(await outsider.rest("GET", f"/team/{cast.team}")) == team
    for player in (cast.member, cast.pending, cast.banned):
        assert await Founder(cast.api, player).get(cast.team) == team


async def test_no_team(enter: Enter) -> None:
    """T-020, T-105 (case 23): the field is team_id."""
    owl = await enter()
    team = await owl.create()
    assert refused(await owl.ask("TEAMS_GET", id=team["id"])) == (400, 3, "cannot decode json")
    for request in ({}, {"team_id": ""}, {"team_id": "abc"}, {"team_id": "\0"}):
        assert refused(await owl.ask("TEAMS_GET", **request)) == BAD_INPUT
    assert refused(await owl.ask("TEAMS_GET", team_id=str(uuid.uuid4()))) == NOT_FOUND


async def test_groups_that_were_always_there(enter: Enter) -> None:
    """T-034: a group is a team, whoever made it."""
    owl = await enter()
    group = await owl.group()
    team = await owl.get(group)
    assert (team["id"], team["name"], team["max_count"]) == (group["id"], group["name"], 100)
    assert team["members"] == [{"id": owl.id}]


async def test_teams_of_users(enter: Enter, configure: Configure) -> None:
    """T-041, T-106 (case 24): by user, each with the teams by name; unknown users are left out."""
    configure(allow_multiple_teams=True)
    owl, other = await enter(), await enter()
    teams = [await owl.create(new_name(prefix), open=True) for prefix in ("b", "a", "C")]
    answered(await other.join(teams[0]))
    closed = await other.create()
    answered(await owl.join(closed))
    answered(await owl.act("ban", teams[0], other))
    nobody = str(uuid.uuid4())

    users = (await other.call("TEAMS_USER_TEAMS_LIST", user_ids=[owl.id.upper(), nobody, other.id, owl.id]))[
        "user_teams"
    ]
    assert users.keys() == {owl.id, other.id}
    assert users[other.id]["teams"] == [closed]
    assert [team["id"] for team in users[owl.id]["teams"]] == [teams[place]["id"] for place in (2, 1, 0)]
    assert users[owl.id]["teams"][1] == teams[1]
    assert await owl.call("TEAMS_USER_TEAMS_LIST", user_ids=[nobody]) == {}


async def test_ones_own_teams(enter: Enter) -> None:
    """T-106: nobody named is oneself; the same under both paths of REST."""
    owl, loner = await enter(), await enter()
    team = await owl.create()
    own = await owl.call("TEAMS_USER_TEAMS_LIST")
    assert own["user_teams"][owl.id]["teams"] == [team]
    assert await owl.call("TEAMS_USER_TEAMS_LIST", user_ids=[]) == own
    assert answered(await owl.rest("GET", "/team/user")) == own
    assert answered(await loner.rest("GET", "/team/user", user_ids=[owl.id])) == own
    assert answered(await loner.rest("GET", f"/user/{owl.id}/team")) == own
    alone = await loner.call("TEAMS_USER_TEAMS_LIST")
    assert alone["user_teams"][loner.id].keys() == {"user"}


async def test_how_users_are_shown(enter: Enter) -> None:
    """T-106: the public profile, of whose two times one has a suffix."""
    owl = await enter()
    answered(await owl.rest("PUT", "/account", {"display_name": "Owl", "location": "Oslo", "timezone": "Z"}))
    user = (await owl.call("TEAMS_USER_TEAMS_LIST"))["user_teams"][owl.id]["user"]
    assert user["create_time_sec"].isdigit()
    assert user["update_time"].isdigit()
    del user["create_time_sec"], user["update_time"]
    assert user == {
        "id": owl.id,
        "username": owl.player.username,
        "display_name": "Owl",
        "location": "Oslo",
        "timezone": "Z",
        "lang_tag": "en",
        "metadata": "{}",
    }


async def test_ids_of_users(enter: Enter) -> None:
    """T-038, T-106 (case 24): a malformed one, and too many."""
    owl = await enter()
    for ids in (["abc"], [owl.id, ""], ["\0"], [str(uuid.uuid4()) for _ in range(101)]):
        assert refused(await owl.ask("TEAMS_USER_TEAMS_LIST", user_ids=ids)) == BAD_INPUT
    assert await owl.call("TEAMS_USER_TEAMS_LIST", user_ids=[str(uuid.uuid4()) for _ in range(100)]) == {}


async def test_the_current_team(cast: Cast) -> None:
    """T-107: the first of one's groups with a state of 2 or below, which tells one's role besides."""
    for player, state in ((cast.superadmin, 0), (cast.admin, 1), (cast.member, 2), (cast.pending, 3)):
        assert await Founder(cast.api, player).groups() == {cast.team: state}


async def test_right_after_joining(enter: Enter) -> None:
    """T-108, T-110: everything that a client reads again answers a new member."""
    host, owl, asking = await enter(), await enter(), await enter()
    team = await host.create(open=True)
    answered(await owl.join(team))
    await host.call("TEAMS_UPDATE", id=team["id"])
    answered(await asking.join(team))
    await owl.call("TEAMS_WRITE_CHAT_MESSAGE", id=team["id"], content="hello")
    assert await owl.groups() == {team["id"]: 2}
    assert await owl.roles(team) == {host.id: 0, owl.id: 2, asking.id: 3}
    assert await owl.roles(team, state=3) == {asking.id: 3}
    for path in (f"/channel/3.{team['id']}..", f"/team/{team['id']}/message"):
        history = answered(await owl.rest("GET", path, limit=100))["messages"]
        said = [(message["code"], message["sender_id"]) for message in history]
        assert said == [(codes.GROUP_JOIN, owl.id), (codes.CHAT, owl.id)]


async def test_members_of_others(cast: Cast) -> None:
    """T-043, T-045, T-110: any player sees any team's members and requests, under both paths."""
    outsider = Founder(cast.api, cast.outsider)
    everybody = {player.id: 2 for player in cast.members} | {
        cast.superadmin.id: 0,
        cast.admin.id: 1,
        cast.admin2.id: 1,
        cast.pending.id: 3,
    }
    assert await outsider.roles({"id": cast.team}) == everybody
    assert await outsider.roles({"id": cast.team}, state=3) == {cast.pending.id: 3}
    rest = answered(await outsider.rest("GET", f"/team/{cast.team}/user"))
    assert rest == answered(await outsider.rest("GET", f"/group/{cast.team}/user"))


async def test_who_asks_at_once_shares_statements(app: Application, enter: Enter) -> None:
    owls = [await enter() for _ in range(6)]
    teams = [await owl.create() for owl in owls]
    before = app.database.counts.copy()
    found = await asyncio.gather(*(owl.get(team) for owl in owls for team in teams))
    assert found == teams * 6
    assert app.database.counts["team_core.teams"] - before["team_core.teams"] <= 2
    await asyncio.gather(*(owl.call("TEAMS_USER_TEAMS_LIST") for owl in owls))
    assert app.database.counts["team_core.users"] - before["team_core.users"] <= 2
