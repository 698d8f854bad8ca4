"""TEAMS_CREATE."""

import asyncio
import json
import uuid
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.teams.held import PublisherEvent
from tests.teams.core.conftest import Enter
from tests.teams.core.support import (
    ALREADY,
    BAD_INPUT,
    CODE_IN_USE,
    NAME_IN_USE,
    Game,
    failure,
    new_code,
    new_name,
)
from tests.teams.support import Configure, answered, refused


async def test_a_new_team(enter: Enter, events: list[PublisherEvent]) -> None:
    """T-039, T-067 to T-081, T-084, T-085 (case 11): the whole message, and everything that it stands for."""
    owl, name = await enter(), new_name("Owls")
    team = await owl.create(
        name,
        desc="Night shift",
        open=True,
        avatar_url='{"icon": 3}',
        lang_tag="de",
        metadata={"motto": "hoo", "level": 3},
    )
    created = team["create_time_sec"]
    assert int(created) > 1_700_000_000
    assert json.loads(team.pop("metadata")) == {"motto": "hoo", "level": 3}
    assert team == {
        "id": str(uuid.UUID(team["id"])),
        "creator_id": owl.id,
        "name": name,
        "description": "Night shift",
        "lang_tag": "de",
        "avatar_url": '{"icon": 3}',
        "open": True,
        "edge_count": 1,
        "max_count": 20,
        "create_time_sec": created,
        "update_time_sec": created,
        "members": [{"id": owl.id}],
    }
    assert await owl.roles(team) == {owl.id: 0}
    assert await owl.groups() == {team["id"]: 0}
    assert events == [PublisherEvent("teamCreated", {"teamId": team["id"], "open": "true"}, "20")]


async def test_what_is_not_given(enter: Enter, events: list[PublisherEvent]) -> None:
    """T-070, T-071, T-072, T-073, T-074: absent, or what a group has by itself."""
    team = await (await enter()).create()
    assert team["lang_tag"] == "en"
    assert team["metadata"] == "{}"
    assert not {"description", "avatar_url", "open", "activity"} & team.keys()
    assert events[0].metadata["open"] == "false"


async def test_the_other_name_of_the_avatar(enter: Enter) -> None:
    """T-018: older clients call it icon; both at once are one too many."""
    owl = await enter()
    assert failure(await owl.ask("TEAMS_CREATE", name=new_name(), icon="a", avatar_url="b")) == (
        400,
        3,
        "cannot decode json",
    )
    assert (await owl.create(icon="owl.png"))["avatar_url"] == "owl.png"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "n" * 256},
        {"desc": "d" * 256},
        {"avatar_url": "a" * 513},
        {"lang_tag": "l" * 19},
        {"name": "n\0n"},
        {"desc": "\0"},
        {"setup_metadata": "[]"},
        {"setup_metadata": "3"},
        {"setup_metadata": '{"a":'},
        {"setup_metadata": '{"a":1e999}'},
        {"setup_metadata": '{"a":"\\u0000"}'},
        {"setup_metadata": '{"a":"\\ud800"}'},
        {"setup_metadata": '{"a":' * 300 + "1" + "}" * 300},
        {"setup_metadata": '{"short_code":"ab"}'},
        {"setup_metadata": '{"short_code":"abcdefghijklmnopq"}'},
        {"setup_metadata": '{"short_code":"ab c"}'},
        {"setup_metadata": '{"short_code":"abc\\n"}'},
        {"setup_metadata": '{"short_code":"äbcd"}'},
        {"setup_metadata": '{"short_code":""}'},
        {"setup_metadata": '{"short_code":1234}'},
        {"setup_metadata": '{"short_code":null}'},
        {"setup_metadata": '{"location":3}'},
    ],
    ids=lambda fields: json.dumps(fields)[:40],
)
async def test_what_does_not_fit(enter: Enter, fields: dict[str, Any]) -> None:
    """T-038, T-082, T-103: refused, and there is no team."""
    owl = await enter()
    answer = await owl.ask("TEAMS_CREATE", **{"name": new_name(), **fields})
    assert refused(answer) == BAD_INPUT
    assert await owl.groups() == {}


async def test_the_longest_that_fits(enter: Enter) -> None:
    """T-038: characters count, not bytes."""
    name = new_name("ö" * 200)
    name += "ö" * (255 - len(name))
    team = await (await enter()).create(name, desc="ü" * 255, avatar_url="ß" * 512, lang_tag="d" * 18)
    assert (team["name"], team["description"]) == (name, "ü" * 255)
    assert (team["avatar_url"], team["lang_tag"]) == ("ß" * 512, "d" * 18)


async def test_the_order_of_the_checks(enter: Enter, game: type[Game]) -> None:
    """T-082, T-086: each fault hides the ones after it; the name that is taken comes last of all."""
    owl, taken, code = await enter(), new_name(), new_code()
    await owl.create(taken, metadata={"short_code": code})
    game.profane = {taken}
    bad = {"name": "", "desc": "d" * 256, "setup_metadata": "[]"}
    assert refused(await owl.ask("TEAMS_CREATE", **bad)) == (400, 3, "Group name must be set.")
    assert refused(await owl.ask("TEAMS_CREATE")) == (400, 3, "Group name must be set.")
    assert refused(await owl.ask("TEAMS_CREATE", **bad | {"name": taken})) == BAD_INPUT
    bad = {"name": taken, "setup_metadata": "[]"}
    assert refused(await owl.ask("TEAMS_CREATE", **bad)) == BAD_INPUT
    bad["setup_metadata"] = json.dumps({"short_code": code})
    assert refused(await owl.ask("TEAMS_CREATE", **bad)) == (400, 3, "input contains profanity")
    game.profane = set()
    assert refused(await owl.ask("TEAMS_CREATE", **bad)) == ALREADY
    other = await enter()
    assert refused(await other.ask("TEAMS_CREATE", **bad)) == NAME_IN_USE
    bad["name"] = new_name()
    assert refused(await other.ask("TEAMS_CREATE", **bad)) == CODE_IN_USE
    assert await other.groups() == {}


