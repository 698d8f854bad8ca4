"""The guilds' achievements and their rewards, through the wire."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.support.players import Player, sign_in_async
from tests.teams.achievements.conftest import MoveTo
from tests.teams.support import Cast, answered, refused

GET, UPDATE, CLAIM = "TEAMS_ACHIEVEMENTS_GET", "TEAMS_ACHIEVEMENTS_UPDATE", "TEAMS_ACHIEVEMENTS_CLAIM"
HOUR = 3600

NOT_FOUND = (400, 3, "achievement not found")
NOT_COMPLETE = (400, 3, "achievement not complete")


@pytest.fixture(autouse=True)
def morning(move_to: MoveTo) -> None:
    """Every test begins in the small hours."""
    move_to(HOUR)


async def update(cast: Cast, *ids: str, by: int) -> dict[str, Any]:
    """Progress by a plain member; all achievements and parts by their ids."""
    return parts(await cast.call(cast.member, UPDATE, achievement_ids=list(ids), amount=by))


async def claim(cast: Cast, *ids: str, by: Player | None = None, **request: Any) -> dict[str, Any]:
    return parts(await cast.call(by or cast.admin, CLAIM, achievement_ids=list(ids), **request))


async def seen(cast: Cast) -> dict[str, Any]:
    return parts(await cast.call(cast.member2, GET))


def parts(message: dict[str, Any]) -> dict[str, Any]:
    wholes = {id: whole for kind in message.values() for id, whole in kind.items()}
    return wholes | {
        id: part for whole in wholes.values() for id, part in whole.get("sub_achievements", {}).items()
    }


async def balances(cast: Cast) -> dict[str, int]:
    wallet = await cast.call(cast.member, "TEAMS_WALLET_GET")
    return {currency: int(balance) for currency, balance in wallet["currencies"].items()}


async def coins(api: httpx.AsyncClient, player: Player) -> int:
    account = answered(await api.get("/v2/account", headers=player.headers))
    return int(json.loads(account["wallet"]).get("coins", 0))


async def test_case_30_everything_is_listed(cast: Cast) -> None:
    """T-189, T-193, T-203, T-204, T-208, T-219, T-220: one-off ones here, repeated ones there."""
    message = await cast.call(cast.member, GET)
    assert set(message["achievements"]) == {"first_raid", "raid_master"}
    assert set(message["repeat_achievements"]) == {"daily_hunt", "feast"}
    for achievement in parts(message).values():
        assert "available_rewards" in achievement
        assert not achievement.keys() & {"count", "reward", "claim_time_sec", "total_reward"}
    available = message["achievements"]["raid_master"]["available_total_reward"]
    assert list(available["guaranteed"]["currencies"]) == ["ember_shards"]


async def test_case_31_a_claim_reaches_everybody(cast: Cast) -> None:
    """T-195, T-204, T-222, T-234, T-236, T-242: the team gets its gold, and each member the coins."""
    before = (await balances(cast))["guild_gold"]
    assert (await update(cast, "first_raid", by=1))["first_raid"]["count"] == "1"
    answer = await cast.ask(cast.member, CLAIM, achievement_ids=["first_raid"])
    assert refused(answer) == (403, 7, "team admin role required")
    everything = await claim(cast, "first_raid")
    assert everything.keys() == (await seen(cast)).keys()
    claimed = everything["first_raid"]
    assert int(claimed["claim_time_sec"]) > 0
    assert claimed["reward"]["currencies"] == {"guild_gold": "50"}
    assert claimed["reward"]["team_reward"]["member_reward"]["currencies"] == {"coins": "10"}
    assert (await balances(cast))["guild_gold"] == before + 50
    assert [await coins(cast.api, player) for player in cast.members] == [10] * 5
    assert [await coins(cast.api, player) for player in (cast.pending, cast.banned)] == [0, 0]
    assert (await seen(cast))["first_raid"]["reward"] == claimed["reward"]


async def test_case_32_a_claim_is_granted_once(cast: Cast, move_to: MoveTo) -> None:
    """T-237, T-465: repeated, and by two at the same moment."""
    await update(cast, "first_raid", by=1)
    before = (await balances(cast))["guild_gold"]
    players = (cast.admin, cast.superadmin, cast.admin2)
    answers = list(await asyncio.gather(*(claim(cast, "first_raid", by=player) for player in players)))
    move_to(2 * HOUR)
    answers.append(await claim(cast, "first_raid"))
    claims = [(a["first_raid"]["claim_time_sec"], a["first_raid"]["reward"]) for a in answers]
    assert claims == [claims[0]] * 4
    assert (await balances(cast))["guild_gold"] == before + 50
    assert await coins(cast.api, cast.member) == 10


async def test_case_33_all_or_nothing(cast: Cast) -> None:
    """T-235: what is finished stays unclaimed."""
    await update(cast, "first_raid", by=1)
    answer = await cast.ask(cast.admin, CLAIM, achievement_ids=["first_raid", "raid_master"])
    assert refused(answer) == NOT_COMPLETE
    answer = await cast.ask(cast.admin, CLAIM, achievement_ids=["first_raid", "raid_master", "nope"])
    assert refused(answer) == NOT_FOUND
    assert "claim_time_sec" not in (await seen(cast))["first_raid"]


async def test_case_34_unknown_ids(cast: Cast) -> None:
    """T-224, T-226: nothing is applied."""
    answer = await cast.ask(cast.member, UPDATE, achievement_ids=["daily_hunt", "nope"], amount=1)
    assert refused(answer) == NOT_FOUND
    assert "count" not in (await seen(cast))["daily_hunt"]


async def test_case_35_preconditions(cast: Cast) -> None:
    """T-202, T-227, T-229, T-233: ignored while unmet; met within the call they count."""
    assert "count" not in (await update(cast, "raid_master", by=5))["raid_master"]
    answer = await update(cast, "raid_master", "first_raid", by=1)
    assert (answer["first_raid"]["count"], answer["raid_master"]["count"]) == ("1", "1")
    assert answer["raid_master"]["precondition_ids"] == ["first_raid"]
    assert answer.keys() == (await seen(cast)).keys()


async def test_case_36_bounds(cast: Cast) -> None:
    """T-225, T-227."""
    counts = [
        (await update(cast, "daily_hunt", by=by))["daily_hunt"].get("count") for by in (3, -10, 1000, 1, -1)
    ]
    assert counts == ["3", None, "20", "20", "20"]


async def test_case_37_midnight(cast: Cast, move_to: MoveTo) -> None:
    """T-198, T-199, T-212, T-215, T-216, T-227, T-240: claims after the window; fresh after midnight."""
    await update(cast, "daily_hunt", by=20)
    move_to(25 * HOUR)
    assert "count" not in (await seen(cast))["daily_hunt"]
    await update(cast, "daily_hunt", by=19)
    move_to(46 * HOUR - 60)
    hunt = (await update(cast, "daily_hunt", by=1))["daily_hunt"]
    assert (hunt["count"], hunt["is_active"]) == ("20", True)
    assert int(hunt["expire_time_sec"]) == int(hunt["reset_time_sec"]) - 2 * HOUR
    assert int(hunt["reset_time_sec"]) % (24 * HOUR) == 0
    move_to(46 * HOUR + 1800)
    hunt = (await claim(cast, "daily_hunt"))["daily_hunt"]
    assert "is_active" not in hunt
    assert hunt["reward"]["items"] == {"raid_key": "1"}


async def test_case_37_no_progress_after_the_window(cast: Cast, move_to: MoveTo) -> None:
    """T-215, T-227."""
    move_to(22 * HOUR + 1800)
    assert "count" not in (await update(cast, "daily_hunt", by=1))["daily_hunt"]


async def test_case_38_parts_claim_themselves(cast: Cast) -> None:
    """T-207, T-209, T-223, T-230: whoever brings the last progress."""
    await update(cast, "first_raid", by=1)
    before = (await balances(cast))["guild_gold"]
    await update(cast, "raid_master_25", "raid_master_50", by=24)
    answer = await update(cast, "raid_master_25", by=1)
    assert answer["raid_master_25"]["reward"]["currencies"] == {"guild_gold": "100"}
    assert not answer["raid_master"].keys() & {"count"}
    assert "count" not in answer["raid_master_50"]
    assert (await balances(cast))["guild_gold"] == before + 100
    assert (await update(cast, "raid_master_50", by=2))["raid_master_50"]["count"] == "2"


async def test_case_39_the_total_reward(cast: Cast) -> None:
    """T-196, T-205, T-206, T-210, T-230: with whatever completes the last of it, and once."""
    await update(cast, "first_raid", "raid_master_25", by=25)
    before = (await balances(cast))["ember_shards"]
    answer = await update(cast, "raid_master", by=100)
    assert "total_claim_time_sec" not in answer["raid_master"]
    answer = await update(cast, "raid_master_50", by=50)
    assert answer["raid_master"]["total_reward"]["currencies"] == {"ember_shards": "25"}
    assert int(answer["raid_master"]["total_claim_time_sec"]) > 0
    assert "claim_time_sec" not in answer["raid_master_50"]
    await update(cast, "raid_master", "raid_master_50", by=1)
    await claim(cast, "raid_master", claim_total_reward=True)
    assert (await balances(cast))["ember_shards"] == before + 25


async def test_case_40_feasts(cast: Cast) -> None:
    """T-211, T-228, T-231, T-232, T-241: each time five; the answer shows the reward, later reads do not."""
    before = (await balances(cast))["guild_gold"]
    for _ in range(2):
        feast = (await update(cast, "feast", by=5))["feast"]
        assert "count" not in feast
        assert int(feast["claim_time_sec"]) > 0
        assert feast["reward"]["currencies"] == {"guild_gold": "5"}
    assert (await balances(cast))["guild_gold"] == before + 10
    assert not (await seen(cast))["feast"].keys() & {"claim_time_sec", "reward", "count"}


async def test_case_41_everybody_at_once(cast: Cast) -> None:
    """T-226, T-465: twenty members, and nobody's progress is lost."""
    players = await asyncio.gather(*(sign_in_async(cast.api) for _ in range(15)))
    answered(
        await cast.api.post(
            f"/v2/group/{cast.team}/add",
            params=[("user_ids", player.id) for player in players],
            headers=cast.superadmin.headers,
        )
    )
    everybody = [*cast.members, *players]
    await asyncio.gather(
        *(cast.call(player, UPDATE, achievement_ids=["daily_hunt"], amount=1) for player in everybody)
    )
    hunt = (await seen(cast))["daily_hunt"]
    assert (len(everybody), hunt["count"]) == (20, "20")
