"""What HTTP itself shows of the server: the statuses, headers and codings that the recordings leave out."""

import base64
import gzip
import json
import re
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.http.contract import OPERATIONS, Auth, Operation
from kizuna.wire.encode import camel_case
from tests.hostile.asking import Answer, ask
from tests.hostile.attacker import BY_NAME, WITH_BODY, WITH_QUERY, Attacker, plausible
from tests.hostile.conftest import SETTINGS
from tests.support.applications import running_application

DOCUMENT = Path(__file__).parents[2] / "openapi" / "nakama-v2.yaml"

NOT_FOUND = {"code": 5, "message": "Not Found"}
NOT_ALLOWED = {"code": 12, "message": "Method Not Allowed"}
NOT_IMPLEMENTED = {"code": 12, "message": "Not implemented."}
NO_STORE = "no-store, no-cache, must-revalidate"

#: Operations that are routed, decoded and authenticated, and then not done yet. This list may only shrink.
NOT_SERVED = {"ValidatePurchaseSamsung"}


@pytest_asyncio.fixture(scope="module")
async def camel_app(database_url: str) -> AsyncIterator[Application]:
    """A server with other settings: lowerCamelCase by default, and headers of its own."""
    headers = {
        "X-Game": "kizuna",
        "Cache-Control": "public",
        "Access-Control-Allow-Origin": "https://a.example",
    }
    socket = {"names": "camel", "response_headers": headers}
    async with running_application(
        database_url, ShiftedClock(), SETTINGS | {"socket": socket}
    ) as application:
        yield application


def names(answer: Answer) -> set[str]:
    """The names of the headers, each of which may be there only once."""
    found = [name.decode() for name, _ in answer.headers]
    assert len(found) == len(set(found)), found
    return set(found)


# --- routing ---


def _declared() -> list[tuple[str, str, str]]:
    loaded: dict[str, Any] = yaml.load(DOCUMENT.read_text(), Loader=yaml.CSafeLoader)
    return [
        (declaration["operationId"].removeprefix("Nakama_"), method.upper(), path)
        for path, methods in loaded["paths"].items()
        for method, declaration in methods.items()
    ]


def _filled_in(path: str) -> str:
    return re.sub(r"\{\w+\}", "x", path)


async def test_every_path_and_verb_of_the_document_is_routed(app: Application) -> None:
    """Without credentials and content each is refused by its own checks, never by the routing."""
    declared = _declared()
    assert len(declared) == 87
    for name, method, path in declared:
        answer = await ask(app, method, _filled_in(path))
        if name == "Healthcheck":
            assert answer.status == 200
        elif name.startswith("RpcFunc"):
            assert answer.json()["message"] == "Auth token or HTTP key required"
        else:
            assert answer.status == 401, f"{name}: {answer.body!r}"


async def _complete(attacker: Attacker, operation: Operation) -> Answer:
    body = json.dumps(plausible(operation.body)).encode() if operation.body else b""
    return await attacker.ask(operation, body)


async def test_the_list_of_what_is_not_served(attacker: Attacker) -> None:
    """The list is complete and true: with good input and credentials, these and no others answer 501."""
    refused = set()
    for operation in OPERATIONS:
        if operation.auth is not Auth.RPC:
            answer = await _complete(attacker, operation)
            if answer.status == 501:
                assert answer.json() == NOT_IMPLEMENTED
                refused.add(operation.name)
    assert refused == NOT_SERVED
    assert {name for name, _, _ in _declared()} | {"ValidatePurchaseSamsung"} >= NOT_SERVED


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.name)
async def test_bodies_are_decoded_before_authentication(app: Application, operation: Operation) -> None:
    answer = await ask(app, operation.method, _filled_in(operation.path), b"[]")
    assert answer.status == 400
    assert answer.json()["code"] == 3


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda operation: operation.name)
async def test_queries_are_decoded_before_authentication(app: Application, operation: Operation) -> None:
    answer = await ask(app, operation.method, _filled_in(operation.path) + "?x=%zz")
    assert answer.json() == {"code": 3, "message": 'invalid URL escape "%zz"'}


