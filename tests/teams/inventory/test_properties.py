"""Properties of instances: granted, changed, removed."""

import asyncio
import json
from datetime import timedelta

import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.teams.inventory.support import (
    BAD_INPUT,
    NOT_DEFINED,
    NOT_FOUND,
    Message,
    configured,
    document,
    grant,
    grant_refused,
    in_database,
    inventory,
    items_in,
    of,
    published,
    update,
    update_refused,
)
from tests.teams.support import Cast, refused


async def banner_of(cast: Cast) -> str:
    """A new banner; its instance."""
    [banner] = of(await grant(cast, war_banner=1), "war_banner")
    return str(banner["instance_id"])


async def grant_with(cast: Cast, item_id: str, count: int, **properties: Message) -> list[Message]:
    answer = await cast.call(
        cast.admin, "TEAMS_INVENTORY_GRANT", items={item_id: count}, properties={item_id: properties}
    )
    return of(items_in(answer["inventory"]), item_id)


async def update_in_words(
    cast: Cast, instance_id: str, properties: str, name: str, value: str
) -> tuple[int, int, str]:
    """How an update is refused whose value is written as no encoder would."""
    request = {"id": cast.team, "item_updates": {instance_id: {properties: {name: "VALUE"}}}}
    answer = await cast.api.post(
        "/v2/rpc/RPC_ID_TEAMS_INVENTORY_UPDATE?unwrap",
        content=json.dumps(request).replace('"VALUE"', value),
        headers=cast.admin.headers,
    )
    return refused(answer)


async def test_changes_are_merged(cast: Cast) -> None:
    """T-378, T-379, T-383: only what is named changes; repeated, it stays the same (case 66)."""
    banner = await banner_of(cast)
    for _ in range(2):
        item = await update(cast, banner, string_properties={"colour": "blue"})
        assert item["string_properties"] == {"colour": "blue"}
        assert item["numeric_properties"] == {"tear": 0}
    item = await update(cast, banner, numeric_properties={"tear": 2.5})
    assert item["string_properties"] == {"colour": "blue"}
    assert item["numeric_properties"] == {"tear": 2.5}
    assert (await inventory(cast))[banner] == item


@pytest.mark.parametrize("nothing", [None, ""])
async def test_removed_although_defined(cast: Cast, nothing: str | None) -> None:
    """T-353, T-380: null and "" remove; setting it again restores it (case 66)."""
    banner = await banner_of(cast)
    item = await update(cast, banner, string_properties={"colour": nothing})
    assert "string_properties" not in item
    assert item["numeric_properties"] == {"tear": 0}
    assert (await update(cast, banner, string_properties={"colour": nothing})) == item
    item = await update(cast, banner, string_properties={"colour": "red"})
    assert item["string_properties"] == {"colour": "red"}


async def test_numbers_are_removed_by_null(cast: Cast) -> None:
    """T-354, T-380."""
    banner = await banner_of(cast)
    item = await update(cast, banner, numeric_properties={"tear": None})
    assert "numeric_properties" not in item
    assert (await update(cast, banner, numeric_properties={"tear": 0}))["numeric_properties"] == {"tear": 0}


async def test_only_differences_are_stored(app: Application, cast: Cast) -> None:
    """T-362: a later definition shows through what is not the instance's own."""
    kept, own, bare = [item["instance_id"] for item in of(await grant(cast, war_banner=3), "war_banner")]
    await update(cast, kept, string_properties={"colour": "red"}, numeric_properties={"tear": 0})
    await update(cast, own, string_properties={"colour": "blue"})
    await update(cast, bare, string_properties={"colour": None})
    content = document()
    content["inventory"]["items"]["war_banner"] |= {
        "name": "Standard",
        "string_properties": {"colour": "green", "size": "large"},
        "numeric_properties": {"tear": 7},
    }
    with configured(app, content):
        items = await inventory(cast)
    assert items[kept]["string_properties"] == {"colour": "green", "size": "large"}
    assert items[own]["string_properties"] == {"colour": "blue", "size": "large"}
    assert items[bare]["string_properties"] == {"size": "large"}
    assert {item["name"] for item in items.values()} == {"Standard"}
    assert {item["numeric_properties"]["tear"] for item in items.values()} == {7}


@pytest.mark.parametrize(
    "properties",
    [
        {"numeric_properties": {"height": 1}},
        {"string_properties": {"height": None}},
        # Of the other type.
        {"numeric_properties": {"colour": 1}},
        {"string_properties": {"tear": "1"}},
        {"string_properties": {"colour": "blue", "height": "tall"}},
    ],
)
async def test_names_must_be_defined(cast: Cast, properties: Message) -> None:
    """T-382: and nothing changes, with a grant as with an update (case 66)."""
    banner = await banner_of(cast)
    before = await inventory(cast)
    assert await update_refused(cast, **{banner: properties}) == NOT_DEFINED
    request = {"items": {"war_banner": 1}, "properties": {"war_banner": properties}}
    assert await grant_refused(cast, **request) == NOT_DEFINED
    assert await inventory(cast) == before


