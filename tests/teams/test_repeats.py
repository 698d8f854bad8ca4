"""What becomes of a call that is made again: every function that changes something, called twice."""

import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.held import Held
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from tests.support.players import Player
from tests.teams.gifts.support import FEAST, at_hour, enrich
from tests.teams.support import Cast, answered, ask, refused
from tests.teams.test_permissions import everything

Request = dict[str, Any]
DASH = {"event_leaderboard_id": "dragon_dash"}
GOLD = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(7)}))


@dataclass
class Scene:
    """A team on a Tuesday at half past noon, when everything is open, with money for all there is to buy."""

    app: Application
    cast: Cast
    clock: ShiftedClock

    async def call(self, by: str, function: str, **request: Any) -> Request:
        return await self.cast.call(getattr(self.cast, by), function, **request)

    def later(self, seconds: int = 5) -> None:
        self.clock.offset += timedelta(seconds=seconds)

    async def stored(self) -> dict[str, Any]:
        return await everything(self.app.database.url, self.cast.team)


@pytest_asyncio.fixture
async def scene(app: Application, cast: Cast, clock: ShiftedClock) -> Scene:
    weekday = datetime.fromtimestamp(at_hour(clock, 12.5), UTC).weekday()
    at_hour(clock, 12.5, days=(1 - weekday) % 7)
    await enrich(app, cast)
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": 100})
    return Scene(app, cast, clock)


Preparation = Callable[[Scene], Awaitable[Request]]


async def nothing(scene: Scene) -> Request:
    return {}


@dataclass(frozen=True)
class Twice:
    """A call that is made twice; what has to be there before may add to its request.

    `what` is a function, or verb and path of an operation of groups, which is about `users`.
    """

    what: str
    by: str
    request: Request
    before: Preparation = nothing
    users: tuple[str, ...] = ()

    async def perform(self, scene: Scene, more: Request) -> httpx.Response:
        player: Player = getattr(scene.cast, self.by)
        if " " in self.what:
            verb, path = self.what.format(team=scene.cast.team).split(" ")
            users = {"user_ids": [getattr(scene.cast, user).id for user in self.users]}
            return await scene.cast.api.request(verb, path, params=users, headers=player.headers)
        request = {"id": scene.cast.team, **self.request, **more}
        if self.what == "TEAMS_CREATE":
            del request["id"]
        return await ask(scene.cast.api, player, self.what, request)

    def __str__(self) -> str:
        return self.what


def without(fields: set[str], value: Any) -> Any:
    """The same message without some fields, wherever they are."""
    if isinstance(value, list):
        return [without(fields, member) for member in value]
    if isinstance(value, dict):
        return {name: without(fields, member) for name, member in value.items() if name not in fields}
    return value


def body(answer: httpx.Response) -> Request:
    """A successful answer without the time at which it was made."""
    message: Request = without({"current_time_sec"}, answered(answer))
    return message


# --- what has to be there before ---


async def own_keys(scene: Scene) -> Request:
    await scene.call("admin", "TEAMS_INVENTORY_GRANT", items={"raid_key": 6})
    return {}


async def own_a_banner(scene: Scene) -> Request:
    owned = await scene.call("admin", "TEAMS_INVENTORY_GRANT", items={"war_banner": 1})
    [instance] = owned["inventory"]["items"]
    return {"item_updates": {instance: {"string_properties": {"colour": "blue"}}}}


async def be_mailed(scene: Scene) -> Request:
    async def grant(held: Held) -> Request:
        return await scene.app.teams.mailboxes.grant(held, GOLD)

    entry = await scene.app.teams.calls.change(scene.cast.team, None, grant)
    return {"entry_id": entry["id"]}


async def be_mailed_in_vain(scene: Scene) -> Request:
    return {"entry_ids": [(await be_mailed(scene))["entry_id"]]}


async def finish_a_raid(scene: Scene) -> Request:
    await scene.call("member", "TEAMS_ACHIEVEMENTS_UPDATE", achievement_ids=["first_raid"], amount=1)
    return {}


async def enter(scene: Scene) -> Request:
    for event in ("weekly_siege", "dragon_dash"):
        await scene.call("member", "TEAMS_EVENT_LEADERBOARD_ROLL", event_leaderboard_id=event)
    return {}


async def finish_a_dash(scene: Scene) -> Request:
    await scene.call("member", "TEAMS_EVENT_LEADERBOARD_ROLL", **DASH)
    await scene.call("member", "TEAMS_EVENT_LEADERBOARD_UPDATE", score=300, **DASH)
    scene.later(5 * 3600)
    return {}


