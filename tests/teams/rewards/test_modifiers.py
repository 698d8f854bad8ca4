"""Reward modifiers: what they do, for how long, and to what."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.clock import ShiftedClock
from kizuna.teams.rewards import modifiers
from kizuna.teams.rewards.modifiers import Effects, Modifier, Modifiers
from kizuna.teams.rewards.rolling import Rolled
from kizuna.teams.rewards.shapes import MemberReward, Reward, TeamReward
from tests.teams.rewards.support import LARGEST, Team, contents, modifier, painted, wallet


async def test_modifiers_apply_to_what_is_rolled_for_the_team(team: Team) -> None:
    """T-166: own contents and team_reward, currencies and items; not members', nor wallet grants."""
    boosts = contents(modifier("guild_gold"), modifier("raid_key", "addition", 1, "item"))
    await team.grant(Reward(guaranteed=boosts))
    earned = contents(guild_gold=50, ember_shards=1, items={"raid_key": 2, "ore": 1})
    granted = await team.grant(
        Reward(
            guaranteed=earned,
            team_reward=TeamReward(
                guaranteed=contents(guild_gold=5, items={"raid_key": 1}),
                member_reward=MemberReward(guaranteed=contents(guild_gold=7)),
            ),
        )
    )
    assert granted["currencies"] == {"guild_gold": "100", "ember_shards": "1"}
    assert granted["items"] == {"raid_key": "3", "ore": "1"}
    assert granted["team_reward"]["currencies"] == {"guild_gold": "10"}
    assert granted["team_reward"]["items"] == {"raid_key": "2"}
    assert granted["team_reward"]["member_reward"]["currencies"] == {"guild_gold": "7"}
    assert await wallet(team.cast.api, team.cast.member2) == {"guild_gold": 7}
    after = await team.cast.call(team.cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 10})
    assert after["currencies"]["guild_gold"] == "220"


async def test_modifiers_of_one_kind_add_up(team: Team) -> None:
    """T-166, T-176: equal ones stack: (amount + additions) x product of multipliers."""
    doubled, more = modifier("guild_gold"), modifier("guild_gold", "addition", 5)
    await team.grant_many(Reward(guaranteed=contents(doubled, more)), 2)
    granted = await team.grant(Reward(guaranteed=contents(guild_gold=1)))
    assert granted["currencies"] == {"guild_gold": str((1 + 5 + 5) * 2 * 2)}
    assert len(await team.modifiers()) == 4


async def test_a_modifier_is_for_one_kind_and_one_id(team: Team) -> None:
    """T-154, T-166: a currency's modifier is not an item's; what was not rolled is not made."""
    boosts = contents(modifier("raid_key"), modifier("ember_shards", "addition", 9))
    await team.grant(Reward(guaranteed=boosts))
    granted = await team.grant(Reward(guaranteed=contents(guild_gold=1, items={"raid_key": 1})))
    assert granted["currencies"] == {"guild_gold": "1"}
    assert granted["items"] == {"raid_key": "1"}


async def test_an_id_may_be_a_zero(team: Team) -> None:
    """T-154, T-167, T-176: of a modifier's message only what is not set is left out."""
    reward = Reward(guaranteed=contents(modifier("0")))
    await team.grant(reward)
    team.hooks.answer = lambda told: {
        "reward_modifiers": [{**one, "value": 3} for one in told["reward_modifiers"]]
    }
    granted = await team.grant(reward)
    assert [(one["id"], one["value"]) for one in granted["reward_modifiers"]] == [("0", "3")]
    assert [(one["id"], one["value"]) for one in await team.modifiers()] == [("0", "2"), ("0", "3")]


