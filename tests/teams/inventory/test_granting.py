"""The codex, what a team owns, and how it gets more."""

import asyncio
from typing import Any

import pytest

from kizuna.app import Application
from tests.teams.inventory.support import (
    BAD_INPUT,
    NOT_FOUND,
    TOO_MANY,
    codex,
    configured,
    counts,
    document,
    grant,
    grant_refused,
    in_database,
    inventory,
    items_in,
    of,
    published,
)
from tests.teams.support import Cast, answered, ask, plain_team


async def test_the_codex_has_the_definitions(cast: Cast) -> None:
    """T-342 to T-357, T-363: by item id, without what only an instance has (case 58)."""
    items = await codex(cast)
    assert items.keys() == {"raid_key", "war_banner", "hearth_stone"}
    key = items["raid_key"]
    rewards = key.pop("consume_available_rewards")
    assert key == {
        "id": "raid_key",
        "name": "Raid Key",
        "description": "Opens one raid for the whole guild.",
        "category": "keys",
        "max_count": "10",
        "stackable": True,
        "consumable": True,
        "keep_zero": True,
    }
    assert rewards["guaranteed"]["currencies"]["guild_gold"]["count"]["max"] == "60"
    assert items["war_banner"] == {
        "id": "war_banner",
        "name": "War Banner",
        "description": "Hangs in the guild hall.",
        "category": "decor",
        "item_sets": ["rare", "hall"],
        "max_count": "5",
        "string_properties": {"colour": "red"},
        "numeric_properties": {"tear": 0},
    }


async def test_the_codex_of_a_category(cast: Cast) -> None:
    """T-363: the category filters; one that nothing has is empty (case 58)."""
    assert (await codex(cast, item_category="decor")).keys() == {"war_banner", "hearth_stone"}
    assert await cast.call(cast.member, "TEAMS_INVENTORY_LIST", item_category="hats") == {}


async def test_disabled_items_are_not_in_the_codex(app: Application, cast: Cast) -> None:
    """T-361, T-363."""
    content = document()
    content["inventory"]["items"]["hearth_stone"]["disabled"] = True
    with configured(app, content):
        assert (await codex(cast)).keys() == {"raid_key", "war_banner"}


async def test_without_a_section_there_are_no_items(app: Application, cast: Cast) -> None:
    """T-033: lists are empty, writes find nothing."""
    with configured(app, {}):
        assert await cast.call(cast.member, "TEAMS_INVENTORY_LIST") == {}
        assert await cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY") == {}
        assert await grant_refused(cast, items={"raid_key": 1}) == NOT_FOUND


async def test_a_new_team_has_nothing(app: Application, cast: Cast) -> None:
    """T-033, T-364: and looking does not change that (case 58)."""
    assert await cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY") == {}
    assert not await in_database(app, "select 1 from team where team_id = $1", cast.team)


async def test_what_a_team_owns(cast: Cast) -> None:
    """T-341 to T-357, T-364: instances by instance id, with count and times."""
    granted = await grant(cast, raid_key=3, war_banner=1)
    owned = await inventory(cast)
    assert owned == granted
    assert all(key == item["instance_id"] for key, item in owned.items())
    [banner] = of(owned, "war_banner")
    definition = (await codex(cast))["war_banner"]
    assert banner == definition | {
        "instance_id": banner["instance_id"],
        "count": "1",
        "owned_time_sec": banner["owned_time_sec"],
        "update_time_sec": banner["owned_time_sec"],
    }
    [key] = of(owned, "raid_key")
    assert key["count"] == "3"
    assert key["consume_available_rewards"] == (await codex(cast))["raid_key"]["consume_available_rewards"]


async def test_what_a_team_owns_of_a_category(cast: Cast) -> None:
    """T-364: the same filter as the codex."""
    await grant(cast, raid_key=3, war_banner=1)
    assert counts(await inventory(cast, item_category="decor")) == {"war_banner": 1}