@pytest.mark.parametrize("operation", sorted(NOT_SERVED))
async def test_what_is_not_served_wants_credentials_all_the_same(app: Application, operation: str) -> None:
    known = BY_NAME[operation]
    answer = await ask(app, known.method, _filled_in(known.path))
    assert (answer.status, answer.json()["code"]) == (401, 16)


@pytest.mark.parametrize(
    "target",
    [
        "/nowhere",
        "/v2",
        "/v2/",
        "/V2/account",
        "/v2/Account",
        "/v2/account/",
        "/healthcheck/",
        "/v2/account/authenticate",
        "/v2/account/authenticate/nobody",
        "/v2/storage/a/b/c",
        "/v2/group/x/join/",
        "/v2/storage/a%2Fb/c",
        "/ws",
        "/ws/",
        "/docs/",
        "/openapi.yaml",
        "/redoc",
        "/favicon.ico",
        "/metrics",
    ],
)
async def test_unknown_paths(app: Application, target: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "TRACE"):
        answer = await ask(app, method, target)
        if answer.status != 301:
            assert (answer.status, answer.json()) == (404, NOT_FOUND), method


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "TRACE", "PURGE"])
async def test_other_methods_on_known_paths(app: Application, method: str) -> None:
    for operation in OPERATIONS:
        answer = await ask(app, method, _filled_in(operation.path))
        assert (answer.status, answer.json()) == (501, NOT_ALLOWED), operation.path


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/v2/account"),
        ("GET", "/v2/account/link/device"),
        ("DELETE", "/v2/rpc/x"),
        ("PUT", "/v2/rpc/x"),
        ("GET", "/v2/group/x/join"),
        ("POST", "/v2/user"),
        ("DELETE", "/v2/storage"),
        ("DELETE", "/healthcheck"),
    ],
)
async def test_known_paths_with_another_operations_method(app: Application, method: str, target: str) -> None:
    answer = await ask(app, method, target)
    assert (answer.status, answer.json()) == (501, NOT_ALLOWED)


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE"])
async def test_the_root_is_there_to_get_only(app: Application, method: str) -> None:
    answer = await ask(app, method, "/")
    assert (answer.status, answer.json()) == (404, NOT_FOUND)


async def test_the_root_is_bare(app: Application) -> None:
    answer = await ask(app, "GET", "/")
    assert (answer.status, answer.body) == (200, b"")
    assert names(answer) == {"content-length"}


async def test_empty_last_parameters_are_the_operations_business(attacker: Attacker) -> None:
    listed = await attacker.ask(BY_NAME["ListStorageObjects"], path={"collection": ""})
    assert (listed.status, listed.json()) == (200, {})
    called = await ask(attacker.app, "POST", "/v2/rpc/", headers=attacker.credentials(BY_NAME["GetAccount"]))
    assert (called.status, called.json()["message"]) == (400, "RPC ID must be set")


async def test_the_path_wins_over_the_query(attacker: Attacker) -> None:
    """Its copies in the query, in both spellings, are not even looked at."""
    write = {"objects": [{"collection": "mine", "key": "k", "value": "{}"}]}
    await attacker.ask(BY_NAME["WriteStorageObjects"], json.dumps(write).encode())
    path = {"collection": "mine", "user_id": attacker.id}
    for query in ("user_id=nobody&userId=x&collection=other", "userId=1&userId=2"):
        answer = await attacker.ask(BY_NAME["ListStorageObjects2"], query=query, path=path)
        assert [each["key"] for each in answer.json()["objects"]] == ["k"]


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("//", "/"),
        ("//v2/account", "/v2/account"),
        ("/v2//account", "/v2/account"),
        ("/v2/./account", "/v2/account"),
        ("/v2/../v2/account", "/v2/account"),
        ("/..", "/"),
        ("/v2/account/.", "/v2/account"),
        ("/v2//account/", "/v2/account/"),
        ("/v2//account?a=b&c=%20d", "/v2/account?a=b&c=%20d"),
        ("/a%2F%2Fb", "/a/b"),
        ("/a//b%20c", "/a/b%20c"),
        ("/a//%E3%81%8D", "/a/%E3%81%8D"),
        ("/a//%0D%0AX:y", "/a/%0D%0AX:y"),
        ("//evil.example/%2e%2e", "/"),
        ("///evil.example", "/evil.example"),
        ("/%2Fevil.example", "/evil.example"),
        ("/nowhere//at/all", "/nowhere/at/all"),
    ],
)
async def test_cleaning_of_paths(app: Application, target: str, location: str) -> None:
    for method in ("GET", "POST", "PATCH", "HEAD"):
        answer = await ask(app, method, target, b"[not json")
        assert (answer.status, answer.body) == (301, b"")
        assert answer.header("location") == location
        assert names(answer) == {"location", "content-length"}