async def test_a_modifier_lasts_as_long_as_it_says(team: Team, clock: ShiftedClock) -> None:
    """T-176, T-181: from the grant on; in force until its end, and dropped by the next write."""
    granted = await team.grant(Reward(guaranteed=contents(modifier("guild_gold", duration=30))))
    assert granted["reward_modifiers"] == [
        {"id": "guild_gold", "type": "currency", "operator": "multiplier", "value": "2", "duration_sec": "30"}
    ]
    [active] = await team.modifiers()
    start = int(granted["grant_time_sec"])
    assert active == {
        "id": "guild_gold",
        "type": "currency",
        "operator": "multiplier",
        "value": "2",
        "start_time_sec": str(start),
        "end_time_sec": str(start + 30),
    }
    reward = Reward(guaranteed=contents(guild_gold=1))
    clock.offset += timedelta(seconds=start + 20 - clock.unix())
    assert (await team.grant(reward))["currencies"] == {"guild_gold": "2"}
    clock.offset += timedelta(seconds=start + 30 - clock.unix())
    assert await team.modifiers() == []
    assert (await team.grant(reward))["currencies"] == {"guild_gold": "1"}

    async def stored(held: object) -> int:
        return len((await Modifiers.load(held))._modifiers)  # type: ignore[arg-type]

    assert await team.change(stored) == 0


async def test_modifiers_are_listed_oldest_first(team: Team, clock: ShiftedClock) -> None:
    """T-176: in the order in which they were granted."""
    for value in (5, 3, 4):
        await team.grant(Reward(guaranteed=contents(modifier("guild_gold", value=value))))
        clock.offset += timedelta(seconds=1)
    assert [one["value"] for one in await team.modifiers()] == ["5", "3", "4"]


