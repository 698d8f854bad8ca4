"""Everybody claims what a gift has come to."""

import asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.gifts.purging import KEPT, clean_up
from tests.support.players import sign_in_async
from tests.teams.gifts.support import (
    BAD_INPUT,
    DAY,
    FEAST,
    HOUR,
    NOT_ACTIVE,
    NOT_FOUND,
    Message,
    at_hour,
    claim,
    claim_refused,
    coins,
    contribute,
    enrich,
    feast,
    gifts,
    gold,
    paid,
    with_gift,
)
from tests.teams.inventory.support import configured, document, in_database
from tests.teams.support import Cast

#: What lets a single member bring a gift to its end.
GENEROUS = {"max_contributor_count": 0}


async def test_a_threshold_that_is_just_met(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-171, T-460, T-463: contributors and others each get theirs, once (case 88)."""
    at_hour(clock, 13)
    await enrich(app, cast)
    with configured(app, with_gift(**GENEROUS)):
        await contribute(cast, cast.member, 24)
        assert "can_claim" not in await feast(cast, cast.member)
        assert "rewards" not in await claim(cast, cast.member)
        await contribute(cast, cast.member, 1)
        before = await feast(cast, cast.member)
        assert before["can_claim"] is True
        assert [one.keys() for one in before["available_rewards"]] == [{"min_count", "contributor_reward"}]
        [offered] = (await feast(cast, cast.member2))["available_rewards"]
        assert offered["min_count"] == "25"
        assert offered["noncontributor_reward"]["guaranteed"]["currencies"]["coins"]["count"]["min"] == "10"
        for player, amount, had in ((cast.member, 40, 875), (cast.member2, 10, 1000)):
            answer = await claim(cast, player)
            assert list(map(paid, answer["rewards"])) == [amount]
            assert answer["gift"] == await feast(cast, player)
            assert not answer["gift"].keys() & {"can_claim", "available_rewards"}
            assert "rewards" not in await claim(cast, player)
            assert await coins(cast, player) == had + amount
        await contribute(cast, cast.admin, 75)
        assert list(map(paid, (await claim(cast, cast.member))["rewards"])) == [150]


async def test_several_thresholds_at_once(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-463: all that are crossed; one that gives a player nothing is claimed too, and never offered."""
    at_hour(clock, 13)
    await enrich(app, cast)
    with configured(app, with_gift(max_contributor_count=0, max_count=0)):
        await contribute(cast, cast.admin, 120)
        assert list(map(paid, (await claim(cast, cast.admin))["rewards"])) == [40, 150]
        offered = (await feast(cast, cast.member))["available_rewards"]
        assert [one["min_count"] for one in offered] == ["25"]
        assert list(map(paid, (await claim(cast, cast.member))["rewards"])) == [10]
        # Too late: as somebody who had not contributed he has claimed both.
        await contribute(cast, cast.member, 1)
        assert "rewards" not in await claim(cast, cast.member)
        await contribute(cast, cast.member2, 1)
        assert list(map(paid, (await claim(cast, cast.member2))["rewards"])) == [40, 150]


async def test_the_iteration_before(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-461, T-463: is listed while something is left to claim, until the next one ends."""
    at_hour(clock, 13)
    await enrich(app, cast)
    with configured(app, with_gift(**GENEROUS)):
        await contribute(cast, cast.member, 25)
        noon = at_hour(clock, 37)
        present, before = await gifts(cast, cast.member)
        assert int(present["start_time_sec"]) == int(before["end_time_sec"]) == noon - 3600
        assert (present.get("count"), before["count"]) == (None, "25")
        assert (present["can_contribute"], before.get("can_contribute")) == (True, None)
        assert "rewards" not in await claim(cast, cast.member)
        end = int(before["end_time_sec"])
        for wrong in (end - 1, end - DAY, end + 2 * DAY, -1, 2**63 - 1):
            assert await claim_refused(cast, cast.member, end_time_sec=wrong) == NOT_ACTIVE
        answer = await claim(cast, cast.member, end_time_sec=end)
        assert list(map(paid, answer["rewards"])) == [40]
        assert answer["gift"]["end_time_sec"] == str(end)
        assert len(await gifts(cast, cast.member)) == 1
        assert len(await gifts(cast, cast.member2)) == 2
        # The present one by its end.
        assert "rewards" not in await claim(cast, cast.member, end_time_sec=end + DAY)
        at_hour(clock, 59.99)
        assert len(await gifts(cast, cast.member2)) == 2
        at_hour(clock, 60)
        assert len(await gifts(cast, cast.member2)) == 1
        assert await claim_refused(cast, cast.member2, end_time_sec=end) == NOT_ACTIVE


async def test_the_order_of_the_list(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-461: by id, then the newest first."""
    at_hour(clock, 13)
    await enrich(app, cast)
    content = with_gift(**GENEROUS)
    content["gifts"]["gifts"] |= {
        "b_gift": content["gifts"]["gifts"][FEAST],
        "a_gift": document()["gifts"]["gifts"][FEAST],
    }
    with configured(app, content):
        for gift_id in (FEAST, "b_gift"):
            await contribute(cast, cast.member, 25, gift_id)
        at_hour(clock, 37)
        listed = await gifts(cast, cast.admin)
    assert [gift["id"] for gift in listed] == ["a_gift", "b_gift", "b_gift", FEAST, FEAST]
    assert [gift.get("count") for gift in listed] == [None, None, "25", None, "25"]


async def test_claims_at_once(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-464: one user's claims grant once, whatever the others do."""
    at_hour(clock, 13)
    await enrich(app, cast)
    with configured(app, with_gift(**GENEROUS)):
        await contribute(cast, cast.member, 25)
        answers = await asyncio.gather(*(claim(cast, player) for player in cast.members for _ in range(4)))
    assert sorted(len(answer.get("rewards", [])) for answer in answers) == [0] * 15 + [1] * 5
    expected = {player.id: 1010 for player in cast.members} | {cast.member.id: 1000 - 125 + 40}
    assert {player.id: await coins(cast, player) for player in cast.members} == expected


async def test_rewards_for_the_team(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-171: what a gift's rewards have for the team the team gets."""
    at_hour(clock, 13)
    await enrich(app, cast)
    reward: Message = {"team_reward": {"guaranteed": {"currencies": {"guild_gold": {"min": 7}}}}}
    content = with_gift(rewards=[{"min_count": 1, "contributor_reward": reward}], contribution_reward=None)
    with configured(app, content):
        await contribute(cast, cast.member, 1)
        [granted] = (await claim(cast, cast.member))["rewards"]
    assert granted["team_reward"]["currencies"] == {"guild_gold": "7"}
    assert await gold(cast) == 107


async def test_bad_claims(cast: Cast, clock: ShiftedClock) -> None:
    """T-463."""
    at_hour(clock, 13)
    assert await claim_refused(cast, cast.member, gift_id="nope") == NOT_FOUND
    assert await claim_refused(cast, cast.member, gift_id="") == BAD_INPUT
    assert "rewards" not in await claim(cast, cast.member)


async def test_who_may(cast: Cast) -> None:
    """T-066: every member, and nobody else."""
    for player in (cast.pending, cast.banned, cast.outsider, await sign_in_async(cast.api)):
        for function in ("LIST", "CONTRIBUTE", "CLAIM"):
            answer = await cast.ask(
                player, f"TEAMS_GIFT_{function}", **({} if function == "LIST" else {"gift_id": FEAST})
            )
            assert (answer.status_code, answer.json()["message"]) == (403, "team membership required")
    for player in cast.members:
        assert await gifts(cast, player)
        assert await claim(cast, player)


async def test_iterations_are_cleared_away(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-470: once nobody can claim anything from them, with all that belongs to them."""
    now = at_hour(clock, 13)
    await enrich(app, cast)
    with configured(app, with_gift(**GENEROUS)):
        await contribute(cast, cast.member, 25)
        await claim(cast, cast.member)
        at_hour(clock, 37)
        await contribute(cast, cast.member, 1)
    # The first can be claimed from until the noon of the day after the next.
    expiry = now - HOUR + 2 * DAY
    for moment, left in ((expiry - 1, 2), (expiry, 1), (expiry + DAY - 1, 1), (expiry + DAY, 0)):
        await clean_up(app.database, moment + KEPT)
        assert await stored(app, cast) == left
        claims = await in_database(app, "select 1 from team_gift_claim where team_id = $1", cast.team)
        assert len(claims) == (1 if left == 2 else 0)
    assert not await in_database(app, "select 1 from team_gift_contribution where team_id = $1", cast.team)


async def test_many_are_cleared_away(app: Application, cast: Cast, clock: ShiftedClock) -> None:
    """T-470: in batches, to the last."""
    rows = "select $1, 'old', s, s + 10, 1 from generate_series(1, 450) s"
    await in_database(
        app, f"insert into team_gift (team_id, gift_id, start_sec, expiry_sec, count) {rows}", cast.team
    )
    before = app.database.counts["team_gifts.purge"]
    await app.teams.gifts.clean_up()
    assert await stored(app, cast) == 0
    assert app.database.counts["team_gifts.purge"] - before == 3


async def stored(app: Application, cast: Cast) -> int:
    return len(await in_database(app, "select 1 from team_gift where team_id = $1", cast.team))