@pytest.mark.parametrize(
    "target", ["/v2/storage/.hidden", "/v2/storage/a..b", "/v2/storage/...", "/v2/storage/x."]
)
async def test_dots_in_names_are_no_steps(attacker: Attacker, target: str) -> None:
    answer = await ask(attacker.app, "GET", target, headers=attacker.credentials(BY_NAME["GetAccount"]))
    assert answer.status == 200


# --- headers of answers ---


async def test_headers_of_success(attacker: Attacker) -> None:
    answer = await attacker.ask(BY_NAME["GetAccount"])
    assert answer.status == 200
    assert names(answer) == {
        "content-type",
        "content-length",
        "cache-control",
        "vary",
        "grpc-metadata-content-type",
    }
    assert answer.header("content-type") == "application/json"
    assert answer.header("cache-control") == NO_STORE
    assert answer.header("vary") == "Accept-Encoding"
    assert answer.header("grpc-metadata-content-type") == "application/grpc"
    assert answer.header("content-length") == str(len(answer.body))


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/nowhere", 404),
        ("PATCH", "/v2/account", 501),
        ("PUT", "/v2/storage", 400),
        ("GET", "/v2/rpc/x", 401),
    ],
)
async def test_headers_of_errors(app: Application, method: str, target: str, status: int) -> None:
    answer = await ask(app, method, target, b"[]")
    assert answer.status == status
    assert names(answer) == {"content-type", "content-length", "cache-control", "vary"}
    assert answer.header("content-type") == "application/json"
    assert answer.header("cache-control") == NO_STORE
    assert answer.header("vary") == "Accept-Encoding"


def _basic(user: bytes) -> bytes:
    return b"Basic " + base64.b64encode(user + b":")


@pytest.mark.parametrize(
    ("target", "authorization", "message"),
    [
        ("GET /v2/account", [], "Auth token required"),
        ("GET /v2/account", [b""], "Auth token invalid"),
        ("GET /v2/account", [b"Bearer x"], "Auth token invalid"),
        ("GET /v2/account", [b"bearer x"], "Auth token invalid"),
        ("GET /v2/account", [b"Bearer  x"], "Auth token invalid"),
        ("GET /v2/account", [_basic(b"defaultkey")], "Auth token invalid"),
        ("GET /v2/account", [b"Bearer \xff"], "Auth token invalid"),
        ("POST /v2/account/authenticate/device", [], "Server key required"),
        ("POST /v2/account/authenticate/device", [_basic(b"wrong")], "Server key invalid"),
        ("POST /v2/account/authenticate/device", [_basic(b"defaultkey")] * 2, "Server key required"),
        ("POST /v2/account/session/refresh", [b"Basic %%%"], "Server key invalid"),
    ],
)
async def test_refusals_of_credentials_say_so_twice(
    app: Application, target: str, authorization: list[bytes], message: str
) -> None:
    method, path = target.split()
    headers = [(b"authorization", value) for value in authorization]
    answer = await ask(app, method, path, b"{}", headers)
    assert (answer.status, answer.json()) == (401, {"code": 16, "message": message})
    assert answer.header("www-authenticate") == message


async def test_two_tokens_are_none(attacker: Attacker) -> None:
    good = attacker.credentials(BY_NAME["GetAccount"])
    answer = await ask(attacker.app, "GET", "/v2/account", headers=good * 2)
    assert (answer.status, answer.json()["message"]) == (401, "Auth token invalid")


