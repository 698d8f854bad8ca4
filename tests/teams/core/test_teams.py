"""Teams themselves: pages, what members are told, and what stays of who leaves and of what is deleted."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.notifications import codes
from tests.support.players import Player, sign_in_async
from tests.teams.core.support import Founder, new_name
from tests.teams.gifts.support import contribute, give
from tests.teams.support import Configure, answered, ask, assemble, plain_team, refused

SIEGE = {"event_leaderboard_id": "weekly_siege"}


@pytest.fixture
def midweek(clock: ShiftedClock) -> ShiftedClock:
    """A Wednesday afternoon: the siege and the feast are on."""
    clock.offset = timedelta(hours=3)
    return clock


async def founder(api: httpx.AsyncClient) -> Founder:
    return Founder(api, await sign_in_async(api))


async def purse(api: httpx.AsyncClient, player: Player) -> dict[str, int]:
    """What a player's own wallet holds."""
    account = answered(await api.get("/v2/account", headers=player.headers))
    held: dict[str, int] = json.loads(account["wallet"])
    return held


async def test_the_largest_page(api: httpx.AsyncClient, configure: Configure) -> None:
    """T-095, T-099: a hundred teams, whoever asks for more; lists and searches alike."""
    configure(allow_multiple_teams=True)
    owl, place = await founder(api), new_name()
    for number in range(101):
        await owl.create(f"{place} {number}", metadata={"location": place})
    for limit in (100, 101, 2**31 - 1):
        page = await owl.call("TEAMS_LIST", location=place, limit=limit)
        assert len(page["teams"]) == 100
        last = await owl.call("TEAMS_LIST", location=place, limit=limit, cursor=page["cursor"])
        assert (len(last["teams"]), "cursor" in last) == (1, False)
        assert len((await owl.call("TEAMS_SEARCH", input=place, limit=limit))["teams"]) == 100
    for request in ({}, {"limit": 0}, {"limit": None}):
        assert len((await owl.call("TEAMS_LIST", location=place, **request))["teams"]) == 10
        assert len((await owl.call("TEAMS_SEARCH", input=place, **request))["teams"]) == 10
    for limit in (-1, -(2**31)):
        assert len((await owl.call("TEAMS_LIST", location=place, limit=limit))["teams"]) == 1
        assert len((await owl.call("TEAMS_SEARCH", input=place, limit=limit))["teams"]) == 1


async def test_metadata_of_nothing(api: httpx.AsyncClient) -> None:
    """T-081: an empty text is an empty object."""
    owl = await founder(api)
    team = await owl.create(setup_metadata="")
    assert json.loads(team["metadata"]) == {}


async def test_ones_team_comes_first(api: httpx.AsyncClient) -> None:
    """T-107: memberships, by role, before requests, whatever came first."""
    owl, *hosts = [await founder(api) for _ in range(4)]
    asked = await hosts[0].create()
    answered(await owl.join(asked))
    joined = await hosts[1].create(open=True)
    answered(await owl.join(joined))
    later = await hosts[2].group(open=False)
    answered(await owl.join(later))
    page = answered(await owl.rest("GET", f"/user/{owl.id}/group"))
    states = [(entry["group"]["id"], entry.get("state", 0)) for entry in page["user_groups"]]
    assert states == [(joined["id"], 2), (asked["id"], 3), (later["id"], 3)]


async def test_who_is_notified(api: httpx.AsyncClient) -> None:
    """T-115, T-116: those who can approve, of a request; those who are approved, of that."""
    host, admin, member, owl = [await founder(api) for _ in range(4)]
    team = await host.create()
    answered(await host.act("add", team, admin, member))
    answered(await host.act("promote", team, admin))

    async def told(player: Founder, code: int) -> list[dict[str, Any]]:
        page = answered(await player.rest("GET", "/notification", limit=100))
        return [each for each in page.get("notifications", ()) if each["code"] == code]

    answered(await owl.join(team))
    for player in (host, admin):
        [request] = await told(player, codes.JOIN_REQUEST)
        assert request["sender_id"] == owl.id
        assert json.loads(request["content"])["group_id"] == team["id"]
    assert await told(member, codes.JOIN_REQUEST) == []
    assert await told(owl, codes.ADDED_TO_GROUP) == []
    answered(await admin.act("add", team, owl))
    [added] = await told(owl, codes.ADDED_TO_GROUP)
    assert json.loads(added["content"])["group_id"] == team["id"]
    # A request to join an open team is none, and nobody is asked.
    answered(await host.rest("POST", f"/group/{team['id']}/kick", user_ids=[owl.id]))
    await host.call("TEAMS_UPDATE", id=team["id"], open=True)
    answered(await owl.join(team))
    assert len(await told(host, codes.JOIN_REQUEST)) == 1


