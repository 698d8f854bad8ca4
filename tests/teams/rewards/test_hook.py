"""What a game may grant in place of what was rolled."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.teams.config.shapes import Inventory, Item, TeamsConfig
from kizuna.teams.held import Actor, Held
from kizuna.teams.rewards.earned import Earned
from kizuna.teams.rewards.replaced import BadReward, read_reward
from kizuna.teams.rewards.rolling import Rolled
from kizuna.teams.rewards.shapes import MemberReward, Reward, TeamReward
from kizuna.teams.rewards.sources import Source, SourceKind
from tests.teams.rewards.support import LARGEST, RAID, Team, contents, for_team, painted, wallet

CONFIG = TeamsConfig(
    currencies={"gold": 0, "gems": 0}, inventory=Inventory(items={"key": Item(stackable=True), "hat": Item()})
)


# --- through calls ---


async def test_the_hook_sees_what_was_rolled(team: Team) -> None:
    """T-167: the reward after modifiers and before it is granted, with its source and the caller."""
    admin = team.cast.admin
    reward = Reward(
        guaranteed=contents(guild_gold=5, items={"pebble": 1}),
        to_mailbox_expiry_sec=60,
        team_reward=TeamReward(
            guaranteed=contents(ember_shards=1), member_reward=MemberReward(guaranteed=contents(coins=2))
        ),
        message="Hello",
    )
    granted = await team.grant(reward, actor=admin)
    [(team_id, actor, source, seen)] = team.hooks.seen
    assert (team_id, actor, source) == (team.cast.team, Actor(admin.id, admin.username), RAID)
    time = {"grant_time_sec": granted["grant_time_sec"]}
    assert seen == {
        "currencies": {"guild_gold": "5"},
        "items": {"pebble": "1"},
        "to_mailbox_expiry_sec": "60",
        "team_reward": {
            "currencies": {"ember_shards": "1"},
            "member_reward": {"currencies": {"coins": "2"}, **time},
            **time,
        },
        "message": "Hello",
        **time,
    }


async def test_the_hook_replaces_the_reward(team: Team) -> None:
    """T-167: amounts as integers or as text; parts that it leaves out are not granted."""
    team.hooks.answer = {
        "currencies": {"ember_shards": 7, "guild_gold": "3"},
        "items": {"raid_key": 2},
        "team_reward": {"member_reward": {"currencies": {"coins": "4"}}},
        "message": "Changed",
    }
    granted = await team.grant(Reward(guaranteed=contents(guild_gold=50)))
    assert granted["currencies"] == {"ember_shards": "7", "guild_gold": "3"}
    assert granted["items"] == {"raid_key": "2"}
    assert granted["message"] == "Changed"
    assert granted["team_reward"]["member_reward"]["currencies"] == {"coins": "4"}
    assert await team.balances() == {"guild_gold": 103, "ember_shards": 7}
    assert await wallet(team.cast.api, team.cast.member) == {"coins": 4}
    team.hooks.answer = {}
    assert (await team.grant(for_team(contents(guild_gold=50)))).keys() == {"grant_time_sec"}
    assert (await team.balances())["guild_gold"] == 103


async def test_the_hook_may_change_what_it_was_given(team: Team) -> None:
    """T-167, T-164: the very reward; items keep the properties that the configuration gives them."""

    def doubled(reward: dict[str, Any]) -> dict[str, Any]:
        reward["items"]["pebble"] = 4
        return reward

    team.hooks.answer = doubled
    granted = await team.grant(Reward(guaranteed=contents(items={"pebble": painted(2)})))
    colours = [one["string_properties"] for one in granted["item_instances"].values()]
    assert colours == [{"colour": "blue"}] * 4


async def test_the_hook_decides_where_a_part_goes(team: Team) -> None:
    """T-167, T-172: into the mailbox, or not; but not when it is being claimed."""
    team.hooks.answer = {"currencies": {"guild_gold": "1"}, "to_mailbox_expiry_sec": 60}
    await team.grant(Reward(guaranteed=contents(guild_gold=5)))
    [entry] = await team.mailbox()
    assert (await team.balances())["guild_gold"] == 100
    answer = await team.cast.call(team.cast.member, "TEAMS_REWARD_MAILBOX_CLAIM", entry_id=entry["id"])
    assert "to_mailbox_expiry_sec" not in answer["reward"]
    assert (await team.balances())["guild_gold"] == 101
    assert team.hooks.seen[-1][2] == Source(SourceKind.MAILBOX_CLAIM, entry["id"])


async def test_an_answer_that_is_none_fails_the_call(team: Team) -> None:
    """T-167, T-025: the error names the hook and its occasion; nothing is kept."""
    team.hooks.answer = {"currencies": {"rubies": 1}}
    with pytest.raises(BadReward, match=r"reward hook .* achievement 'raid': reward.currencies: 'rubies'"):
        await team.grant(Reward(guaranteed=contents(guild_gold=5)))
    assert (await team.balances())["guild_gold"] == 100
    assert team.events == []


async def test_personal_rewards_may_be_replaced_too(team: Team) -> None:
    """T-167, T-171: what is the player's may have any names."""
    team.hooks.answer = {"currencies": {"rubies": 3}, "team_reward": {"currencies": {"guild_gold": 1}}}
    granted = await team.grant_personal(Reward(guaranteed=contents(coins=1)), team.cast.member)
    assert granted["currencies"] == {"rubies": "3"}
    assert await wallet(team.cast.api, team.cast.member) == {"rubies": 3}
    assert (await team.balances())["guild_gold"] == 101


