"""TEAMS_UPDATE, and the size of a team."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.clock import Clock, ShiftedClock
from kizuna.errors import ApiError
from kizuna.groups.service import GroupChange
from kizuna.teams.core.rules import TeamRules
from kizuna.teams.events.departures import forget
from tests.groups.support import services
from tests.teams.core.conftest import Enter
from tests.teams.core.support import (
    ADMIN,
    BAD_INPUT,
    CODE_IN_USE,
    MEMBERSHIP,
    NOT_FOUND,
    Founder,
    Game,
    Team,
    failure,
    new_code,
    new_name,
)
from tests.teams.support import Cast, answered, refused

Resize = Callable[..., Awaitable[Team]]

STATS = {"public": [{"name": "level", "value": "7", "operator": 1}]}


async def test_what_is_given_changes(enter: Enter) -> None:
    """T-042, T-091, T-093: the answer is the team as it is now."""
    owl = await enter()
    team = await owl.create(open=True)
    name = new_name()
    changed = await owl.call(
        "TEAMS_UPDATE",
        id=team["id"],
        name=name,
        desc="Day shift",
        open=True,
        avatar_url="b",
        lang_tag="fr",
        metadata={"a": {"b": [1, None]}},
    )
    assert json.loads(changed.pop("metadata")) == {"a": {"b": [1, None]}}
    expected = {**team, "name": name, "description": "Day shift", "avatar_url": "b", "lang_tag": "fr"}
    del expected["metadata"]
    changed["update_time_sec"] = expected["update_time_sec"]
    assert changed == expected
    assert (await owl.get(team))["name"] == name


async def test_what_is_not_given_stays(enter: Enter) -> None:
    """T-091: as do values that are set to ""."""
    owl = await enter()
    team = await owl.create(desc="d", avatar_url="a", lang_tag="de", metadata={"x": 1}, open=True)
    for request in ({}, {"name": "", "desc": "", "avatar_url": "", "lang_tag": "", "metadata": None}):
        changed = await owl.call("TEAMS_UPDATE", id=team["id"], open=True, **request)
        changed["update_time_sec"] = team["update_time_sec"]
        assert changed == team


async def test_open_has_no_presence(cast: Cast) -> None:
    """T-092 (case 16): a request without it closes the team."""
    before = await cast.call(cast.admin, "TEAMS_UPDATE", open=True, avatar_url="a")
    assert before["open"] is True
    after = await cast.call(cast.admin, "TEAMS_UPDATE", desc="new")
    assert "open" not in after
    assert (after["name"], after["avatar_url"], after["description"]) == (before["name"], "a", "new")


async def test_who_may(cast: Cast) -> None:
    """T-042 (cases 8, 9, 17): superadmins and admins, and nobody else."""
    name = (await cast.call(cast.superadmin, "TEAMS_UPDATE"))["name"]
    await cast.call(cast.admin2, "TEAMS_UPDATE")
    for player, refusal in (
        (cast.member, ADMIN),
        (cast.pending, MEMBERSHIP),
        (cast.banned, MEMBERSHIP),
        (cast.outsider, MEMBERSHIP),
    ):
        assert refused(await cast.ask(player, "TEAMS_UPDATE", name=new_name())) == refusal
    assert (await Founder(cast.api, cast.member).get(cast.team))["name"] == name


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "n" * 256},
        {"desc": "d" * 256},
        {"avatar_url": "a" * 513},
        {"lang_tag": "l" * 19},
        {"desc": "\0"},
        {"metadata": {"a": "\0"}},
        {"metadata": {"\0": 1}},
        {"metadata": {"short_code": "a"}},
        {"metadata": {"short_code": 123}},
        {"metadata": {"location": []}},
    ],
    ids=lambda fields: json.dumps(fields)[:40],
)
async def test_what_does_not_fit(cast: Cast, fields: dict[str, Any]) -> None:
    """T-038, T-093: the limits are those of new teams."""
    founder = Founder(cast.api, cast.superadmin)
    before = await founder.get(cast.team)
    assert refused(await cast.ask(cast.superadmin, "TEAMS_UPDATE", **fields)) == BAD_INPUT
    assert await founder.get(cast.team) == before


async def test_a_name_that_is_taken(cast: Cast, enter: Enter) -> None:
    """T-093: here the code is 3, unlike where a team is made."""
    taken = (await (await enter()).create())["name"]
    refusal = refused(await cast.ask(cast.admin, "TEAMS_UPDATE", name=taken))
    assert refusal == (400, 3, "Group name is in use.")


async def test_what_players_may_not_say(cast: Cast, game: type[Game]) -> None:
    """T-093: the game sees what is new."""
    game.profane = {"darn"}
    for fields in ({"name": "darn"}, {"desc": "darned"}):
        refusal = refused(await cast.ask(cast.admin, "TEAMS_UPDATE", **fields))
        assert refusal == (400, 3, "input contains profanity")
    refusal = refused(await cast.ask(cast.admin, "TEAMS_UPDATE", desc="cannot be checked"))
    assert refusal == (500, 13, "error checking message for profanity")
    game.seen.clear()
    await cast.call(cast.admin, "TEAMS_UPDATE", desc="fine")
    assert game.seen == ["fine"]


async def test_public_stats_stay(cast: Cast) -> None:
    """T-072, T-091, T-430 (case 17): whatever the metadata is replaced by."""
    await cast.call(cast.admin, "TEAMS_STATS_UPDATE", **STATS)
    stats = {"level": 7, "raids_won": 0}
    for given in ({}, {"public_stats": {"level": 99}}, {"public_stats": None}, {"motto": "hoo"}):
        team = await cast.call(cast.admin, "TEAMS_UPDATE", metadata=given)
        own = {name: value for name, value in given.items() if name != "public_stats"}
        assert json.loads(team["metadata"]) == {**own, "public_stats": stats}


async def test_stats_do_not_reorder_lists(cast: Cast, clock: ShiftedClock) -> None:
    """T-096, T-430: the time of update is that of the profile."""
    before = await cast.call(cast.admin, "TEAMS_UPDATE")
    clock.offset += timedelta(seconds=5)
    await cast.call(cast.admin, "TEAMS_STATS_UPDATE", **STATS)
    after = await Founder(cast.api, cast.outsider).get(cast.team)
    assert after["update_time_sec"] == before["update_time_sec"]
    assert json.loads(after["metadata"])["public_stats"]["level"] == 7


async def test_short_codes_follow_the_metadata(cast: Cast, enter: Enter) -> None:
    """T-103 (case 22): taken, kept, given up, taken by others."""
    code, other = new_code(), await enter()

    async def found(text: str) -> list[str]:
        page = await other.call("TEAMS_SEARCH", input=text)
        return [team["id"] for team in page.get("teams", ())]

    await cast.call(cast.admin, "TEAMS_UPDATE", metadata={"short_code": code})
    assert await found(code.upper()) == [cast.team]
    await cast.call(cast.admin, "TEAMS_UPDATE", metadata={"short_code": code.upper()})
    await cast.call(cast.admin, "TEAMS_UPDATE", desc="the metadata stays")
    assert await found(code) == [cast.team]

    team = await other.create()
    change = {"id": team["id"], "metadata": {"short_code": code}}
    assert refused(await other.ask("TEAMS_UPDATE", **change)) == CODE_IN_USE
    await cast.call(cast.admin, "TEAMS_UPDATE", metadata={})
    assert await found(code) == []
    await other.call("TEAMS_UPDATE", **change)
    assert await found(code) == [team["id"]]


async def test_short_codes_of_what_the_server_writes(app: Application, enter: Enter, clock: Clock) -> None:
    """T-103: the metadata that game code sets counts as well; what is no short code is none."""
    owl, other, code = await enter(), await enter(), new_code()
    team, second, plain = await owl.create(), await other.create(), await other.group()
    groups = services(app, clock)
    groups.guarded_by(TeamRules(lambda: app.teams.versions.current, forget))

    async def write(group: Team, metadata: dict[str, Any]) -> None:
        await groups.update(group["id"], None, GroupChange(metadata=json.dumps(metadata)))

    await write(team, {"short_code": code})
    with pytest.raises(ApiError, match="short code is in use"):
        await write(second, {"short_code": code.upper()})
    await write(plain, {"short_code": code})
    assert [one["id"] for one in (await owl.call("TEAMS_SEARCH", input=code))["teams"]] == [team["id"]]
    await write(team, {"short_code": "no code!"})
    await write(second, {"short_code": code.upper()})
    assert [one["id"] for one in (await owl.call("TEAMS_SEARCH", input=code))["teams"]] == [second["id"]]


async def test_unknown_teams(enter: Enter) -> None:
    """T-020: before anything else in the request."""
    owl = await enter()
    for id, refusal in (("", BAD_INPUT), ("abc", BAD_INPUT), (owl.id, NOT_FOUND)):
        assert refused(await owl.ask("TEAMS_UPDATE", id=id, name="n" * 256)) == refusal


async def test_two_admins_at_once(cast: Cast) -> None:
    """T-027: one after the other, and nothing is lost."""
    await asyncio.gather(
        cast.call(cast.admin, "TEAMS_UPDATE", desc="by one"),
        cast.call(cast.admin2, "TEAMS_UPDATE", avatar_url="by the other"),
    )
    team = await Founder(cast.api, cast.member).get(cast.team)
    assert (team["description"], team["avatar_url"]) == ("by one", "by the other")


@pytest.fixture
def resize(app: Application) -> Resize:
    """Calls the service function as the server: (team, count, delta)."""

    async def run(team: Team, count: int, delta: bool = False) -> Team:
        core = app.teams.core
        return await app.teams.calls.change(
            team["id"], None, lambda held: core.update_max_size(held, count, delta=delta)
        )

    return run


async def test_the_size_of_a_team(enter: Enter, resize: Resize) -> None:
    """T-126: set or added to, within what the configuration and the members allow."""
    owl, member = await enter(), await enter()
    team = await owl.create(open=True)
    answered(await member.join(team))
    for count, delta, size in ((50, False, 50), (-10, True, 40), (10, True, 50), (2, False, 2), (0, True, 2)):
        assert (await resize(team, count, delta))["max_count"] == size
        assert (await owl.get(team))["max_count"] == size
    for count, delta, text in (
        (51, False, "team max size exceeded"),
        (49, True, "team max size exceeded"),
        (2**70, False, "team max size exceeded"),
        (1, False, "teams max size invalid"),
        (-1, True, "teams max size invalid"),
        (0, False, "teams max size invalid"),
        (-(2**70), True, "teams max size invalid"),
    ):
        with pytest.raises(ApiError, match=f"^{text}$"):
            await resize(team, count, delta)
    assert (await owl.get(team))["max_count"] == 2
    assert failure(await (await enter()).join(team)) == (400, 3, "Group is full.")