async def test_configured_headers_are_everywhere_and_never_win(camel_app: Application) -> None:
    for method, target in (
        ("GET", "/"),
        ("GET", "/healthcheck"),
        ("GET", "/nowhere"),
        ("GET", "/a//b"),
        ("GET", "/v2/account"),
        ("GET", "/v2/rpc/x"),
        ("OPTIONS", "/v2/account"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
    ):
        alone = await ask(camel_app, method, target)
        assert alone.header("x-game") == "kizuna", target
        assert alone.header("access-control-allow-origin") == "https://a.example"
        asked = [(b"origin", b"https://b.example"), (b"access-control-request-method", b"GET")]
        crossing = await ask(camel_app, method, target, headers=asked)
        assert crossing.header("access-control-allow-origin") == "*", target
        bare = target in ("/", "/a//b", "/openapi.json", "/docs") or method == "OPTIONS"
        assert alone.header("cache-control") == ("public" if bare else NO_STORE), target


# --- cross-origin requests ---


@pytest.mark.parametrize(
    "target", ["/", "/healthcheck", "/nowhere", "/a//b", "/v2/account", "/docs", "/v2/rpc/x"]
)
async def test_every_answer_allows_every_origin(app: Application, target: str) -> None:
    with_origin = await ask(app, "GET", target, headers=[(b"origin", b"https://game.example")])
    cross = {name: value for name, value in with_origin.headers if name.startswith(b"access-control-")}
    assert cross == {b"access-control-allow-origin": b"*"}
    without = await ask(app, "GET", target)
    assert not any(name.startswith(b"access-control-") for name, _ in without.headers)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (None, None),
        (b"", None),
        (b"accept, accept-language, content-language, origin", None),
        (b"authorization", "Authorization"),
        (b"Authorization, CONTENT-TYPE", "Authorization,Content-Type"),
        (b"content-type,accept, user-agent", "Content-Type,User-Agent"),
        (b" authorization ,, ", "Authorization"),
    ],
)
async def test_preflights(app: Application, method: str, asked: bytes | None, allowed: str | None) -> None:
    for target in ("/v2/account", "/nowhere", "/", "/a//b", "/v2/rpc/x", "/docs"):
        headers = [(b"origin", b"x"), (b"access-control-request-method", method.encode())]
        if asked is not None:
            headers.append((b"access-control-request-headers", asked))
        answer = await ask(app, "OPTIONS", target, headers=headers)
        assert (answer.status, answer.body) == (200, b"")
        expected = {"content-length": "0", "access-control-allow-origin": "*"}
        if allowed is not None:
            expected["access-control-allow-headers"] = allowed
        if method in ("PUT", "DELETE"):
            expected["access-control-allow-methods"] = method
        told = {name.decode(): value.decode() for name, value in answer.headers}
        assert told == expected


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({b"access-control-request-method": b"PATCH"}, 200),
        ({b"origin": b"x"}, 400),
        ({b"origin": b"x", b"access-control-request-method": b""}, 400),
        ({b"origin": b"x", b"access-control-request-method": b"PATCH"}, 405),
        ({b"origin": b"x", b"access-control-request-method": b"put"}, 405),
        ({b"origin": b"x", b"access-control-request-method": b"OPTIONS"}, 405),
        (
            {
                b"origin": b"x",
                b"access-control-request-method": b"PUT",
                b"access-control-request-headers": b"x-y",
            },
            403,
        ),
        (
            {
                b"origin": b"x",
                b"access-control-request-method": b"GET",
                b"access-control-request-headers": b"authorization, cookie",
            },
            403,
        ),
    ],
)
async def test_refused_preflights(app: Application, headers: dict[bytes, bytes], status: int) -> None:
    answer = await ask(app, "OPTIONS", "/v2/account", headers=list(headers.items()))
    assert (answer.status, answer.body) == (status, b"")
    assert names(answer) == {"content-length"}


