"""Items are used up, and reward the team."""

import asyncio
from typing import Any

import pytest

from kizuna.app import Application
from tests.support.players import Player
from tests.teams.inventory.support import (
    BAD_INPUT,
    INSUFFICIENT,
    NOT_CONSUMABLE,
    NOT_FOUND,
    Message,
    configured,
    consume_refused,
    counts,
    document,
    grant,
    in_database,
    inventory,
    items_in,
    of,
    published,
)
from tests.teams.support import Cast, answered, refused

GOLD = {"guaranteed": {"currencies": {"guild_gold": {"min": 10}}}}


def potions(reward: Message | None = None, **more: Any) -> Message:
    """A configuration with a consumable of either kind: elixirs in a stack, potions one by one."""
    content = document()
    item = {"consumable": True, "consume_reward": reward if reward is not None else GOLD, **more}
    content["inventory"]["items"] |= {"potion": dict(item), "elixir": {**item, "stackable": True}}
    return content


async def gold(cast: Cast) -> int:
    return int((await cast.call(cast.member, "TEAMS_WALLET_GET"))["currencies"]["guild_gold"])


async def consume(cast: Cast, player: Player | None = None, **request: Any) -> Message:
    return await cast.call(player or cast.admin, "TEAMS_INVENTORY_CONSUME", **request)


async def test_each_unit_is_rewarded(cast: Cast) -> None:
    """T-365, T-370: one reward for each, given at once (case 62)."""
    await grant(cast, raid_key=3)
    before = await gold(cast)
    answer = await consume(cast, items={"raid_key": 2})
    assert counts(items_in(answer["inventory"]))["raid_key"] == 1
    assert answer.keys() == {"inventory", "rewards"}
    rewards = answer["rewards"]["raid_key"]["rewards"]
    amounts = [int(reward["currencies"]["guild_gold"]) for reward in rewards]
    assert len(amounts) == 2
    assert set(amounts) <= {20, 40, 60}
    assert await gold(cast) == before + sum(amounts)


async def test_too_few(cast: Cast) -> None:
    """T-360, T-366, T-367: nothing without overconsume, what there is with it; a kept stack stays at zero
    (case 63)."""
    await grant(cast, raid_key=1)
    assert await consume_refused(cast, items={"raid_key": 5}) == INSUFFICIENT
    answer = await consume(cast, items={"raid_key": 5}, overconsume=True)
    assert len(answer["rewards"]["raid_key"]["rewards"]) == 1
    [stack] = of(items_in(answer["inventory"]), "raid_key")
    assert "count" not in stack
    for overconsume in (True, False):
        request = {"items": {"raid_key": 1}, "overconsume": overconsume}
        assert await consume_refused(cast, **request) == INSUFFICIENT
        request = {"instances": {stack["instance_id"]: 1}, "overconsume": overconsume}
        assert await consume_refused(cast, **request) == INSUFFICIENT


@pytest.mark.parametrize("overconsume", [True, False])
async def test_what_is_not_consumable(cast: Cast, overconsume: bool) -> None:
    """T-366, T-368: refuses the whole request, whatever the flags (case 64)."""
    items = await grant(cast, raid_key=2, war_banner=1)
    refusal = await consume_refused(cast, items={"raid_key": 1, "war_banner": 1}, overconsume=overconsume)
    assert refusal == NOT_CONSUMABLE
    [banner] = of(items, "war_banner")
    request = {"instances": {banner["instance_id"]: 1}, "overconsume": overconsume}
    assert await consume_refused(cast, **request) == NOT_CONSUMABLE
    assert await inventory(cast) == items


