"""What openapi/kizuna.yaml says of Teams is what is served."""

import json
import re
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.http.contract import BodyKind, Operation
from kizuna.http.documentation import teams_document
from kizuna.teams import catalogue
from kizuna.teams.functions import Access, Function, Reading
from kizuna.teams.protocol import requests
from kizuna.teams.protocol.fields import Message, Unreadable
from kizuna.teams.routes import aliases, routes
from kizuna.wire.messages import Kind
from tests.support.applications import client_of, running_application
from tests.teams.schemas import conforms, name_of_schema, operations, resolved, response_of
from tests.teams.support import Cast

FUNCTIONS = [each for each in vars(catalogue).values() if isinstance(each, Function)]
REQUESTS = [each for each in vars(requests).values() if isinstance(each, Message)]

#: How kinds of query parameters are described.
QUERY_KINDS = {
    Kind.STRING: ("string", None),
    Kind.INT32: ("integer", "int32"),
    Kind.INT64: ("string", "int64"),
    Kind.BOOL: ("boolean", None),
}


def served() -> dict[str, Operation]:
    """Everything below the REST paths by verb and path; a team is `{team_id}` whatever it is to others."""
    nothing: Any = None
    own = routes(nothing, [Reading(function, nothing) for function in FUNCTIONS])
    every = [*(endpoint.operation for endpoint in own.endpoints), *aliases()]
    return {f"{each.method} {documented_path(each)}": each for each in every}


def documented_path(operation: Operation) -> str:
    return re.sub(r"^/v2/team/\{\w+\}", "/v2/team/{team_id}", operation.path)


def described() -> dict[str, dict[str, Any]]:
    return {f"{method} {path}": operation for method, path, operation in operations()}


def parameters(operation: dict[str, Any], place: str) -> dict[str, dict[str, Any]]:
    every = map(resolved, operation.get("parameters", ()))
    return {each["name"]: each["schema"] for each in every if each["in"] == place}


def test_every_path_and_verb_is_described() -> None:
    """T-466, T-467: nothing more and nothing less than what is served."""
    assert described().keys() == served().keys()
    assert len(served()) == 45


@pytest.mark.parametrize("place", sorted(served()))
def test_parameters_are_those_of_the_operation(place: str) -> None:
    """T-466: of the path, of the query, and whether there is a body."""
    operation, told = served()[place], described()[place]
    assert list(parameters(told, "path")) == re.findall(r"\{(\w+)\}", place)
    fields = {field.name: field for field in operation.query.fields} if operation.query else {}
    in_query = parameters(told, "query")
    assert in_query.keys() == {name for name in fields if name not in operation.path_params}
    for name, schema in in_query.items():
        field = fields[name]
        schema = schema["items"] if field.repeated else schema
        assert (schema["type"], schema.get("format")) == QUERY_KINDS[field.kind]
    assert ("requestBody" in told) is (operation.body_kind is BodyKind.RAW)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_functions_are_described_at_their_paths(function: Function) -> None:
    """T-466: with their RPC ids, their requests, and who may call them."""
    for place in function.rest:
        told = described()[place]
        assert told["x-rpc-id"] == function.rpc_id
        if "requestBody" in told:
            assert name_of_schema(told["requestBody"]) == function.request.name
        callers = {
            Access.ANYBODY: "any player",
            Access.MEMBER: "members of the team",
            Access.ADMIN: "superadmins and admins",
        }
        assert callers[function.access] in told["description"].lower(), told["description"]
    assert bool(response_of(function.name)) is not function.empty


@pytest.mark.parametrize("message", REQUESTS, ids=lambda message: message.name)
def test_requests_have_the_fields_that_are_described(message: Message) -> None:
    """T-466: every field of every request, by name."""
    schema = teams_document()["components"]["schemas"][message.name]
    assert schema["properties"].keys() == message.fields.keys()


def test_every_reference_leads_somewhere() -> None:
    document = teams_document()
    of_the_reference = {"rpcStatus", "apiGroupUserList", "apiChannelMessageList"}
    found = set(re.findall(r"#/components/(\w+)/(\w+)", json.dumps(document)))
    for kind, name in found:
        assert name in document["components"][kind] or name in of_the_reference
    used = {name for _, name in found} | {message.name for message in REQUESTS}
    assert used >= document["components"]["schemas"].keys()


