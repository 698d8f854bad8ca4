"""Every REST path of teams, and beside it the RPC or the operation of groups and channels that it stands for.

Two teams live through the same day, one by the paths, one by the others; what they are answered is the same.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.held import Held
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from tests.support.applications import client_of
from tests.support.players import HTTP_KEY, Player
from tests.teams.gifts.support import FEAST, at_hour, enrich
from tests.teams.support import Cast, answered, ask, assemble
from tests.teams.test_permissions import UNKNOWN

Request = dict[str, Any]


# --- a day of a team ---


@dataclass
class Day:
    """A team on a day, from half past twelve on, with an event leaderboard of its own."""

    app: Application
    cast: Cast
    clock: ShiftedClock
    by_path: bool
    event: str = field(default_factory=lambda: str(uuid.uuid4()))
    #: What was answered, by the place of the call among all.
    answers: list[Request] = field(default_factory=list)
    #: Ids that became known on the way.
    known: dict[str, str] = field(default_factory=dict)

    def config(self, before: TeamsConfig) -> TeamsConfig:
        dash = before.event_leaderboards["dragon_dash"]
        return replace(before, event_leaderboards={self.event: dash})

    async def call(self, step: "Step") -> None:
        if step.before:
            await step.before(self)
        player, request = getattr(self.cast, step.by), step.request(self)
        if self.by_path:
            answer = await rest(self.cast.api, player, step.place, request)
        elif " " in step.other:
            answer = await rest(self.cast.api, player, step.other, request)
        else:
            answer = await ask(self.cast.api, player, step.other, message_of(step.other, request))
        self.answers.append(answered(answer))

    def told(self) -> list[Any]:
        """What was answered, with names in place of what is never the same twice."""
        names = {self.cast.team: "<team>", self.event: "<event>"}
        for role in ("superadmin", "admin", "admin2", "member", "member2", "pending", "banned", "outsider"):
            player = getattr(self.cast, role)
            names |= {player.id: f"<{role}>", player.username: f"<name of {role}>"}
        return [_neutral(answer, names) for answer in self.answers]


#: What is never the same twice.
_ID = re.compile(r"(?:debug-)?[0-9a-f]{8}(?:(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)?")
_TIME = re.compile(r"\d{10}|\d{4}-\d\d-\d\dT[\d:.]+Z")


def _neutral(value: Any, names: Mapping[str, str]) -> Any:
    """A message without what differs between two teams: maps as lists in the order of what they hold, and
    chat too, where those of one second are in no order."""
    if isinstance(value, dict):
        told = {name: "<cursor>" if name.endswith("cursor") else member for name, member in value.items()}
        entries = [[_neutral(name, names), _neutral(member, names)] for name, member in told.items()]
        return sorted(entries, key=json.dumps)
    if isinstance(value, list):
        members = [_neutral(member, names) for member in value]
        return (
            sorted(members, key=json.dumps) if any("message_id" in str(each) for each in value) else members
        )
    if not isinstance(value, str):
        return value
    for known, name in names.items():
        value = value.replace(known, name)
    return "<time>" if _TIME.fullmatch(value) else _ID.sub("<id>", value)


def message_of(function: str, request: Request) -> Request:
    """The RPC's message: what the path names is in it under its own name."""
    names = {"teamId": "team_id" if function == "TEAMS_GET" else "id"}
    message = {names.get(name, _snake(name)): value for name, value in request.items()}
    if "user_id" in message:
        message["user_ids"] = [message.pop("user_id")]
    return message


def _snake(name: str) -> str:
    return re.sub("([A-Z])", lambda match: "_" + match[1].lower(), name)