async def test_many_look_at_once(cast: Cast, app: Application) -> None:
    """T-364: members of several teams share statements, and each sees its own team."""
    await grant(cast, raid_key=3)
    other = await plain_team(cast.api, cast.outsider)
    looks: list[Any] = []
    for _ in range(10):
        looks.append(cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY"))
        looks.append(ask(cast.api, cast.outsider, "TEAMS_INVENTORY_LIST_INVENTORY", {"id": other}))
    before = app.database.counts["team_inventory.instances"]
    answers = await asyncio.gather(*looks)
    assert all(counts(items_in(answer)) == {"raid_key": 3} for answer in answers[::2])
    assert all(answered(answer) == {} for answer in answers[1::2])
    assert app.database.counts["team_inventory.instances"] - before < 10


async def test_stacks_combine(cast: Cast) -> None:
    """T-358, T-359, T-375: one instance, up to its maximum, without an error (case 59)."""
    first = await grant(cast, raid_key=7)
    second = await grant(cast, raid_key=7)
    assert first.keys() == second.keys()
    assert counts(second) == {"raid_key": 10}


async def test_singles_stay_apart(cast: Cast) -> None:
    """T-358, T-375: each unit is an instance with count 1 (case 59)."""
    items = await grant(cast, war_banner=3)
    assert [item["count"] for item in of(items, "war_banner")] == ["1", "1", "1"]


async def test_limits_of_sets_and_categories(cast: Cast) -> None:
    """T-359, T-374: the tightest maximum wins (case 60)."""
    assert counts(await grant(cast, war_banner=10)) == {"war_banner": 4}
    assert counts(await grant(cast, hearth_stone=2)) == {"war_banner": 4, "hearth_stone": 1}


async def test_items_share_room_in_the_order_of_their_ids(app: Application, cast: Cast) -> None:
    """T-374: whatever the order of the request."""
    content = document()
    content["inventory"]["limits"] = {"categories": {"decor": 3}}
    content["inventory"]["items"]["hearth_stone"]["max_count"] = 2
    with configured(app, content):
        assert counts(await grant(cast, war_banner=5, hearth_stone=5)) == {"hearth_stone": 2, "war_banner": 1}


@pytest.mark.parametrize("limits", [{"categories": {"decor": 0}}, {"item_sets": {"rare": 0}}])
async def test_a_limit_of_zero_is_none(app: Application, cast: Cast, limits: dict[str, Any]) -> None:
    """T-137, T-359."""
    content = document()
    content["inventory"]["limits"] = limits
    with configured(app, content):
        assert counts(await grant(cast, war_banner=9)) == {"war_banner": 5}


async def test_stacks_end_at_64_bits(app: Application, cast: Cast) -> None:
    """T-374: counts are clamped."""
    content = document()
    content["inventory"]["items"]["raid_key"]["max_count"] = 0
    with configured(app, content):
        await grant(cast, raid_key=2**63 - 2)
        assert counts(await grant(cast, raid_key=2**63 - 1)) == {"raid_key": 2**63 - 1}


async def test_one_unknown_item_refuses_all(app: Application, cast: Cast) -> None:
    """T-373: nothing is granted, whether it is unknown or disabled (case 61)."""
    assert await grant_refused(cast, items={"raid_key": 1, "nope": 1}) == NOT_FOUND
    content = document()
    content["inventory"]["items"]["hearth_stone"]["disabled"] = True
    with configured(app, content):
        assert await grant_refused(cast, items={"raid_key": 1, "hearth_stone": 1}) == NOT_FOUND
    assert await inventory(cast) == {}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"items": {}},
        {"items": {"raid_key": -1}},
        {"items": {"raid_key": 1, "nope": -1}},
        {"items": {f"item{n}": 1 for n in range(101)}},
        {"items": {"": 1}},
        {"items": {"x" * 129: 1}},
        {"items": {"raid_key": 1}, "properties": {"war_banner": {}}},
        {
            "items": {"war_banner": 1},
            "properties": {"war_banner": {"string_properties": {"colour": "x" * 1025}}},
        },
        {"items": {"war_banner": 1}, "properties": {"war_banner": {"numeric_properties": {"tear": "NaN"}}}},
        {
            "items": {"war_banner": 1},
            "properties": {"war_banner": {"numeric_properties": {"tear": "Infinity"}}},
        },
        {
            "items": {"nope": 1},
            "properties": {"nope": {"string_properties": dict.fromkeys(map(str, range(65)), "")}},
        },
        {"items": {"war_banner": 1}, "properties": {"war_banner": {"string_properties": {"colour": "a\0b"}}}},
    ],
)
async def test_bad_grants(cast: Cast, request_: dict[str, Any]) -> None:
    """T-038, T-372, T-373: and nothing is granted (case 61)."""
    assert await grant_refused(cast, **request_) == BAD_INPUT
    assert await inventory(cast) == {}


async def test_zero_begins_only_kept_stacks(cast: Cast) -> None:
    """T-348, T-373, T-377: a grant of none is no error."""
    items = await grant(cast, raid_key=0, war_banner=0, hearth_stone=0)
    [key] = items.values()
    assert key["id"] == "raid_key"
    assert "count" not in key
    assert await grant(cast, raid_key=0) == items


