"""What rewards come to for the team: wallet, inventory, modifiers, ledger, events."""

from collections import Counter
from random import Random, SystemRandom

import pytest

from kizuna.errors import ApiError
from kizuna.teams.inventory.room import MOST_INSTANCES
from kizuna.teams.rewards.shapes import EnergyModifier, IntRange, ItemSetReward, Reward
from kizuna.teams.rewards.sources import Source, SourceKind
from kizuna.teams.wallet.ledger_pages import ledger_page
from tests.teams.rewards.support import LARGEST, Team, contents, for_team, modifier, painted

#: What a call that grants a reward may have to do with.
_STATEMENTS = ("teams.lock", "team_wallet.", "team_inventory.", "team_rewards.", "wallets.", "notifications.")


async def test_own_contents_belong_to_the_team(team: Team) -> None:
    """T-168, T-177, T-178, T-182: currencies to the wallet, items to the inventory; all of it is told."""
    reward = Reward(guaranteed=contents(guild_gold=50, items={"raid_key": 3}))
    granted = await team.grant(reward)
    assert granted["currencies"] == {"guild_gold": "50"}
    assert granted["items"] == {"raid_key": "3"}
    assert await team.balances() == {"guild_gold": 150, "ember_shards": 0}
    assert await team.items() == {"raid_key": 3}
    wallet = await team.cast.call(team.cast.member, "TEAMS_WALLET_GET")
    assert granted["grant_time_sec"] == wallet["update_time_sec"]
    assert "to_mailbox_expiry_sec" not in granted


async def test_team_rewards_are_rolled_and_told_apart(team: Team) -> None:
    """T-151, T-169, T-185: under `team_reward`, with items and time of its own."""
    reward = Reward(
        guaranteed=contents(guild_gold=1),
        team_reward=for_team(contents(guild_gold=10, items={"war_banner": 1})).team_reward,
        message="Well done!",
    )
    granted = await team.grant(reward)
    assert granted["currencies"] == {"guild_gold": "1"}
    assert "items" not in granted
    part = granted["team_reward"]
    assert part["currencies"] == {"guild_gold": "10"}
    assert part["items"] == {"war_banner": "1"}
    assert part["grant_time_sec"] == granted["grant_time_sec"]
    assert part.keys() == {"currencies", "items", "grant_time_sec", "item_instances"}
    assert granted["message"] == "Well done!"
    assert await team.balances() == {"guild_gold": 111, "ember_shards": 0}
    assert await team.items() == {"war_banner": 1}


async def test_instances_are_told_with_their_properties(team: Team) -> None:
    """T-164, T-183: each instance that was created or added to, as it is in the inventory."""
    await team.grant(Reward(guaranteed=contents(items={"raid_key": 2})))
    granted = await team.grant(Reward(guaranteed=contents(items={"war_banner": painted(2), "raid_key": 3})))
    owned = await team.instances()
    told = granted["item_instances"]
    assert len(told) == 3
    for instance_id, instance in told.items():
        assert instance["instance_id"] == instance_id
        assert owned[instance_id]["id"] == instance["id"]
        if instance["id"] == "raid_key":
            assert (instance["count"], owned[instance_id]["count"]) == ("3", "5")
        else:
            assert instance["count"] == "1"
            assert (
                instance["string_properties"] == owned[instance_id]["string_properties"] == {"colour": "blue"}
            )
            assert (
                instance["numeric_properties"] == owned[instance_id]["numeric_properties"] == {"tear": 0.25}
            )


async def test_items_beyond_a_limit_are_dropped(team: Team) -> None:
    """T-174: what was granted is told, and where nothing was, nothing is."""
    reward = Reward(guaranteed=contents(items={"raid_key": 7}))
    assert (await team.grant(reward))["items"] == {"raid_key": "7"}
    assert (await team.grant(reward))["items"] == {"raid_key": "3"}
    third = await team.grant(reward)
    assert third.keys() == {"grant_time_sec"}
    assert await team.items() == {"raid_key": 10}
    assert [value for name, value, _ in team.told() if name == "teamItemsGranted"] == ["7", "3"]


