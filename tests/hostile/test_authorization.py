"""A player asks for another one's things, by every operation that takes an id: nothing of it happens."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from kizuna.clock import ShiftedClock
from kizuna.http.contract import OPERATIONS, Operation
from kizuna.testing.providers import Providers
from tests.hostile.test_transport import NOT_SERVED
from tests.support.players import HTTP_KEY, Player, sign_in
from tests.support.processes import Server, start_server

MODULE = """
import json

import kizuna.runtime as rt


def register(app: rt.App) -> None:
    app.rpc("prepare", prepare)


async def prepare(ctx: rt.Context, payload: str) -> str:
    wanted = json.loads(payload)
    await ctx.nk.leaderboard_create("scores")
    await ctx.nk.leaderboard_create("ours", authoritative=True)
    await ctx.nk.tournament_create("cup", duration=86400 * 365, authoritative=False, operator="set")
    for board in ("scores", "ours"):
        await ctx.nk.leaderboard_record_write(board, wanted["owner"], "owner", 10)
    await ctx.nk.channel_message_send(wanted["channel"], {"text": "psst"}, wanted["owner"], "owner", True)
    return "{}"
"""
GROUP_REFUSED = (404, 5, "Group not found or permission denied.")


@dataclass(frozen=True)
class Things:
    """What the owner has. `friend` is a friend of theirs, a member of their group."""

    owner: Player
    friend: Player
    group: str
    channel: str
    notification: str

    @property
    def group_channel(self) -> str:
        return f"3.{self.group}.."


Body = Any
Ask = Callable[[Things], tuple[str, Body]]


@dataclass(frozen=True)
class Attempt:
    """An operation that names somebody else's thing, and what becomes of it.

    `ask` gives the target (path and query) and the body; `answer` is the refusal (status, code, message), or
    the whole body of an answer that tells nothing and does nothing.
    """

    operation: str
    ask: Ask
    answer: tuple[int, int, str] | dict[str, Any]


def _object(t: Things, **fields: Any) -> dict[str, Any]:
    return {"collection": "saves", "key": "private", "user_id": t.owner.id, **fields}


def _record(score: int) -> dict[str, str]:
    return {"score": str(score)}


GROUP_USERS = [
    Attempt(
        name, lambda t, verb=verb: (f"/v2/group/{t.group}/{verb}?user_ids={t.friend.id}", None), GROUP_REFUSED
    )
    for name, verb in (
        ("AddGroupUsers", "add"),
        ("KickGroupUsers", "kick"),
        ("BanGroupUsers", "ban"),
        ("PromoteGroupUsers", "promote"),
        ("DemoteGroupUsers", "demote"),
    )
]
ATTEMPTS = [
    Attempt("ReadStorageObjects", lambda t: ("/v2/storage", {"object_ids": [_object(t)]}), {}),
    Attempt(
        "DeleteStorageObjects",
        lambda t: ("/v2/storage/delete", {"object_ids": [_object(t)]}),
        (400, 3, "Storage delete rejected - not found, version check failed, or permission denied."),
    ),
    Attempt("ListStorageObjects2", lambda t: (f"/v2/storage/saves/{t.owner.id}?limit=100", None), {}),
    Attempt("ListStorageObjects", lambda t: (f"/v2/storage/saves?user_id={t.owner.id}&limit=100", None), {}),
    Attempt(
        "DeleteLeaderboardRecord",
        lambda t: ("/v2/leaderboard/ours", None),
        (403, 7, "Leaderboard only allows authoritative score deletions."),
    ),
    Attempt(
        "WriteLeaderboardRecord",
        lambda t: ("/v2/leaderboard/ours", _record(99)),
        (403, 7, "Leaderboard only allows authoritative score submissions."),
    ),
    Attempt(
        "SessionLogout",
        lambda t: ("/v2/session/logout", {"token": t.owner.token}),
        (400, 3, "Session token invalid."),
    ),
    Attempt(
        "SessionLogout",
        lambda t: ("/v2/session/logout", {"refresh_token": t.owner.refresh_token}),
        (400, 3, "Refresh token invalid."),
    ),
    Attempt(
        "LinkDevice",
        lambda t: ("/v2/account/link/device", {"id": t.owner.device}),
        (409, 6, "Device ID already in use."),
    ),
    Attempt("DeleteNotifications", lambda t: (f"/v2/notification?ids={t.notification}", None), {}),
    Attempt(
        "ListChannelMessages",
        lambda t: (f"/v2/channel/{t.channel}?limit=100", None),
        (400, 3, "Channel not found."),
    ),
    Attempt(
        "ListChannelMessages",
        lambda t: (f"/v2/channel/{t.group_channel}?limit=100", None),
        (400, 3, "Group not found."),
    ),
    Attempt(
        "UpdateGroup",
        lambda t: (f"/v2/group/{t.group}", {"name": "mine now"}),
        (404, 5, "Group not found or you're not allowed to update."),
    ),
    Attempt(
        "DeleteGroup",
        lambda t: (f"/v2/group/{t.group}", None),
        (400, 3, "Group not found or you're not allowed to delete."),
    ),
    Attempt("LeaveGroup", lambda t: (f"/v2/group/{t.group}/leave", None), {}),
    *GROUP_USERS,
    Attempt(
        "GetSubscription", lambda t: ("/v2/iap/subscription/vip", None), (404, 5, "subscription not found")
    ),
    Attempt("ListSubscriptions", lambda t: ("/v2/iap/subscription", {"limit": 100}), {}),
    Attempt("DeleteFriends", lambda t: (f"/v2/friend?ids={t.owner.id}&ids={t.friend.id}", None), {}),
    Attempt("DeleteFriends", lambda t: (f"/v2/friend?usernames={t.owner.username}", None), {}),
]

#: Operations that take ids and are no attempt on anything: why.
OTHERWISE = {
    "AddFriends": "asks; the other side decides",
    "BlockFriends": "is the caller's own business",
    "GetUsers": "everybody may see profiles",
    "JoinGroup": "asks; the group's admins decide, or it is open to all",
    "ListGroupUsers": "everybody may see who belongs to a group",
    "ListUserGroups": "everybody may see groups",
    "ListLeaderboardRecords": "everybody may see scores",
    "ListLeaderboardRecordsAroundOwner": "everybody may see scores",
    "ListTournamentRecords": "everybody may see scores",
    "ListTournamentRecordsAroundOwner": "everybody may see scores",
    "DeleteTournamentRecord": "names a board: the record is the caller's",
    "JoinTournament": "names a board",
    "WriteTournamentRecord": "names a board: the record is the caller's",
    "WriteTournamentRecord2": "names a board: the record is the caller's",
    "WriteStorageObjects": "names no owner: the objects are the caller's",
}


@pytest.fixture(scope="module")
def app_clock() -> ShiftedClock:
    """The machine's, which is that of the server: it believes what the fakes sign."""
    return ShiftedClock()