async def rest(api: httpx.AsyncClient, player: Player, place: str, request: Request) -> httpx.Response:
    """Call verb and path. What the path does not name is in the body of a POST or PUT, and else in the query,
    as are several users always.
    """
    verb, path = place.split(" ")
    left = {name: value for name, value in request.items() if f"{{{name}}}" not in path}
    in_query = left.keys() if verb in ("GET", "DELETE") else left.keys() & {"user_ids"}
    body = {name: value for name, value in left.items() if name not in in_query}
    return await api.request(
        verb,
        path.format_map(request),
        params={name: left[name] for name in in_query},
        content=json.dumps(body) if body else b"",
        headers=player.headers,
    )


async def be_mailed(day: Day) -> None:
    """Two entries in the mailbox."""
    reward = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(7)}))

    async def grant(held: Held) -> list[Request]:
        return [await day.app.teams.mailboxes.grant(held, reward) for _ in range(2)]

    first, second = await day.app.teams.calls.change(day.cast.team, None, grant)
    day.known |= {"first": first["id"], "second": second["id"]}


async def find_a_banner(day: Day) -> None:
    """The instance of the banner that was just granted."""
    owned = await day.cast.call(day.cast.member, "TEAMS_INVENTORY_LIST_INVENTORY")
    [day.known["banner"]] = [id for id, item in owned["items"].items() if item["id"] == "war_banner"]


async def end_of_the_dash(day: Day) -> None:
    """Five hours later the event is over, and the gift still takes contributions."""
    at_hour(day.clock, 17.5)


@dataclass(frozen=True)
class Step:
    """A call: a REST path, and the function, or the verb and path of groups or channels, that answers alike.

    Fields of the request that the path names have their names there.
    """

    place: str
    other: str
    by: str
    request: Callable[[Day], Request]
    before: Callable[[Day], Any] | None = None


def _team(**request: Any) -> Callable[[Day], Request]:
    return lambda day: {"teamId": day.cast.team, **request}


def _users(*roles: str) -> Callable[[Day], Request]:
    return lambda day: {"teamId": day.cast.team, "user_ids": [getattr(day.cast, role).id for role in roles]}


def _event(**request: Any) -> Callable[[Day], Request]:
    return lambda day: {"teamId": day.cast.team, "eventLeaderboardId": day.event, **request}


def _entry(name: str, **request: Any) -> Callable[[Day], Request]:
    return lambda day: {"teamId": day.cast.team, "entryId": day.known[name], **request}


def _owls(day: Day) -> Request:
    """A name, and a place to be found at, that are this team's alone."""
    home = json.dumps({"location": day.event})
    return {"name": f"Owls {day.event}", "desc": "By night.", "open": True, "setup_metadata": home}


_T = "/v2/team/{teamId}"
_E = f"{_T}/event/{{eventLeaderboardId}}"