# --- codings ---


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (b"gzip", "gzip"),
        (b"deflate", "deflate"),
        (b"gzip, deflate, br", "gzip"),
        (b"deflate, gzip", "deflate"),
        (b"br;q=1.0, gzip", "gzip"),
        (b" gzip ", "gzip"),
        (b"identity,deflate", "deflate"),
        (b"gzip;q=1", None),
        (b"gzip;q=1, deflate", "deflate"),
        (b"GZIP", None),
        (b"*", None),
        (b"br", None),
        (b"", None),
    ],
)
async def test_codings_of_answers(attacker: Attacker, accepted: bytes, coding: str | None) -> None:
    headers = [(b"accept-encoding", accepted)]
    good = await attacker.ask(BY_NAME["GetAccount"], headers=headers)
    bad = await ask(attacker.app, "GET", "/nowhere", headers=headers)
    called = await ask(attacker.app, "GET", "/v2/rpc/echo", headers=headers)
    for answer in (good, bad, called):
        assert answer.header("content-encoding") == coding
        assert answer.header("vary") == "Accept-Encoding"
        assert answer.header("content-length") == str(len(answer.body))
        assert isinstance(json.loads(_unpacked(answer.body, coding)), dict)
    assert json.loads(_unpacked(bad.body, coding)) == NOT_FOUND


def _unpacked(body: bytes, coding: str | None) -> bytes:
    if coding == "gzip":
        return gzip.decompress(body)
    return zlib.decompress(body, -15) if coding else body


@pytest.mark.parametrize("target", ["/", "/a//b"])
async def test_what_is_never_packed(app: Application, target: str) -> None:
    for method in ("GET", "OPTIONS"):
        answer = await ask(app, method, target, headers=[(b"accept-encoding", b"gzip")])
        assert answer.header("content-encoding") is None


async def test_wishes_for_an_upgrade_are_not_packed(app: Application) -> None:
    headers = [(b"accept-encoding", b"gzip"), (b"upgrade", b"h2c")]
    assert (await ask(app, "GET", "/healthcheck", headers=headers)).body == b"{}"


# --- spellings ---


async def _account(app: Application, attacker: Attacker, accept: bytes | None) -> dict[str, Any]:
    headers = [] if accept is None else [(b"accept", accept)]
    headers += attacker.credentials(BY_NAME["GetAccount"])
    account: dict[str, Any] = (await ask(app, "GET", "/v2/account", headers=headers)).json()
    return account


async def test_spelling_of_names(app: Application, camel_app: Application, attacker: Attacker) -> None:
    snake = await _account(app, attacker, None)
    assert "create_time" in snake["user"]
    camel = camel_case(snake)
    assert "createTime" in camel["user"]
    for accept, mine, theirs in (
        (b"application/json", snake, camel),
        (b"*/*", snake, camel),
        (b"application/json; names=camel", camel, camel),
        (b"application/json;names=camel", camel, camel),
        (b"application/json; names=snake", snake, snake),
    ):
        assert await _account(app, attacker, accept) == mine, accept
        assert await _account(camel_app, attacker, accept) == theirs, accept


async def test_values_and_errors_keep_their_spelling(camel_app: Application, attacker: Attacker) -> None:
    value = '{"snake_case": {"inner_name": 1}}'
    write = {"objects": [{"collection": "camel", "key": "snake_key", "value": value}]}
    credentials = attacker.credentials(BY_NAME["GetAccount"])
    acks = await ask(camel_app, "PUT", "/v2/storage", json.dumps(write).encode(), credentials)
    assert set(acks.json()["acks"][0]) == {
        "collection",
        "key",
        "version",
        "userId",
        "createTime",
        "updateTime",
    }
    ids = {"objectIds": [{"collection": "camel", "key": "snake_key", "userId": attacker.id}]}
    read = await ask(camel_app, "POST", "/v2/storage", json.dumps(ids).encode(), credentials)
    assert read.json()["objects"][0]["value"] == value
    assert read.json()["objects"][0]["permissionRead"] == 1
    called = await ask(camel_app, "POST", "/v2/rpc/echo?unwrap", b'{"a_b":1}', credentials)
    assert called.json() == {"a_b": 1}
    assert (await ask(camel_app, "GET", "/nowhere")).json() == NOT_FOUND


# --- forms ---

FORM = (b"content-type", b"application/x-www-form-urlencoded")


