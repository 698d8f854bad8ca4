"""Functions of the game before and after operations, as clients meet them."""

import asyncio
import json
import logging
import uuid
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.http.call import Answer, Call, Limits
from kizuna.http.contract import OPERATIONS, Auth, Operation
from kizuna.http.routes import Reply
from tests.runtime.conftest import PLAYER, Folder, assert_tells_of_the_time_limit, started, turns_of_the_end
from tests.support.applications import client_of, running_application
from tests.support.players import HTTP_KEY, SERVER_KEY, Player, claims, sign_in_async
from tests.support.waiting import wait_until_async

#: Every function does what the header `X-Before` or `X-After` says, and takes notes.
GAME = """
import asyncio, dataclasses, json
from kizuna.runtime import api, operations

notes = []

def register(app):
    for op in operations.BY_NAME.values():
        app.before(op, before if op.has_input else check)
        app.after(op, AFTER[op.has_response, op.has_input])

    @app.rpc("notes")
    async def what_was_noted(ctx, payload):
        taken = json.dumps(notes, default=str)
        notes.clear()
        return taken

async def before(ctx, request):
    note(ctx, request)
    return await act(ctx, request, ctx.headers.get("X-Before", [""])[0])

async def check(ctx):
    note(ctx)
    return await act(ctx, None, ctx.headers.get("X-Before", [""])[0])

async def after(ctx, *arguments):
    note(ctx, *arguments)
    await act(ctx, arguments[0] if arguments else None, ctx.headers.get("X-After", [""])[0])

async def with_neither(ctx): await after(ctx)
async def with_request(ctx, request): await after(ctx, request)
async def with_response(ctx, response): await after(ctx, response)
async def with_both(ctx, response, request): await after(ctx, response, request)

AFTER = {(False, False): with_neither, (False, True): with_request,
         (True, False): with_response, (True, True): with_both}

def note(ctx, *arguments):
    notes.append({
        "operation": ctx.function_id, "mode": ctx.execution_mode, "trace": ctx.trace_id, "user": ctx.user_id,
        "username": ctx.username, "vars": ctx.vars, "expires": ctx.expires_at, "ip": ctx.client_ip,
        "port": ctx.client_port, "query": ctx.query_params, "types": [type(a).__name__ for a in arguments],
        "arguments": [dataclasses.asdict(a) for a in arguments],
    })

class Odd:
    pass

async def act(ctx, message, what):
    if what == "nothing":
        return None
    if what == "refuse":
        raise rt.Error("not today", 7)
    if what == "refuse oddly":
        raise rt.Error("not today", 99)
    if what == "fail":
        ctx.logger.warning("about to fail")
        raise LookupError("no such luck")
    if what == "nonsense":
        return Odd()
    if what == "other message":
        return api.AccountGoogle()
    if what == "ask the server":
        await ctx.nk.account_get(ctx.user_id)
        return message
    if what == "hang":
        await asyncio.sleep(60)
    if what == "cancel":
        raise asyncio.CancelledError
    if what == "exit":
        raise SystemExit(1)
    if what:
        exec(what, {"m": message, "ctx": ctx})
    return message
"""

#: Operations of the contract that hooks stand around.
HOOKABLE = [each for each in OPERATIONS if each.auth in (Auth.SESSION, Auth.SERVER_KEY)]
#: Their names, where the contract has two.
KNOWN_AS = {"ListStorageObjects2": "ListStorageObjects", "WriteTournamentRecord2": "WriteTournamentRecord"}
WITHOUT_INPUT = ("GetAccount", "DeleteAccount", "GetMatchmakerStats")
NOT_FOUND = (404, {"code": 5, "message": "Requested resource was not found."})


@pytest.fixture(scope="module")
def app_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """With this game."""
    folder = Folder(tmp_path_factory.mktemp("game"))
    folder.write("game.py", GAME)
    return {"runtime": {"modules": [folder.path], "call_timeout_ms": 1000}}


@pytest_asyncio.fixture
async def player(api: httpx.AsyncClient) -> Player:
    """A new player; of the sign-in nothing is noted."""
    player = await sign_in_async(api)
    await notes(api)
    return player