async def fill_the_gift(scene: Scene) -> Request:
    for player in (scene.cast.superadmin, scene.cast.admin, scene.cast.member):
        await scene.cast.call(player, "TEAMS_GIFT_CONTRIBUTE", gift_id=FEAST, count=10)
    return {}


# --- the table ---

GIFT = {"gift_id": FEAST}
RAID = {"achievement_ids": ["first_raid"]}

WITHOUT_EFFECT = [
    Twice("POST /v2/group/{team}/join", "outsider", {}),
    Twice("POST /v2/group/{team}/leave", "member2", {}),
    Twice("POST /v2/group/{team}/leave", "pending", {}),
    Twice("POST /v2/group/{team}/add", "admin", {}, users=("pending",)),
    Twice("POST /v2/group/{team}/kick", "admin", {}, users=("pending",)),
    Twice("TEAMS_REWARD_MAILBOX_DELETE", "admin", {}, be_mailed_in_vain),
    Twice("TEAMS_ACHIEVEMENTS_CLAIM", "admin", RAID, finish_a_raid),
    Twice("TEAMS_EVENT_LEADERBOARD_CLAIM", "member", DASH, finish_a_dash),
    Twice("TEAMS_REWARD_MAILBOX_CLAIM", "member", {"delete": True}, be_mailed),
    Twice("TEAMS_REWARD_MAILBOX_CLAIM", "member", {"delete": False}, be_mailed),
]


@pytest.mark.parametrize("call", WITHOUT_EFFECT, ids=str)
async def test_repeated_without_effect(scene: Scene, call: Twice) -> None:
    """T-465: the same answer as at first, and nothing of the team's has changed by it."""
    more = await call.before(scene)
    untouched = await scene.stored()
    first = body(await call.perform(scene, more))
    changed = await scene.stored()
    assert changed != untouched, "the first call does something"
    scene.later()
    assert body(await call.perform(scene, more)) == first
    assert await scene.stored() == changed


SAME_STATE = [
    Twice("TEAMS_UPDATE", "admin", {"desc": "By night.", "open": True, "metadata": {"motto": "hoot"}}),
    Twice("TEAMS_INVENTORY_UPDATE", "admin", {}, own_a_banner),
    Twice("TEAMS_STATS_UPDATE", "admin", {"public": [{"name": "level", "value": 5, "operator": 1}]}),
]

#: What tells of the submissions to a stat, and of the time of a change.
COUNTED = {"count", "total", "update_time_sec"}


@pytest.mark.parametrize("call", SAME_STATE, ids=str)
async def test_repeated_to_the_same_state(scene: Scene, call: Twice) -> None:
    """T-383, T-465: what is set is set, however often; only a stat counts its submissions."""
    more = await call.before(scene)
    first = body(await call.perform(scene, more))
    scene.later()
    second = body(await call.perform(scene, more))
    assert without(COUNTED, second) == without(COUNTED, first)
    if call.what == "TEAMS_STATS_UPDATE":
        assert [each["public"]["level"]["count"] for each in (first, second)] == ["1", "2"]


#: The number that matters in an answer about the team that has this id.
Read = Callable[[str, Any], int]


def at(*path: str) -> Read:
    """That at a path of the message."""
    return lambda _team, message: int(reduce(lambda value, name: value[name], path, message))


def keys_of(_team: str, message: Any) -> int:
    """How many raid keys there are in the inventory."""
    [count] = [item["count"] for item in message["inventory"]["items"].values() if item["id"] == "raid_key"]
    return int(count)


def own(field: str) -> Read:
    """What an event leaderboard tells of the team."""
    return lambda team, message: int(next(each[field] for each in message["scores"] if each["id"] == team))


SIEGE = {"event_leaderboard_id": "weekly_siege"}
HUNT = at("repeat_achievements", "daily_hunt", "count")
DELTA = {"public": [{"name": "level", "value": 2, "operator": 2}]}