async def test_names_that_rewards_roll(app: Application, cast: Cast) -> None:
    """T-382: are defined for that item alone."""
    content = document()
    rolled = {"string_properties": {"motto": {"options": {"onward": {"weight": 1}}}}}
    content["inventory"]["items"]["raid_key"]["consume_reward"] = {
        "guaranteed": {
            "items": {"war_banner": {"min": 1, **rolled, "numeric_properties": {"age": {"min": 1}}}}
        }
    }
    with configured(app, content):
        banner = await banner_of(cast)
        item = await update(cast, banner, string_properties={"motto": "home"}, numeric_properties={"age": 3})
        assert item["string_properties"] == {"colour": "red", "motto": "home"}
        assert item["numeric_properties"] == {"tear": 0, "age": 3}
        [key] = of(await grant(cast, raid_key=1), "raid_key")
        request = {key["instance_id"]: {"string_properties": {"motto": "x"}}}
        assert await update_refused(cast, **request) == NOT_DEFINED
    # T-382: what the instance has already can be changed whatever is configured; another's cannot.
    item = await update(cast, banner, string_properties={"motto": "away"})
    assert item["string_properties"]["motto"] == "away"
    other = next(id for id in await grant(cast, war_banner=1) if id not in (banner, key["instance_id"]))
    assert await update_refused(cast, **{other: {"string_properties": {"motto": "x"}}}) == NOT_DEFINED
    item = await update(cast, banner, string_properties={"motto": ""})
    assert item["string_properties"] == {"colour": "red"}


@pytest.mark.parametrize(
    "updates",
    [
        {},
        {"x": {"numeric_properties": {"tear": "NaN"}}},
        {"x": {"numeric_properties": {"tear": "-Infinity"}}},
        {"x": {"string_properties": {"colour": "é" * 513}}},
        {
            "x": {
                "string_properties": {str(n): "" for n in range(33)},
                "numeric_properties": {str(n): 1 for n in range(32)},
            }
        },
        {"x": {"string_properties": {"": ""}}},
        {f"x{n}": {} for n in range(101)},
    ],
)
async def test_bad_updates(cast: Cast, updates: Message) -> None:
    """T-038, T-378, T-382: looked at before the instances are looked for."""
    assert await update_refused(cast, **updates) == BAD_INPUT


async def test_texts_that_cannot_be_stored(cast: Cast) -> None:
    """T-017, T-038: are the client's fault."""
    banner = await banner_of(cast)
    assert await update_refused(cast, **{banner: {"string_properties": {"colour": "a\0b"}}}) == BAD_INPUT
    for text in ('"\\ud800"', "1", "{}"):
        refusal = await update_in_words(cast, banner, "string_properties", "colour", text)
        assert refusal == (400, 3, "cannot decode json")


@pytest.mark.parametrize("number", ["1e400", "1" + "0" * 400, '"1e400"'])
async def test_numbers_beyond_doubles(cast: Cast, number: str) -> None:
    """T-382: are refused."""
    banner = await banner_of(cast)
    refusal = await update_in_words(cast, banner, "numeric_properties", "tear", number)
    assert refusal[:2] == (400, 3)
    assert (await inventory(cast))[banner]["numeric_properties"] == {"tear": 0}


async def test_one_unknown_instance_refuses_all(cast: Cast) -> None:
    """T-378: nothing changes; another team's instances are unknown too (case 66)."""
    banner = await banner_of(cast)
    before = await inventory(cast)
    change = {"string_properties": {"colour": "blue"}}
    for unknown in ("nope", "00000000-0000-0000-0000-000000000000", banner.upper()):
        assert await update_refused(cast, **{banner: change, unknown: change}) == NOT_FOUND
    assert await inventory(cast) == before


@pytest.mark.parametrize("core", ["count", "category", "max_count", "id", "name"])
async def test_nothing_else_can_be_changed(cast: Cast, core: str) -> None:
    """T-381."""
    banner = await banner_of(cast)
    answer = await cast.ask(cast.admin, "TEAMS_INVENTORY_UPDATE", item_updates={banner: {core: "7"}})
    assert refused(answer) == (400, 3, "cannot decode json")