STEPS = [
    Step("POST /v2/team", "TEAMS_CREATE", "outsider", _owls),
    Step("GET /v2/team", "TEAMS_LIST", "member", lambda day: {"location": day.event, "limit": 5}),
    Step(
        "GET /v2/team/search",
        "TEAMS_SEARCH",
        "member",
        lambda day: {"input": f"owls {day.event}", "limit": 5},
    ),
    Step(
        f"PUT {_T}", "TEAMS_UPDATE", "admin", _team(desc="By day.", lang_tag="de", metadata={"a": {"b": 1}})
    ),
    Step(f"GET {_T}", "TEAMS_GET", "outsider", _team()),
    Step(
        "GET /v2/user/{userId}/team",
        "TEAMS_USER_TEAMS_LIST",
        "outsider",
        lambda day: {"userId": day.cast.member.id},
    ),
    Step(
        "GET /v2/team/user",
        "TEAMS_USER_TEAMS_LIST",
        "member",
        lambda day: {"user_ids": [day.cast.member.id, day.cast.outsider.id]},
    ),
    Step(f"GET {_T}/user", "GET /v2/group/{teamId}/user", "outsider", _team(limit=3, state=2)),
    Step(f"POST {_T}/join", "POST /v2/group/{teamId}/join", "banned", _team()),
    Step(f"POST {_T}/add", "POST /v2/group/{teamId}/add", "admin", _users("pending")),
    Step(f"POST {_T}/promote", "POST /v2/group/{teamId}/promote", "superadmin", _users("member2")),
    Step(f"POST {_T}/demote", "POST /v2/group/{teamId}/demote", "superadmin", _users("member2")),
    Step(f"POST {_T}/kick", "POST /v2/group/{teamId}/kick", "admin", _users("pending")),
    Step(f"POST {_T}/ban", "POST /v2/group/{teamId}/ban", "admin", _users("member2")),
    Step(f"POST {_T}/leave", "POST /v2/group/{teamId}/leave", "admin2", _team()),
    Step(f"POST {_T}/message", "TEAMS_WRITE_CHAT_MESSAGE", "member", _team(content='{"text":"hi"}')),
    Step(f"GET {_T}/message", "GET /v2/channel/3.{teamId}..", "member", _team(limit=100, forward=False)),
    Step(
        f"POST {_T}/achievement",
        "TEAMS_ACHIEVEMENTS_UPDATE",
        "member",
        _team(achievement_ids=["first_raid"], amount=1),
    ),
    Step(f"GET {_T}/achievement", "TEAMS_ACHIEVEMENTS_GET", "member", _team()),
    Step(
        f"POST {_T}/achievement/claim",
        "TEAMS_ACHIEVEMENTS_CLAIM",
        "admin",
        _team(achievement_ids=["first_raid"]),
    ),
    Step(f"POST {_T}/wallet", "TEAMS_WALLET_GRANT", "admin", _team(currencies={"guild_gold": 90})),
    Step(f"GET {_T}/wallet", "TEAMS_WALLET_GET", "member", _team()),
    Step(f"GET {_T}/store", "TEAMS_STORE_GET", "member", _team()),
    Step(
        f"POST {_T}/store/{{itemId}}/purchase",
        "TEAMS_STORE_PURCHASE",
        "member",
        _team(itemId="key_bundle"),
    ),
    Step(f"GET {_T}/inventory/codex", "TEAMS_INVENTORY_LIST", "member", _team(item_category="decor")),
    Step(f"POST {_T}/inventory/grant", "TEAMS_INVENTORY_GRANT", "admin", _team(items={"war_banner": 1})),
    Step(
        f"PUT {_T}/inventory",
        "TEAMS_INVENTORY_UPDATE",
        "admin",
        lambda day: {
            "teamId": day.cast.team,
            "item_updates": {day.known["banner"]: {"string_properties": {"colour": None}}},
        },
        find_a_banner,
    ),
    Step(f"GET {_T}/inventory", "TEAMS_INVENTORY_LIST_INVENTORY", "member", _team(item_category="decor")),
    Step(f"POST {_T}/inventory/consume", "TEAMS_INVENTORY_CONSUME", "admin", _team(items={"raid_key": 2})),
    Step(f"GET {_T}/mailbox", "TEAMS_REWARD_MAILBOX_LIST", "member", _team(limit=2), be_mailed),
    Step(
        f"POST {_T}/mailbox/{{entryId}}/claim",
        "TEAMS_REWARD_MAILBOX_CLAIM",
        "member",
        _entry("first", delete=True),
    ),
    Step(
        f"DELETE {_T}/mailbox",
        "TEAMS_REWARD_MAILBOX_DELETE",
        "admin",
        lambda day: {"teamId": day.cast.team, "entry_ids": [day.known["second"], UNKNOWN]},
    ),
    Step(
        f"POST {_T}/stat",
        "TEAMS_STATS_UPDATE",
        "admin",
        _team(
            public=[{"name": "level", "value": 2, "operator": 2}], private=[{"name": "rating", "value": -5}]
        ),
    ),
    Step(f"GET {_T}/stat", "TEAMS_STATS_GET", "member", _team()),
    Step(f"GET {_T}/gift", "TEAMS_GIFT_LIST", "member", _team()),
    Step(
        f"POST {_T}/gift/{{giftId}}/contribute",
        "TEAMS_GIFT_CONTRIBUTE",
        "member",
        _team(giftId=FEAST, count=10),
    ),
    Step(
        f"POST {_T}/gift/{{giftId}}/claim", "TEAMS_GIFT_CLAIM", "member", _team(giftId=FEAST, end_time_sec=0)
    ),
    Step(f"POST {_E}/roll", "TEAMS_EVENT_LEADERBOARD_ROLL", "member", _event(metadata='{"a":"b"}')),
    Step(_E.join(("POST ", "")), "TEAMS_EVENT_LEADERBOARD_UPDATE", "member", _event(score=300, subscore="2")),
    Step(f"POST {_E}/debug/fill", "TEAMS_EVENT_LEADERBOARD_DEBUG_FILL", "member", _event(target_count=2)),
    Step(
        f"POST {_E}/debug/scores",
        "TEAMS_EVENT_LEADERBOARD_DEBUG_RANDOM_SCORES",
        "member",
        _event(min=400, max=400, operator=2),
    ),
    Step(f"GET {_T}/event", "TEAMS_EVENT_LEADERBOARD_LIST", "member", _team(with_scores=True)),
    Step(f"GET {_E}", "TEAMS_EVENT_LEADERBOARD_GET", "member", _event()),
    Step(f"POST {_E}/claim", "TEAMS_EVENT_LEADERBOARD_CLAIM", "member", _event(), end_of_the_dash),
    Step(f"DELETE {_T}", "DELETE /v2/group/{teamId}", "superadmin", _team()),
]


