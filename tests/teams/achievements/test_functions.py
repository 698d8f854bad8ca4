"""Get, update and claim through the wire, with achievements of the tests' own."""

import asyncio
import json
from typing import Any

import asyncpg
import pytest

from kizuna.app import Application
from kizuna.scheduler.cron import Schedule
from kizuna.teams.achievements.progress import AchievementProgress
from kizuna.teams.config.shapes import Achievement, SubAchievement
from kizuna.teams.held import Actor, Held, PublisherEvent
from kizuna.teams.hooks import TeamHooks
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from kizuna.teams.rewards.sources import Source
from tests.teams.achievements.conftest import MoveTo
from tests.teams.support import Cast, Configure, answered, refused

GET, UPDATE, CLAIM = "TEAMS_ACHIEVEMENTS_GET", "TEAMS_ACHIEVEMENTS_UPDATE", "TEAMS_ACHIEVEMENTS_CLAIM"

BAD_INPUT = (400, 3, "bad input")
NOT_FOUND = (400, 3, "achievement not found")
UNDECODABLE = (400, 3, "cannot decode json")
DAILY = Schedule.parse("0 0 * * *")
MOST = 2**63 - 1


def gold(amount: int) -> Reward:
    return Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(amount)}))


def goal(max_count: int = 3, **config: Any) -> Achievement:
    return Achievement(name="", max_count=max_count, **config)


def sub(max_count: int = 2, **config: Any) -> SubAchievement:
    return SubAchievement(name="", max_count=max_count, **config)


