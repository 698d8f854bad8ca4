"""The table of operations against the OpenAPI document, and what a request becomes through it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kizuna.http.contract import OPERATIONS, Auth, BodyKind, Operation, decode_request
from kizuna.wire.messages import Kind, lower_camel

from .refusals import refusal

DOCUMENT = Path(__file__).parents[2] / "openapi" / "nakama-v2.yaml"
BEYOND_THE_DOCUMENT = {"ValidatePurchaseSamsung"}
BY_NAME = {operation.name: operation for operation in OPERATIONS}

DEVICE = BY_NAME["AuthenticateDevice"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(DOCUMENT.read_text(), Loader=yaml.CSafeLoader)
    return loaded


def declared(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """(method, path, declaration) by the operation's name."""
    return {
        declaration["operationId"].removeprefix("Nakama_"): (method.upper(), path, declaration)
        for path, methods in document["paths"].items()
        for method, declaration in methods.items()
    }


def camel_path(operation: Operation) -> str:
    segments = operation.path.split("/")
    return "/".join(f"{{{lower_camel(s[1:-1])}}}" if s.startswith("{") else s for s in segments)


def test_every_operation_of_the_document_and_no_other(document: dict[str, Any]) -> None:
    ours = {each.name: (each.method, camel_path(each)) for each in OPERATIONS}
    theirs = {name: (method, path) for name, (method, path, _) in declared(document).items()}
    assert len(theirs) == 87
    assert len(OPERATIONS) == len(ours), "a name is used twice"
    assert {name: ours[name] for name in ours if name not in BEYOND_THE_DOCUMENT} == theirs
    assert set(ours) - set(theirs) == BEYOND_THE_DOCUMENT


def test_every_parameter_of_the_document_is_a_field(document: dict[str, Any]) -> None:
    checked = 0
    for name, (_, _, declaration) in declared(document).items():
        operation = BY_NAME[name]
        for parameter in declaration.get("parameters", []):
            if operation.auth is Auth.RPC and parameter["in"] == "query":
                continue
            checked += 1
            if parameter["in"] == "path":
                assert parameter["name"] in [lower_camel(each) for each in operation.path_params]
                continue
            assert operation.query is not None, name
            field = operation.query.lookup[parameter["name"]]
            assert field.repeated == (parameter["schema"]["type"] == "array")
            assert field.kind in QUERY_KINDS[parameter["schema"]["type"]]
    assert checked > 100


QUERY_KINDS = {
    "boolean": {Kind.BOOL},
    "integer": {Kind.INT32, Kind.UINT32},
    "string": {Kind.STRING, Kind.INT64},
    "array": {Kind.STRING},
}


def test_every_query_field_is_a_parameter_of_the_document(document: dict[str, Any]) -> None:
    for name, (_, _, declaration) in declared(document).items():
        query = BY_NAME[name].query
        names = {field.json_name for field in query.fields} if query else set()
        if BY_NAME[name].auth is not Auth.RPC:
            assert names == {
                each["name"] for each in declaration.get("parameters", []) if each["in"] == "query"
            }


def test_every_body_of_the_document_has_its_fields(document: dict[str, Any]) -> None:
    for name, (_, _, declaration) in declared(document).items():
        operation = BY_NAME[name]
        assert operation.reads_body == ("requestBody" in declaration), name
        if operation.body is None or operation.body_kind is BodyKind.RAW:
            continue
        body = declaration["requestBody"]
        if "$ref" in body:
            body = document["components"]["requestBodies"][body["$ref"].rsplit("/", 1)[1]]
        schema = body["content"]["application/json"]["schema"]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        fields = {field.json_name for field in operation.body.fields} - {
            lower_camel(each) for each in operation.path_params
        }
        assert fields == set(schema["properties"]), name


def test_authentication_follows_the_document(document: dict[str, Any]) -> None:
    for name, (_, path, declaration) in declared(document).items():
        schemes = {scheme for each in declaration.get("security", [{"BearerJwt": []}]) for scheme in each}
        expected = {
            frozenset({"BasicAuth"}): Auth.SERVER_KEY,
            frozenset({"BearerJwt"}): Auth.SESSION,
            frozenset({"BearerJwt", "HttpKeyAuth"}): Auth.RPC,
        }[frozenset(schemes)]
        assert BY_NAME[name].auth is (Auth.NONE if path == "/healthcheck" else expected), name


def test_fields_left_to_the_query_are_ones_that_text_can_hold() -> None:
    for operation in OPERATIONS:
        for field in operation.query.fields if operation.query else ():
            assert field.kind in {Kind.STRING, Kind.BOOL, Kind.INT32, Kind.UINT32, Kind.INT64}, operation.name