@pytest.fixture(scope="module")
def game(
    database_url: str, provider_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("authorization")
    (folder / "modules").mkdir()
    (folder / "modules" / "prepare.py").write_text(MODULE)
    config = folder / "server.yaml"
    config.write_text(json.dumps(provider_settings))
    server = start_server(
        database_url=database_url, modules=folder / "modules", config=config, log=folder / "server.log"
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def wire(game: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=game.base_url, timeout=30) as client:
        yield client


def ask(wire: httpx.Client, who: Player, method: str, target: str, body: Body = None) -> Any:
    answer = wire.request(method, target, json=body, headers=who.headers)
    assert answer.status_code == 200, f"{method} {target}: {answer.text}"
    return answer.json()


@pytest.fixture(scope="module")
def things(wire: httpx.Client, providers: Providers) -> Things:
    """Something of each kind that somebody may have."""
    owner, friend = sign_in(wire), sign_in(wire)
    ask(wire, owner, "POST", f"/v2/friend?ids={friend.id}")
    ask(wire, friend, "POST", f"/v2/friend?ids={owner.id}")
    group = ask(wire, owner, "POST", "/v2/group", {"name": f"of {owner.username}", "open": False})["id"]
    ask(wire, owner, "POST", f"/v2/group/{group}/add?user_ids={friend.id}")
    permissions = {"permission_read": 1, "permission_write": 1}
    saved = {"collection": "saves", "key": "private", "value": '{"gold": 1}', **permissions}
    ask(wire, owner, "PUT", "/v2/storage", {"objects": [saved]})
    low, high = sorted((owner.id, friend.id))
    channel = f"4.{low}.{high}."
    payload = json.dumps({"owner": owner.id, "channel": channel})
    prepared = wire.post("/v2/rpc/prepare", params={"http_key": HTTP_KEY, "unwrap": ""}, content=payload)
    assert prepared.status_code == 200, prepared.text
    ask(wire, owner, "PUT", "/v2/tournament/cup", _record(5))
    receipt = providers.google_play.subscription("vip")
    ask(wire, owner, "POST", "/v2/iap/subscription/google", {"receipt": receipt})
    [notification] = ask(wire, owner, "GET", "/v2/notification?limit=100")["notifications"]
    return Things(owner, friend, group, channel, notification["id"])


def everything(wire: httpx.Client, t: Things) -> dict[str, Any]:
    """All that the owner can see of their things."""
    targets = [
        "/v2/account",
        "/v2/friend",
        f"/v2/user/{t.owner.id}/group",
        f"/v2/group/{t.group}/user",
        f"/v2/storage/saves/{t.owner.id}?limit=100",
        "/v2/notification?limit=100",
        f"/v2/channel/{t.channel}?limit=100",
        f"/v2/channel/{t.group_channel}?limit=100",
        f"/v2/leaderboard/scores?owner_ids={t.owner.id}",
        f"/v2/leaderboard/ours?owner_ids={t.owner.id}",
        f"/v2/tournament/cup?owner_ids={t.owner.id}",
        "/v2/iap/subscription/vip",
    ]
    return {target: ask(wire, t.owner, "GET", target) for target in targets}


def described(operation: Operation) -> Iterator[str]:
    """The names of what a request holds."""
    yield from operation.path_params
    for message in (operation.body, operation.query):
        for field in message.fields if message else ():
            yield field.name
            yield from (inner.name for inner in field.message.fields) if field.message else ()


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.operation)
def test_others_are_refused(wire: httpx.Client, things: Things, attempt: Attempt) -> None:
    stranger = sign_in(wire)
    before = everything(wire, things)
    assert all(before.values()), "there is something of each kind to be seen"
    operation = next(one for one in OPERATIONS if one.name == attempt.operation)
    target, body = attempt.ask(things)
    answer = wire.request(operation.method, target, json=body, headers=stranger.headers)
    told = answer.json()
    if isinstance(attempt.answer, dict):
        assert (answer.status_code, told) == (200, attempt.answer)
    else:
        assert (answer.status_code, told["code"], told["message"]) == attempt.answer
    assert everything(wire, things) == before


def test_every_operation_with_an_id_is_tried() -> None:
    """Signing in, linking and purchases prove who one is by what they send; all others with ids are here."""
    proving = ("Authenticate", "Link", "Unlink", "Validate", "SessionRefresh", "Import", "Rpc")
    naming = {
        operation.name
        for operation in OPERATIONS
        if operation.name not in NOT_SERVED
        and not operation.name.startswith(proving)
        and any(name.endswith(("id", "ids", "token")) for name in described(operation))
    }
    tried = {attempt.operation for attempt in ATTEMPTS} - {"LinkDevice"}
    assert naming <= tried | set(OTHERWISE)
    assert not tried & set(OTHERWISE)
