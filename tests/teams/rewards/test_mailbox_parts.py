"""Rewards that wait in the mailbox."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.teams.config.shapes import Item
from kizuna.teams.held import Held
from kizuna.teams.rewards.shapes import Contents, IntRange, MemberReward, Reward, TeamReward
from kizuna.teams.rewards.sources import SourceKind
from tests.teams.rewards.support import LARGEST, Team, contents, for_team, modifier, painted, wallet

CLAIM = "TEAMS_REWARD_MAILBOX_CLAIM"
WEEK = 604_800


async def claimed(team: Team, entry: dict[str, Any], **request: Any) -> dict[str, Any]:
    """The reward of an entry that a member claims."""
    answer = await team.cast.call(team.cast.member, CLAIM, entry_id=entry["id"], **request)
    reward: dict[str, Any] = answer["reward"]
    return reward


async def test_a_part_goes_to_the_mailbox(team: Team, clock: ShiftedClock) -> None:
    """T-172, T-184, T-186: case 52: told with its expiry and without instances; given when it is claimed."""
    reward = Reward(
        guaranteed=contents(ember_shards=5, items={"war_banner": painted(2)}),
        to_mailbox_expiry_sec=WEEK,
        message="From afar",
    )
    granted = await team.grant(reward)
    assert granted["to_mailbox_expiry_sec"] == str(WEEK)
    assert granted["currencies"] == {"ember_shards": "5"}
    assert granted["items"] == {"war_banner": "2"}
    assert "item_instances" not in granted
    assert await team.balances() == {"guild_gold": 100, "ember_shards": 0}
    assert await team.items() == {}
    assert team.events == []

    [entry] = await team.mailbox()
    assert int(entry["expiry_time_sec"]) == int(entry["create_time_sec"]) + WEEK
    assert entry["reward"] == {
        "currencies": {"ember_shards": "5"},
        "items": {"war_banner": "2"},
        "grant_time_sec": granted["grant_time_sec"],
        "message": "From afar",
    }
    clock.offset += timedelta(seconds=30)
    opened = await claimed(team, entry)
    assert opened["grant_time_sec"] == granted["grant_time_sec"]
    assert team.hooks.seen[-1][3] == entry["reward"]
    assert opened["message"] == "From afar"
    assert await team.balances() == {"guild_gold": 100, "ember_shards": 5}
    colours = [one["string_properties"] for one in (await team.instances()).values()]
    assert colours == [{"colour": "blue"}] * 2
    assert opened["item_instances"].keys() == (await team.instances()).keys()
    source = {"source": "mailbox_claim"}
    assert team.told() == [
        ("currencyGranted", "5", {"currencyId": "ember_shards", **source}),
        ("teamItemsGranted", "2", {"itemId": "war_banner", **source}),
    ]


async def test_each_part_follows_its_own_setting(team: Team) -> None:
    """T-172: own contents and team_reward apart, members at once."""
    reward = Reward(
        guaranteed=contents(guild_gold=1),
        to_mailbox_expiry_sec=-1,
        team_reward=TeamReward(
            guaranteed=contents(guild_gold=10),
            to_mailbox_expiry_sec=60,
            member_reward=MemberReward(guaranteed=contents(coins=3), to_mailbox_expiry_sec=60),
        ),
    )
    granted = await team.grant(reward)
    assert granted["to_mailbox_expiry_sec"] == "-1"
    assert granted["team_reward"]["to_mailbox_expiry_sec"] == "60"
    assert await wallet(team.cast.api, team.cast.member) == {"coins": 3}
    of_team, own = await team.mailbox()
    time = {"grant_time_sec": granted["grant_time_sec"]}
    assert own["reward"] == {"currencies": {"guild_gold": "1"}, **time}
    assert "expiry_time_sec" not in own
    assert of_team["reward"] == {"team_reward": {"currencies": {"guild_gold": "10"}, **time}}
    assert await claimed(team, of_team) == of_team["reward"]
    assert (await team.balances())["guild_gold"] == 110
    await claimed(team, own)
    assert (await team.balances())["guild_gold"] == 111
    assert await wallet(team.cast.api, team.cast.member) == {"coins": 3}


async def test_only_one_part_may_go_to_the_mailbox(team: Team) -> None:
    """T-172: the other lands at once."""
    own = Reward(
        guaranteed=contents(guild_gold=1),
        team_reward=for_team(contents(), to_mailbox_expiry_sec=9).team_reward,
    )
    granted = await team.grant(own)
    assert await team.mailbox() == []  # nothing was rolled that could be claimed
    assert "to_mailbox_expiry_sec" not in granted["team_reward"]
    await team.grant(for_team(contents(guild_gold=5), to_mailbox_expiry_sec=9))
    assert [entry["reward"].keys() for entry in await team.mailbox()] == [{"team_reward"}]
    assert (await team.balances())["guild_gold"] == 101


async def test_every_roll_is_an_entry(team: Team) -> None:
    """T-172: three units consumed are three entries, in the order of rolling, each part its own."""
    wide = Contents(currencies={"guild_gold": IntRange(1, 10**9)})
    reward = Reward(
        guaranteed=wide,
        to_mailbox_expiry_sec=WEEK,
        team_reward=TeamReward(guaranteed=wide, to_mailbox_expiry_sec=-1),
    )
    granted = await team.grant_many(reward, 3)
    rolled = [amounts for one in granted for amounts in (one["currencies"], one["team_reward"]["currencies"])]
    entries = [entry["reward"] for entry in reversed(await team.mailbox())]
    assert [entry.get("team_reward", entry)["currencies"] for entry in entries] == rolled
    assert ["team_reward" in entry for entry in entries] == [False, True] * 3


async def test_an_expiry_may_be_as_far_as_can_be(team: Team) -> None:
    """T-172: beyond 64 bits is the end of them."""
    await team.grant(Reward(guaranteed=contents(guild_gold=1), to_mailbox_expiry_sec=LARGEST))
    [entry] = await team.mailbox()
    assert entry["expiry_time_sec"] == str(LARGEST)


async def test_limits_are_those_of_the_claim(team: Team) -> None:
    """T-172, T-174, T-404: what is cut off is missing from the answer."""
    await team.grant(Reward(guaranteed=contents(items={"raid_key": 8}), to_mailbox_expiry_sec=WEEK))
    await team.grant(Reward(guaranteed=contents(items={"raid_key": 9})))
    [entry] = await team.mailbox()
    assert entry["reward"]["items"] == {"raid_key": "8"}
    assert (await claimed(team, entry))["items"] == {"raid_key": "1"}
    assert await team.items() == {"raid_key": 10}


async def test_modifiers_apply_when_a_reward_is_rolled(team: Team) -> None:
    """T-166, T-172: not again when it is claimed; one that it brings begins with the claim."""
    await team.grant(Reward(guaranteed=contents(modifier("guild_gold"))))
    reward = Reward(
        guaranteed=contents(modifier("guild_gold", value=10), guild_gold=5), to_mailbox_expiry_sec=WEEK
    )
    assert (await team.grant(reward))["currencies"] == {"guild_gold": "10"}
    assert len(await team.modifiers()) == 1
    [entry] = await team.mailbox()
    opened = await claimed(team, entry)
    assert opened["currencies"] == {"guild_gold": "10"}
    assert opened["reward_modifiers"][0]["value"] == "10"
    assert (await team.balances())["guild_gold"] == 110
    assert [one["value"] for one in await team.modifiers()] == ["2", "10"]


async def test_what_is_no_longer_configured_is_dropped(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """T-172, T-452: a currency or an item that went, or went out of use, meanwhile."""
    contained = contents(guild_gold=1, ember_shards=2, items={"ore": 3, "pebble": painted(1), "raid_key": 4})
    await team.grant(Reward(guaranteed=contained, to_mailbox_expiry_sec=WEEK))
    config = team.app.teams.versions.current
    items = {**config.inventory.items, "raid_key": Item(disabled=True)}
    del items["pebble"]
    changed = dataclasses.replace(
        config, currencies={"guild_gold": 100}, inventory=dataclasses.replace(config.inventory, items=items)
    )
    monkeypatch.setattr(team.app.teams.versions, "current", changed)
    [entry] = await team.mailbox()
    opened = await claimed(team, entry)
    assert (opened["currencies"], opened["items"]) == ({"guild_gold": "1"}, {"ore": "3"})
    assert await team.items() == {"ore": 3}


async def test_the_server_sends_rewards(team: Team) -> None:
    """T-393, T-170: one entry for all of the team's, whatever the setting; members have theirs at once."""
    hooks = team.hooks
    reward = Reward(
        guaranteed=contents(guild_gold=1),
        team_reward=TeamReward(
            guaranteed=contents(items={"ore": 2}),
            to_mailbox_expiry_sec=60,
            member_reward=MemberReward(guaranteed=contents(coins=3)),
        ),
    )

    async def work(held: Held) -> dict[str, Any]:
        return await team.app.teams.mailboxes.grant(held, reward)

    entry = await team.change(work)
    assert [entry] == await team.mailbox()
    assert entry["reward"]["currencies"] == {"guild_gold": "1"}
    assert entry["reward"]["team_reward"]["items"] == {"ore": "2"}
    assert "member_reward" not in entry["reward"]["team_reward"]
    assert int(entry["expiry_time_sec"]) == int(entry["create_time_sec"]) + 60
    assert await wallet(team.cast.api, team.cast.admin) == {"coins": 3}
    assert hooks.seen == []  # it was the game itself that sent it
    await claimed(team, entry)
    assert (await team.balances())["guild_gold"] == 101
    assert await team.items() == {"ore": 2}
    assert [source.kind for _, _, source, _ in hooks.seen] == [SourceKind.MAILBOX_CLAIM]
    assert await wallet(team.cast.api, team.cast.admin) == {"coins": 3}


async def test_the_server_sends_a_reward_for_the_team_alone(team: Team) -> None:
    """T-393: it looks like one that was earned; without a setting it never expires."""

    async def work(held: Held) -> dict[str, Any]:
        return await team.app.teams.mailboxes.grant(held, for_team(contents(guild_gold=1)))

    entry = await team.change(work)
    assert entry["reward"].keys() == {"team_reward"}
    assert "expiry_time_sec" not in entry
