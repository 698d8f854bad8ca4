"""What rewards come to for players: their wallets, the log of what nothing here keeps, notifications."""

import asyncio
import json
from typing import Any

import asyncpg
import httpx
import pytest

from kizuna.clock import SystemClock
from kizuna.errors import ApiError
from kizuna.teams.held import Held
from kizuna.teams.rewards.grant_pages import member_grants
from kizuna.teams.rewards.shapes import EnergyModifier, IntRange, MemberReward, Reward, TeamReward
from kizuna.teams.rewards.sources import Source, SourceKind
from kizuna.wallets.service import Wallets, WalletUpdate
from tests.support.players import Player
from tests.teams.rewards.support import (
    LARGEST,
    RAID,
    Team,
    contents,
    for_members,
    modifier,
    notifications,
    painted,
    wallet,
)
from tests.teams.support import Configure, plain_team

NOBODY = "00000000-0000-0000-0000-000000000000"


async def fetch(team: Team, query: str, *args: Any) -> list[asyncpg.Record]:
    """Rows of the test's database."""
    connection = await asyncpg.connect(team.app.database.url)
    try:
        return await connection.fetch(query, *args)
    finally:
        await connection.close()


async def ledger(team: Team, player: Player) -> list[tuple[dict[str, int], dict[str, Any]]]:
    """The changes of a player's wallet, newest first."""
    connection = await asyncpg.connect(team.app.database.url)
    rows = await connection.fetch(
        "select changeset, metadata from wallet_ledger where user_id = $1 order by create_time desc",
        player.id,
    )
    await connection.close()
    return [(json.loads(row["changeset"]), json.loads(row["metadata"])) for row in rows]


async def test_members_get_the_same_coins(team: Team) -> None:
    """T-152, T-170, T-185: case 31: all who belong to the team, with a line in their ledgers; nobody else."""
    row = contents(coins=1, weight=1)
    reward = Reward(
        team_reward=TeamReward(
            member_reward=MemberReward(weighted=(row,), total_weight=2, max_rolls=30, max_repeat_rolls=30)
        )
    )
    granted = await team.grant(reward)
    member = granted["team_reward"]["member_reward"]
    assert member["grant_time_sec"] == granted["grant_time_sec"]
    coins = int(member["currencies"]["coins"])
    cast = team.cast
    metadata = {"source": "team_reward", "team_id": cast.team, "source_id": "raid"}
    for player in cast.members:
        assert await wallet(cast.api, player) == {"coins": coins}
        assert await ledger(team, player) == [({"coins": coins}, metadata)]
        assert await notifications(cast.api, player) == []
    for player in (cast.pending, cast.banned, cast.outsider):
        assert await wallet(cast.api, player) == {}
    assert await team.balances() == {"guild_gold": 100, "ember_shards": 0}


async def test_many_rolls_are_one_change_of_each_wallet(team: Team) -> None:
    """T-170: a thousand rolls for everybody are summed for each source."""
    before = team.app.database.counts.copy()
    reward = for_members(contents(coins=2, items={"hat": 1}))
    granted = await team.grant_many(reward, 1000)
    assert {one["team_reward"]["member_reward"]["currencies"]["coins"] for one in granted} == {"2"}
    for player in (team.cast.member, team.cast.superadmin):
        assert await wallet(team.cast.api, player) == {"coins": 2000}
        assert len(await ledger(team, player)) == 1
        [told] = await notifications(team.cast.api, player)
        assert json.loads(told["content"])["items"] == {"hat": "1000"}
    counts = team.app.database.counts - before
    assert counts["wallets.store"] == counts["team_rewards.active_members"] == 1