AGAIN = [
    (Twice("TEAMS_ACHIEVEMENTS_UPDATE", "member", {"achievements": {"daily_hunt": 3}}), HUNT, (3, 6)),
    (Twice("TEAMS_EVENT_LEADERBOARD_UPDATE", "member", {"score": 5, **SIEGE}, enter), own("score"), (5, 10)),
    (Twice("TEAMS_EVENT_LEADERBOARD_UPDATE", "member", {"score": 5, **DASH}, enter), own("score"), (5, 5)),
    (
        Twice("TEAMS_EVENT_LEADERBOARD_UPDATE", "member", {"score": 5, **DASH}, enter),
        own("num_scores"),
        (1, 2),
    ),
    (Twice("TEAMS_INVENTORY_CONSUME", "admin", {"items": {"raid_key": 2}}, own_keys), keys_of, (4, 2)),
    (Twice("TEAMS_INVENTORY_GRANT", "admin", {"items": {"raid_key": 2}}), keys_of, (2, 4)),
    (
        Twice("TEAMS_WALLET_GRANT", "admin", {"currencies": {"guild_gold": 5}}),
        at("currencies", "guild_gold"),
        (205, 210),
    ),
    (
        Twice("TEAMS_STORE_PURCHASE", "member", {"item_id": "key_bundle"}),
        at("wallet", "guild_gold"),
        (110, 20),
    ),
    (Twice("TEAMS_STORE_PURCHASE", "member", {"item_id": "key_bundle"}), keys_of, (3, 6)),
    (Twice("TEAMS_GIFT_CONTRIBUTE", "member", {"count": 2, **GIFT}), at("gift", "count"), (2, 4)),
    (Twice("TEAMS_STATS_UPDATE", "admin", DELTA), at("public", "level", "value"), (3, 5)),
]


@pytest.mark.parametrize(("call", "read", "expected"), AGAIN, ids=str)
async def test_repeated_to_do_it_again(
    scene: Scene, call: Twice, read: Read, expected: tuple[int, int]
) -> None:
    """T-371, T-431, T-448, T-458, T-465: applied again, or at least counted where the best counts."""
    more = await call.before(scene)
    answers = [body(await call.perform(scene, more)) for _ in range(2)]
    assert tuple(read(scene.cast.team, answer) for answer in answers) == expected


async def test_a_message_is_written_again(scene: Scene) -> None:
    """T-465: two messages of one text."""
    first = await scene.call("member", "TEAMS_WRITE_CHAT_MESSAGE", content="hello")
    second = await scene.call("member", "TEAMS_WRITE_CHAT_MESSAGE", content="hello")
    assert first["message_id"] != second["message_id"]
    path = f"/v2/channel/3.{scene.cast.team}.."
    history = answered(
        await scene.cast.api.get(path, params={"limit": 100}, headers=scene.cast.member.headers)
    )
    said = [json.loads(each["content"]) for each in history["messages"]]
    assert [each for each in said if "message" in each] == [{"message": "hello"}] * 2


async def test_promoted_again(scene: Scene) -> None:
    """T-465: a superadmin's second promotion makes an admin a superadmin."""
    call = Twice("POST /v2/group/{team}/promote", "superadmin", {}, users=("member",))
    states = []
    for _ in range(3):
        answered(await call.perform(scene, {}))
        path = f"/v2/user/{scene.cast.member.id}/group"
        [group] = answered(await scene.cast.api.get(path, headers=scene.cast.member.headers))["user_groups"]
        states.append(group.get("state", 0))
    assert states == [1, 0, 0]


async def test_a_gift_is_claimed_once(scene: Scene) -> None:
    """T-465: again there is nothing to claim, and nothing changes."""
    await fill_the_gift(scene)
    call = Twice("TEAMS_GIFT_CLAIM", "member", GIFT)
    assert len(body(await call.perform(scene, {}))["rewards"]) == 1
    changed = await scene.stored()
    scene.later()
    assert body(await call.perform(scene, {})).keys() == {"gift"}
    assert await scene.stored() == changed


NAME = f"Owls {uuid.uuid4()}"
ASSIGNED = (400, 9, "event leaderboard cohort already assigned")
IN_A_TEAM = (400, 3, "already part of a team")


@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (Twice("TEAMS_CREATE", "outsider", {"name": NAME}), IN_A_TEAM),
        (Twice("TEAMS_EVENT_LEADERBOARD_ROLL", "member", SIEGE), ASSIGNED),
    ],
    ids=str,
)
async def test_repeated_and_refused(scene: Scene, call: Twice, refusal: tuple[int, int, str]) -> None:
    """T-086, T-465: with nothing changed."""
    body(await call.perform(scene, {}))
    changed = await scene.stored()
    scene.later()
    assert refused(await call.perform(scene, {})) == refusal
    assert await scene.stored() == changed


async def test_a_team_is_deleted_once(scene: Scene) -> None:
    """T-465: then there is no such group."""
    call = Twice("DELETE /v2/group/{team}", "superadmin", {})
    answered(await call.perform(scene, {}))
    answer = await call.perform(scene, {})
    message = "Group not found or you're not allowed to delete."
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (400, 3, message)
