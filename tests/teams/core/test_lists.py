"""TEAMS_LIST."""

import asyncio
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.wire.cursors import encode_cursor
from tests.teams.core.conftest import Enter
from tests.teams.core.support import BAD_INPUT, Founder, Game, Team, new_name
from tests.teams.support import Configure, answered, refused

MALFORMED = (400, 3, "Malformed cursor was used.")


async def pages(owl: Founder, **request: Any) -> list[list[Team]]:
    """All pages of a list."""
    found: list[list[Team]] = []
    cursor = ""
    while not found or cursor:
        page = await owl.call("TEAMS_LIST", cursor=cursor, **request)
        assert page.keys() <= {"teams", "cursor"}
        found.append(page.get("teams", []))
        cursor = page.get("cursor", "")
    return found


async def everywhere(owl: Founder) -> list[str]:
    """The ids of all teams that are listed."""
    return [team["id"] for page in await pages(owl, limit=100) for team in page]


@pytest.fixture
def several(configure: Configure) -> None:
    """Players may have many teams."""
    configure(allow_multiple_teams=True)


@pytest.mark.usefixtures("several")
async def test_pages(enter: Enter) -> None:
    """T-040, T-094, T-095, T-096, T-098 (case 18): ten at a time, each team once, in Nakama's order."""
    owl, location = await enter(), new_name()
    teams = [await owl.create(metadata={"location": location}, open=number % 2 == 0) for number in range(25)]
    found = await pages(owl, location=location)
    assert [len(page) for page in found] == [10, 10, 5]
    assert [team["id"] for page in found for team in page] == [team["id"] for team in teams]
    assert [len(page) for page in await pages(owl, location=location, limit=25)] == [25]
    assert [len(page) for page in await pages(owl, location=location, limit=24)] == [24, 1]
    assert len((await owl.call("TEAMS_LIST", location=location, limit=-3))["teams"]) == 1
    assert len((await owl.call("TEAMS_LIST", location=location, limit=1000))["teams"]) == 25
    # Over REST the same, by the query.
    rest = answered(await owl.rest("GET", "/team", location=location, limit=24))
    assert rest == await owl.call("TEAMS_LIST", location=location, limit=24)
    everything = await everywhere(owl)
    assert len(everything) == len(set(everything)) >= 25
    assert {team["id"] for team in teams} <= set(everything)


async def test_what_pages_tell(enter: Enter) -> None:
    """T-079, T-096: teams without members; the caller's own and closed ones too."""
    owl, location = await enter(), new_name()
    team = await owl.create(metadata={"location": location})
    del team["members"]
    assert await owl.call("TEAMS_LIST", location=location) == {"teams": [team]}
    assert await owl.call("TEAMS_LIST", location=new_name()) == {}


async def test_the_least_lately_changed_come_first(enter: Enter) -> None:
    """T-096"""
    location = new_name()
    owls = [await enter() for _ in range(3)]
    teams = [await owl.create(metadata={"location": location}) for owl in owls]
    await owls[0].call("TEAMS_UPDATE", id=teams[0]["id"], desc="changed")
    [page] = await pages(owls[0], location=location)
    assert [team["id"] for team in page] == [teams[1]["id"], teams[2]["id"], teams[0]["id"]]


async def test_full_teams_are_missing(enter: Enter, configure: Configure) -> None:
    """T-096, T-101 (case 19): nobody can join them; a search finds them."""
    configure(initial_max_team_size=2)
    owl, member, location = await enter(), await enter(), new_name()
    team = await owl.create(open=True, metadata={"location": location})
    assert team["id"] in await everywhere(owl)
    assert len((await pages(owl, location=location))[0]) == 1
    answered(await member.join(team))
    assert team["id"] not in await everywhere(owl)
    assert await pages(owl, location=location) == [[]]
    [found] = (await owl.call("TEAMS_SEARCH", input=team["name"]))["teams"]
    assert (found["id"], found["edge_count"], found["max_count"]) == (team["id"], 2, 2)
    answered(await member.leave(team))
    assert team["id"] in await everywhere(owl)