async def notes(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    """What the game has noted since the last time."""
    answer = await api.get("/v2/rpc/notes", params={"http_key": HTTP_KEY})
    noted: list[dict[str, Any]] = json.loads(answer.json()["payload"])
    return noted


async def ask(
    api: httpx.AsyncClient, operation: Operation, player: Player, *, before: str = "", after: str = ""
) -> tuple[int, dict[str, Any]]:
    """Call any operation, with as little in the request as can be decoded."""
    path = operation.path.format(**dict.fromkeys(operation.path_params, "some"))
    key = operation.auth is Auth.SERVER_KEY
    answer = await api.request(
        operation.method,
        path,
        headers={"X-Before": before, "X-After": after} | ({} if key else player.headers),
        auth=(SERVER_KEY, "") if key else None,
        json={} if operation.reads_body else None,
    )
    return answer.status_code, answer.json()


@pytest.mark.parametrize("operation", HOOKABLE, ids=lambda operation: operation.name)
async def test_every_operation_can_be_refused(
    api: httpx.AsyncClient, player: Player, operation: Operation, caplog: pytest.LogCaptureFixture
) -> None:
    name = KNOWN_AS.get(operation.name, operation.name)
    status, refusal = await ask(api, operation, player, before="refuse")
    if status == 501:  # it is not served yet: nobody is asked
        assert refusal == {"code": 12, "message": "Not implemented."}
        assert await notes(api) == []
        return
    assert (status, refusal) == (403, {"code": 7, "message": "not today"})
    caplog.clear()
    failed = await ask(api, operation, player, before="fail")
    assert failed == (500, {"code": 13, "message": "no such luck"})
    [warning, error] = [record for record in caplog.records if record.name == "game"]
    fields = vars(error)
    assert (fields["api_id"], fields["mode"]) == (name, "before")
    assert vars(warning)["trace_id"] == fields["trace_id"]
    assert f"before {name} (" in error.getMessage()
    assert "game.py" in error.getMessage()
    assert error.exc_info is not None
    assert error.exc_info[0] is LookupError
    disabled = await ask(api, operation, player, before="nothing")
    if name not in WITHOUT_INPUT:
        assert disabled == NOT_FOUND
        assert await ask(api, operation, player, before="nonsense") == (
            500,
            {"code": 13, "message": "Could not complete runtime Before function."},
        )
    else:
        assert disabled[0] == 200
    modes = {(note["operation"], note["mode"]) for note in await notes(api)}
    assert modes == {(name, "before")} | ({(name, "after")} if name in WITHOUT_INPUT else set())


def test_only_stores_are_not_served_yet(app: Application) -> None:
    served = app._dispatcher._endpoints.keys()
    missing = {operation.name for operation in HOOKABLE} - served
    assert all(name.startswith(("Validate", "ListSub", "GetSub")) for name in missing), missing


async def test_nonsense_and_surprises(
    api: httpx.AsyncClient, player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    nonsense = (500, {"code": 13, "message": "Could not complete runtime Before function."})
    internal = (500, {"code": 13, "message": "Internal error."})
    for what, answer, told in (
        ("nonsense", nonsense, "it returned Odd, not GetUsersRequest"),
        ("other message", nonsense, "it returned AccountGoogle, not GetUsersRequest"),
        ("m.ids = 'text'", nonsense, "ids"),
        ("m.ids = [7]", nonsense, "ids"),
        ("m.usernames = ['\\ud800']", nonsense, "usernames"),
        ("refuse oddly", (500, {"code": 13, "message": "not today"}), None),
        ("cancel", internal, "CancelledError"),
        ("exit", internal, "SystemExit"),
    ):
        caplog.clear()
        answered = await get(api, player, "/v2/user?ids=", before=what)
        assert (answered.status_code, answered.json()) == answer, what
        if told:
            [error] = [record for record in caplog.records if record.name == "game"]
            assert told in caplog.text, what
            assert "before GetUsers (before in " in error.getMessage(), what


async def get(
    api: httpx.AsyncClient, player: Player, path: str, *, before: str = "", after: str = ""
) -> httpx.Response:
    return await api.get(path, headers={**player.headers, "X-Before": before, "X-After": after})


# --- before ---


async def test_changed_requests_are_checked_as_clients_requests_are(
    api: httpx.AsyncClient, player: Player
) -> None:
    path = "/v2/friend?limit=5"
    assert (await get(api, player, path)).status_code == 200
    changed = await get(api, player, path, before="m.limit = 0")
    unchanged = await get(api, player, "/v2/friend?limit=0")
    assert (changed.status_code, changed.json()) == (unchanged.status_code, unchanged.json())
    assert changed.status_code == 400


async def test_path_parameters_can_be_changed(api: httpx.AsyncClient, player: Player) -> None:
    created = await api.post("/v2/group", headers=player.headers, json={"name": f"g-{uuid.uuid4()}"})
    group = created.json()["id"]
    await notes(api)
    found = await get(api, player, "/v2/group/elsewhere/user", before=f"m.group_id = {group!r}")
    assert found.status_code == 200, found.text
    assert found.json()["group_users"][0]["user"]["id"] == player.id
    before, after = await notes(api)
    assert before["arguments"][0]["group_id"] == "elsewhere"
    assert after["arguments"][1]["group_id"] == group


async def test_signing_in_with_another_id(api: httpx.AsyncClient) -> None:
    async def sign_in(id: str, before: str = "") -> dict[str, Any]:
        answer = await api.post(
            "/v2/account/authenticate/custom?create=true&username=",
            headers={"X-Before": before},
            auth=(SERVER_KEY, ""),
            json={"id": id, "vars": {"team": "red"}},
        )
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session

    real = f"custom-{uuid.uuid4()}"
    known = claims((await sign_in(real))["token"])
    await notes(api)
    session = await sign_in("whatever", before=f"m.account.id = {real!r}; m.account.vars['seen'] = 'yes'")
    token = claims(session["token"])
    assert token["uid"] == known["uid"]
    assert "created" not in session
    before, after = await notes(api)
    assert (before["user"], before["username"], before["vars"], before["expires"]) == ("", "", {}, None)
    assert (after["user"], after["username"]) == (token["uid"], token["usn"])
    assert (after["vars"], after["expires"]) == ({"team": "red", "seen": "yes"}, token["exp"])
    assert before["trace"] == after["trace"]
    assert len(before["trace"]) == 36
    assert before["ip"] == after["ip"] == "127.0.0.1"
    assert (before["types"], after["types"]) == (
        ["AuthenticateCustomRequest"],
        ["Session", "AuthenticateCustomRequest"],
    )
    assert after["arguments"][0]["created"] is False
    assert after["arguments"][1]["account"]["id"] == real
    await sign_in(f"new-{uuid.uuid4()}")
    [_, after] = await notes(api)
    assert after["arguments"][0]["created"] is True


async def test_refreshing_a_session(api: httpx.AsyncClient, player: Player) -> None:
    answer = await api.post(
        "/v2/account/session/refresh", auth=(SERVER_KEY, ""), json={"token": player.refresh_token}
    )
    assert answer.status_code == 200
    before, after = await notes(api)
    assert (before["user"], after["user"]) == ("", player.id)
    assert after["types"] == ["Session", "SessionRefreshRequest"]


async def test_what_hooks_are_told_of_a_player(
    api: httpx.AsyncClient, player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    other = str(uuid.uuid4())
    answer = await get(
        api, player, f"/v2/user?ids={player.id}&ids={other}", before="ctx.logger.warning('seen')"
    )
    assert answer.status_code == 200
    [entry] = [record for record in caplog.records if record.name == "game"]
    before = (await notes(api))[0]
    assert (before["user"], before["username"]) == (player.id, player.username)
    assert before["query"] == {"ids": [player.id, other]}
    fields = vars(entry)
    assert (fields["api_id"], fields["mode"], fields["user_id"]) == ("GetUsers", "before", player.id)
    assert fields["trace_id"] == before["trace"]


async def test_a_hook_that_hangs_holds_up_nobody_else(
    api: httpx.AsyncClient, player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    hanging = asyncio.create_task(get(api, player, "/v2/user", before="hang"))

    async def has_begun() -> bool:
        return any(note["operation"] == "GetUsers" for note in await notes(api))

    await wait_until_async(has_begun)
    assert (await get(api, player, "/v2/account")).status_code == 200
    assert not hanging.done()
    late = await hanging
    assert (late.status_code, late.json()) == (504, {"code": 4, "message": "context deadline exceeded"})
    [error] = [record for record in caplog.records if "before GetUsers (" in record.getMessage()]
    assert_tells_of_the_time_limit(error, "in act")


@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_request_has_a_limit_of_its_own(
    database_url: str, clock: ShiftedClock, folder: Folder, where: str
) -> None:
    folder.write("game.py", GAME)
    sections = {"runtime": {"modules": [folder.path]}, "socket": {"idle_timeout_ms": 1000}}
    async with running_application(database_url, clock, sections) as app, client_of(app) as api:
        player = await sign_in_async(api)
        late = await get(api, player, "/v2/account", **{where: "hang"})
        assert (late.status_code, late.json()) == (504, {"code": 4, "message": "context deadline exceeded"})
        assert (await get(api, player, "/v2/account")).status_code == 200


async def test_the_log_warns_of_hooks_that_nothing_calls(
    database_url: str, clock: ShiftedClock, folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", GAME)
    async with running_application(database_url, clock, {"runtime": {"modules": [folder.path]}}) as app:
        served = app.runtime.served
        assert served is not None
    [warning] = [text for text in caplog.messages if "are never called" in text]
    unserved = [each.name for each in HOOKABLE if each.name not in served]
    assert "before ValidatePurchaseSamsung, after ValidatePurchaseSamsung" in warning
    assert [name for name in unserved if f"before {name}" not in warning] == []
    assert not any(f"before {name}," in warning for name in served)


# --- after ---


async def test_what_comes_after_successes(api: httpx.AsyncClient, player: Player) -> None:
    """The responses are of the declared types, and say what the client was told."""

    async def told(method: str, path: str, **content: Any) -> tuple[Any, list[str], list[Any]]:
        answer = await api.request(method, path, headers=player.headers, **content)
        assert answer.status_code == 200, (method, path, answer.text)
        [_, after] = await notes(api)
        assert (after["mode"], after["user"]) == ("after", player.id)
        return answer.json(), after["types"], after["arguments"]

    account, types, [response] = await told("GET", "/v2/account")
    assert types == ["Account"]
    assert response["user"]["id"] == account["user"]["id"] == player.id
    _, types, [request] = await told("PUT", "/v2/account", json={"display_name": "Ada"})
    assert types == ["UpdateAccountRequest"]
    assert (request["display_name"], request["location"]) == ("Ada", None)
    users, types, [response, request] = await told("GET", f"/v2/user?ids={player.id}")
    assert types == ["Users", "GetUsersRequest"]
    assert response["users"][0]["display_name"] == users["users"][0]["display_name"] == "Ada"
    assert request["ids"] == [player.id]
    written = {"objects": [{"collection": "c", "key": "k", "value": '{"a": 1}', "permission_read": 1}]}
    acks, types, [response, request] = await told("PUT", "/v2/storage", json=written)
    assert types == ["StorageObjectAcks", "WriteStorageObjectsRequest"]
    assert response["acks"][0]["version"] == acks["acks"][0]["version"]
    assert request["objects"][0]["permission_read"] == 1
    assert request["objects"][0]["permission_write"] is None
    ids = {"object_ids": [{"collection": "c", "key": "k", "user_id": player.id}]}
    _, types, [response, _] = await told("POST", "/v2/storage", json=ids)
    assert types == ["StorageObjects", "ReadStorageObjectsRequest"]
    assert response["objects"][0]["value"] == '{"a": 1}'
    _, types, [response, request] = await told("GET", "/v2/storage/c?limit=3")
    assert types == ["StorageObjectList", "ListStorageObjectsRequest"]
    assert (request["collection"], request["limit"]) == ("c", 3)
    _, types, _ = await told("GET", f"/v2/storage/c/{player.id}")
    assert types == ["StorageObjectList", "ListStorageObjectsRequest"]
    deleted = {"object_ids": [{"collection": "c", "key": "k"}]}
    _, types, _ = await told("PUT", "/v2/storage/delete", json=deleted)
    assert types == ["DeleteStorageObjectsRequest"]
    _, types, [response, _] = await told("GET", "/v2/tournament")
    assert types == ["TournamentList", "ListTournamentsRequest"]
    assert response["tournaments"] == []
    _, types, [request] = await told("POST", "/v2/account/link/custom", json={"id": f"c-{player.id}"})
    assert (types, request["id"]) == (["AccountCustom"], f"c-{player.id}")
    _, types, _ = await told("GET", "/v2/friend")
    assert types == ["FriendList", "ListFriendsRequest"]
    group, types, [response, _] = await told(
        "POST", "/v2/group", json={"name": f"g-{player.id}", "open": True}
    )
    assert types == ["Group", "CreateGroupRequest"]
    assert (response["id"], response["open"]) == (group["id"], True)
    _, types, [response, _] = await told("GET", f"/v2/user/{player.id}/group")
    assert (types, response["user_groups"][0]["state"]) == (["UserGroupList", "ListUserGroupsRequest"], 0)
    _, types, _ = await told("GET", "/v2/notification")
    assert types == ["NotificationList", "ListNotificationsRequest"]
    event = {"name": "won", "external": False, "timestamp": "2026-01-02T03:04:05Z", "properties": {"a": "b"}}
    _, types, [request] = await told("POST", "/v2/event", json=event)
    assert (types, request) == (["Event"], event | {"timestamp": "2026-01-02 03:04:05+00:00"})
    _, types, _ = await told("GET", "/v2/match")
    assert types == ["MatchList", "ListMatchesRequest"]
    _, types, _ = await told("GET", "/v2/matchmaker/stats")
    assert types == ["MatchmakerStats"]
    _, types, _ = await told("POST", "/v2/session/logout", json={"token": player.token})
    assert types == ["SessionLogoutRequest"]


async def test_after_a_deletion(api: httpx.AsyncClient, player: Player) -> None:
    assert (await api.delete("/v2/account", headers=player.headers)).status_code == 200
    before, after = await notes(api)
    assert (before["types"], after["types"]) == ([], [])
    assert after["user"] == player.id


async def test_after_a_failure_or_for_nothing_it_is_not_called(
    api: httpx.AsyncClient, player: Player
) -> None:
    assert (await get(api, player, "/v2/friend?limit=0")).status_code == 400
    assert [note["mode"] for note in await notes(api)] == ["before"]
    for method, path in (("POST", "/v2/storage"), ("PUT", "/v2/storage"), ("PUT", "/v2/storage/delete")):
        answer = await api.request(method, path, headers=player.headers, json={})
        assert (answer.status_code, answer.json()) == (200, {})
        assert [note["mode"] for note in await notes(api)] == ["before"], path


@pytest.mark.parametrize("what", ["refuse", "fail", "nonsense", "cancel", "exit", "hang"])
async def test_what_goes_wrong_after_an_operation_does_not_concern_the_client(
    api: httpx.AsyncClient, player: Player, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    usual = await get(api, player, "/v2/account")
    caplog.set_level(logging.DEBUG)
    answer = await get(api, player, "/v2/account", after=what)
    assert (answer.status_code, answer.json()) == (200, usual.json())
    errors = [record for record in caplog.records if "after GetAccount (" in record.getMessage()]
    assert len(errors) == (what != "nonsense"), "what it returns does not matter"
    # It is nobody's refusal: whoever raises an error here meant something by it, or was mistaken.
    assert [error.levelno for error in errors] in (
        [logging.WARNING if what == "refuse" else logging.ERROR],
        [],
    )
    if what == "fail":
        assert errors[0].exc_info is not None
        assert errors[0].exc_info[0] is LookupError


async def test_responses_can_be_changed(
    api: httpx.AsyncClient, player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    usual = (await get(api, player, "/v2/account")).json()
    changed = await get(
        api, player, "/v2/account", after="m.user.display_name = 'Someone'; m.custom_id = 'x'"
    )
    assert changed.status_code == 200
    wanted = {**usual, "custom_id": "x", "user": {**usual["user"], "display_name": "Someone"}}
    assert changed.json() == wanted
    camel = await api.get(
        "/v2/account",
        headers={**player.headers, "X-After": "m.custom_id = 'x'", "Accept": "application/json; names=camel"},
    )
    assert camel.json()["customId"] == "x"
    caplog.clear()
    broken = await get(api, player, "/v2/account", after="m.custom_id = 7")
    assert (broken.status_code, broken.json()) == (200, usual)
    [error] = [record for record in caplog.records if record.name == "game"]
    assert "after GetAccount (" in error.getMessage()
    assert error.getMessage().endswith(": Account.custom_id must be str, not int")
    half = await get(api, player, "/v2/account", after="m.custom_id = 'x'; raise ValueError")
    assert half.json() == usual


async def test_a_reply_in_bytes_can_be_changed_too(folder: Folder) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:

        async def sent(act: str) -> Reply:
            hook = game.runtime.hooks.of("GetAccount")
            assert hook is not None
            scope = {"type": "http", "headers": [(b"x-after", act.encode())], "query_string": b""}
            call = Call(scope, nothing, {}, PLAYER, Limits(1000, 0))
            return await hook.after(call, reply)

        reply = Answer(b'{"user":{"id":"x"},"wallet":"{}"}')
        assert await sent("") is reply
        assert await sent("m.wallet = '{}'") is reply
        assert await sent("m.custom_id = 'new'") == {"user": {"id": "x"}, "wallet": "{}", "custom_id": "new"}


async def nothing() -> Any:
    raise AssertionError("nobody reads the request's body")


# --- the game's own calls, and reloading ---


async def test_calls_of_the_server_api_run_no_hooks(api: httpx.AsyncClient, player: Player) -> None:
    answer = await get(api, player, "/v2/account", before="ask the server", after="ask the server")
    assert answer.status_code == 200
    assert [note["mode"] for note in await notes(api)] == ["before", "after"]


RELOADED = """
import asyncio

VERSION = {version}

def register(app):
    @app.before("ListFriends")
    async def before(ctx, request):
        if "X-Wait" in ctx.headers:
            started.set()
            await gate.wait()
        return request

    @app.after("ListFriends")
    async def after(ctx, response, request):
        response.cursor = f"version {{VERSION}}"

    @app.rpc("begun")
    async def begun(ctx, payload):
        await started.wait()

    @app.rpc("version")
    async def version(ctx, payload):
        return str(VERSION)

started = asyncio.Event()
gate = asyncio.Event()
"""


async def test_a_request_is_finished_by_the_game_it_began_with(
    database_url: str, clock: ShiftedClock, folder: Folder
) -> None:
    folder.write("game.py", RELOADED.format(version=1))
    sections = {"runtime": {"modules": [folder.path]}}
    async with running_application(database_url, clock, sections, reload=True) as app, client_of(app) as api:
        player = await sign_in_async(api)
        waiting = asyncio.create_task(api.get("/v2/friend", headers={**player.headers, "X-Wait": "yes"}))
        await api.get("/v2/rpc/begun", params={"http_key": HTTP_KEY})
        old = app.runtime._game
        folder.write("game.py", RELOADED.format(version=2) + "\nVERSION += 0  # another size\n")

        async def reloaded() -> bool:
            answer = await api.get("/v2/rpc/version", params={"http_key": HTTP_KEY})
            return bool(answer.json()["payload"] == "2")

        await wait_until_async(reloaded)
        new = await api.get("/v2/friend", headers=player.headers)
        assert new.json() == {"cursor": "version 2"}
        assert not waiting.done()
        before = old.functions.hooks["ListFriends"].before
        assert before is not None
        before.call.__globals__["gate"].set()
        answer = await waiting
        assert (answer.status_code, answer.json()) == (200, {"cursor": "version 1"})


ENDED = """
def register(app):
    @app.before("ListFriends")
    async def before(ctx, request):
        return request

    @app.shutdown
    async def end(ctx):
        ctx.logger.warning("the end of {version}")
"""


async def test_a_game_ends_after_the_requests_that_its_hooks_stand_around(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", ENDED.format(version=1))
    async with started(folder.path, reload=True) as game:
        hook = game.runtime.hooks.of("ListFriends")
        assert hook is not None
        with hook:
            old = game.runtime._game
            folder.write("game.py", ENDED.format(version="the second"))
            await wait_until_async(lambda: _true(game.runtime._game is not old), what="the reload")
            await turns_of_the_end(game)  # in which it would have ended
            assert "the end of 1" not in caplog.messages
        await wait_until_async(
            lambda: _true("the end of 1" in caplog.messages), what="the end of the old game"
        )
    assert caplog.messages.count("the end of 1") == 1
    assert caplog.messages[-1] == "the end of the second"


async def test_a_server_that_stops_does_not_wait_for_them(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", ENDED.format(version=1))
    async with asyncio.timeout(20), started(folder.path, reload=True) as game:
        hook = game.runtime.hooks.of("ListFriends")
        assert hook is not None
        hook.__enter__()
        old = game.runtime._game
        folder.write("game.py", ENDED.format(version="the second"))
        await wait_until_async(lambda: _true(game.runtime._game is not old), what="the reload")
    assert {"the end of 1", "the end of the second"} <= set(caplog.messages)


async def _true(value: bool) -> bool:
    return value