async def test_too_many_instances(app: Application, cast: Cast) -> None:
    """T-038, T-373: what counts is what would be created, of all items together."""
    content = document()
    del content["inventory"]["limits"]
    items = content["inventory"]["items"]
    items["war_banner"]["max_count"] = items["hearth_stone"]["max_count"] = 0
    with configured(app, content):
        assert await grant_refused(cast, items={"war_banner": 600, "hearth_stone": 401}) == TOO_MANY
        assert await grant_refused(cast, items={"war_banner": 2**63 - 1}) == TOO_MANY
        assert await inventory(cast) == {}
        assert counts(await grant(cast, war_banner=600, hearth_stone=400, raid_key=10)) == {
            "war_banner": 600,
            "hearth_stone": 400,
            "raid_key": 10,
        }
    assert counts(await grant(cast, war_banner=5000)) == {
        "war_banner": 600,
        "hearth_stone": 400,
        "raid_key": 10,
    }


async def test_items_that_are_gone_are_kept_out_of_sight(app: Application, cast: Cast) -> None:
    """T-361: disabled or not configured, they are nowhere, count towards no limit, and come back."""
    before = await grant(cast, war_banner=4, raid_key=2)
    without, disabled = document(), document()
    for content in (without, disabled):
        content["inventory"]["items"]["hearth_stone"]["max_count"] = 0
    disabled["inventory"]["items"]["war_banner"]["disabled"] = True
    without["inventory"]["items"]["old_banner"] = without["inventory"]["items"].pop("war_banner")
    without["inventory"]["items"]["raid_key"]["consume_reward"] = {}
    without["achievements"] = without["event_leaderboards"] = {}
    banner = of(before, "war_banner")[0]["instance_id"]
    for number, content in enumerate((disabled, without), 1):
        with configured(app, content):
            assert counts(await inventory(cast)) == {"raid_key": 2} | (
                {"hearth_stone": 6} if number == 2 else {}
            )
            assert await grant_refused(cast, items={"war_banner": 1}) == NOT_FOUND
            answer = await cast.ask(cast.admin, "TEAMS_INVENTORY_CONSUME", instances={banner: 1})
            assert answer.json()["message"] == "item not found"
            answer = await cast.ask(cast.admin, "TEAMS_INVENTORY_UPDATE", item_updates={banner: {}})
            assert answer.json()["message"] == "item not found"
            # The category has room for 6.
            assert counts(await grant(cast, hearth_stone=9))["hearth_stone"] == 6
    after = await inventory(cast)
    assert {id: after[id] for id in before} == before


async def test_grants_are_told_and_noted(app: Application, cast: Cast) -> None:
    """T-035, T-377, T-468: what was really granted, once it is committed."""
    with published(app) as events:
        await grant(cast, raid_key=12, war_banner=0)
        await grant(cast, raid_key=1)
        await grant_refused(cast, items={"nope": 1})
    assert events == [("teamItemsGranted", {"itemId": "raid_key", "source": "inventory_grant"}, "10")]
    [entry] = await in_database(app, "select * from team_ledger where team_id = $1", cast.team)
    assert (entry["source"], entry["items"], str(entry["user_id"])) == (
        "inventory_grant",
        '{"raid_key": 10}',
        cast.admin.id,
    )


async def test_grants_at_once_add_up(cast: Cast) -> None:
    """T-027, T-358, T-377: nothing is lost between admins, and there is one stack."""
    await asyncio.gather(
        *(grant(cast, player, raid_key=1, war_banner=1) for player in [cast.admin, cast.superadmin] * 4)
    )
    items = await inventory(cast)
    assert counts(items) == {"raid_key": 8, "war_banner": 4}
    assert len(of(items, "raid_key")) == 1


async def test_who_may(cast: Cast) -> None:
    """T-055, T-056, T-365, T-372, T-378: members look, admins write."""
    for function in ("GRANT", "CONSUME", "UPDATE"):
        answer = await cast.ask(cast.member, f"TEAMS_INVENTORY_{function}")
        assert (answer.status_code, answer.json()["message"]) == (403, "team admin role required")
    for player in (cast.pending, cast.banned, cast.outsider):
        for function in ("LIST", "LIST_INVENTORY", "GRANT", "CONSUME", "UPDATE"):
            answer = await cast.ask(player, f"TEAMS_INVENTORY_{function}")
            assert (answer.status_code, answer.json()["message"]) == (403, "team membership required")


async def test_an_item_that_becomes_stackable(app: Application, cast: Cast) -> None:
    """T-358, T-362: its oldest instance becomes the stack, and the other way round a stack stays one."""
    await grant(cast, war_banner=2)
    content = document()
    content["inventory"]["items"]["war_banner"]["stackable"] = True
    content["inventory"]["limits"] = {}
    with configured(app, content):
        items = await grant(cast, war_banner=2)
        assert sorted(item["count"] for item in of(items, "war_banner")) == ["1", "3"]
    items = await grant(cast, war_banner=9, raid_key=1)
    assert sorted(item["count"] for item in of(items, "war_banner")) == ["1", "3"]