async def test_what_a_departed_member_leaves(
    app: Application, api: httpx.AsyncClient, midweek: ShiftedClock
) -> None:
    """T-125: the points and the gifts that they gave; they themselves see nothing of the team any more."""
    cast = await assemble(api)
    await cast.call(cast.member, "TEAMS_EVENT_LEADERBOARD_ROLL", **SIEGE)
    for player, score in ((cast.member, 10), (cast.member2, 5)):
        await cast.call(player, "TEAMS_EVENT_LEADERBOARD_UPDATE", **SIEGE, score=score)
    await give(app, cast.member, coins=100)
    await contribute(cast, cast.member, 4)
    before = await cast.call(cast.admin, "TEAMS_EVENT_LEADERBOARD_GET", **SIEGE)

    answered(await Founder(api, cast.member).leave({"id": cast.team}))
    after = await cast.call(cast.admin, "TEAMS_EVENT_LEADERBOARD_GET", **SIEGE)
    for board in (before, after):
        own = next(score for score in board["scores"] if score["id"] == cast.team)
        assert (own["score"], own["num_scores"]) == ("15", "2")
        given = {each["id"]: each["score"] for each in board["contributions"]}
        assert given == {cast.member.id: "10", cast.member2.id: "5"}
    [gift] = (await cast.call(cast.admin, "TEAMS_GIFT_LIST"))["gifts"]
    assert gift["count"] == "4"
    for function in ("TEAMS_EVENT_LEADERBOARD_GET", "TEAMS_EVENT_LEADERBOARD_UPDATE"):
        answer = await cast.ask(cast.member, function, **SIEGE)
        assert refused(answer) == (403, 7, "team membership required")


async def test_the_others_close_up(app: Application, api: httpx.AsyncClient, midweek: ShiftedClock) -> None:
    """T-124, T-300 (case 28): a team that is deleted is in no ranking; what its members were given stays."""
    owls, teams = [await sign_in_async(api) for _ in range(3)], []
    for number, owl in enumerate(owls):
        teams.append(await plain_team(api, owl))
        request = {"id": teams[-1], **SIEGE}
        answered(await ask(api, owl, "TEAMS_EVENT_LEADERBOARD_ROLL", request))
        score = {"score": 30 - 10 * number}
        answered(await ask(api, owl, "TEAMS_EVENT_LEADERBOARD_UPDATE", {**request, **score}))

    async def ranking() -> tuple[list[tuple[str, str]], str]:
        board = answered(await ask(api, owls[2], "TEAMS_EVENT_LEADERBOARD_GET", {"id": teams[2], **SIEGE}))
        # Other tests have teams in the cohort too.
        ours = [(each["id"], each["rank"]) for each in board["scores"] if each["id"] in teams]
        return ours, board["count"]

    first, size = await ranking()
    assert [team for team, _ in first] == teams
    achievement = {"id": teams[0], "achievement_ids": ["first_raid"]}
    answered(await ask(api, owls[0], "TEAMS_ACHIEVEMENTS_UPDATE", {**achievement, "amount": 1}))
    answered(await ask(api, owls[0], "TEAMS_ACHIEVEMENTS_CLAIM", achievement))
    assert await purse(api, owls[0]) == {"coins": 10}
    owner = Founder(api, owls[0])
    admin = await sign_in_async(api)
    answered(await owner.act("add", {"id": teams[0]}, Founder(api, admin)))
    answered(await owner.act("promote", {"id": teams[0]}, Founder(api, admin)))
    answer = await Founder(api, admin).delete({"id": teams[0]})
    assert answer.json()["message"] == "Group not found or you're not allowed to delete."
    assert (await ranking())[0] == first

    answered(await owner.delete({"id": teams[0]}))
    second, left = await ranking()
    assert second == [(team, str(int(rank) - 1)) for team, rank in first[1:]]
    assert int(left) == int(size) - 1
    assert await purse(api, owls[0]) == {"coins": 10}
