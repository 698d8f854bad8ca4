"""The replayer must see what differs, and nothing else: it is tried on answers made for it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conformance.replay import replay
from tests.conformance.scenarios import Difference, Scenario, with_differences

ID = "00000000-0000-4000-8000-000000000001"
TOKEN = "e30.eyJ1aWQiOiIwMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCJ1c24iOiJhbGljZSJ9.c2ln"
Answers = Callable[[httpx.Request], httpx.Response]


def held(answers: Answers, *steps: dict[str, Any]) -> list[str]:
    """The differences of a conversation with a server that answers so; sign-ins always succeed."""

    def respond(request: httpx.Request) -> httpx.Response:
        if "/authenticate/" in request.url.path:
            return httpx.Response(200, json={"token": TOKEN, "refresh_token": TOKEN})
        return answers(request)

    with httpx.Client(transport=httpx.MockTransport(respond), base_url="http://server") as client:
        return replay(client, Scenario("file/name", list(steps)))


def always(status: int, **body: Any) -> Answers:
    return lambda request: httpx.Response(status, json=body)


def get(path: str, status: int = 200, **extra: Any) -> dict[str, Any]:
    """A step that expects `extra["body"]`, an empty object when there is none."""
    return {"request": f"GET {path}", "expect": {"status": status, "body": extra.pop("body", {})}, **extra}


def test_the_same_answer_agrees() -> None:
    assert held(always(200, a=[1, {"b": None}]), get("/x", body={"a": [1, {"b": None}]})) == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (always(201, a=1), "status: expected 200, got 201"),
        (always(200, a=2), "body.a: expected 1, got 2"),
        (always(200, a="1"), 'body.a: expected 1, got "1"'),
        (always(200, a=True), "body.a: expected 1, got true"),
        (always(200), "body.a is missing"),
        (always(200, a=1, b=0), "body.b is not expected, got 0"),
        (lambda request: httpx.Response(200, text="plain"), "body.<text> is not expected"),
        (lambda request: httpx.Response(200), "body: expected"),
    ],
)
def test_any_other_answer_differs(answer: Answers, told: str) -> None:
    differences = held(answer, get("/x", body={"a": 1}))
    assert any(told in difference for difference in differences), differences


def test_it_stops_at_the_first_step_that_differs() -> None:
    differences = held(always(404), get("/first"), get("/second"))
    assert len(differences) == 1
    assert differences[0].startswith("step 0, GET /first")


def test_values_of_the_run_are_masked_and_filled_in() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)
        return httpx.Response(
            200,
            json={
                **sent,
                "token": TOKEN,
                "cursor": "abc",
                "other": "00000000-0000-4000-8000-00000000000f",
                "create_time": "2026-01-02T03:04:05Z",
                "epoch": "1970-01-01T00:00:00Z",
            },
        )

    step = {
        "request": "POST /{alice.id}",
        "as": "alice",
        "body": {"who": "{alice.id} {alice.device}", "nobody": "{unknown}"},
        "expect": {
            "status": 200,
            "body": {
                "who": "{alice.id} {alice.device}",
                "nobody": "{unknown}",
                "token": "<jwt>",
                "cursor": "<cursor>",
                "other": "<uuid>",
                "create_time": "<time>",
                "epoch": "1970-01-01T00:00:00Z",
            },
        },
    }
    assert held(echo, step) == []


def test_who_asks_is_told_to_the_server() -> None:
    asked: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    steps = [get("/x?a=1") | {"as": who} for who in ("alice", "server", "http_key", "nobody")]
    assert held(note, *steps) == []
    assert [request.headers.get("authorization") for request in asked] == [
        f"Bearer {TOKEN}",
        "Basic ZGVmYXVsdGtleTo=",
        None,
        None,
    ]
    assert asked[2].url.query == b"a=1&http_key=defaulthttpkey"


def test_a_saved_value_is_used_and_told_again_by_its_name() -> None:
    def versions(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"version": "0123456789", "asked": request.url.path})

    first = get("/x", body={"version": "{v}", "asked": "/x"}, save={"v": "version"})
    second = get("/{v}", body={"version": "{v}", "asked": "/{v}"})
    assert held(versions, first, second) == []
    assert "nothing to save" in held(always(200), {**first, "save": {"v": "objects.0.version"}})[0]


def test_ignored_paths_and_the_order_of_unordered_lists_do_not_count() -> None:
    answer = always(200, users=[{"id": 2}, {"id": 1}], time=5, deep={"a": 1, "b": 2})
    step = get("/x", body={"users": [{"id": 1}, {"id": 2}], "deep": {"b": 2}})
    assert held(answer, step) != []
    assert held(answer, {**step, "ignore": ["time", "deep.a", "none.0.x"], "unordered": ["users"]}) == []
    assert held(answer, {**step, "ignore": ["time", "deep.a"]}) != []


def test_a_fixture_has_to_succeed() -> None:
    assert held(always(200), {"fixture": "user_ban", "args": {}}) == []
    assert "404" in held(always(404), {"fixture": "user_ban", "args": {}})[0]


def test_a_knowing_difference_takes_the_place_of_the_recording() -> None:
    scenario = Scenario("file/name", [get("/a"), get("/b")])
    ours = Difference("file/name", 1, {"status": 400, "body": {"code": 3}})
    assert [step["expect"]["status"] for step in with_differences(scenario, [ours]).steps] == [200, 400]
    assert scenario.steps[1]["expect"]["status"] == 200