async def rows_of(database_url: str, team: str) -> list[dict[str, Any]]:
    """A team's stored achievements."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "select * from team_achievement where team_id = $1 order by achievement_id", team
        )
        return [dict(row) for row in rows]
    finally:
        await connection.close()


async def gold_of(cast: Cast) -> int:
    wallet = await cast.call(cast.member, "TEAMS_WALLET_GET")
    return int(wallet["currencies"]["guild_gold"])


async def has_reached(held: Held, id: str) -> bool:
    """Whether what asks for an achievement has it."""
    return (await held.part(AchievementProgress)).standings.has_reached(id)


async def counts(cast: Cast, *ids: str) -> list[int]:
    message = await cast.call(cast.member, GET)
    wholes = {id: whole for kind in message.values() for id, whole in kind.items()}
    return [int(wholes[id].get("count", 0)) for id in ids]


async def test_every_field(cast: Cast, configure: Configure, move_to: MoveTo) -> None:
    """T-189 to T-212: what the configuration says, and where the team stands."""
    move_to(3600)
    common: dict[str, Any] = {
        "description": "All of it.",
        "category": "raids",
        "auto_claim": True,
        "auto_reset": True,
        "additional_properties": {"icon": "sword"},
        "reward": gold(1),
        "duration_sec": 7200,
    }
    part = SubAchievement(name="Part", max_count=2, count=1, precondition_ids=("before",), **common)
    whole = Achievement(
        name="Whole",
        max_count=5,
        count=1,
        precondition_ids=("before",),
        reset=DAILY,
        start_time_sec=10,
        end_time_sec=MOST,
        auto_claim_total=True,
        total_reward=Reward(),
        sub_achievements={"part": part},
        **common,
    )
    configure(achievements={"whole": whole, "before": goal(1)})
    await cast.call(cast.member, UPDATE, achievement_ids=["before", "whole"], amount=1)
    message = (await cast.call(cast.member, GET))["repeat_achievements"]["whole"]
    now = int(message["current_time_sec"])
    today = now - now % 86_400
    shared = {
        "description": "All of it.",
        "category": "raids",
        "precondition_ids": ["before"],
        "additional_properties": {"icon": "sword"},
        "auto_claim": True,
        "auto_reset": True,
        "available_rewards": {
            "guaranteed": {"currencies": {"guild_gold": {"count": {"min": "1", "max": "1"}}}}
        },
        "current_time_sec": str(now),
        "expire_time_sec": str(today + 7200),
        "reset_time_sec": str(today + 86_400),
        "is_active": True,
    }
    assert now - 60 <= int(message.pop("update_time_sec")) <= now
    assert message == {
        **shared,
        "id": "whole",
        "name": "Whole",
        "count": "2",
        "max_count": "5",
        "start_time_sec": "10",
        "end_time_sec": str(MOST),
        "auto_claim_total": True,
        "available_total_reward": {},
        "sub_achievements": {
            "part": {**shared, "id": "part", "name": "Part", "count": "1", "max_count": "2"}
        },
    }


async def test_nothing_configured(cast: Cast, configure: Configure) -> None:
    """T-033: an empty message, and nothing to be found."""
    configure(achievements={})
    assert await cast.call(cast.member, GET) == {}
    assert refused(await cast.ask(cast.member, UPDATE, achievement_ids=["a"], amount=1)) == NOT_FOUND
    assert refused(await cast.ask(cast.admin, CLAIM, achievement_ids=["a"])) == NOT_FOUND


async def test_reading_writes_nothing(
    cast: Cast, configure: Configure, move_to: MoveTo, database_url: str
) -> None:
    """T-033, T-216, T-221: neither for a new team, nor when a period is over."""
    configure(achievements={"a": goal(1, reset=DAILY, auto_claim=True)})
    move_to(0)
    await cast.call(cast.member, GET)
    assert await rows_of(database_url, cast.team) == []
    await cast.call(cast.member, UPDATE, achievement_ids=["a"], amount=1)
    before = await rows_of(database_url, cast.team)
    move_to(86_400)
    assert await counts(cast, "a") == [0]
    assert await rows_of(database_url, cast.team) == before
    assert [row["count"] for row in before] == [1]


async def test_amounts(cast: Cast, configure: Configure) -> None:
    """T-222: named in both ways it gets the sum, repeated in the list it counts once; sums may be huge."""
    configure(achievements={id: goal(10) for id in "abcd"})
    await cast.call(
        cast.member, UPDATE, achievement_ids=["a", "b", "b"], amount=2, achievements={"a": 3, "c": "4"}
    )
    assert await counts(cast, "a", "b", "c", "d") == [5, 2, 4, 0]
    await cast.call(cast.member, UPDATE, achievements={"a": -1, "d": 1})
    assert await counts(cast, "a", "d") == [4, 1]
    await cast.call(cast.member, UPDATE, achievement_ids=["a"], amount=str(MOST), achievements={"a": MOST})
    await cast.call(
        cast.member, UPDATE, achievement_ids=["b"], amount=-MOST - 1, achievements={"b": -MOST - 1}
    )
    assert await counts(cast, "a", "b") == [10, 0]
    configure(achievements={"e": goal(MOST)})
    await cast.call(cast.member, UPDATE, achievement_ids=["e"], amount=MOST, achievements={"e": MOST})
    assert await counts(cast, "e") == [MOST]


@pytest.mark.parametrize(
    ("function", "request_", "refusal"),
    [
        (UPDATE, {}, BAD_INPUT),
        (UPDATE, {"amount": 1}, BAD_INPUT),
        (UPDATE, {"achievement_ids": [], "achievements": {}}, BAD_INPUT),
        (UPDATE, {"achievement_ids": ["a", ""], "amount": 1}, BAD_INPUT),
        (UPDATE, {"achievement_ids": ["a" * 129], "amount": 1}, BAD_INPUT),
        (UPDATE, {"achievements": {f"x{n}": 1 for n in range(101)}}, BAD_INPUT),
        (UPDATE, {"achievements": {f"x{n}": 1 for n in range(100)}}, NOT_FOUND),
        (UPDATE, {"achievements": {"a\0": 1}}, NOT_FOUND),
        (UPDATE, {"achievements": {"a\ud800": 1}}, UNDECODABLE),
        (UPDATE, {"achievements": {"a": 2**63}}, UNDECODABLE),
        (UPDATE, {"achievements": {"a": 1}, "amount": 1.5}, UNDECODABLE),
        (CLAIM, {}, BAD_INPUT),
        (CLAIM, {"achievement_ids": []}, BAD_INPUT),
        (CLAIM, {"achievement_ids": None, "claim_total_reward": True}, BAD_INPUT),
        (CLAIM, {"achievement_ids": ["a"] * 101}, BAD_INPUT),
        (CLAIM, {"achievement_ids": ["a", "A"]}, NOT_FOUND),
        (CLAIM, {"achievement_ids": ["a", "\0"]}, NOT_FOUND),
        (CLAIM, {"achievement_ids": ["a"], "claim_total_reward": 1}, UNDECODABLE),
        (CLAIM, {"achievement_ids": "a"}, UNDECODABLE),
    ],
)
async def test_requests_that_are_refused(
    cast: Cast,
    configure: Configure,
    database_url: str,
    function: str,
    request_: dict[str, Any],
    refusal: tuple[int, int, str],
) -> None:
    """T-038, T-129, T-224, T-234, T-235: and nothing is stored."""
    configure(achievements={"a": goal(0)})
    assert refused(await cast.ask(cast.admin, function, **request_)) == refusal
    assert await rows_of(database_url, cast.team) == []


async def test_over_rest(cast: Cast, configure: Configure) -> None:
    """T-466: the same messages."""
    configure(achievements={"a": goal(1, total_reward=gold(7))})
    path, headers = f"/v2/team/{cast.team}/achievement", cast.admin.headers
    update = {"achievementIds": ["a"], "amount": 1}
    done = answered(await cast.api.post(path, json=update, headers=headers))["achievements"]["a"]
    assert answered(await cast.api.get(path, headers=headers))["achievements"]["a"] == done
    claim = {"achievement_ids": ["a"], "claim_total_reward": True}
    done = answered(await cast.api.post(f"{path}/claim", json=claim, headers=headers))["achievements"]["a"]
    assert done["total_reward"]["currencies"] == {"guild_gold": "7"}


async def test_total_rewards_are_granted_once(cast: Cast, configure: Configure) -> None:
    """T-239, T-206: by two at the same moment, and only where all of it is complete."""
    configure(achievements={"a": goal(1, total_reward=gold(7), sub_achievements={"b": sub(1)}), "c": goal(1)})
    await cast.call(cast.member, UPDATE, achievement_ids=["a", "c"], amount=1)
    before = await gold_of(cast)
    answer = await cast.call(cast.admin, CLAIM, achievement_ids=["a", "c"], claim_total_reward=True)
    assert "total_claim_time_sec" not in answer["achievements"]["a"]
    await cast.call(cast.member, UPDATE, achievement_ids=["b"], amount=1)
    answers = await asyncio.gather(
        *(
            cast.call(player, CLAIM, achievement_ids=["a"], claim_total_reward=True)
            for player in (cast.admin, cast.superadmin, cast.admin2)
        )
    )
    rewards = [answer["achievements"]["a"]["total_reward"] for answer in answers]
    assert rewards == [rewards[0]] * 3
    assert await gold_of(cast) == before + 7


async def test_repeated_goals_are_granted_for_each_completion(cast: Cast, configure: Configure) -> None:
    """T-230, T-231, T-236: many at the same moment bring as many completions, whatever their role."""
    configure(achievements={"a": goal(1, auto_claim=True, auto_reset=True, reward=gold(3))})
    before = await gold_of(cast)
    await asyncio.gather(
        *(cast.call(player, UPDATE, achievement_ids=["a"], amount=9) for player in cast.members * 2)
    )
    assert await gold_of(cast) == before + 30


async def test_what_a_claim_cannot_pay_is_not_claimed(cast: Cast, configure: Configure) -> None:
    """T-174, T-175, T-226: the wallet is full, so nothing of the call remains."""
    configure(achievements={"a": goal(1, reward=gold(MOST), auto_claim=True), "b": goal(5)})
    answer = await cast.ask(cast.member, UPDATE, achievement_ids=["b", "a"], amount=1)
    assert refused(answer) == (400, 11, "team currency balance out of range")
    assert await counts(cast, "a", "b") == [0, 0]


async def test_events(cast: Cast, configure: Configure, events: list[PublisherEvent]) -> None:
    """T-035: progress with the new count, claims of any kind, and nothing of what was ignored."""
    configure(
        achievements={
            "a": goal(2, auto_claim=True, auto_reset=True),
            "b": goal(9, precondition_ids=("c",)),
            "c": goal(1, total_reward=gold(1)),
        }
    )

    def told() -> list[tuple[str, str, str]]:
        own = [event for event in events if "chievement" in event.name]
        assert all(event.metadata["teamId"] == cast.team for event in own)
        events.clear()
        return [(event.name, event.metadata["achievementId"], event.value) for event in own]

    await cast.call(cast.member, UPDATE, achievements={"a": 5, "b": 1})
    assert told() == [("achievementUpdated", "a", "2"), ("teamAchievementClaimed", "a", "")]
    await cast.call(cast.member, UPDATE, achievements={"a": 1, "b": 1, "c": 1})
    assert sorted(told()) == [("achievementUpdated", id, "1") for id in "abc"]
    for _ in range(2):
        await cast.call(cast.admin, CLAIM, achievement_ids=["c"], claim_total_reward=True)
    assert told() == [("teamAchievementClaimed", "c", "")]
    await cast.call(cast.member, GET)
    assert told() == []


async def test_sources(
    cast: Cast, configure: Configure, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T-167: the game is told which of the three a reward is for, and its answer is what is kept."""
    seen: list[tuple[str, str]] = []

    async def reward(
        team_id: str, actor: Actor | None, source: Source, reward: dict[str, Any]
    ) -> dict[str, Any]:
        seen.append((source.kind.value, source.id))
        return reward | {"currencies": {"guild_gold": "2"}}

    hooks: TeamHooks = app.teams.rewards._hooks
    monkeypatch.setattr(hooks, "reward", reward)
    part = sub(1, reward=gold(1))
    configure(achievements={"a": goal(1, reward=gold(1), total_reward=gold(1), sub_achievements={"b": part})})
    before = await gold_of(cast)
    await cast.call(cast.member, UPDATE, achievement_ids=["a", "b"], amount=1)
    await cast.call(cast.admin, CLAIM, achievement_ids=["b", "a"], claim_total_reward=True)
    assert seen == [("sub_achievement", "b"), ("achievement", "a"), ("achievement_total", "a")]
    assert await gold_of(cast) == before + 6
    message = (await cast.call(cast.member, GET))["achievements"]["a"]
    kept = [message["reward"], message["total_reward"], message["sub_achievements"]["b"]["reward"]]
    assert [reward["currencies"] for reward in kept] == [{"guild_gold": "2"}] * 3