async def test_two_admins_at_once(cast: Cast) -> None:
    """T-027, T-368: of three keys two admins cannot have two each (case 65)."""
    await grant(cast, raid_key=3)
    answers = await asyncio.gather(
        *(
            cast.ask(player, "TEAMS_INVENTORY_CONSUME", items={"raid_key": 2})
            for player in (cast.admin, cast.superadmin)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    [loser] = [answer for answer in answers if answer.status_code == 400]
    assert refused(loser) == INSUFFICIENT
    assert counts(await inventory(cast))["raid_key"] == 1


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"items": {}, "instances": {}, "overconsume": True},
        {"items": {"raid_key": 0}},
        {"items": {"raid_key": -1}},
        {"items": {"raid_key": 1}, "instances": {"x": 0}},
        {"items": {"raid_key": 1001}, "overconsume": True},
        {"items": {"raid_key": 500}, "instances": {"x": 501}},
        {"items": {"raid_key": 2**63 - 1, "nope": 2**63 - 1}},
        {"instances": {f"x{n}": 1 for n in range(101)}},
    ],
)
async def test_bad_counts(cast: Cast, request_: dict[str, Any]) -> None:
    """T-038, T-365, T-366: looked at before the items are looked for."""
    await grant(cast, raid_key=2)
    assert await consume_refused(cast, **request_) == BAD_INPUT
    assert counts(await inventory(cast)) == {"raid_key": 2}


@pytest.mark.parametrize(
    "request_",
    [
        {"items": {"nope": 1}},
        {"items": {"raid_key": 5, "nope": 1}},
        {"items": {"war_banner": 1, "nope": 1}},
        {"items": {"war_banner": 1}, "instances": {"nope": 1}},
        {"instances": {"00000000-0000-0000-0000-000000000000": 1}, "overconsume": True},
    ],
)
async def test_unknown_items(cast: Cast, request_: dict[str, Any]) -> None:
    """T-366: are told of before anything about known ones."""
    await grant(cast, raid_key=2)
    assert await consume_refused(cast, **request_) == NOT_FOUND
    assert counts(await inventory(cast)) == {"raid_key": 2}


async def test_instances_first_then_the_oldest(app: Application, cast: Cast) -> None:
    """T-369, T-370: rewards are told by what was asked for."""
    with configured(app, potions()):
        items = await grant(cast, potion=4)
        ids = sorted(items)
        await in_database(
            app,
            "update team_item set owned_sec = owned_sec + array_position($2::uuid[], instance_id) % 3"
            " where team_id = $1",
            cast.team,
            ids,
        )
        # By age now: the third, the first and the fourth by their ids, the second.
        answer = await consume(cast, instances={ids[0]: 1}, items={"potion": 2})
        assert items_in(answer["inventory"]).keys() == {ids[1]}
        assert len(answer["rewards"]["potion"]["rewards"]) == 2
        assert answer["instance_rewards"].keys() == {ids[0]}
        assert len(answer["instance_rewards"][ids[0]]["rewards"]) == 1


async def test_a_stack_by_both_names(app: Application, cast: Cast) -> None:
    """T-367, T-369: an item takes from what its instances leave."""
    with configured(app, potions()):
        [stack] = (await grant(cast, elixir=5)).keys()
        request = {"instances": {stack: 3}, "items": {"elixir": 3}}
        assert await consume_refused(cast, **request) == INSUFFICIENT
        answer = await consume(cast, **request, overconsume=True)
        assert len(answer["instance_rewards"][stack]["rewards"]) == 3
        assert len(answer["rewards"]["elixir"]["rewards"]) == 2
        # Gone altogether: nothing keeps this stack (T-360).
        assert answer["inventory"] == {}
        [stack] = (await grant(cast, elixir=2)).keys()
        request = {"instances": {stack: 5}, "items": {"elixir": 1}, "overconsume": True}
        assert await consume_refused(cast, **request) == INSUFFICIENT
        assert counts(await inventory(cast)) == {"elixir": 2}