def decode(name: str, query: bytes = b"", body: bytes = b"", *path: str) -> dict[str, Any]:
    return decode_request(BY_NAME[name], path, query, body)


def test_a_whole_body_leaves_the_query_unread() -> None:
    assert BY_NAME["SessionRefresh"].ignores_query
    assert decode("SessionRefresh", b"vars=%zz;&token=y", b'{"token":"x"}') == {"token": "x"}
    assert decode("SessionRefresh", b"token=y") == {}
    assert decode("LinkSteam", b"sync=no", b'{"account":{"token":"t"},"sync":false}') == {
        "account": {"token": "t"},
        "sync": False,
    }


def test_an_account_body_is_the_account_and_the_rest_comes_from_the_query() -> None:
    assert decode("AuthenticateDevice", b"create=false&username=u", b'{"id":"x","vars":{"a":"1"}}') == {
        "account": {"id": "x", "vars": {"a": "1"}},
        "create": False,
        "username": "u",
    }
    assert decode("AuthenticateDevice", b"", b"") == {"account": {}}
    assert decode("AuthenticateDevice", b"", b'{"account":{"id":"x"},"create":false}') == {"account": {}}
    assert decode("LinkFacebook", b"sync=1", b'{"token":"t"}') == {"account": {"token": "t"}, "sync": True}
    assert decode("ImportSteamFriends", b"reset=T", b"{}") == {"account": {}, "reset": True}


def test_parameters_under_the_body_field_are_ignored() -> None:
    query = b"account=5&account.id=y&account.vars=1&create=1"
    assert decode("AuthenticateDevice", query, b'{"id":"x"}') == {"account": {"id": "x"}, "create": True}


def test_the_faults_of_a_body_come_first() -> None:
    assert refusal(decode, "AuthenticateDevice", b"create=no", b'{"id":1}').startswith("proto: ")
    assert refusal(decode, "AuthenticateDevice", b"create=no", b'{"id":"1"}').startswith("parsing field")


def test_a_body_that_nobody_reads_may_be_anything() -> None:
    assert not BY_NAME["AddFriends"].reads_body
    assert decode("AddFriends", b"ids=a&ids=b", b'{"ids":[') == {"ids": ["a", "b"]}


@pytest.mark.parametrize("name", ["GetAccount", "DeleteAccount", "Healthcheck", "GetMatchmakerStats"])
def test_without_fields_the_query_is_not_parsed(name: str) -> None:
    assert BY_NAME[name].ignores_query
    assert decode(name, b"foo=%zz;") == {}


@pytest.mark.parametrize("name", ["DeleteGroup", "JoinGroup", "LeaveGroup"])
def test_a_path_parameter_alone_leaves_nothing_to_the_query(name: str) -> None:
    assert decode(name, b"foo=%zz&group_id=y", b"", "x") == {"group_id": "x"}


def test_the_path_wins() -> None:
    assert decode("UpdateGroup", b"", b'{"group_id":"zz","open":false}', "g") == {
        "group_id": "g",
        "open": False,
    }
    assert decode("AddGroupUsers", b"groupId=y&group_id=z&user_ids=a", b"", "g") == {
        "group_id": "g",
        "user_ids": ["a"],
    }
    assert decode("ListStorageObjects2", b"collection=y&userId=z&limit=1", b"", "c", "u") == {
        "collection": "c",
        "user_id": "u",
        "limit": 1,
    }
    assert decode("ListStorageObjects", b"userId=z", b"", "") == {"collection": "", "user_id": "z"}


@pytest.mark.parametrize("name", ["WriteTournamentRecord", "WriteTournamentRecord2"])
def test_a_record_body(name: str) -> None:
    body = b'{"score":"10","operator":"BEST","record":{"score":5}}'
    assert decode(name, b"foo=%zz", body, "t") == {
        "record": {"score": 10, "operator": 1},
        "tournament_id": "t",
    }
    assert decode(name, b"", b"", "t") == {"record": {}, "tournament_id": "t"}


def test_an_unsigned_limit() -> None:
    name = "ListLeaderboardRecordsAroundOwner"
    assert decode(name, b"limit=5", b"", "b", "o") == {"limit": 5, "leaderboard_id": "b", "owner_id": "o"}
    assert "ParseUint" in refusal(decode, name, b"limit=-1", b"", "b", "o")


def test_rpc_is_left_alone() -> None:
    for name in ("RpcFunc", "RpcFunc2"):
        assert BY_NAME[name].auth is Auth.RPC
        assert BY_NAME[name].path == "/v2/rpc/{id}"
    assert BY_NAME["RpcFunc"].body_kind is BodyKind.RAW
    assert BY_NAME["RpcFunc"].reads_body
    assert not BY_NAME["RpcFunc2"].reads_body