async def test_other_teams_play_no_part(cast: Cast, configure: Configure) -> None:
    """T-021: the same player in another team of theirs."""
    configure(achievements={"a": goal()})
    body = json.dumps({"name": f"other-{cast.team}"})
    other = answered(await cast.api.post("/v2/group", content=body, headers=cast.member.headers))["id"]
    await cast.call(cast.member, UPDATE, id=other, achievement_ids=["a"], amount=2)
    assert await counts(cast, "a") == [0]


async def test_goals_that_are_no_longer_configured(cast: Cast, configure: Configure) -> None:
    """T-127, T-216, T-219: nobody sees them, and they are as they were when they come back."""
    configure(achievements={"a": goal(), "b": goal()})
    await cast.call(cast.member, UPDATE, achievement_ids=["a", "b"], amount=2)
    configure(achievements={"b": goal()})
    answer = await cast.call(cast.member, UPDATE, achievement_ids=["b"], amount=1)
    assert list(answer["achievements"]) == ["b"]
    assert refused(await cast.ask(cast.member, UPDATE, achievement_ids=["a"])) == NOT_FOUND
    configure(achievements={"a": goal(), "b": goal()})
    assert await counts(cast, "a", "b") == [2, 3]


async def test_resets(cast: Cast, configure: Configure, app: Application, database_url: str) -> None:
    """T-243: progress and claims are gone, those of parts too; a completion after it is paid anew."""
    configure(achievements={"a": goal(1, reward=gold(5), sub_achievements={"b": sub()}), "c": goal()})
    await cast.call(cast.member, UPDATE, achievement_ids=["a", "b", "c"], amount=1)
    await cast.call(cast.admin, CLAIM, achievement_ids=["a"])
    before = await gold_of(cast)

    async def reset(held: Held) -> list[bool]:
        done = [await has_reached(held, "a")]
        await app.teams.achievements.reset(held, ["a", "unknown"])
        return [*done, await has_reached(held, "a")]

    assert await app.teams.calls.change(cast.team, None, reset) == [True, False]
    assert [row["achievement_id"] for row in await rows_of(database_url, cast.team)] == ["c"]
    assert await counts(cast, "a", "c") == [0, 1]
    await cast.call(cast.member, UPDATE, achievement_ids=["a"], amount=1)
    await cast.call(cast.admin, CLAIM, achievement_ids=["a"])
    assert await gold_of(cast) == before + 5


