"""32 players at two servers, all at one team: nothing is lost, paid twice, or spent that is not there."""

import asyncio
import random
import uuid
from collections import Counter
from typing import Any

import asyncpg

from tests.support.processes import Server
from tests.teams.soak.conftest import Crowd, Member, join, outcome

DICE = random.Random(20)

SHORT = "not enough currency for purchase"
NOTHING_LEFT = "insufficient items"


async def test_purchases_never_overdraw(crowd: Crowd) -> None:
    """T-447, T-448, T-456 to T-458: what is left is what came in less what went out, and never below zero."""
    granted, bought = 0, 0

    async def work(member: Member) -> None:
        nonlocal granted, bought
        if DICE.random() < 0.2:
            await member.post(f"{crowd.path}/wallet", {"currencies": {"gold": 40}})
            granted += 40
            return
        answer = await outcome(member.post(f"{crowd.path}/store/keys/purchase"))
        if answer != SHORT:
            assert int(answer["wallet"]["gold"]) >= 0
            bought += 1

    await crowd.keep_at_it(work)
    assert await crowd.balance("gold", 500) == 500 + granted - 30 * bought
    assert await crowd.count("key") == 3 * bought
    assert bought > 20


async def test_consumption_never_goes_below_zero(crowd: Crowd) -> None:
    """T-358, T-366, T-368, T-370: each unit is consumed once and pays once."""
    granted, consumed, paid = 0, 0, 0

    async def work(member: Member) -> None:
        nonlocal granted, consumed, paid
        if DICE.random() < 0.3:
            await member.post(f"{crowd.path}/inventory/grant", {"items": {"key": 2}})
            granted += 2
            return
        request = {"items": {"key": DICE.randint(1, 3)}, "overconsume": DICE.random() < 0.5}
        answer = await outcome(member.post(f"{crowd.path}/inventory/consume", request))
        if answer != NOTHING_LEFT:
            rewards = answer["rewards"]["key"]["rewards"]
            consumed += len(rewards)
            paid += sum(int(reward["currencies"]["gems"]) for reward in rewards)

    await crowd.keep_at_it(work)
    assert await crowd.count("key") == granted - consumed
    assert await crowd.balance("gems") == paid
    assert consumed > 20


async def test_limits_hold(crowd: Crowd) -> None:
    """T-359, T-374: however many grant at once, no more than the maximum."""

    async def work(member: Member) -> None:
        await member.post(f"{crowd.path}/inventory/grant", {"items": {"banner": DICE.randint(1, 4)}})

    await crowd.keep_at_it(work)
    assert await crowd.count("banner") == 50


async def test_each_parcel_is_claimed_once(crowd: Crowd) -> None:
    """T-399 to T-402: many claim one entry at once, and all get the same answer."""
    answers: dict[str, list[Any]] = {}

    async def work(member: Member) -> None:
        if DICE.random() < 0.15:
            await member.post(f"{crowd.path}/store/parcel/purchase")
            return
        page = await member.get(f"{crowd.path}/mailbox?limit=5")
        for entry in page.get("entries", [])[:2]:
            keep = {"delete": DICE.random() < 0.5}
            answer = await member.post(f"{crowd.path}/mailbox/{entry['id']}/claim", keep)
            answers.setdefault(entry["id"], []).append(answer)

    await crowd.keep_at_it(work)
    for same in answers.values():
        assert all(answer == same[0] for answer in same)
    assert await crowd.balance("gems") == 7 * len(answers)
    assert max(map(len, answers.values())) > 1, "nobody has met anybody"


async def test_each_achievement_is_paid_once(crowd: Crowd) -> None:
    """T-226, T-231, T-236, T-237: progress is never lost, and each completion is claimed by one of many."""
    accepted = Counter[str]()

    async def work(member: Member) -> None:
        if DICE.random() < 0.6:
            request = {"achievements": {"feast": 1}}
            await member.post(f"{crowd.path}/achievement", request)
            accepted["progress"] += 1
        else:
            request = {"achievement_ids": ["feast"]}
            answer = await outcome(member.post(f"{crowd.path}/achievement/claim", request))
            accepted["claims" if isinstance(answer, dict) else answer] += 1

    await crowd.keep_at_it(work)
    claims = await crowd.database.fetchval(
        "select count(*) from team_ledger where team_id = $1 and source = 'achievement'", crowd.team
    )
    assert await crowd.balance("gold", 500) == 500 + 11 * claims
    # Several who claim at once are all told of the one claim.
    assert accepted["claims"] >= claims
    assert accepted["progress"] // 5 >= claims > 3
    coins = await crowd.database.fetch(
        "select u.wallet ->> 'coins' as coins from users u where u.id = any($1::uuid[])",
        [member.id for member in crowd.members],
    )
    assert [row["coins"] for row in coins] == [str(claims)] * len(crowd.members)