async def test_costs_may_be_replaced(team: Team) -> None:
    """T-167: they are seen as a reward of currencies, and nothing else can be charged."""
    source = Source(SourceKind.GIFT_CONTRIBUTE_COST, "feast")

    async def work(held: Held) -> dict[str, int]:
        return await team.app.teams.rewards.cost(held, {"coins": 5, "none": 0}, source)

    assert await team.change(work) == {"coins": 5}
    assert team.hooks.seen[0][2:][0] == source
    team.hooks.answer = {"currencies": {"coins": "2"}}
    assert await team.change(work) == {"coins": 2}
    team.hooks.answer = {}
    assert await team.change(work) == {}
    bad: dict[str, Any]
    for bad in ({"items": {"hat": 1}}, {"team_reward": {}}, {"currencies": {"coins": -1}}):
        team.hooks.answer = bad
        with pytest.raises(BadReward, match="gift_contribute_cost 'feast'"):
            await team.change(work)


# --- reading answers ---


def read(answer: Any, *, personal: bool = False) -> Earned:
    return read_reward(answer, Earned(own=Rolled()), CONFIG, personal=personal)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "reward",
        {"gold": 1},
        {"item_instances": {}},
        {"currencies": []},
        {"currencies": {"gold": -1}},
        {"currencies": {"gold": 1.0}},
        {"currencies": {"gold": True}},
        {"currencies": {"gold": "1.5"}},
        {"currencies": {"gold": LARGEST + 1}},
        {"currencies": {"gold": "9223372036854775808"}},
        {"currencies": {"silver": 1}},
        {"currencies": {1: 1}},
        {"items": {"sword": 1}},
        {"items": {"key": None}},
        {"energies": {"stamina": 2**31}},
        {"energies": {"": 1}},
        {"energies": {"a\0": 1}},
        {"energies": {"\ud800": 1}},
        {"energies": {"e" * 129: 1}},
        {"message": 1},
        {"message": "\ud800"},
        {"to_mailbox_expiry_sec": "soon"},
        {"reward_modifiers": {}},
        {"reward_modifiers": [1]},
        {"reward_modifiers": [{"id": "gold", "type": "energy", "operator": "addition"}]},
        {"reward_modifiers": [{"id": "gold", "type": "currency", "operator": "division"}]},
        {"reward_modifiers": [{"type": "currency", "operator": "addition"}]},
        {"reward_modifiers": [{"id": "gold", "type": "item", "operator": "addition", "duration_sec": -1}]},
        {"energy_modifiers": [{"id": 1}]},
        {"energy_modifiers": [{"id": "a", "bogus": 1}]},
        {"team_reward": []},
        {"team_reward": {"energies": {"stamina": 1}}},
        {"team_reward": {"currencies": {"silver": 1}}},
        {"team_reward": {"member_reward": {"team_reward": {}}}},
        {"team_reward": {"member_reward": {"currencies": {"coins": "x"}}}},
    ],
)
def test_what_is_no_reward_is_refused(answer: Any) -> None:
    """T-167: whatever game code answers."""
    with pytest.raises(BadReward):
        read(answer)


ids = st.sampled_from(["gold", "gems"])
amounts = st.integers(1, LARGEST)
modifiers = st.fixed_dictionaries(
    {
        "id": ids,
        "type": st.sampled_from(["currency", "item"]),
        "operator": st.sampled_from(["multiplier", "addition"]),
        "value": st.integers(-(2**63), LARGEST).filter(bool).map(str),
        "duration_sec": amounts.map(str),
    }
)
energy_modifiers = st.fixed_dictionaries(
    {"id": ids, "operator": st.just("infinite"), "weight": st.just("-1")}
)
parts = {
    "items": st.dictionaries(st.sampled_from(["key", "hat"]), amounts),
    "currencies": st.dictionaries(ids, amounts),
    "reward_modifiers": st.lists(modifiers, max_size=2),
}
full = {
    **parts,
    "energies": st.dictionaries(ids, st.integers(1, 2**31 - 1)),
    "energy_modifiers": st.lists(energy_modifiers, max_size=2),
}
rewards = st.builds(
    Earned,
    own=st.builds(Rolled, **full),
    team=st.builds(Rolled, **parts),
    member=st.builds(Rolled, **full),
    own_expiry_sec=st.integers(-(2**63), LARGEST),
    team_expiry_sec=st.integers(-(2**63), LARGEST),
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0")),
)


@given(earned=rewards, personal=st.booleans())
def test_an_unchanged_answer_is_the_same_reward(earned: Earned, personal: bool) -> None:
    """T-167: what the hook is given and returns is what was rolled."""
    assert read_reward(earned.message(1), earned, CONFIG, personal=personal) == earned