async def test_completed(cast: Cast, configure: Configure, app: Application, move_to: MoveTo) -> None:
    """T-148, T-218: complete or claimed, in the present period."""
    configure(
        achievements={
            "a": goal(1, reset=DAILY),
            "b": goal(2, sub_achievements={"s": sub(1)}),
            "f": goal(1, auto_claim=True, auto_reset=True),
        }
    )

    async def reached(id: str) -> bool:
        return await app.teams.calls.change(cast.team, None, lambda held: has_reached(held, id))

    move_to(3600)
    assert not await reached("a")
    await cast.call(cast.member, UPDATE, achievement_ids=["a", "b", "s", "f"], amount=1)
    expected = {"a": True, "b": False, "s": True, "f": True, "unknown": False}
    assert {id: await reached(id) for id in expected} == expected
    move_to(90_000)
    assert not await reached("a")
    assert await reached("f")


async def test_statements(cast: Cast, configure: Configure, app: Application) -> None:
    """T-026: one statement reads all achievements, one writes those that changed."""
    configure(
        achievements={id: goal(sub_achievements={f"{id}{n}": sub() for n in range(5)}) for id in "abcdefgh"}
    )
    before = dict(app.database.counts)
    await cast.call(cast.member, UPDATE, achievement_ids=["a", "a1", "b2", "c"], amount=1)
    after = app.database.counts
    made = {name: after[name] - before.get(name, 0) for name in after if "team_achievements." in name}
    assert {name: number for name, number in made.items() if number} == {
        "teams.held + team_achievements.states + team_rewards.modifiers + team_wallet.balances": 1,
        "team_achievements.store": 1,
    }
