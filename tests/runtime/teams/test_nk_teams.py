"""`ctx.nk.teams`: every call, as the server and as a player."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

import kizuna.runtime as rt
from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError
from kizuna.runtime import Nakama
from kizuna.runtime.api import teams
from kizuna.runtime.nakama.teams import TeamsApi
from tests.support.applications import running_application
from tests.support.players import Player, sign_in_async
from tests.teams.support import Cast

USER = "5f0cbb1e-3f5c-4bc1-8f1d-0b8a3b1f7c11"
GOLD = {"guaranteed": {"currencies": {"guild_gold": {"min": 10}}}}


@pytest.fixture
def calls(nk: Nakama) -> TeamsApi:
    return nk.teams


async def coins(nk: Nakama, player: Player, amount: int) -> None:
    await nk.wallet_update(player.id, {"coins": amount})


# --- teams themselves ---


async def test_a_team_is_created_changed_found_and_read(calls: TeamsApi, api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    team = await calls.create(
        player.id,
        f"Owls {player.id}",
        description="By night.",
        open=True,
        avatar_url="owl.png",
        lang_tag="de",
        metadata={"short_code": player.id[:8], "location": player.id},
    )
    assert isinstance(team, teams.Team)
    assert (team.edge_count, team.max_count, team.open, team.lang_tag) == (1, 20, True, "de")
    assert team.members == [teams.TeamMember(player.id)]
    assert type(team.create_time_sec) is int
    assert team.create_time_sec > 1_700_000_000
    changed = await calls.update(team.id, open=False, description="By day.", metadata={"location": player.id})
    assert (changed.open, changed.description, changed.name) == (False, "By day.", team.name)
    assert await calls.get(team.id) == changed
    found = await calls.search(team.name)
    assert [(each.id, each.members) for each in found] == [(team.id, [])]
    page, cursor = await calls.list(location=player.id, limit=5)
    assert ([each.id for each in page], cursor) == ([team.id], "")
    of_user = await calls.user_teams([player.id, team.id])
    assert of_user.keys() == {player.id}
    assert of_user[player.id].user == teams.TeamUser(
        **{
            name: getattr(of_user[player.id].user, name)
            for name in ("id", "username", "lang_tag", "metadata", "create_time_sec", "update_time", "online")
        }
    )
    assert [each.id for each in of_user[player.id].teams] == [team.id]
    assert await calls.user_teams([]) == {}


async def test_pages_of_teams_follow_each_other(calls: TeamsApi, nk: Nakama, api: httpx.AsyncClient) -> None:
    place = (await sign_in_async(api)).id
    for _ in range(3):
        player = await sign_in_async(api)
        await calls.create(player.id, f"{place} {player.id}", metadata={"location": place})
    first, cursor = await calls.list(location=place, limit=2)
    second, end = await calls.list(location=place, limit=2, cursor=cursor)
    assert (len(first), len(second), end) == (2, 1, "")
    assert len({each.id for each in (*first, *second)}) == 3


async def test_chat_is_written_by_a_player_or_the_server(calls: TeamsApi, cast: Cast) -> None:
    ack = await calls.write_chat_message(cast.team, {"text": "hi"}, user_id=cast.member.id)
    assert isinstance(ack, teams.ChannelMessageAck)
    assert (ack.channel_id, ack.username, ack.persistent) == (f"3.{cast.team}..", cast.member.username, True)
    assert ack.create_time > 1_700_000_000
    assert (await calls.write_chat_message(cast.team, "hello")).message_id != ack.message_id
    with pytest.raises(ApiError, match="team membership required"):
        await calls.write_chat_message(cast.team, "hello", user_id=cast.outsider.id)


async def test_the_size_of_a_team_can_change(calls: TeamsApi, cast: Cast) -> None:
    """T-126: set or added; neither beyond the configuration nor below the members."""
    assert (await calls.update_max_size(cast.team, 30)).max_count == 30
    assert (await calls.update_max_size(cast.team, 20, delta=True)).max_count == 50
    assert (await calls.update_max_size(cast.team, -45, delta=True)).max_count == 5
    for count, refusal in ((51, "team max size exceeded"), (4, "teams max size invalid")):
        with pytest.raises(ApiError, match=refusal):
            await calls.update_max_size(cast.team, count)
    with pytest.raises(ApiError, match="teams max size invalid"):
        await calls.update_max_size(cast.team, -5, delta=True)
    assert (await calls.get(cast.team)).max_count == 5


# --- what teams own ---


async def test_a_wallet_is_granted_and_its_ledger_read(calls: TeamsApi, cast: Cast) -> None:
    assert await calls.wallet_get(cast.team) == teams.TeamWallet(
        cast.team, {"guild_gold": 100, "ember_shards": 0}, 0
    )
    wallet = await calls.wallet_grant(cast.team, {"guild_gold": 5, "ember_shards": 2})
    assert wallet.currencies == {"guild_gold": 105, "ember_shards": 2}
    assert wallet.update_time_sec > 0
    await calls.wallet_grant(cast.team, {"guild_gold": 1}, user_id=cast.admin.id)
    first, cursor = await calls.ledger_list(cast.team, limit=1)
    second, end = await calls.ledger_list(cast.team, limit=1, cursor=cursor)
    assert [(each.user_id, each.source, each.currencies) for each in (*first, *second)] == [
        (cast.admin.id, "wallet_grant", {"guild_gold": 1}),
        (None, "wallet_grant", {"guild_gold": 5, "ember_shards": 2}),
    ]
    assert end == ""


async def test_a_ledger_is_one_teams(nk: Nakama, calls: TeamsApi, cast: Cast, clock: ShiftedClock) -> None:
    """T-124, T-458: it outlives its team, and is not that of a group which has the same id afterwards."""
    await calls.wallet_grant(cast.team, {"guild_gold": 5})
    await nk.group_delete(cast.team)
    assert [each.currencies for each in (await calls.ledger_list(cast.team))[0]] == [{"guild_gold": 5}]
    clock.offset += timedelta(seconds=1)
    again = rt.GroupCreate(cast.outsider.id, f"again {cast.team}", id=cast.team)
    await nk.multi_update(group_changes=[again])
    assert await calls.ledger_list(cast.team) == ([], "")
    # Another process, whose clock is behind.
    clock.offset -= timedelta(seconds=1)
    await calls.wallet_grant(cast.team, {"guild_gold": 7})
    assert [each.currencies for each in (await calls.ledger_list(cast.team))[0]] == [{"guild_gold": 7}]


async def test_the_store_sells(calls: TeamsApi, cast: Cast) -> None:
    store = await calls.store_get(cast.team)
    bundle = next(each for each in store.store_items if each.id == "key_bundle")
    assert bundle.cost == teams.TeamStoreItemCost({"guild_gold": 90})
    assert bundle.available_rewards is not None
    assert bundle.available_rewards.guaranteed is not None
    assert bundle.available_rewards.guaranteed.items["raid_key"].count == teams.RewardRangeInt64(3, 3)
    bought = await calls.store_purchase(cast.team, "key_bundle", user_id=cast.member.id)
    assert bought.wallet["guild_gold"] == 10
    assert bought.reward is not None
    assert bought.reward.items == {"raid_key": 3}
    assert bought.inventory is not None
    assert [each.count for each in bought.inventory.items.values()] == [3]
    with pytest.raises(ApiError, match="not enough currency for purchase"):
        await calls.store_purchase(cast.team, "key_bundle")


async def test_items_come_change_and_go(calls: TeamsApi, cast: Cast) -> None:
    codex = await calls.inventory_codex(cast.team, category="decor")
    assert codex.keys() == {"war_banner", "hearth_stone"}
    properties = {"war_banner": rt.ItemProperties({"colour": "blue"}, {"tear": 0.5})}
    items = await calls.inventory_grant(cast.team, {"war_banner": 1, "raid_key": 2}, properties=properties)
    banner = next(each for each in items.values() if each.id == "war_banner")
    assert (banner.string_properties, banner.numeric_properties) == ({"colour": "blue"}, {"tear": 0.5})
    assert await calls.inventory_list(cast.team) == items
    changes = {banner.instance_id: rt.ItemProperties({"colour": None}, {"tear": 2})}
    banner = (await calls.inventory_update(cast.team, changes))[banner.instance_id]
    assert (banner.string_properties, banner.numeric_properties) == ({}, {"tear": 2.0})
    eaten = await calls.inventory_consume(cast.team, {"raid_key": 5}, overconsume=True)
    assert [
        reward.currencies["guild_gold"] in (20, 40, 60) for reward in eaten.rewards["raid_key"].rewards
    ] == [
        True,
        True,
    ]
    with pytest.raises(ApiError, match="items not consumable"):
        await calls.inventory_consume(cast.team, instances={banner.instance_id: 1})


async def test_a_mailbox_is_filled_read_claimed_and_cleared(calls: TeamsApi, cast: Cast) -> None:
    """T-393: a reward as configurations have it, rolled into an entry."""
    reward = {**GOLD, "to_mailbox_expiry_sec": 60, "message": "well done"}
    first = await calls.mailbox_grant(cast.team, reward)
    second = await calls.mailbox_grant(cast.team, GOLD)
    assert first.reward is not None
    assert (first.reward.currencies, first.reward.message) == ({"guild_gold": 10}, "well done")
    assert first.expiry_time_sec == first.create_time_sec + 60
    page, cursor = await calls.mailbox_list(cast.team, limit=1)
    assert ([each.id for each in page], bool(cursor)) == ([second.id], True)
    page, cursor = await calls.mailbox_list(cast.team, limit=1, cursor=cursor)
    assert ([each.id for each in page], cursor) == ([first.id], "")
    claimed = await calls.mailbox_claim(cast.team, first.id, delete=True, user_id=cast.member.id)
    assert claimed.claim_time_sec > 0
    assert (await calls.wallet_get(cast.team)).currencies["guild_gold"] == 110
    await calls.mailbox_delete(cast.team, [second.id])
    assert await calls.mailbox_list(cast.team) == ([], "")


@pytest.mark.parametrize(
    ("reward", "complaint"),
    [
        ({"guaranteed": {"currencies": {"rubies": {"min": 1}}}}, r"reward\.guaranteed\.currencies\.rubies"),
        ({"guaranteed": {"items": {"nope": {"min": 1}}}}, r"reward\.guaranteed\.items\.nope"),
        ({"surprise": 1}, r"reward\.surprise"),
        ([], "reward"),
        (None, "reward"),
    ],
)
async def test_a_reward_that_is_none_is_refused(
    calls: TeamsApi, cast: Cast, reward: Any, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint) as refusal:
        await calls.mailbox_grant(cast.team, reward)
    assert "store_items" not in str(refusal.value)
    assert await calls.mailbox_list(cast.team) == ([], "")


async def test_gifts_are_for_players(calls: TeamsApi, nk: Nakama, cast: Cast, noon: None) -> None:
    await coins(nk, cast.member, 100)
    gift = (await calls.gift_list(cast.team, user_id=cast.member.id))[0]
    assert (gift.id, gift.can_contribute, gift.contributor_remaining_count) == ("winter_feast", True, 10)
    ack = await calls.gift_contribute(cast.team, cast.member.id, "winter_feast", 4)
    assert ack.count == 4
    assert ack.gift is not None
    assert [(each.user_id, each.count) for each in ack.gift.contributors] == [(cast.member.id, 4)]
    claimed = await calls.gift_claim(cast.team, cast.member.id, "winter_feast")
    assert claimed.rewards == []
    assert (await nk.account_get(cast.member.id)).wallet == {"coins": 80}


async def test_what_players_got_in_kind_is_listed(calls: TeamsApi, cast: Cast) -> None:
    member_reward = {"guaranteed": {"items": {"medal": {"min": 2}}, "currencies": {"coins": {"min": 1}}}}
    entry = await calls.mailbox_grant(cast.team, {"team_reward": {"member_reward": member_reward}})
    await calls.mailbox_claim(cast.team, entry.id)
    (grant,), cursor = await calls.member_grants(cast.member.id)
    assert (grant.team_id, grant.reward.items, cursor) == (cast.team, {"medal": 2}, "")
    assert await calls.member_grants(cast.outsider.id) == ([], "")


# --- what teams achieve ---


async def test_stats_are_changed_and_read(calls: TeamsApi, cast: Cast) -> None:
    updates = [rt.StatUpdate("level", 2, "delta"), rt.StatUpdate("raids_won", -7)]
    stats = await calls.stats_update(
        cast.team,
        public=updates,
        private=[rt.StatUpdate("rating", 9, "min"), rt.StatUpdate("rating", 3, "max")],
    )
    assert (stats.public["level"].value, stats.public["raids_won"].value) == (3, -7)
    assert (stats.private["rating"].value, stats.private["rating"].count) == (9, 2)
    assert stats.public["level"].additional_properties == {"icon": "star"}
    assert await calls.stats_get(cast.team, user_id=cast.member.id) == stats


async def test_achievements_progress_are_claimed_and_forgotten(calls: TeamsApi, cast: Cast) -> None:
    """T-243: and progress can be forgotten."""
    progressed = await calls.achievements_update(cast.team, ["first_raid"], 1, achievements={"feast": 2})
    assert progressed.achievements["first_raid"].count == 1
    assert progressed.repeat_achievements["feast"].count == 2
    claimed = (await calls.achievements_claim(cast.team, ["first_raid"])).achievements["first_raid"]
    assert claimed.reward is not None
    assert claimed.reward.currencies == {"guild_gold": 50}
    await calls.reset_achievements(cast.team, ["first_raid", "nothing"])
    forgotten = await calls.achievements_get(cast.team)
    assert forgotten.achievements["first_raid"].count == 0
    assert forgotten.achievements["first_raid"].claim_time_sec == 0
    assert forgotten.repeat_achievements["feast"].count == 2
    again = await calls.achievements_update(cast.team, ["first_raid"], 1)
    assert again.achievements["first_raid"].reward is None


async def test_event_leaderboards_run_their_course(calls: TeamsApi, cast: Cast, noon: None) -> None:
    listed = await calls.event_leaderboard_list(cast.team, categories=["siege"], with_scores=True)
    assert [each.id for each in listed] == ["weekly_siege"]
    assert listed[0].change_zones["1"].promotion == 0.2
    rolled = await calls.event_leaderboard_roll(cast.team, "weekly_siege", metadata={"a": "b"})
    assert (rolled.count, rolled.scores[0].metadata) == (1, '{"a":"b"}')
    scored = await calls.event_leaderboard_update(
        cast.team, cast.member.id, "weekly_siege", 10, 1, metadata={"c": "d"}
    )
    assert [(each.id, each.score, each.subscore) for each in scored.contributions] == [
        (cast.member.id, 10, 1)
    ]
    filled = await calls.event_leaderboard_debug_fill(cast.team, "weekly_siege", 3)
    assert filled.count == 3
    random = await calls.event_leaderboard_debug_random_scores(
        cast.team, "weekly_siege", 5, 9, operator="set", subscore_max=1
    )
    assert all(5 <= each.score <= 9 for each in random.scores if each.id != cast.team)
    assert (await calls.event_leaderboard_get(cast.team, "weekly_siege")).scores == random.scores
    with pytest.raises(ApiError, match="event leaderboard not complete"):
        await calls.event_leaderboard_claim(cast.team, "weekly_siege", user_id=cast.member.id)


# --- who may, and what is refused ---


async def test_with_a_player_a_call_is_judged_as_the_players(calls: TeamsApi, cast: Cast) -> None:
    """T-019: game code needs no session, and may say whose call it is."""
    await calls.wallet_grant(cast.team, {"guild_gold": 1})
    await calls.wallet_grant(cast.team, {"guild_gold": 1}, user_id=cast.admin.id)
    for player, refusal in (
        (cast.member, "team admin role required"),
        (cast.outsider, "team membership required"),
    ):
        with pytest.raises(ApiError, match=refusal) as refused:
            await calls.wallet_grant(cast.team, {"guild_gold": 1}, user_id=player.id)
        assert refused.value.code == 7
    with pytest.raises(ApiError, match="user not found"):
        await calls.wallet_get(cast.team, user_id=cast.team)
    assert (await calls.wallet_get(cast.team)).currencies["guild_gold"] == 102


async def test_refusals_are_those_of_clients(calls: TeamsApi, cast: Cast) -> None:
    with pytest.raises(ApiError, match="team not found"):
        await calls.wallet_get(cast.member.id)
    with pytest.raises(ApiError, match="bad input"):
        await calls.wallet_grant(cast.team, {})
    with pytest.raises(ApiError, match="bad input"):
        await calls.achievements_update(cast.team, ["x" * 129], 1)
    with pytest.raises(ApiError, match="bad input"):
        await calls.ledger_list(cast.team, cursor="nonsense")


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("wallet_get", ("team",), "team id 'team' is not a UUID"),
        ("wallet_grant", (USER, {"gold": "x"}), "currencies cannot be"),
        ("wallet_grant", (USER, {"gold": 2**63}), "currencies cannot be"),
        ("user_teams", (["me"],), "user id 'me' is not a UUID"),
        ("search", (5,), "input cannot be 5"),
        ("update_max_size", (USER, "5"), "count must be a 64-bit integer"),
        ("gift_contribute", (USER, "me", "feast", 1), "user id 'me' is not a UUID"),
        ("ledger_list", (USER, -1), "limit"),
    ],
)
async def test_arguments_that_make_no_sense_are_named(
    calls: TeamsApi, name: str, arguments: tuple[Any, ...], complaint: str
) -> None:
    keywords = {"limit": arguments[1]} if name == "ledger_list" else {}
    with pytest.raises((TypeError, ValueError), match=complaint):
        await getattr(calls, name)(*arguments[:1] if keywords else arguments, **keywords)


@pytest.mark.parametrize(
    ("update", "complaint"),
    [
        (rt.StatUpdate("level", 1, "add"), "operator must be one of 'set', 'delta', 'min', 'max', not 'add'"),
        ({"name": "level"}, "stat updates must be rt.StatUpdate objects"),
        (rt.StatUpdate("level", 2**63), "value must be a 64-bit integer"),
    ],
)
async def test_updates_of_stats_that_make_no_sense_are_named(
    calls: TeamsApi, cast: Cast, update: Any, complaint: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=complaint):
        await calls.stats_update(cast.team, public=[update])


async def test_without_a_configuration_there_is_nothing_to_call(
    database_url: str, app_clock: ShiftedClock
) -> None:
    async with running_application(database_url, app_clock) as without:
        calls = without.runtime.nk.teams
        for call in (calls.list(), calls.ledger_list(USER), calls.update_max_size(USER, 5)):
            with pytest.raises(RuntimeError, match=r"the setting teams\.config names no configuration"):
                await call


async def test_game_code_calls_it_in_a_players_name(app: Application, cast: Cast) -> None:
    """From an RPC, through the wire."""
    answer = await cast.api.post("/v2/rpc/grant?unwrap", content=cast.team, headers=cast.superadmin.headers)
    assert (answer.status_code, answer.text) == (200, "105")
    answer = await cast.api.post("/v2/rpc/grant?unwrap", content=cast.team, headers=cast.member.headers)
    assert answer.json()["message"] == "team admin role required"