async def live(app: Application, clock: ShiftedClock, *, by_path: bool) -> Day:
    """The whole day."""
    versions, before = app.teams.versions, app.teams.versions.current
    at_hour(clock, 12.5)
    try:
        async with client_of(app) as api:
            day = Day(app, await assemble(api), clock, by_path)
            await enrich(app, day.cast, 100)
            versions.current = day.config(before)
            app.teams.rewards.random = Random(1)
            for step in STEPS:
                await day.call(step)
            return day
    finally:
        versions.current = before
        clock.offset *= 0


@pytest_asyncio.fixture(scope="module")
async def days(app: Application, app_clock: ShiftedClock) -> tuple[list[Any], list[Any]]:
    """What the two teams were told."""
    one, other = [await live(app, app_clock, by_path=by_path) for by_path in (True, False)]
    return one.told(), other.told()


def test_every_path_is_taken() -> None:
    """T-466, T-467: there are 45 of them."""
    assert len({step.place for step in STEPS}) == len(STEPS) == 45


@pytest.mark.parametrize("number", range(len(STEPS)), ids=[step.place for step in STEPS])
async def test_paths_answer_alike(days: tuple[list[Any], list[Any]], number: int) -> None:
    """T-466, T-467: a call succeeds, and its answer is the RPC's, or that of groups and channels."""
    by_path, by_other = days
    assert by_path[number] == by_other[number]


# --- what is refused ---


def failure(answer: httpx.Response) -> tuple[int, int, str]:
    """HTTP status, code and message of a refusal at a path, whose `error` is the message again."""
    body = answer.json()
    assert body == {"code": body["code"], "error": body["message"], "message": body["message"]}
    return answer.status_code, body["code"], body["message"]


BAD_INPUT = (400, 3, "bad input")