async def test_locations(enter: Enter) -> None:
    """T-097 (case 20): the whole of it, in whatever case; plain groups have none."""
    place = new_name("Zürich")
    owls = [await enter() for _ in range(4)]
    team, upper, longer, _ = [
        await owl.create(metadata={"location": location})
        for owl, location in zip(owls, (place, place.upper(), place + "x", ""), strict=True)
    ]
    for asked in (place, place.lower(), place.upper()):
        [page] = await pages(owls[0], location=asked)
        assert [one["id"] for one in page] == [team["id"], upper["id"]]
    assert [one["id"] for one in (await pages(owls[0], location=place + "X"))[0]] == [longer["id"]]
    for wild in ("%", place[:-1] + "_", place[:-1]):
        assert await pages(owls[0], location=wild) == [[]]
    plain = await owls[0].group()
    assert plain["id"] in await everywhere(owls[0])


@pytest.mark.usefixtures("several")
async def test_cursors(enter: Enter) -> None:
    """T-098 (case 18): of this list and of this location, whatever its case."""
    owl, location = await enter(), new_name("Place")
    for _ in range(3):
        await owl.create(metadata={"location": location})
    cursor = (await owl.call("TEAMS_LIST", location=location, limit=1))["cursor"]
    again = await owl.call("TEAMS_LIST", location=location.upper(), limit=5, cursor=cursor)
    assert len(again["teams"]) == 2
    unbound = (await owl.call("TEAMS_LIST", limit=1))["cursor"]
    group_cursor = answered(await owl.rest("GET", "/group", limit=1))["cursor"]
    ours = "teams"
    for request in (
        {"cursor": cursor},
        {"cursor": cursor, "location": "elsewhere"},
        {"cursor": unbound, "location": location},
        {"cursor": group_cursor},
        {"cursor": "broken"},
        {"cursor": "\0"},
        {"cursor": cursor[:-3]},
        {"cursor": encode_cursor(ours, ("", -1, 1, owl.id))},
        {"cursor": encode_cursor(ours, ("", 2**62, 1, owl.id))},
        {"cursor": encode_cursor(ours, ("", 1, 1, "x"))},
        {"cursor": encode_cursor(ours, ("", 1, "1", owl.id))},
    ):
        assert refused(await owl.ask("TEAMS_LIST", **request)) == MALFORMED, request
    # The ends of the range are no fault.
    for far in (-(2**63), 2**63 - 1):
        position = encode_cursor(ours, ("", 1, far, owl.id))
        assert (await owl.ask("TEAMS_LIST", cursor=position)).status_code == 200


async def test_bad_input(enter: Enter) -> None:
    """T-017, T-038"""
    owl = await enter()
    assert refused(await owl.ask("TEAMS_LIST", location="\0")) == BAD_INPUT
    assert refused(await owl.ask("TEAMS_LIST", limit=2**31)) == (400, 3, "cannot decode json")
    assert await owl.call("TEAMS_LIST", location="x" * 5000) == {}


@pytest.mark.usefixtures("several")
async def test_activity(enter: Enter, game: type[Game]) -> None:
    """T-078, T-079, T-104: of the team alone, in a page."""
    owl, location = await enter(), new_name()
    teams = [await owl.create(metadata={"location": location}) for _ in range(3)]
    game.scores = {owl.id: 5}
    game.team_scores = {teams[1]["id"]: 0, teams[2]["id"]: 2**80}
    [page] = await pages(owl, location=location)
    assert [team.get("activity") for team in page] == ["5", None, str(2**63 - 1)]
    assert not any("members" in team for team in page)


async def test_who_asks_at_once_shares_statements(app: Application, enter: Enter) -> None:
    owls = [await enter() for _ in range(5)]
    await owls[0].create()
    before = app.database.counts.copy()
    await asyncio.gather(*(owl.call("TEAMS_LIST", limit=limit) for owl in owls for limit in (1, 2, 3)))
    assert sum((app.database.counts - before).values()) <= 2