async def test_what_no_system_keeps_is_noted_and_told(team: Team) -> None:
    """T-170: items, energies and modifiers: a log for each member, and a persistent notification."""
    infinite = EnergyModifier("stamina", "infinite", IntRange(1), IntRange(60))
    reward = for_members(
        contents(
            modifier("coins"),
            coins=5,
            items={"hat": 2, "cape": painted(3)},
            energies={"stamina": 1},
            energy_modifiers=[infinite],
        )
    )
    granted = await team.grant(reward, source=Source(SourceKind.EVENT_LEADERBOARD, "siege"))
    member = granted["team_reward"]["member_reward"]
    assert member["items"] == {"hat": "2", "cape": "3"}
    assert member["energies"] == {"stamina": 1}
    assert member["energy_modifiers"][0]["id"] == "stamina"
    assert member["reward_modifiers"][0]["id"] == "coins"
    # Units with properties are told as one instance: no inventory says whether they are one.
    [(instance_id, cape)] = member["item_instances"].items()
    assert cape == {
        "id": "cape",
        "count": "3",
        "string_properties": {"colour": "blue"},
        "numeric_properties": {"tear": 0.25},
        "instance_id": instance_id,
    }
    for player in team.cast.members:
        [told] = await notifications(team.cast.api, player)
        assert (told["code"], told["subject"], told["persistent"]) == (101, "team_reward", True)
        assert told.get("sender_id", NOBODY) == NOBODY
        assert json.loads(told["content"]) == member
        [grant], cursor = await member_grants(team.app.database, player.id, 10)
        assert (grant.team_id, grant.source, grant.source_id) == (
            team.cast.team,
            "event_leaderboard",
            "siege",
        )
        assert (grant.reward, cursor) == (member, "")
        assert await wallet(team.cast.api, player) == {"coins": 5}
    for player in (team.cast.pending, team.cast.banned, team.cast.outsider):
        assert await notifications(team.cast.api, player) == []
        assert await member_grants(team.app.database, player.id, 10) == ([], "")
    # The team's own modifiers are none of the members'.
    assert await team.modifiers() == []


async def test_the_log_has_pages(team: Team) -> None:
    """T-170: newest first, each once; cursors are for one player's log."""
    for count in range(1, 6):
        await team.grant(for_members(contents(items={"hat": count})))
    database, member = team.app.database, team.cast.member.id
    first, cursor = await member_grants(database, member, 2)
    second, after = await member_grants(database, member, 2, cursor)
    third, end = await member_grants(database, member, 2, after)
    assert [one.reward["items"]["hat"] for one in (*first, *second, *third)] == ["5", "4", "3", "2", "1"]
    assert end == ""
    assert await member_grants(database, member, 0) == ([], "")
    for player, bad in ((member, "?"), (member, cursor[:-3]), (team.cast.admin.id, cursor)):
        with pytest.raises(ApiError, match="bad input"):
            await member_grants(database, player, 2, bad)


async def test_a_wallet_beyond_64_bits_fails_the_call(team: Team) -> None:
    """T-174, T-175: of one member: nobody gets anything, nor does the team."""
    cast = team.cast
    wallets = Wallets(team.app.database, SystemClock())
    await wallets.update([WalletUpdate(cast.member2.id, {"coins": LARGEST})], update_ledger=False)
    both = Reward(guaranteed=contents(guild_gold=1), team_reward=for_members(contents(coins=1)).team_reward)
    assert await team.refusal(both) == (11, "team currency balance out of range")
    assert await wallet(cast.api, cast.member) == {}
    assert await team.balances() == {"guild_gold": 100, "ember_shards": 0}
    assert team.events == []


async def test_a_personal_reward_is_the_callers(team: Team) -> None:
    """T-171: own contents by the rule of members, team_reward to the team and to everybody in it."""
    cast = team.cast
    reward = Reward(
        guaranteed=contents(coins=5, guild_gold=1, items={"hat": 1, "raid_key": 2}),
        to_mailbox_expiry_sec=60,
        team_reward=TeamReward(
            guaranteed=contents(guild_gold=10, items={"raid_key": 3}),
            member_reward=MemberReward(guaranteed=contents(coins=2)),
        ),
        message="Thanks",
    )
    granted = await team.grant_personal(reward, cast.member)
    assert granted["currencies"] == {"coins": "5", "guild_gold": "1"}
    assert granted["items"] == {"hat": "1", "raid_key": "2"}
    assert granted["message"] == "Thanks"
    assert granted["team_reward"]["currencies"] == {"guild_gold": "10"}
    # A player has no mailbox: what is his he has at once.
    assert "to_mailbox_expiry_sec" not in granted
    assert await team.mailbox() == []
    assert await wallet(cast.api, cast.member) == {"coins": 7, "guild_gold": 1}
    assert await wallet(cast.api, cast.admin) == {"coins": 2}
    assert await team.balances() == {"guild_gold": 110, "ember_shards": 0}
    assert await team.items() == {"raid_key": 3}
    [told] = await notifications(cast.api, cast.member)
    assert json.loads(told["content"])["items"] == {"hat": "1", "raid_key": "2"}
    assert await notifications(cast.api, cast.admin) == []
    metadata = {"source": "team_reward", "team_id": cast.team, "source_id": "feast"}
    assert {entry[1] == metadata for entry in await ledger(team, cast.member)} == {True}