async def test_what_players_may_not_say(enter: Enter, game: type[Game]) -> None:
    """T-082: the game sees the name and the description, and may be unable to tell."""
    owl = await enter()
    game.profane = {"darn"}
    for fields in ({"name": new_name("darn")}, {"name": new_name(), "desc": "darned"}):
        assert refused(await owl.ask("TEAMS_CREATE", **fields)) == (400, 3, "input contains profanity")
    answer = await owl.ask("TEAMS_CREATE", name="cannot be checked")
    assert refused(answer) == (500, 13, "error checking message for profanity")
    game.seen.clear()
    name = new_name()
    await owl.create(name, desc="fine", metadata={"motto": "darn"}, avatar_url="darn")
    assert game.seen == [name, "fine"]


async def test_names_are_unique(enter: Enter) -> None:
    """T-069, T-083 (case 12): the second is refused, whether the first is a team or a plain group."""
    owl, other = await enter(), await enter()
    team, group = await owl.create(), await owl.group()
    for taken in (team["name"], group["name"]):
        assert refused(await other.ask("TEAMS_CREATE", name=taken)) == NAME_IN_USE
    assert await other.groups() == {}
    # A name in another case is another name.
    assert (await other.create(team["name"].upper()))["name"] == team["name"].upper()


async def test_a_race_for_a_name(enter: Enter) -> None:
    """T-083 (case 12): exactly one of many gets it."""
    owls, name = [await enter() for _ in range(6)], new_name()
    answers = await asyncio.gather(*(owl.ask("TEAMS_CREATE", name=name) for owl in owls))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert {failure(answer) for answer in answers if answer.status_code != 200} == {NAME_IN_USE}
    teams = [await owl.groups() for owl in owls]
    assert sum(map(len, teams)) == 1


async def test_it_is_not_idempotent(enter: Enter, configure: Configure) -> None:
    """T-086: the same once more is refused for the team one has, or for the name."""
    owl, name = await enter(), new_name()
    await owl.create(name)
    assert refused(await owl.ask("TEAMS_CREATE", name=name)) == ALREADY
    configure(allow_multiple_teams=True)
    assert refused(await owl.ask("TEAMS_CREATE", name=name)) == NAME_IN_USE


async def test_the_size_is_configured(enter: Enter, configure: Configure) -> None:
    """T-076, T-084"""
    configure(initial_max_team_size=7)
    assert (await (await enter()).create())["max_count"] == 7


async def test_reserved_metadata(enter: Enter) -> None:
    """T-072, T-082: nobody but the stats writes public_stats."""
    owl = await enter()
    team = await owl.create(metadata={"public_stats": {"level": 99}, "motto": "hoo"})
    assert json.loads(team["metadata"]) == {"motto": "hoo"}


async def test_a_team_is_where_its_creator_is(enter: Enter) -> None:
    """T-097: the account's location, unless the metadata has one or the account has none."""
    for of_account, given, expected in (
        ("Bergen", {}, {"location": "Bergen"}),
        ("Bergen", {"location": "Oslo"}, {"location": "Oslo"}),
        ("Bergen", {"location": ""}, {"location": ""}),
        ("", {"motto": "hoo"}, {"motto": "hoo"}),
    ):
        owl = await enter()
        answered(await owl.rest("PUT", "/account", {"location": of_account}))
        assert json.loads((await owl.create(metadata=given))["metadata"]) == expected


async def test_short_codes_are_unique(enter: Enter) -> None:
    """T-103 (case 22): in whatever case, and in a race."""
    code = new_code()
    await (await enter()).create(metadata={"short_code": code})
    setup = json.dumps({"short_code": code.upper()})
    other = await enter()
    answer = await other.ask("TEAMS_CREATE", name=new_name(), setup_metadata=setup)
    assert refused(answer) == CODE_IN_USE
    assert await other.groups() == {}

    owls, setup = [await enter() for _ in range(5)], json.dumps({"short_code": new_code()})
    answers = await asyncio.gather(
        *(owl.ask("TEAMS_CREATE", name=new_name(), setup_metadata=setup) for owl in owls)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
    assert {failure(answer) for answer in answers if answer.status_code != 200} == {CODE_IN_USE}


async def test_it_is_one_transaction(app: Application, enter: Enter, events: list[PublisherEvent]) -> None:
    """T-026, T-085: what fails at the very end leaves nothing, and nobody is told."""
    code = new_code()
    await (await enter()).create(metadata={"short_code": code})
    events.clear()
    owl, name = await enter(), new_name()
    setup = json.dumps({"short_code": code})
    assert refused(await owl.ask("TEAMS_CREATE", name=name, setup_metadata=setup)) == CODE_IN_USE
    assert events == []
    assert (await owl.create(name))["name"] == name


async def test_over_rest(enter: Enter) -> None:
    """T-080: the same under /v2/team, with the errors of REST."""
    owl = await enter()
    team = answered(await owl.rest("POST", "/team", {"name": new_name(), "open": True}))
    assert team["members"] == [{"id": owl.id}]
    answer = await owl.rest("POST", "/team", {"name": new_name()})
    assert answer.status_code == 400
    assert answer.json() == {"code": 3, "error": ALREADY[2], "message": ALREADY[2]}
