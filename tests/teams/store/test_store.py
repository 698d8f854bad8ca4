"""The team store, through the wire."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.config.shapes import Stat, StoreItem
from kizuna.teams.held import PublisherEvent
from kizuna.teams.rewards.shapes import Contents, IntRange, ItemReward, Reward, TeamReward
from kizuna.teams.wallet.queries import LEDGER
from tests.support.players import Player
from tests.teams.support import Cast, Configure, answered, ask, refused

NOT_ENOUGH = (400, 3, "not enough currency for purchase")
NOT_FOUND = (400, 3, "item not found")
UNAVAILABLE = (400, 3, "item unavailable")
BAD_INPUT = (400, 3, "bad input")

KEY_BUNDLE = {
    "id": "key_bundle",
    "name": "Three Raid Keys",
    "description": "Enough for an evening.",
    "category": "keys",
    "cost": {"currencies": {"guild_gold": "90"}},
    "available_rewards": {"guaranteed": {"items": {"raid_key": {"count": {"min": "3", "max": "3"}}}}},
}


async def store(cast: Cast) -> dict[str, dict[str, Any]]:
    """What is on the shelf, by id."""
    items = (await cast.call(cast.member, "TEAMS_STORE_GET")).get("store_items", [])
    return {item["id"]: item for item in items}


async def buy(cast: Cast, item_id: str, player: Player | None = None) -> dict[str, Any]:
    return await cast.call(player or cast.member, "TEAMS_STORE_PURCHASE", item_id=item_id)


async def refusal(cast: Cast, item_id: Any) -> tuple[int, int, str]:
    return refused(await cast.ask(cast.member, "TEAMS_STORE_PURCHASE", item_id=item_id))


async def give(cast: Cast, **currencies: int) -> None:
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies=currencies)


async def set_level(cast: Cast, level: int) -> None:
    await cast.call(cast.admin, "TEAMS_STATS_UPDATE", public=[{"name": "level", "value": level}])


async def balances(cast: Cast) -> dict[str, int]:
    wallet = await cast.call(cast.member, "TEAMS_WALLET_GET")
    return {currency: int(amount) for currency, amount in wallet["currencies"].items()}


async def owned(cast: Cast) -> dict[str, int]:
    items = (await cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY")).get("items", {})
    return {item["id"]: int(item["count"]) for item in items.values()}


@pytest.fixture
def stocked(app: Application, configure: Configure) -> dict[str, StoreItem]:
    """What the store has, for a test to change."""
    items = dict(app.teams.versions.current.store_items)
    configure(store_items=items)
    return items


# --- looking ---


async def test_the_shelf(cast: Cast, clock: ShiftedClock) -> None:
    """T-432, T-434 to T-442, T-444: case 80, with what the team is not yet up to."""
    before = int(clock.unix())
    message = await cast.call(cast.member, "TEAMS_STORE_GET")
    assert before <= int(message.pop("current_time_sec")) <= clock.unix()
    [boost, relic, keys] = message.pop("store_items")
    assert message == {}
    assert [boost["id"], relic["id"], keys] == ["double_gold_day", "hall_relic", KEY_BUNDLE]
    assert boost["unavailable"] is True
    assert boost["additional_properties"] == {"requires_stat": "level:3"}
    assert relic["unavailable"] is True
    assert relic["cost"] == {"currencies": {"guild_gold": "500", "ember_shards": "10"}}
    await set_level(cast, 3)
    assert [id for id, item in (await store(cast)).items() if "unavailable" in item] == ["hall_relic"]
    await set_level(cast, 2)
    assert "unavailable" in (await store(cast))["double_gold_day"]


async def test_disabled_items(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-443, T-446, T-447: neither to be seen nor to be had, from when the configuration says so."""
    stocked["key_bundle"] = replace(stocked["key_bundle"], disabled=True)
    assert list(await store(cast)) == ["double_gold_day", "hall_relic"]
    assert await refusal(cast, "key_bundle") == NOT_FOUND
    assert await balances(cast) == {"guild_gold": 100, "ember_shards": 0}


