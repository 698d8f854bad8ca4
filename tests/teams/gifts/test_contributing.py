"""Members contribute to a gift, and pay for it."""

import asyncio
from typing import Any

import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.teams.gifts.support import (
    BAD_INPUT,
    CONTRIBUTOR_FULL,
    FEAST,
    FULL,
    HOUR,
    INSUFFICIENT,
    NOT_ACTIVE,
    NOT_FOUND,
    Message,
    at_hour,
    claim,
    coins,
    contribute,
    contribute_refused,
    enrich,
    feast,
    gifts,
    give,
    gold,
    with_gift,
)
from tests.teams.inventory.support import configured, in_database
from tests.teams.support import Cast, refused


async def test_a_gift_before_anybody_contributed(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-033, T-459, T-460: what a member sees; looking changes nothing."""
    now = at_hour(clock, 13)
    gift = await feast(cast)
    cost, reward, thresholds = (
        gift.pop(name) for name in ("contribution_cost", "contribution_reward", "rewards")
    )
    assert gift == {
        "id": FEAST,
        "name": "Winter Feast",
        "category": "seasonal",
        "start_time_sec": str(now - HOUR),
        "contribution_end_time_sec": str(now + 11 * HOUR),
        "end_time_sec": str(now + 23 * HOUR),
        "max_count": "100",
        "max_contributor_count": "10",
        "additional_properties": {"banner": "feast_01"},
        "can_contribute": True,
        "contributor_remaining_count": "10",
    }
    assert cost["guaranteed"]["currencies"]["coins"]["count"]["min"] == "5"
    assert reward["team_reward"]["guaranteed"]["currencies"]["guild_gold"]["count"]["min"] == "1"
    assert [one["min_count"] for one in thresholds] == ["25", "100"]
    assert [one.keys() - {"min_count"} for one in thresholds] == [
        {"contributor_reward", "noncontributor_reward"},
        {"contributor_reward"},
    ]
    assert not await in_database(app, "select 1 from team where team_id = $1", cast.team)


async def test_contributing_costs_and_rewards(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-171, T-462: all or nothing of what fits, and each unit is paid for and rewarded (case 86)."""
    at_hour(clock, 13)
    await give(app, cast.member, coins=12)
    assert await contribute_refused(cast, cast.member, count=10) == INSUFFICIENT
    assert (await coins(cast, cast.member), await gold(cast)) == (12, 100)
    assert "count" not in await feast(cast)
    await give(app, cast.member, coins=88)
    answer = await contribute(cast, cast.member, 10)
    assert answer["count"] == "10"
    assert answer["reward"]["team_reward"]["currencies"] == {"guild_gold": "10"}
    assert (await coins(cast, cast.member), await gold(cast)) == (50, 110)
    assert answer["gift"] == await feast(cast)
    assert await contribute_refused(cast, cast.member) == CONTRIBUTOR_FULL


async def test_who_contributed(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-460, T-462: most first, then who began first, with the names of now; only what fits is charged."""
    began = at_hour(clock, 13)
    await enrich(app, cast, 100)
    await contribute(cast, cast.member, 3)
    await contribute(cast, cast.admin, 4)
    await contribute(cast, cast.superadmin, 3)
    later = at_hour(clock, 14)
    answer = await contribute(cast, cast.member, 1)
    body = {"username": f"renamed-{cast.team[:8]}", "display_name": "Mem Ber", "avatar_url": "pic"}
    await cast.api.put("/v2/account", json=body, headers=cast.member.headers)
    gift = await feast(cast, cast.member2)
    assert gift["contributors"][0] | {"update_time_sec": ""} == {
        "user_id": cast.member.id,
        **body,
        "create_time_sec": gift["contributors"][0]["create_time_sec"],
        "update_time_sec": "",
        "count": "4",
    }
    times = [int(gift["contributors"][0][f"{name}_time_sec"]) for name in ("create", "update")]
    assert [began <= times[0] < later <= times[1]] == [True]
    assert [(one["user_id"], one["count"]) for one in gift["contributors"]] == [
        (cast.member.id, "4"),
        (cast.admin.id, "4"),
        (cast.superadmin.id, "3"),
    ]
    assert gift["count"] == "11"
    assert (answer["gift"]["contributor_remaining_count"], gift["contributor_remaining_count"]) == ("6", "10")
    answer = await contribute(cast, cast.member, 100)
    assert answer["count"] == "6"
    assert await coins(cast, cast.member) == 50
    assert "contributor_remaining_count" not in answer["gift"]
    assert "can_contribute" not in answer["gift"]


async def test_an_account_that_is_gone(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-460: what it gave stays, its name does not."""
    at_hour(clock, 13)
    await enrich(app, cast, 100)
    await contribute(cast, cast.member, 3)
    await contribute(cast, cast.member2, 2)
    answer = await cast.api.delete("/v2/account", headers=cast.member.headers)
    assert answer.status_code == 200
    gift = await feast(cast, cast.admin)
    assert gift["count"] == "5"
    assert [one["user_id"] for one in gift["contributors"]] == [cast.member2.id]


async def test_two_at_the_end(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-462, T-464: of what is left one gets all, the other is told so (case 87)."""
    at_hour(clock, 13)
    await enrich(app, cast)
    with configured(app, with_gift(max_contributor_count=98)):
        await contribute(cast, cast.superadmin, 98)
        answers = await asyncio.gather(
            *(
                cast.ask(player, "TEAMS_GIFT_CONTRIBUTE", gift_id=FEAST, count=5)
                for player in (cast.member, cast.member2)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 400]
        for answer, player in zip(answers, (cast.member, cast.member2), strict=True):
            if answer.status_code == 200:
                assert answer.json()["count"] == "2"
                assert await coins(cast, player) == 990
            else:
                assert refused(answer) == FULL
                assert await coins(cast, player) == 1000
        gift = await feast(cast, cast.admin)
        assert gift["count"] == "100"
        # The gift's own maximum leaves nothing to anybody.
        assert "contributor_remaining_count" not in gift
        assert "can_contribute" not in gift
        # His own maximum is looked at first.
        assert await contribute_refused(cast, cast.superadmin) == CONTRIBUTOR_FULL


async def test_everybody_at_once(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-027, T-464: what was contributed, paid and rewarded is the same."""
    at_hour(clock, 13)
    await enrich(app, cast)
    with configured(app, with_gift(max_count=23, rewards=[])):
        answers = await asyncio.gather(
            *(
                cast.ask(player, "TEAMS_GIFT_CONTRIBUTE", gift_id=FEAST, count=count)
                for player in cast.members
                for count in (1, 3, 2)
            )
        )
    counts = [int(answer.json()["count"]) for answer in answers if answer.status_code == 200]
    assert sum(counts) == 23
    assert {refused(answer) for answer in answers if answer.status_code != 200} == {FULL}
    assert sum([await coins(cast, player) for player in cast.members]) == 5000 - 23 * 5
    assert await gold(cast) == 123


async def test_the_window(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-459, T-460, T-462: contributions are over at midnight, and begin anew at noon (case 87)."""
    await enrich(app, cast)
    at_hour(clock, 23.99)
    await contribute(cast, cast.member, 10)
    at_hour(clock, 24)
    assert await contribute_refused(cast, cast.member2) == NOT_ACTIVE
    gift = await feast(cast, cast.member2)
    assert gift["count"] == "10"
    assert "can_contribute" not in gift
    at_hour(clock, 36)
    assert (await contribute(cast, cast.member, 10))["gift"]["count"] == "10"


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        ({"gift_id": "nope"}, NOT_FOUND),
        ({"gift_id": "nope", "count": 0}, NOT_FOUND),
        ({"count": 0}, BAD_INPUT),
        ({"count": -5}, BAD_INPUT),
        ({"gift_id": "", "count": 1}, BAD_INPUT),
        ({"gift_id": "x" * 129}, BAD_INPUT),
    ],
)
async def test_bad_contributions(
    cast: Cast, clock: ShiftedClock, request_: Message, refusal: tuple[int, int, str]
) -> None:
    """T-462: in this order, before the window is looked at."""
    at_hour(clock, 3)
    assert await contribute_refused(cast, cast.member, **request_) == refusal


async def test_gifts_without_a_section(app: Application, cast: Cast) -> None:
    """T-033."""
    with configured(app, {}):
        assert await cast.call(cast.member, "TEAMS_GIFT_LIST") == {}
        assert await contribute_refused(cast, cast.member) == NOT_FOUND


async def test_a_gift_before_its_first_iteration(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-459, T-461, T-462: it is not there yet."""
    at_hour(clock, 13)
    with configured(app, with_gift(reset_schedule="0 12 * * * 2090")):
        assert await gifts(cast) == []
        assert await contribute_refused(cast, cast.member) == NOT_ACTIVE


async def test_a_gift_without_an_end(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-459: after the last tick of its schedule an iteration stays."""
    at_hour(clock, 13)
    content = with_gift(reset_schedule="0 12 1 1 * 2020", duration_sec=100 * 366 * 24 * HOUR)
    with configured(app, content):
        gift = await feast(cast)
        assert gift["can_contribute"] is True
        assert "end_time_sec" not in gift
        await give(app, cast.member, coins=5)
        assert (await contribute(cast, cast.member, 1))["gift"]["count"] == "1"
        assert "rewards" not in await claim(cast, cast.member)


async def test_without_maxima(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-460, T-462: any number fits, up to 64 bits, if it can be paid."""
    at_hour(clock, 13)
    changes: dict[str, Any] = {"max_count": 0, "max_contributor_count": 0, "contribution_reward": None}
    with configured(app, with_gift(**changes)):
        assert "contributor_remaining_count" not in await feast(cast)
        assert await contribute_refused(cast, cast.member, count=2**63 - 1) == INSUFFICIENT
    with configured(app, with_gift(**changes, contribution_cost=None)):
        assert (await contribute(cast, cast.member, 2**63 - 2))["count"] == str(2**63 - 2)
        assert (await contribute(cast, cast.member2, 2**63 - 1))["count"] == "1"
        assert await contribute_refused(cast, cast.admin) == FULL
        assert (await feast(cast, cast.admin))["count"] == str(2**63 - 1)


async def test_the_players_ledger(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-462: the wallet's ledger tells what was paid for."""
    at_hour(clock, 13)
    await enrich(app, cast)
    await contribute(cast, cast.member, 2)
    [row] = await in_database(
        app,
        "select changeset::text, metadata::text from wallet_ledger where user_id = $1",
        cast.member.id,
    )
    assert row["changeset"] == '{"coins": -10}'
    metadata = row["metadata"]
    for told in (cast.team, FEAST, "gift_contribute_cost"):
        assert f'"{told}"' in metadata


async def test_the_game_sets_the_cost(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-167: in place of the configured one; whatever it cannot pay refuses the contribution."""
    at_hour(clock, 13)
    await enrich(app, cast, 30)
    asked: list[Message] = []

    async def cheaper(team_id: str, actor: Any, source: Any, reward: Message) -> Message:
        if source.kind == "gift_contribute_cost":
            asked.append(reward)
            return {"currencies": {"coins": str(int(reward["currencies"]["coins"]) - 4)}}
        return reward

    hooks = app.teams.rewards._hooks
    hooks.reward = cheaper  # type: ignore[method-assign]
    try:
        await contribute(cast, cast.member, 2)
        assert await contribute_refused(cast, cast.member, count=8) == INSUFFICIENT
    finally:
        del hooks.reward
    assert [reward["currencies"] for reward in asked] == [{"coins": "10"}, {"coins": "40"}]
    assert await coins(cast, cast.member) == 24


async def test_the_server_cannot_contribute(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-462: it has no wallet; neither does it claim, and its list offers nothing."""
    at_hour(clock, 13)
    served = {one.function.name: one for one in app.teams.gifts.functions()}
    for name in ("TEAMS_GIFT_CONTRIBUTE", "TEAMS_GIFT_CLAIM"):
        with pytest.raises(ValueError, match="server"):
            await app.teams.calls.call(served[name], None, {"id": cast.team, "gift_id": FEAST, "count": 1})
    answer = await app.teams.calls.call(served["TEAMS_GIFT_LIST"], None, {"id": cast.team})
    assert [gift.get("can_contribute") for gift in answer["gifts"]] == [None]