async def test_of_too_many_those_that_end_soonest_fall(
    team: Team, clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """T-176: a team has no more than so many; new ones fall like the others."""
    monkeypatch.setattr(modifiers, "MOST_MODIFIERS", 3)

    async def grant(*durations: int) -> None:
        boosts = [modifier("guild_gold", "addition", duration, duration=duration) for duration in durations]
        await team.grant(Reward(guaranteed=contents(*boosts)))

    async def values() -> list[int]:
        return [int(one["value"]) for one in await team.modifiers()]

    await grant(50, 90, 70)
    assert await values() == [50, 90, 70]
    await grant(60)
    assert await values() == [90, 70, 60]
    await grant(10)
    assert await values() == [90, 70, 60]
    await grant(80, 80, 80, 80)
    assert await values() == [90, 80, 80]
    connection = await asyncpg.connect(database_url)
    query = "select count(*) from team_reward_modifier where team_id = $1"
    assert await connection.fetchval(query, team.cast.team) == 3
    await connection.close()
    granted = await team.grant(Reward(guaranteed=contents(guild_gold=1)))
    assert granted["currencies"] == {"guild_gold": "251"}


async def test_what_an_earlier_release_has_stored_beyond_that_has_no_effect(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-166, T-176: until the next write removes it."""
    boosts = [modifier("guild_gold", "addition", value) for value in (1, 2, 4, 8)]
    await team.grant(Reward(guaranteed=contents(*boosts)))
    monkeypatch.setattr(modifiers, "MOST_MODIFIERS", 2)
    assert [one["value"] for one in await team.modifiers()] == ["4", "8"]
    granted = await team.grant(Reward(guaranteed=contents(guild_gold=1)))
    assert granted["currencies"] == {"guild_gold": "13"}


async def test_a_modifier_of_no_duration_has_no_effect(team: Team) -> None:
    """T-176: it ends as it begins, but is told."""
    granted = await team.grant(Reward(guaranteed=contents(modifier("guild_gold", duration=0))))
    assert "duration_sec" not in granted["reward_modifiers"][0]
    assert await team.modifiers() == []
    assert (await team.grant(Reward(guaranteed=contents(guild_gold=1))))["currencies"] == {"guild_gold": "1"}


async def test_a_modifier_may_last_as_long_as_can_be(team: Team) -> None:
    """T-176: its end is within 64 bits."""
    await team.grant(Reward(guaranteed=contents(modifier("guild_gold", value=LARGEST, duration=LARGEST))))
    [active] = await team.modifiers()
    assert active["end_time_sec"] == active["value"] == str(LARGEST)
    assert await team.refusal(Reward(guaranteed=contents(guild_gold=2))) == (
        11,
        "team currency balance out of range",
    )


async def test_items_that_modifiers_add_have_properties_too(team: Team) -> None:
    """T-164, T-166: one roll for each instance that is really created."""
    await team.grant(Reward(guaranteed=contents(modifier("pebble", value=3, type="item"))))
    granted = await team.grant(Reward(guaranteed=contents(items={"pebble": painted(2)})))
    assert granted["items"] == {"pebble": "6"}
    colours = [one["string_properties"] for one in granted["item_instances"].values()]
    assert colours == [{"colour": "blue"}] * 6


integers = st.integers(-(2**63), LARGEST)


moderate = st.one_of(st.integers(-3, 3), integers)
boosts = st.builds(
    Modifier,
    target=st.sampled_from(("gold", "key")),
    type=st.sampled_from(("currency", "item")),
    operator=st.sampled_from(("addition", "multiplier")),
    value=moderate,
    start_sec=st.just(0),
    end_sec=st.integers(98, 102),
)
amounts = st.dictionaries(st.sampled_from(("gold", "key", "ore")), st.integers(1, LARGEST))


def expected(amounts: dict[str, int], type: str, modifiers: list[Modifier], now: int) -> dict[str, int]:
    """(amount + additions) x multipliers, within 0 and 64 bits, counted as it is said."""
    after = {}
    for id, amount in amounts.items():
        own = [one for one in modifiers if (one.type, one.target) == (type, id) and now < one.end_sec]
        exact = amount + sum(one.value for one in own if one.operator == "addition")
        for one in own:
            exact *= one.value if one.operator == "multiplier" else 1
        after[id] = min(max(exact, 0), LARGEST)
    return {id: amount for id, amount in after.items() if amount}


@given(st.lists(boosts), st.lists(st.tuples(boosts, amounts, amounts, st.integers(99, 101)), max_size=5))
def test_the_formula(
    stored: list[Modifier], rolls: list[tuple[Modifier, dict[str, int], dict[str, int], int]]
) -> None:
    """T-166: (amount + additions) x multipliers, within 0 and 64 bits, while each roll grants one more."""
    modifiers = Modifiers(stored)
    granted: list[Modifier] = []
    for boost, currencies, items, now in rolls:
        rolled = Rolled(items=items, currencies=currencies)
        modifiers.apply(rolled, now)
        in_force = [*stored, *granted]
        assert rolled.currencies == expected(currencies, "currency", in_force, now)
        assert rolled.items == expected(items, "item", in_force, now)
        message = {"id": boost.target, "type": boost.type, "operator": boost.operator}
        lasting = {"value": str(boost.value), "duration_sec": "1"}
        modifiers.add({**message, **lasting}, now)
        granted.append(replace(boost, start_sec=now, end_sec=now + 1))


def test_modifiers_are_summed_up_once_for_all_rolls_of_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """T-166: also where each roll grants one more."""
    asked = 0

    class Counted(Effects):
        def include(self, modifier: Modifier) -> None:
            nonlocal asked
            asked += 1
            super().include(modifier)

    monkeypatch.setattr("kizuna.teams.rewards.modifiers.Effects", Counted)
    modifiers = Modifiers([Modifier("gold", "currency", "addition", 1, 0, 100)] * 50)
    more = {"id": "gold", "type": "currency", "operator": "addition", "value": "1", "duration_sec": "9"}
    for number in range(20):
        rolled = Rolled(currencies={"gold": 5})
        modifiers.apply(rolled, 1)
        assert rolled.currencies == {"gold": 55 + number}
        modifiers.add(more, 1)
    assert asked == 70


async def test_very_many_modifiers_hold_nobody_up(team: Team) -> None:
    """T-166: a thousand rolls for a team with all the modifiers that count, and many more that do not."""
    await team.grant(Reward(guaranteed=contents(modifier("guild_gold", "addition", 1))))
    connection = await asyncpg.connect(team.app.database.url)
    try:
        await connection.execute(
            """
            insert into team_reward_modifier (team_id, target, type, operator, value, start_sec, end_sec)
            select team_id, target, type, operator, value, start_sec, end_sec
            from team_reward_modifier, generate_series(2, 20000) where team_id = $1
            """,
            team.cast.team,
        )
    finally:
        await connection.close()
    async with asyncio.timeout(10):
        granted = await team.grant_many(Reward(guaranteed=contents(guild_gold=1)), 1000)
    assert [one["currencies"] for one in granted] == [{"guild_gold": "1001"}] * 1000