async def _form(attacker: Attacker, target: str, body: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    credentials = attacker.credentials(BY_NAME["GetAccount"])
    return await ask(attacker.app, "POST", target, body, [FORM, *headers, *credentials])


async def test_a_form_may_get(attacker: Attacker) -> None:
    """Where nothing is posted, a form's fields are the parameters of what can be got."""
    body = b"ids=" + attacker.id.encode()
    answer = await _form(attacker, "/v2/user", body)
    assert [user["id"] for user in answer.json()["users"]] == [attacker.id]
    assert (await _form(attacker, f"/v2/user?ids={attacker.id}", b"")).json() == answer.json()
    assert (await _form(attacker, "/v2/user", b"ids=nonsense")).status == 400
    assert (
        (await _form(attacker, "/v2/storage/x", b"limit=101")).json()["message"].startswith("Invalid limit")
    )
    plain = [*attacker.credentials(BY_NAME["GetAccount"]), (b"content-type", FORM[1] + b"; charset=utf-8")]
    assert (await ask(attacker.app, "POST", "/v2/user", body, plain)).json() == NOT_ALLOWED
    assert (await _form(attacker, "/v2/user", b"ids=" + b"x" * 300_000)).json()["message"] == (
        "http: request body too large"
    )


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        (b"GET", "/v2/account", 200),
        (b"GET", "/v2/storage/x", 200),
        (b"PUT", "/v2/account", 400),
        (b"DELETE", "/v2/friend", 200),
        (b"PATCH", "/v2/account", 501),
        (b"DELETE", "/v2/user", 501),
    ],
)
async def test_a_form_may_name_its_method(
    attacker: Attacker, method: bytes, target: str, status: int
) -> None:
    answer = await _form(attacker, target, b"", (b"x-http-method-override", method))
    assert answer.status == status
    named = [(b"x-http-method-override", method), *attacker.credentials(BY_NAME["GetAccount"])]
    other = await ask(attacker.app, "POST", "/v2/account", b"{}", named)
    assert other.json() == NOT_ALLOWED, "only a form may"


async def test_forms_are_merged_into_the_query_of_operations_without_a_body(attacker: Attacker) -> None:
    for target, body in (
        ("/v2/friend?ids=a", b"ids=%zz"),
        ("/v2/friend", b"ids=a;b"),
        ("/v2/group/x/add", b"user_ids=%zz"),
    ):
        assert (await _form(attacker, target, body)).status == 400
    told = (await _form(attacker, "/v2/friend", b"ids=a&usernames=b")).json()
    assert told == {"code": 3, "message": "Invalid user ID 'a'."}


async def test_forms_are_json_to_operations_with_a_body(attacker: Attacker) -> None:
    ids = json.dumps({"object_ids": [{"collection": "c", "key": "k"}]}).encode()
    assert (await _form(attacker, "/v2/storage", ids)).status == 200
    assert (await _form(attacker, "/v2/storage", b"object_ids=x")).status == 400


@pytest.mark.parametrize("content_type", [b"a/b;c", b"a/b; c=", b"text/plain; charset", b"/", b";"])
async def test_media_types_matter_where_a_query_is_parsed(attacker: Attacker, content_type: bytes) -> None:
    headers = [(b"content-type", content_type), *attacker.credentials(BY_NAME["GetAccount"])]
    friends = await ask(attacker.app, "POST", "/v2/friend", headers=headers)
    assert friends.json() == {"code": 3, "message": "mime: invalid media parameter"}
    storage = await ask(attacker.app, "POST", "/v2/storage", b"{}", headers)
    assert storage.status == 200
    assert (await ask(attacker.app, "GET", "/v2/user", headers=headers)).status == 200


# --- pages that are not the API's ---


async def test_the_description_of_what_is_served(app: Application) -> None:
    answer = await ask(app, "GET", "/openapi.json")
    assert (answer.status, answer.header("content-type")) == (200, "application/json")
    described = {
        operation["operationId"]: (method.upper(), path)
        for path, methods in answer.json()["paths"].items()
        for method, operation in methods.items()
    }
    served = {
        o.name: (o.method, o.path) for o in OPERATIONS if o.name not in NOT_SERVED and o.auth is not Auth.RPC
    }
    assert {name: place for name, place in described.items() if "Rpc" not in name} == served
    page = await ask(app, "GET", "/docs")
    assert page.status == 200
    assert (page.header("content-type") or "").startswith("text/html")
    for target in ("/docs", "/openapi.json"):
        for method in ("POST", "HEAD", "DELETE"):
            other = await ask(app, method, target)
            assert (other.status, other.json()) == (404, NOT_FOUND)