async def test_prices_of_now(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-446."""
    await buy(cast, "key_bundle")
    stocked["key_bundle"] = replace(stocked["key_bundle"], cost={"guild_gold": 4})
    assert (await store(cast))["key_bundle"]["cost"] == {"currencies": {"guild_gold": "4"}}
    await buy(cast, "key_bundle")
    stocked["key_bundle"] = replace(stocked["key_bundle"], unavailable=True)
    assert await refusal(cast, "key_bundle") == UNAVAILABLE
    assert await balances(cast) == {"guild_gold": 6, "ember_shards": 0}


async def test_the_order_of_the_shelf(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-432: by the bytes of the ids."""
    for id in ("b", "B", "ä", "\uffff", "\U0001f600", "a"):
        stocked[id] = StoreItem()
    ids = list(await store(cast))
    assert ids == sorted(stocked, key=str.encode)


async def test_items_of_little(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-011, T-013, T-188, T-439, T-440: nothing is absent, what is configured empty is empty."""
    stocked.clear()
    stocked["nothing"] = StoreItem()
    stocked["zero"] = StoreItem(cost={"guild_gold": 0}, reward=Reward())
    assert await store(cast) == {
        "nothing": {"id": "nothing"},
        "zero": {"id": "zero", "cost": {"currencies": {"guild_gold": "0"}}, "available_rewards": {}},
    }


async def test_an_empty_store(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-033."""
    stocked.clear()
    assert (await cast.call(cast.member, "TEAMS_STORE_GET")).keys() == {"current_time_sec"}
    assert await refusal(cast, "key_bundle") == NOT_FOUND


# --- what a team has to have come to ---


async def test_achievements_that_are_required(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-148, T-444: complete is enough, and claimed as good."""
    stocked["medal"] = StoreItem(requires_achievement="first_raid")
    assert (await store(cast))["medal"]["unavailable"] is True
    assert await refusal(cast, "medal") == UNAVAILABLE
    await cast.call(cast.member, "TEAMS_ACHIEVEMENTS_UPDATE", achievement_ids=["first_raid"], amount=1)
    assert "unavailable" not in (await store(cast))["medal"]
    await buy(cast, "medal")
    await cast.call(cast.admin, "TEAMS_ACHIEVEMENTS_CLAIM", achievement_ids=["first_raid"])
    assert "unavailable" not in (await store(cast))["medal"]
    await buy(cast, "medal")


async def test_private_stats_can_be_required(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-148: the configured value counts until something is submitted."""
    stocked["charter"] = StoreItem(requires_stat=("rating", 1000))
    await buy(cast, "charter")
    await cast.call(cast.admin, "TEAMS_STATS_UPDATE", private=[{"name": "rating", "value": 999}])
    assert (await store(cast))["charter"]["unavailable"] is True
    assert await refusal(cast, "charter") == UNAVAILABLE


async def test_a_public_stat_before_a_private_one(
    cast: Cast, configure: Configure, stocked: dict[str, StoreItem]
) -> None:
    """T-135, T-148: where both have the name that is required."""
    stocked["scroll"] = StoreItem(requires_stat=("level", 5))
    configure(stats_private={"level": Stat(value=9)})
    assert await refusal(cast, "scroll") == UNAVAILABLE
    await set_level(cast, 5)
    await buy(cast, "scroll")


async def test_both_requirements_at_once(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-148, T-444: each of them counts, and the configuration's word before both."""
    both = StoreItem(requires_stat=("level", 2), requires_achievement="first_raid")
    stocked["both"], stocked["never"] = both, replace(both, unavailable=True)
    await cast.call(cast.member, "TEAMS_ACHIEVEMENTS_UPDATE", achievement_ids=["first_raid"], amount=1)
    assert await refusal(cast, "both") == UNAVAILABLE
    await set_level(cast, 2)
    await buy(cast, "both")
    assert await refusal(cast, "never") == UNAVAILABLE


# --- buying ---


async def test_a_purchase(cast: Cast) -> None:
    """T-447, T-448: case 81, with the complete wallet and inventory; any member may."""
    await cast.call(cast.admin, "TEAMS_INVENTORY_GRANT", items={"hearth_stone": 1})
    bought = await buy(cast, "key_bundle", cast.member2)
    assert bought["wallet"] == {"guild_gold": "10", "ember_shards": "0"}
    assert bought["inventory"] == await cast.call(cast.member, "TEAMS_INVENTORY_LIST_INVENTORY")
    assert bought["reward"]["items"] == {"raid_key": "3"}
    assert bought.keys() == {"wallet", "inventory", "reward"}
    assert await refusal(cast, "key_bundle") == NOT_ENOUGH
    assert await refusal(cast, "hall_relic") == UNAVAILABLE
    assert await refusal(cast, "zzz") == NOT_FOUND
    assert await balances(cast) == {"guild_gold": 10, "ember_shards": 0}
    assert await owned(cast) == {"raid_key": 3, "hearth_stone": 1}


@pytest.mark.parametrize("item_id", ["", "x" * 129, "レ" * 43, None])
async def test_ids_out_of_bounds(cast: Cast, item_id: str | None) -> None:
    """T-038, T-447."""
    assert await refusal(cast, item_id) == BAD_INPUT


@pytest.mark.parametrize("item_id", ["x" * 128, "\0", "KEY_BUNDLE", "key_bundle ", "key_bundle\0"])
async def test_ids_of_nothing(cast: Cast, item_id: str) -> None:
    """T-129, T-447."""
    assert await refusal(cast, item_id) == NOT_FOUND


async def test_every_currency_must_suffice(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-447: or none is taken."""
    stocked["ember"] = StoreItem(cost={"guild_gold": 50, "ember_shards": 1})
    assert await refusal(cast, "ember") == NOT_ENOUGH
    assert await balances(cast) == {"guild_gold": 100, "ember_shards": 0}
    await give(cast, ember_shards=1)
    await buy(cast, "ember")
    assert await balances(cast) == {"guild_gold": 50, "ember_shards": 0}


async def test_nothing_for_something(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-142, T-448: free items, and items without a reward."""
    stocked["air"] = StoreItem()
    stocked["zero"] = StoreItem(cost={"guild_gold": 0})
    stocked["wish"] = StoreItem(cost={"guild_gold": 1})
    for item_id, left in (("air", "100"), ("zero", "100"), ("wish", "99")):
        bought = await buy(cast, item_id)
        assert bought.keys() == {"wallet"}
        assert bought["wallet"]["guild_gold"] == left


async def test_an_unchanged_inventory_is_not_told(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-448: neither where the reward has no items, nor where there is no room for them."""
    coins = Contents(currencies={"ember_shards": IntRange(2)})
    stocked["exchange"] = StoreItem(cost={"guild_gold": 1}, reward=Reward(guaranteed=coins))
    bought = await buy(cast, "exchange")
    assert bought.keys() == {"wallet", "reward"}
    assert bought["wallet"] == {"guild_gold": "99", "ember_shards": "2"}
    stone = Contents(items={"hearth_stone": ItemReward(IntRange(1))})
    stocked["stone"] = StoreItem(reward=Reward(guaranteed=stone))
    assert "inventory" in await buy(cast, "stone")
    again = await buy(cast, "stone")
    assert again.keys() == {"wallet", "reward"}
    assert "items" not in again["reward"]


async def test_what_the_reward_pays_comes_too_late_for_the_cost(
    cast: Cast, stocked: dict[str, StoreItem]
) -> None:
    """T-447: funds are looked at before the reward is granted."""
    gold = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(500)}))
    stocked["loan"] = StoreItem(cost={"guild_gold": 101}, reward=gold)
    assert await refusal(cast, "loan") == NOT_ENOUGH
    stocked["loan"] = replace(stocked["loan"], cost={"guild_gold": 100})
    assert (await buy(cast, "loan"))["wallet"]["guild_gold"] == "500"


async def test_a_reward_that_does_not_fit_costs_nothing(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-026, T-174: the purchase fails as a whole."""
    flood = Reward(guaranteed=Contents(currencies={"ember_shards": IntRange(2**63 - 1)}))
    stocked["flood"] = StoreItem(cost={"guild_gold": 10}, reward=flood)
    await give(cast, ember_shards=1)
    assert await refusal(cast, "flood") == (400, 11, "team currency balance out of range")
    assert await balances(cast) == {"guild_gold": 100, "ember_shards": 1}


async def test_a_reward_into_the_mailbox(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-172, T-448: paid now, and claimed from there; the inventory is as it was."""
    key = Contents(items={"raid_key": ItemReward(IntRange(1))})
    stocked["parcel"] = StoreItem(
        cost={"guild_gold": 1}, reward=Reward(guaranteed=key, to_mailbox_expiry_sec=60)
    )
    bought = await buy(cast, "parcel")
    assert bought.keys() == {"wallet", "reward"}
    assert bought["reward"]["to_mailbox_expiry_sec"] == "60"
    [entry] = (await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_LIST"))["entries"]
    await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_CLAIM", entry_id=entry["id"])
    assert await owned(cast) == {"raid_key": 1}


async def test_items_for_the_team_besides(cast: Cast, stocked: dict[str, StoreItem]) -> None:
    """T-169, T-448: count as a change of the inventory too."""
    key = Contents(items={"raid_key": ItemReward(IntRange(1))})
    stocked["crate"] = StoreItem(reward=Reward(team_reward=TeamReward(guaranteed=key)))
    bought = await buy(cast, "crate")
    assert [item["id"] for item in bought["inventory"]["items"].values()] == ["raid_key"]


async def test_two_buyers_at_once(cast: Cast) -> None:
    """T-027, T-448: case 82."""
    answers = await asyncio.gather(
        *(cast.ask(player, "TEAMS_STORE_PURCHASE", item_id="key_bundle") for player in cast.members[:2])
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert await balances(cast) == {"guild_gold": 10, "ember_shards": 0}


async def test_many_buyers_race_for_the_last_funds(cast: Cast, elsewhere: httpx.AsyncClient) -> None:
    """T-027, T-448: on two servers; the money buys three bundles and not one more."""
    await give(cast, guild_gold=200)
    request = {"id": cast.team, "item_id": "key_bundle"}
    answers = await asyncio.gather(
        *(
            ask(api, player, "TEAMS_STORE_PURCHASE", request)
            for _ in range(3)
            for player in cast.members
            for api in (cast.api, elsewhere)
        )
    )
    bought = [answered(answer) for answer in answers if answer.status_code == 200]
    failed = [refused(answer) for answer in answers if answer.status_code != 200]
    assert failed == [NOT_ENOUGH] * 27
    left = sorted(int(each["wallet"]["guild_gold"]) for each in bought)
    assert left == [30, 120, 210]
    assert await balances(cast) == {"guild_gold": 30, "ember_shards": 0}
    assert await owned(cast) == {"raid_key": 9}


# --- modifiers ---


async def test_modifiers(cast: Cast, clock: ShiftedClock, stocked: dict[str, StoreItem]) -> None:
    """T-166, T-433, T-445: case 83; rewards that are bought double as well, costs and grants do not."""
    await set_level(cast, 3)
    await give(cast, ember_shards=10)
    await buy(cast, "double_gold_day")
    shelf = await cast.call(cast.member, "TEAMS_STORE_GET")
    [modifier] = shelf["active_reward_modifiers"]
    start = int(modifier.pop("start_time_sec"))
    assert modifier == {
        "id": "guild_gold",
        "type": "currency",
        "operator": "multiplier",
        "value": "2",
        "end_time_sec": str(start + 86400),
    }
    await cast.call(cast.member, "TEAMS_ACHIEVEMENTS_UPDATE", achievement_ids=["first_raid"], amount=1)
    claimed = await cast.call(cast.admin, "TEAMS_ACHIEVEMENTS_CLAIM", achievement_ids=["first_raid"])
    assert claimed["achievements"]["first_raid"]["reward"]["currencies"] == {"guild_gold": "100"}
    await give(cast, guild_gold=10)
    assert await balances(cast) == {"guild_gold": 210, "ember_shards": 5}
    gold = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(50)}))
    stocked["purse"] = StoreItem(cost={"guild_gold": 10}, reward=gold)
    purse = (await store(cast))["purse"]
    assert purse["cost"] == {"currencies": {"guild_gold": "10"}}
    assert purse["available_rewards"]["guaranteed"]["currencies"]["guild_gold"]["count"]["max"] == "50"
    bought = await buy(cast, "purse")
    assert bought["reward"]["currencies"] == {"guild_gold": "100"}
    assert await balances(cast) == {"guild_gold": 300, "ember_shards": 5}


async def test_modifiers_come_and_go(cast: Cast, clock: ShiftedClock, stocked: dict[str, StoreItem]) -> None:
    """T-176, T-433: the oldest first, as long as they last."""
    boost = stocked["double_gold_day"].reward
    assert boost is not None
    assert boost.guaranteed is not None
    [modifier] = boost.guaranteed.reward_modifiers
    for id, seconds in (("long", 40), ("short", 20)):
        brief = replace(modifier, duration_sec=IntRange(seconds))
        stocked[id] = StoreItem(reward=Reward(guaranteed=Contents(reward_modifiers=(brief,))))

    async def lasting() -> list[int]:
        shelf = await cast.call(cast.member, "TEAMS_STORE_GET")
        active = shelf.get("active_reward_modifiers", [])
        return [int(each["end_time_sec"]) - int(each["start_time_sec"]) for each in active]

    await buy(cast, "long")
    clock.offset += timedelta(seconds=2)
    await buy(cast, "short")
    assert await lasting() == [40, 20]
    clock.offset += timedelta(seconds=20)
    assert await lasting() == [40]
    clock.offset += timedelta(seconds=18)
    assert await lasting() == []


# --- what is told, and what is noted ---


async def test_spending_is_published(
    cast: Cast, stocked: dict[str, StoreItem], events: list[PublisherEvent]
) -> None:
    """T-035, T-448: one event for each currency that was taken, and none for a refusal."""
    stocked["ember"] = StoreItem(cost={"guild_gold": 50, "ember_shards": 0})
    await buy(cast, "ember")
    assert await refusal(cast, "key_bundle") == NOT_ENOUGH
    metadata = {"teamId": cast.team, "currencyId": "guild_gold", "source": "store_purchase"}
    assert events == [PublisherEvent("currencySpent", metadata, "50")]


async def test_the_ledger(app: Application, cast: Cast) -> None:
    """T-468: what was paid and what came in stand under the item's id."""
    await buy(cast, "key_bundle")
    entries = await app.database.read(LEDGER, cast.team, 2**63 - 1, 10)
    assert {(row["source"], row["source_id"], row["user_id"]) for row in entries} == {
        ("store_purchase", "key_bundle", cast.member.id)
    }
    assert [(row["currencies"], row["items"]) for row in entries] == [
        ("{}", '{"raid_key": 3}'),
        ('{"guild_gold": -90}', "{}"),
    ]


async def test_over_rest(cast: Cast) -> None:
    """T-466."""
    path = f"/v2/team/{cast.team}/store"
    shelf = answered(await cast.api.get(path, headers=cast.member.headers))
    assert [item["id"] for item in shelf["store_items"]] == ["double_gold_day", "hall_relic", "key_bundle"]
    bought = answered(await cast.api.post(f"{path}/key_bundle/purchase", headers=cast.member.headers))
    assert bought["reward"]["items"] == {"raid_key": "3"}
    for id, message in (("zzz", NOT_FOUND[2]), ("%00", NOT_FOUND[2]), ("hall_relic", UNAVAILABLE[2])):
        answer = await cast.api.post(f"{path}/{id}/purchase", headers=cast.member.headers)
        assert (answer.status_code, answer.json()["message"]) == (400, message)
