"""What /openapi.json says is so, and in the wire's spelling."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml

from kizuna.app import Application
from kizuna.channels import codes as message_codes
from kizuna.friends.relations import State
from kizuna.groups.roles import Role
from kizuna.http.documentation import patched
from kizuna.notifications import codes as notification_codes
from kizuna.purchases.stores.interface import Environment, Store
from tests.hostile.test_transport import ask

CORRECTIONS = Path(__file__).parents[1] / "openapi" / "corrections.yaml"

USER = "5f0cbb1e-3f5c-4bc1-8f1d-0b8a3b1f7c11"
PLACES = {
    "channel_id": "2...lobby",
    "collection": "saves",
    "group_id": USER,
    "leaderboard_id": "board",
    "owner_id": USER,
    "tournament_id": "board",
    "user_id": USER,
}


class Limit(NamedTuple):
    """The page size of a list, as it is described."""

    path: str
    schema: dict[str, Any]
    description: str


@pytest.fixture
async def document(api: httpx.AsyncClient) -> dict[str, Any]:
    answer = await api.get("/openapi.json")
    described: dict[str, Any] = answer.json()
    return described


@pytest.fixture
async def headers(api: httpx.AsyncClient) -> dict[str, str]:
    """A player's."""
    answer = await api.post(
        "/v2/account/authenticate/device", json={"id": "reader-of-openapi"}, auth=("defaultkey", "")
    )
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def parameters(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {parameter["name"]: parameter for parameter in operation.get("parameters", ())}


def limits(document: dict[str, Any]) -> Iterator[Limit]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if limit := parameters(operation).get("limit"):
                yield Limit(path, limit["schema"], limit["description"])


def numbers(text: str) -> set[int]:
    return {int(number) for number in re.findall(r"-?\d+", text)}


def own(codes: Any) -> set[int]:
    return {code for name, code in vars(codes).items() if name.isupper()}


async def test_only_names_of_properties_are_rewritten(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    event = schemas["apiEvent"]["properties"]["properties"]
    assert event["additionalProperties"] == {"type": "string"}
    assert "additional_properties" not in str(document)
    assert "display_name" in schemas["apiUser"]["properties"]
    assert not re.search(
        r"[A-Z]", "".join(name for schema in schemas.values() for name in schema.get("properties", ()))
    )


async def test_limits_are_as_described(
    document: dict[str, Any], api: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    described = list(limits(document))
    assert len(described) == 16
    for path, schema, description in described:
        lowest, highest, default = schema["minimum"], schema["maximum"], schema["default"]
        assert {lowest, highest, default} <= numbers(description), path
        target = path.format_map(PLACES)
        for limit, refused in ((lowest - 1, True), (lowest, False), (highest, False), (highest + 1, True)):
            answer = await api.get(target, params={"limit": limit}, headers=headers)
            assert ("imit must be between" in answer.text) is refused, (target, limit, answer.text)


async def test_the_limit_of_a_body_is_as_described(
    document: dict[str, Any], api: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    limit = document["components"]["schemas"]["apiListSubscriptionsRequest"]["properties"]["limit"]
    lowest, highest = limit["minimum"], limit["maximum"]
    assert {lowest, highest, limit["default"]} <= numbers(limit["description"])
    for size, status in ((lowest - 1, 400), (lowest, 200), (highest, 200), (highest + 1, 400)):
        answer = await api.post("/v2/iap/subscription", json={"limit": size}, headers=headers)
        assert answer.status_code == status, (size, answer.text)


async def test_numbers_have_their_meaning(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    def told(schema: str, name: str) -> set[int]:
        return numbers(schemas[schema]["properties"][name]["description"])

    assert told("apiFriend", "state") == set(State)
    assert told("GroupUserListGroupUser", "state") == told("UserGroupListUserGroup", "state") == set(Role)
    assert told("apiChannelMessage", "code") == own(message_codes)
    assert told("apiNotification", "code") - {-2000, -1000} == own(notification_codes)
    for schema in ("apiValidatedPurchase", "apiValidatedSubscription"):
        assert told(schema, "store") == set(Store)
        assert told(schema, "environment") == set(Environment)
    friends = parameters(document["paths"]["/v2/friend"]["get"])["state"]
    assert (friends["schema"]["minimum"], friends["schema"]["maximum"]) == (min(State), max(State))


async def test_the_form_of_a_channel_s_id_is_told(document: dict[str, Any]) -> None:
    channel = parameters(document["paths"]["/v2/channel/{channel_id}"]["get"])["channel_id"]
    for form in ("`2...<room>`", "`3.<group id>..`", "`4.<user id>.<user id>.`"):
        assert form in channel["description"]


@pytest.mark.parametrize("method", ["get", "post"])
async def test_a_call_of_a_function_is_described_as_it_is(document: dict[str, Any], method: str) -> None:
    call = document["paths"]["/v2/rpc/{id}"][method]
    assert parameters(call).keys() == {"id", "unwrap"}
    assert call["security"] == [{"BearerJwt": []}, {"HttpKeyAuth": []}, {"BasicAuth": []}]
    assert "Lua" not in str(document)
    schemes = document["components"]["securitySchemes"]
    assert (schemes["HttpKeyAuth"]["in"], schemes["HttpKeyAuth"]["name"]) == ("query", "http_key")
    assert (schemes["BearerJwt"]["type"], schemes["BearerJwt"]["scheme"]) == ("http", "bearer")


async def test_nothing_of_the_code_is_told(document: dict[str, Any]) -> None:
    assert "ApiError" not in str(document)
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert len(operation["tags"]) == 1
            assert "security" in operation


async def test_every_correction_is_of_something_that_is_described(document: dict[str, Any]) -> None:
    corrections = yaml.safe_load(CORRECTIONS.read_text())
    assert corrections.keys() == {"info", "paths", "components"}
    for path, methods in corrections["paths"].items():
        for method, correction in methods.items():
            described = document["paths"][path][method]
            kept = {name for name, change in correction.get("parameters", {}).items() if change}
            assert kept <= parameters(described).keys(), path
    for name, correction in corrections["components"]["schemas"].items():
        described = document["components"]["schemas"][name]["properties"]
        for property, change in correction["properties"].items():
            # Were it described by the correction alone, nothing would say of what type it is.
            assert (change is None) is (property not in described), f"{name}.{property}"
            assert not change or "type" in described[property] or name == "rpcFailure"


async def test_docs_says_that_it_needs_the_internet(app: Application) -> None:
    answer = await ask(app, "GET", "/docs")
    page = answer.body.decode()
    root = page.partition('<div id="swagger-ui">')[2].partition("</div>")[0]
    assert "loads from the internet" in root
    assert 'href="openapi.json"' in root
    assert 'src="https://cdn.jsdelivr.net/' in page


def test_a_patch_merges_replaces_and_removes() -> None:
    document = {"a": {"b": 1, "c": [1]}, "p": [{"name": "x", "in": "path"}, {"name": "y"}]}
    patch = {
        "a": {"b": None, "c": [2], "d": {"e": None}},
        "p": {"x": {"in": "query"}, "y": None, "z": {"name": "z"}},
    }
    assert patched(document, patch) == {
        "a": {"c": [2], "d": {}},
        "p": [{"name": "x", "in": "query"}, {"name": "z"}],
    }
    assert document["a"] == {"b": 1, "c": [1]}


def test_whoever_does_not_look_does_not_load_it() -> None:
    """FastAPI and what it brings are a tenth of an idle server's memory."""
    code = "import sys, kizuna.app; print(*(name for name in sys.modules if name.startswith('fastapi')))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