async def test_the_page_shows_teams_beside_all_else(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    shown = {f"{verb.upper()} {path}" for path, verbs in document["paths"].items() for verb in verbs}
    assert described().keys() < shown
    assert "GET /v2/group" in shown
    references = set(re.findall(r"#/components/(\w+)/(\w+)", json.dumps(document)))
    assert [name for kind, name in references if name not in document["components"][kind]] == []
    assert document["components"]["schemas"]["apiUser"]["properties"]


async def test_without_a_configuration_nothing_is_shown(database_url: str, app_clock: ShiftedClock) -> None:
    """T-007: what is not served is not described."""
    async with running_application(database_url, app_clock) as without:
        paths = (await client_of(without).get("/openapi.json")).json()["paths"]
    assert not any("/team" in path for path in paths)


async def test_functions_are_found_where_they_are_described(app: Application, cast: Cast) -> None:
    """T-466: every path leads to its operation, none to another's or to nothing."""
    for place, operation in served().items():
        verb, path = place.split(" ")
        target = path.format_map(
            {"team_id": cast.team, "user_id": cast.member.id, "entry_id": "e", "item_id": "i"}
            | {"gift_id": "g", "event_leaderboard_id": "e"}
        )
        answer = await cast.api.request(verb, target)
        assert (answer.status_code, answer.json()["code"]) == (401, 16), (place, operation.name)


@pytest.mark.parametrize(
    ("name", "message", "complaint"),
    [
        ("TeamWallet", {"id": "a", "bogus": "b"}, "TeamWallet.bogus is not in the schema"),
        ("TeamWallet", {"currencies": {"gold": 5}}, r"TeamWallet.currencies\['gold'\]: 5 is no text"),
        ("TeamWallet", {"currencies": {}}, "TeamWallet.currencies: {} is left out"),
        ("TeamWallet", {"update_time_sec": "0"}, "'0' is left out"),
        ("TeamWallet", {"update_time_sec": "05"}, "not how an integer is written"),
        ("TeamWallet", {"update_time_sec": "9223372036854775808"}, "more than 64 bits"),
        ("TeamWallet", {"id": ""}, "'' is left out"),
        ("TeamWallet", [], "is no object"),
        ("TeamList", {"teams": {}}, "is no list"),
        ("TeamList", {"teams": [{"open": False}]}, r"TeamList.teams\[0\].open: False is left out"),
        ("TeamList", {"teams": [{"open": 1}]}, "neither true nor false"),
        ("TeamList", {"teams": [{"edge_count": "1"}]}, "is no integer"),
        ("TeamList", {"teams": [{"edge_count": 2**31}]}, "more than 32 bits"),
        ("TeamEventLeaderboard", {"operator": "best"}, "is none of"),
        ("TeamEventLeaderboard", {"change_zones": {"0": {"promotion": "1"}}}, "is no number"),
        ("", {"a": 1}, "nothing is expected"),
    ],
)
def test_what_does_not_conform_is_told(name: str, message: Any, complaint: str) -> None:
    """T-011, T-012, T-013: the check of all tests' answers sees what is wrong with one."""
    with pytest.raises(AssertionError, match=complaint):
        conforms(name, message)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", {}),
        ("TeamWallet", {"currencies": {"gold": "0"}}),
        ("StatList", {"public": {"level": {"additional_properties": {}}, "empty": {}}}),
        ("Achievement", {"available_rewards": {}}),
        ("TeamEventLeaderboard", {"change_zones": {"0": {"promotion": 1}, "1": {"promotion": 0.5}}}),
        ("TeamGift", {"additional_properties": {"a": [None, 1]}}),
    ],
)
def test_what_conforms_passes(name: str, message: dict[str, Any]) -> None:
    """T-013: entries of maps may be empty, and so may messages."""
    conforms(name, message)


#: A value of each kind that requests are described with, as clients may send it.
VALUES: dict[tuple[Any, str | None], Any] = {
    ("string", None): "text",
    ("string", "int64"): "-5",
    ("integer", "int32"): 1,
    ("boolean", None): True,
    (("string", "null"), None): None,
    (("number", "null"), "double"): 1.5,
}


def value_of(schema: dict[str, Any]) -> Any:
    schema = resolved(schema)
    if schema["type"] == "array":
        return [value_of(schema["items"])]
    if schema["type"] == "object":
        if "properties" in schema:
            return {name: value_of(each) for name, each in schema["properties"].items()}
        entry = schema["additionalProperties"]
        return {"key": 5 if entry is True else value_of(entry)}
    kind = schema["type"]
    return VALUES[tuple(kind) if isinstance(kind, list) else kind, schema.get("format")]


@pytest.mark.parametrize("message", REQUESTS, ids=lambda message: message.name)
def test_requests_are_taken_as_they_are_described(message: Message) -> None:
    """T-466: every field's type, and none of another type."""
    schema = teams_document()["components"]["schemas"][message.name]
    request = value_of(schema)
    assert message.read(request).keys() == request.keys()
    for name in request:
        with pytest.raises(Unreadable):
            message.read({**request, name: [[]]})


async def test_delegated_paths_answer_as_those_of_groups(cast: Cast) -> None:
    """T-467: lists, refusals, chat, and that names win over ids."""

    async def same(verb: str, of_team: str, of_group: str, **options: Any) -> httpx.Response:
        answers = [
            await cast.api.request(verb, path, headers=cast.member.headers, **options)
            for path in (f"/v2/team/{of_team}", of_group)
        ]
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].json() == answers[1].json()
        return answers[0]

    await cast.call(cast.member, "TEAMS_WRITE_CHAT_MESSAGE", content="hello")
    team, group = cast.team, f"/v2/group/{cast.team}"
    listed = await same("GET", f"{team}/user", f"{group}/user", params={"limit": 2, "state": 2})
    assert len(listed.json()["group_users"]) == 2
    await same("GET", f"{team}/user", f"{group}/user", params={"limit": 1000})
    history = await same("GET", f"{team}/message", f"/v2/channel/3.{team}..", params={"limit": 100})
    contents = [json.loads(each["content"]) for each in history.json()["messages"]]
    assert contents.count({"message": "hello"}) == 1
    refusal = await same("POST", f"{team}/promote", f"{group}/promote", params={"user_ids": cast.member2.id})
    assert (refusal.status_code, refusal.json()["code"]) == (404, 5)
    await same("DELETE", team, group)
    await same("POST", "search/join", "/v2/group/search/join")
    for name in ("search", "user"):
        answer = await cast.api.get(f"/v2/team/{name}", headers=cast.member.headers)
        assert answer.status_code == 200, answer.text