async def test_items_that_are_disabled_are_dropped(team: Team) -> None:
    """T-163, T-174: nobody could see them, and no set draws them."""
    draw = ItemSetReward(IntRange(9), 0, ("hall",))
    granted = await team.grant(Reward(guaranteed=contents(items={"relic": 1}, item_sets=[draw])))
    assert granted["items"].keys() == {"war_banner", "hearth_stone"}


async def test_item_sets_look_at_what_the_team_has(team: Team) -> None:
    """T-163: case 91: of the hall's items only what is not owned, roll after roll."""
    draw = Reward(guaranteed=contents(item_sets=[ItemSetReward(IntRange(1), 0, ("hall",))]))
    await team.grant(Reward(guaranteed=contents(items={"hearth_stone": 1})))
    first, second = await team.grant_many(draw, 2)
    assert first["items"] == {"war_banner": "1"}
    # What one roll gave counts for the next.
    assert "items" not in second
    assert await team.items() == {"hearth_stone": 1, "war_banner": 1}


async def test_amounts_may_be_as_large_as_the_wire_takes(team: Team) -> None:
    """T-162, T-174: a stack of 64 bits, which is one instance; of the others only so many."""
    granted = await team.grant(Reward(guaranteed=contents(items={"ore": LARGEST})))
    assert granted["items"] == {"ore": str(LARGEST)}
    assert "items" not in await team.grant(Reward(guaranteed=contents(items={"ore": 1})))
    granted = await team.grant(Reward(guaranteed=contents(items={"pebble": LARGEST})))
    assert granted["items"] == {"pebble": str(MOST_INSTANCES - 1)}
    assert len(granted["item_instances"]) == MOST_INSTANCES - 1
    assert "items" not in await team.grant(Reward(guaranteed=contents(items={"raid_key": 1, "pebble": 1})))


async def test_a_balance_beyond_64_bits_fails_the_call(team: Team) -> None:
    """T-174, T-175: code 11, and nothing of the call remains."""
    too_much = Reward(guaranteed=contents(guild_gold=LARGEST, items={"raid_key": 1}))
    assert await team.refusal(too_much) == (11, "team currency balance out of range")
    half = Reward(guaranteed=contents(guild_gold=2**62, items={"raid_key": 1}))
    assert (await team.refusal(half, times=2))[0] == 11
    assert await team.balances() == {"guild_gold": 100, "ember_shards": 0}
    assert await team.items() == {}
    assert team.events == []


async def test_energies_have_no_effect(team: Team) -> None:
    """T-173, T-179, T-180: they are told, and nothing fails."""
    infinite = EnergyModifier("stamina", "infinite", IntRange(0), IntRange(60))
    row = contents(energies={"stamina": 3}, energy_modifiers=[infinite], weight=7)
    granted = await team.grant(Reward(weighted=(row,)))
    assert granted["energies"] == {"stamina": 3}
    assert granted["energy_modifiers"] == [
        {"id": "stamina", "operator": "infinite", "duration_sec": "60", "weight": "7"}
    ]
    assert await team.items() == {}
    assert team.events == []


async def test_what_comes_to_nothing_is_told_as_nothing(team: Team) -> None:
    """T-160, T-162: a draw of none, and amounts of zero."""
    reward = Reward(weighted=(contents(guild_gold=1, weight=1),), total_weight=LARGEST)
    granted = await team.grant(reward)
    assert granted.keys() == {"grant_time_sec"}
    assert (await team.grant(Reward(guaranteed=contents(guild_gold=0)))).keys() == {"grant_time_sec"}