async def test_a_personal_reward_is_rolled_for_each_unit(team: Team) -> None:
    """T-171, T-462, T-166: rolled so many times, the team's part with its modifiers each time, and summed."""
    await team.grant(Reward(guaranteed=contents(modifier("guild_gold", "addition", 1))))
    certain = Reward(
        guaranteed=contents(guild_gold=2), team_reward=TeamReward(guaranteed=contents(guild_gold=1))
    )
    granted = await team.grant_personal(certain, team.cast.member, times=10**9)
    assert granted["currencies"] == {"guild_gold": str(2 * 10**9)}
    assert granted["team_reward"]["currencies"] == {"guild_gold": str(2 * 10**9)}
    row = contents(guild_gold=1, weight=1)
    by_chance = Reward(weighted=(row,), team_reward=TeamReward(weighted=(row,), total_weight=2))
    granted = await team.grant_personal(by_chance, team.cast.member, times=200)
    assert granted["currencies"] == {"guild_gold": "200"}
    # 1 and 1 more, by half a chance each time: never near all or none of them.
    assert 100 < int(granted["team_reward"]["currencies"]["guild_gold"]) < 300
    rewards = team.app.teams.rewards
    assert (rewards.most_times(certain), rewards.most_times(by_chance)) == (None, 10_000)
    with pytest.raises(ValueError, match="at most"):
        await team.grant_personal(by_chance, team.cast.member, times=10_001)


async def test_a_personal_team_part_may_wait_in_the_mailbox(team: Team) -> None:
    """T-171, T-172, T-462: what is summed is granted as one."""
    reward = Reward(team_reward=TeamReward(guaranteed=contents(guild_gold=1), to_mailbox_expiry_sec=60))
    granted = await team.grant_personal(reward, team.cast.member, times=3)
    assert granted["team_reward"]["to_mailbox_expiry_sec"] == "60"
    [entry] = await team.mailbox()
    assert entry["reward"]["team_reward"]["currencies"] == {"guild_gold": "3"}


async def test_a_personal_reward_needs_a_player(team: Team) -> None:
    """T-171: the server itself is nobody whom it could be given to."""
    with pytest.raises(ValueError, match="player"):
        await team.grant_personal(Reward(), None)


async def test_teams_with_members_in_common_do_not_wait_for_each_other(
    team: Team, api: httpx.AsyncClient, configure: Configure
) -> None:
    """T-028: users are locked in the order of their ids, whichever of them a call begins with."""
    configure(allow_multiple_teams=True)
    cast = team.cast
    other = await plain_team(api, cast.superadmin)
    for player in (cast.admin, cast.member):
        await api.post(f"/v2/group/{other}/join", headers=player.headers)
    reward = for_members(contents(coins=1))
    rewards, wallets = team.app.teams.rewards, Wallets(team.app.database, SystemClock())

    async def call(team_id: str, payer: Player) -> None:
        async def work(held: Held) -> None:
            await rewards.hold_receivers(held, reward)
            await wallets.update_within(held.tx, [WalletUpdate(payer.id, {"gems": 1})], update_ledger=False)
            await rewards.grant(held, reward, RAID)

        await team.app.teams.calls.change(team_id, None, work)

    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    before = await fetch(team, deadlocks)
    payers = sorted((cast.superadmin, cast.admin, cast.member), key=lambda player: player.id)
    await asyncio.gather(
        *(call(cast.team, payers[-1]) for _ in range(10)), *(call(other, payers[0]) for _ in range(10))
    )
    assert (await wallet(api, cast.superadmin))["coins"] == 20
    assert await fetch(team, deadlocks) == before