async def test_each_event_reward_is_paid_once(crowd: Crowd) -> None:
    """T-321, T-328, T-329, T-334, T-336: roll, score and claim, all of them at once and again and again."""
    path = f"{crowd.path}/event/dash"
    told = Counter[str]()

    async def work(member: Member) -> None:
        choice = DICE.random()
        if choice < 0.2:
            answer = await outcome(member.post(f"{path}/roll"))
        elif choice < 0.8:
            answer = await outcome(member.post(path, {"score": 1}))
            told["scores"] += isinstance(answer, dict)
        else:
            answer = await outcome(member.post(f"{path}/claim"))
        told[answer if isinstance(answer, str) else "good"] += 1

    await crowd.keep_at_it(work)
    claims = await crowd.database.fetchval(
        "select count(*) from team_ledger where team_id = $1 and source = 'event_leaderboard'", crowd.team
    )
    assert await crowd.balance("gold", 500) == 500 + 13 * claims
    scores = await crowd.database.fetchrow(
        "select sum(score) as points, sum(num_scores) as submissions "
        "from team_event_score where team_id = $1",
        crowd.team,
    )
    assert scores["points"] == scores["submissions"] == told["scores"]
    assert claims > 1
    assert claims >= told["scores"] // 20 - 1


async def test_scores_add_up(crowd: Crowd) -> None:
    """T-319, T-320, T-323: the team's total is the sum of what was accepted, and of what each contributed."""
    path = f"{crowd.path}/event/siege"
    await crowd.members[0].post(f"{path}/roll")
    sums, numbers = Counter[str](), Counter[str]()

    async def work(member: Member) -> None:
        score = DICE.randint(-5, 20)
        await member.post(path, {"score": score, "subscore": 1})
        sums[member.id] += score
        numbers[member.id] += 1

    await crowd.keep_at_it(work)
    board = await crowd.members[1].get(path)
    own = next(score for score in board["scores"] if score["id"] == crowd.team)
    assert int(own.get("score", 0)) == sums.total()
    assert int(own["num_scores"]) == int(own["subscore"]) == numbers.total()
    contributed = {each["id"]: int(each.get("score", 0)) for each in board["contributions"]}
    assert contributed == {member.id: sums[member.id] for member in crowd.members if numbers[member.id]}


async def test_no_stat_is_lost(crowd: Crowd) -> None:
    """T-428, T-429: every delta of everybody counts."""
    told = Counter[str]()

    async def work(member: Member) -> None:
        wins, damage = DICE.randint(0, 3), DICE.randint(-100, 100)
        request = {
            "public": [{"name": "wins", "value": wins, "operator": 2}],
            "private": [{"name": "damage", "value": damage, "operator": 2}] * 2,
        }
        await member.post(f"{crowd.path}/stat", request)
        told.update(wins=wins, damage=2 * damage, calls=1)

    await crowd.keep_at_it(work)
    stats = await crowd.members[0].get(f"{crowd.path}/stat")
    wins, damage = stats["public"]["wins"], stats["private"]["damage"]
    assert int(wins.get("value", 0)) == int(wins.get("total", 0)) == told["wins"]
    assert int(damage.get("value", 0)) == 7 + told["damage"]
    assert (int(wins["count"]), int(damage["count"])) == (told["calls"], 2 * told["calls"])


async def test_cohorts_never_exceed_their_size(servers: list[Server], soaked: str) -> None:
    """T-306, T-469: 32 teams roll at the same moment, several times over."""
    players = await asyncio.gather(*(join(servers[number % 2]) for number in range(32)))
    database = await asyncpg.connect(soaked)
    before = await database.fetchval("select count(*) from team_event_cohort where event_id = 'siege'")

    async def roll(member: Member) -> None:
        team = (await member.post("/v2/team", {"name": f"team {uuid.uuid4()}"}))["id"]
        await member.post(f"/v2/team/{team}/event/siege/roll")
        member.client.close()

    await asyncio.gather(*map(roll, players))
    cohorts = await database.fetch(
        "select c.count, c.size, (select count(*) from team_event_score s where s.cohort_id = c.id) as teams "
        "from team_event_cohort c where c.event_id = 'siege'"
    )
    await database.close()
    assert all(row["teams"] == row["count"] <= row["size"] == 5 for row in cohorts)
    assert sum(row["count"] < row["size"] for row in cohorts) <= 1, "one is filled before another begins"
    assert len(cohorts) > before


async def test_roles_are_judged_under_the_lock(crowd: Crowd, servers: list[Server]) -> None:
    """T-030: whoever was demoted or kicked before his call began is refused, and changes nothing."""
    leader, *others = crowd.members
    granted = 0
    tries = Counter[str]()

    async def work(member: Member) -> None:
        nonlocal granted
        if member is leader:
            victim = DICE.choice(others)
            act = DICE.choice(["demote", "kick"])
            await leader.post(f"{crowd.path}/{act}?user_ids={victim.id}")
            # From now on, and until he is let in again.
            answer = await outcome(
                victim_of[victim.id].post(f"{crowd.path}/wallet", {"currencies": {"gold": 1}})
            )
            assert answer in ("team admin role required", "team membership required"), answer
            tries[act] += 1
            await leader.post(f"{crowd.path}/add?user_ids={victim.id}")
            await leader.post(f"{crowd.path}/promote?user_ids={victim.id}")
            return
        answer = await outcome(member.post(f"{crowd.path}/wallet", {"currencies": {"gold": 1}}))
        granted += isinstance(answer, dict)
        assert isinstance(answer, dict) or answer.startswith("team "), answer

    # A second connection of everybody, for the moment right after.
    victim_of = {}
    for number, member in enumerate(others):
        twin = await join(servers[number % 2])
        victim_of[member.id] = Member(member.id, member.token, twin.client)
    await crowd.keep_at_it(work)
    assert await crowd.balance("gold", 500) == 500 + granted
    assert tries["demote"]
    assert tries["kick"]
    for twin in victim_of.values():
        twin.client.close()