async def test_events_tell_what_was_granted(team: Team) -> None:
    """T-035, T-458: currencies, items and modifiers with their source, once for each call."""
    reward = Reward(
        guaranteed=contents(modifier("ember_shards", "addition", 5), guild_gold=3, items={"raid_key": 2})
    )
    await team.grant_many(reward, 2, source=Source(SourceKind.STORE_PURCHASE, "bundle"))
    source = {"source": "store_purchase"}
    boost = {"id": "ember_shards", "type": "currency", "operator": "addition", "durationSec": "3600"}
    assert team.told() == [
        ("currencyGranted", "6", {"currencyId": "guild_gold", **source}),
        ("teamItemsGranted", "4", {"itemId": "raid_key", **source}),
        ("rewardModifierGranted", "5", boost),
        ("rewardModifierGranted", "5", boost),
    ]


async def test_the_ledger_tells_what_was_granted(team: Team) -> None:
    """T-458: one entry for each source, newest first, with who caused it."""
    reward = Reward(guaranteed=contents(guild_gold=3, items={"raid_key": 2}))
    await team.grant_many(reward, 2, actor=team.cast.admin)
    await team.grant(Reward(guaranteed=contents(ember_shards=1)), source=Source(SourceKind.GIFT_CLAIM, "x"))
    [second, first], cursor = await ledger_page(team.app.database, team.cast.team, 10)
    assert cursor == ""
    assert (first.source, first.source_id, first.user_id) == ("achievement", "raid", team.cast.admin.id)
    assert (first.currencies, first.items) == ({"guild_gold": 6}, {"raid_key": 4})
    assert (second.source, second.user_id, second.currencies) == ("gift_claim", None, {"ember_shards": 1})
    assert second.create_time >= first.create_time


async def test_the_ledger_has_pages(team: Team) -> None:
    """T-458: each entry once, and cursors for one team's ledger alone."""
    for amount in range(1, 6):
        await team.grant(Reward(guaranteed=contents(guild_gold=amount)))
    seen, cursor = [], ""
    while True:
        entries, cursor = await ledger_page(team.app.database, team.cast.team, 2, cursor)
        seen += [entry.currencies["guild_gold"] for entry in entries]
        if not cursor:
            break
        last = cursor
    assert seen == [5, 4, 3, 2, 1]
    assert await ledger_page(team.app.database, team.cast.team, 0) == ([], "")
    for bad in ("?", last[:-2]):
        with pytest.raises(ApiError, match="bad input"):
            await ledger_page(team.app.database, team.cast.team, 2, bad)
    with pytest.raises(ApiError, match="bad input"):
        await ledger_page(team.app.database, "00000000-0000-0000-0000-000000000001", 2, last)


async def test_chance_comes_from_one_source(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-165: the system's unless another is put there; with a seed, what is rolled is the same again."""
    assert isinstance(team.app.teams.rewards.random, SystemRandom)
    row = contents(ember_shards=1, weight=1)
    reward = Reward(weighted=(row, contents(guild_gold=1, weight=1)), max_rolls=64, max_repeat_rolls=64)

    async def rolled(seed: int) -> dict[str, str]:
        monkeypatch.setattr(team.app.teams.rewards, "random", Random(seed))
        currencies: dict[str, str] = (await team.grant(reward))["currencies"]
        return currencies

    assert await rolled(1) == await rolled(1)
    assert len({tuple(sorted((await rolled(seed)).items())) for seed in range(5)}) > 1


async def test_many_rolls_take_few_statements(team: Team) -> None:
    """T-370: a thousand units cost no more statements than one."""
    reward = Reward(guaranteed=contents(guild_gold=1, items={"ore": 1, "pebble": painted(1)}))
    counts = team.app.database.counts

    async def statements(times: int) -> Counter[str]:
        before = counts.copy()
        granted = await team.grant_many(reward, times)
        assert [one["currencies"] for one in granted] == [{"guild_gold": "1"}] * times
        # The server has other business meanwhile.
        return Counter({name: n for name, n in (counts - before).items() if name.startswith(_STATEMENTS)})

    await statements(1)
    assert await statements(1000) == await statements(1)