async def test_rewards_show_in_the_inventory(app: Application, cast: Cast) -> None:
    """T-183, T-358, T-370: also those that begin the very stack anew that was used up, and fill the room
    that it leaves."""
    content = potions({"guaranteed": {"items": {"elixir": {"min": 1}, "hearth_stone": {"min": 1}}}})
    content["inventory"]["items"]["elixir"]["max_count"] = 3
    with configured(app, content):
        await grant(cast, elixir=3)
        answer = await consume(cast, items={"elixir": 3})
        owned = items_in(answer["inventory"])
        assert counts(owned) == {"elixir": 3, "hearth_stone": 1}
        assert owned == await inventory(cast)
        rewards = answer["rewards"]["elixir"]["rewards"]
        [stack], [stone] = of(owned, "elixir"), of(owned, "hearth_stone")
        assert [reward["item_instances"].get(stack["instance_id"]) for reward in rewards] == [
            {"id": "elixir", "count": "1", "instance_id": stack["instance_id"]}
        ] * 3
        # T-174: the second and third stone did not fit.
        assert rewards[0]["items"] == {"elixir": "1", "hearth_stone": "1"}
        assert [reward["items"] for reward in rewards[1:]] == [{"elixir": "1"}] * 2
        assert stone["instance_id"] in rewards[0]["item_instances"]


async def test_items_without_reward(app: Application, cast: Cast) -> None:
    """T-370: have no entry."""
    content = potions()
    del content["inventory"]["items"]["potion"]["consume_reward"]
    with configured(app, content):
        items = await grant(cast, potion=2, elixir=1)
        [one, _] = (item["instance_id"] for item in of(items, "potion"))
        answer = await consume(cast, items={"potion": 1, "elixir": 1}, instances={one: 1})
        assert answer["rewards"].keys() == {"elixir"}
        assert "instance_rewards" not in answer
        assert answer["inventory"] == {}


async def test_consumption_is_told_and_noted(app: Application, cast: Cast) -> None:
    """T-035, T-371, T-468: for each item, however it was named; doing it again consumes again."""
    with configured(app, potions()):
        [stack] = (await grant(cast, elixir=5)).keys()
        with published(app) as events:
            await consume(cast, instances={stack: 1}, items={"elixir": 1})
            await consume(cast, instances={stack: 1}, items={"elixir": 1})
            await consume_refused(cast, items={"elixir": 2})
    assert [event for event in events if event[0] == "teamItemsConsumed"] == [
        ("teamItemsConsumed", {"itemId": "elixir"}, "2")
    ] * 2
    entries = await in_database(
        app,
        "select * from team_ledger where team_id = $1 and source = 'inventory_consume' order by id",
        cast.team,
    )
    assert [(entry["source_id"], entry["items"], entry["currencies"]) for entry in entries] == [
        ("elixir", '{"elixir": -2}', "{}"),
        ("elixir", "{}", '{"guild_gold": 20}'),
    ] * 2


async def test_a_wallet_that_overflows_consumes_nothing(app: Application, cast: Cast) -> None:
    """T-026, T-174, T-175: the reward cannot be given, so the item stays."""
    with configured(app, potions()):
        items = await grant(cast, elixir=5)
        room = 2**63 - 1 - await gold(cast)
        answered(await cast.ask(cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": room - 15}))
        refusal = await consume_refused(cast, items={"elixir": 2})
        assert refusal[2] == "team currency balance out of range"
        assert await inventory(cast) == items
        assert counts(items_in((await consume(cast, items={"elixir": 1}))["inventory"])) == {"elixir": 4}


async def test_a_thousand_units(app: Application, cast: Cast) -> None:
    """T-038, T-370: the most that one call takes."""
    with configured(app, potions()):
        await grant(cast, elixir=1500)
        before = await gold(cast)
        answer = await consume(cast, items={"elixir": 1000})
        assert len(answer["rewards"]["elixir"]["rewards"]) == 1000
        assert await gold(cast) == before + 10_000
        answer = await consume(cast, items={"elixir": 1000}, overconsume=True)
        assert len(answer["rewards"]["elixir"]["rewards"]) == 500