async def test_the_path_names_the_team(cast: Cast) -> None:
    """T-021, T-466: a body may name it too, in any spelling, but no other; as all that the path names."""
    headers, grant = cast.admin.headers, {"currencies": {"guild_gold": 1}}
    path = f"/v2/team/{cast.team}/wallet"
    for id in (cast.team, cast.team.upper(), None):
        answered(await cast.api.post(path, json={"id": id, **grant}, headers=headers))
    for id in (UNKNOWN, "", "x", "\0"):
        assert failure(await cast.api.post(path, json={"id": id, **grant}, headers=headers)) == BAD_INPUT
    wallet = answered(await cast.api.get(path.replace(cast.team, cast.team.upper()), headers=headers))
    assert (wallet["id"], wallet["currencies"]["guild_gold"]) == (cast.team, "103")
    path = f"/v2/team/{cast.team}/store/key_bundle/purchase"
    answer = await cast.api.post(path, json={"item_id": "hall_relic"}, headers=headers)
    assert failure(answer) == BAD_INPUT
    answered(await cast.api.post(path, json={"itemId": "key_bundle"}, headers=headers))


@pytest.mark.parametrize("verb", ["GET", "POST"])
async def test_refusals_at_paths(cast: Cast, verb: str) -> None:
    """T-019, T-020, T-024, T-466: the RPC's, in their order; sessions alone are let in."""

    async def ask(path: str, headers: Mapping[str, str], **given: Any) -> tuple[int, int, str]:
        return failure(await cast.api.request(verb, path, headers=headers, **given))

    path = f"/v2/team/{cast.team}/wallet"
    stranger, admin = cast.outsider.headers, cast.admin.headers
    assert (await ask(path, {}))[:2] == (401, 16)
    assert (await ask(path, {}, params={"http_key": HTTP_KEY}))[:2] == (401, 16)
    assert await ask(path, {"Authorization": "Bearer x"}) == (401, 16, "Auth token invalid")
    assert await ask("/v2/team/x/wallet", stranger) == BAD_INPUT
    assert await ask(f"/v2/team/{UNKNOWN}/wallet", stranger) == (400, 3, "team not found")
    assert await ask(path, stranger) == (403, 7, "team membership required")
    if verb == "POST":
        for content in ("{", "[]", "null", '{"bogus":1}', '{"currencies":{},"currencies":{}}'):
            assert await ask(path, stranger, content=content) == (400, 3, "cannot decode json")
        assert await ask(path, cast.member.headers) == (403, 7, "team admin role required")
        assert await ask(path, admin) == await ask(path, admin, content="{}") == BAD_INPUT


async def test_words_before_teams(cast: Cast) -> None:
    """T-467: `search` and `user` are no teams."""
    headers = cast.member.headers
    assert answered(await cast.api.get("/v2/team/search", params={"input": cast.team}, headers=headers)) == {}
    assert answered(await cast.api.get("/v2/team/user", headers=headers))["user_teams"].keys() == {
        cast.member.id
    }
    assert failure(await cast.api.get("/v2/team/searches", headers=headers)) == BAD_INPUT


async def test_groups_refuse_in_their_own_words(cast: Cast) -> None:
    """T-467: byte for byte as under their own paths."""
    for verb, rest, by in (
        ("POST", f"/add?user_ids={cast.outsider.id}", cast.member),
        ("POST", f"/kick?user_ids={cast.member2.id}", cast.outsider),
        ("POST", f"/promote?user_ids={cast.member2.id}", cast.member),
        ("DELETE", "", cast.admin),
        ("POST", "/leave", cast.superadmin),
        ("GET", "/user?state=9", cast.member),
        ("GET", "/user?cursor=x", cast.member),
    ):
        answers = [
            await cast.api.request(verb, f"/v2/{noun}/{cast.team}{rest}", headers=by.headers)
            for noun in ("team", "group")
        ]
        assert answers[0].status_code == answers[1].status_code >= 400, rest
        assert answers[0].content == answers[1].content
    answers = [
        await cast.api.get(path, headers=cast.outsider.headers)
        for path in (f"/v2/team/{cast.team}/message", f"/v2/channel/3.{cast.team}..")
    ]
    assert answers[0].status_code == answers[1].status_code >= 400
    assert answers[0].content == answers[1].content