async def test_granted_with_properties(cast: Cast) -> None:
    """T-376: every instance that is created has them; those before do not."""
    old = await banner_of(cast)
    banners = await grant_with(
        cast, "war_banner", 2, string_properties={"colour": "gold"}, numeric_properties={"tear": None}
    )
    assert len(banners) == 3
    for banner in banners:
        if banner["instance_id"] == old:
            assert (banner["string_properties"], banner["numeric_properties"]) == (
                {"colour": "red"},
                {"tear": 0},
            )
        else:
            assert banner["string_properties"] == {"colour": "gold"}
            assert "numeric_properties" not in banner


async def test_granted_into_a_stack(app: Application, cast: Cast) -> None:
    """T-376: they are merged with what the stack has; a grant of none changes nothing."""
    content = document()
    content["inventory"]["items"]["raid_key"]["string_properties"] = {"shape": "round", "metal": "iron"}
    with configured(app, content):
        await grant_with(cast, "raid_key", 1, string_properties={"shape": "flat"})
        [key] = await grant_with(cast, "raid_key", 1, string_properties={"metal": "gold"})
        assert key["string_properties"] == {"shape": "flat", "metal": "gold"}
        assert await grant_with(cast, "raid_key", 0, string_properties={"metal": "tin"}) == [key]


async def test_a_kept_stack_begins_with_properties(app: Application, cast: Cast) -> None:
    """T-373, T-376: it is an instance that the grant creates, though it has no units."""
    content = document()
    content["inventory"]["items"]["raid_key"]["string_properties"] = {"shape": "round"}
    with configured(app, content):
        [key] = await grant_with(cast, "raid_key", 0, string_properties={"shape": "flat"})
        assert "count" not in key
        assert key["string_properties"] == {"shape": "flat"}


async def test_the_most_properties_of_an_instance(app: Application, cast: Cast) -> None:
    """T-038: 64, however many calls they come in."""
    content = document()
    names = [f"p{n}" for n in range(70)]
    content["inventory"]["items"]["war_banner"]["string_properties"] = dict.fromkeys(names, "x")
    with configured(app, content):
        banner = await banner_of(cast)
        item = await update(cast, banner, string_properties=dict.fromkeys(names[:64], "y"))
        assert sorted(item["string_properties"].values()) == ["x"] * 6 + ["y"] * 64
        assert await update_refused(cast, **{banner: {"string_properties": {"p64": "y"}}}) == BAD_INPUT
        await update(cast, banner, string_properties={"p0": "x"})
        item = await update(cast, banner, string_properties={"p64": "y"})
        assert item["string_properties"]["p64"] == "y"


async def test_updates_are_dated_and_told(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-035, T-355, T-356, T-383: of the touched instances alone, also where nothing is different."""
    first, second = (item["instance_id"] for item in of(await grant(cast, war_banner=2), "war_banner"))
    before = await inventory(cast)
    clock.offset += (later := timedelta(seconds=30))
    with published(app) as events:
        item = await update(cast, first, string_properties={"colour": "blue"})
        await update(cast, first)
    assert (
        events
        == [
            (
                "teamItemUpdated",
                {
                    "itemId": "war_banner",
                    "stringProperties": '{"colour":"blue"}',
                    "numericProperties": '{"tear":0.0}',
                },
                "",
            )
        ]
        * 2
    )
    after = await inventory(cast)
    assert after[second] == before[second]
    assert item["owned_time_sec"] == before[first]["owned_time_sec"]
    assert int(item["update_time_sec"]) >= int(before[first]["update_time_sec"]) + later.seconds


async def test_updates_at_once_are_merged(cast: Cast) -> None:
    """T-027, T-379: two admins change one instance, and neither undoes the other."""
    banner = await banner_of(cast)
    await asyncio.gather(
        cast.call(
            cast.admin,
            "TEAMS_INVENTORY_UPDATE",
            item_updates={banner: {"string_properties": {"colour": "blue"}}},
        ),
        cast.call(
            cast.admin2, "TEAMS_INVENTORY_UPDATE", item_updates={banner: {"numeric_properties": {"tear": 4}}}
        ),
    )
    item = (await inventory(cast))[banner]
    assert (item["string_properties"], item["numeric_properties"]) == ({"colour": "blue"}, {"tear": 4})


async def test_removed_properties_are_marked(app: Application, cast: Cast) -> None:
    """T-468: what an instance has not is kept apart from what it has."""
    banner = await banner_of(cast)
    await update(cast, banner, string_properties={"colour": ""}, numeric_properties={"tear": 1})
    [row] = await in_database(app, "select * from team_item where instance_id = $1", banner)
    assert (row["string_properties"], row["numeric_properties"]) == ("{}", '{"tear": 1.0}')
    assert row["removed_properties"] == '{"string": ["colour"]}'
