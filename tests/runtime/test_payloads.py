"""Payloads and results with types."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.errors import ApiError
from kizuna.http.parameters import parse_query
from kizuna.rpc.payload import NOT_A_STRING, unwrap, wrap
from kizuna.runtime.errors import INVALID_RESULT, CallFailed
from tests.runtime.conftest import PREAMBLE, Folder, started

GAME = """
from dataclasses import dataclass
from typing import Any, Optional
import pydantic

@dataclass
class Spot:
    x: int
    y: int = 7

class Move(pydantic.BaseModel):
    spots: list[Spot]
    name: str = pydantic.Field(default="", alias="moveName")

def register(app):
    @app.rpc("dataclass")
    async def one(ctx: rt.Context, payload: Spot) -> Spot:
        assert type(payload) is Spot
        return Spot(payload.y, payload.x)

    @app.rpc("model")
    async def two(ctx: rt.Context, payload: Move) -> Move:
        return payload

    @app.rpc("optional")
    async def three(ctx: rt.Context, payload: Optional[str] = None) -> Spot | None:
        return Spot(1, 2) if payload else None

    @app.rpc("mixed")
    async def four(ctx: rt.Context, payload: dict[str, int]) -> str | Spot:
        return Spot(payload["x"]) if payload else "plain"

    @app.rpc("wrong")
    async def five(ctx: rt.Context, payload: str) -> Spot:
        return json_of_another_kind()

    def json_of_another_kind():
        return {"x": 1}

    @app.rpc("any")
    async def six(ctx: rt.Context, payload: Any):
        return {"text": payload, "none": None, "number": 5, "bytes": b"x"}[payload]
"""


@pytest.mark.parametrize(
    ("id", "payload", "answer"),
    [
        ("dataclass", '{"x": 1}', '{"x":7,"y":1}'),
        ("dataclass", '{"x": 1, "y": 2, "unknown": 3}', '{"x":2,"y":1}'),
        ("model", '{"spots": [{"x": 1}], "moveName": "e4"}', '{"spots":[{"x":1,"y":7}],"moveName":"e4"}'),
        ("optional", "anything", '{"x":1,"y":2}'),
        ("optional", "", ""),
        ("mixed", "", "plain"),
        ("mixed", '{"x": 3}', '{"x":3,"y":7}'),
        ("any", "text", "text"),
        ("any", "none", ""),
    ],
)
async def test_values_are_translated(folder: Folder, id: str, payload: str, answer: str) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        assert await game.call(id, payload) == answer


@pytest.mark.parametrize(
    ("id", "payload", "told"),
    [
        ("dataclass", '{"y": 1}', "Payload field 'x': Field required."),
        ("dataclass", "", "Payload field 'x': Field required."),
        ("dataclass", '{"x": "one"}', "Payload field 'x': Input should be a valid integer"),
        ("dataclass", "[]", "Payload: Input should be an object."),
        ("dataclass", "not json", "Payload: Invalid JSON: expected ident"),
        ("dataclass", '{"x": "\udcff"}', "Payload: Input should be a valid string, unable to parse"),
        ("model", '{"spots": [{"x": 1}, {}]}', "Payload field 'spots.1.x': Field required."),
        ("mixed", "[" * 5000, "Payload: Invalid JSON"),
    ],
)
async def test_what_does_not_decode_is_the_clients_fault(
    folder: Folder, id: str, payload: str, told: str
) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        with pytest.raises(CallFailed) as refusal:
            await game.call(id, payload)
    assert refusal.value.code == 3
    assert refusal.value.message.startswith(told)


@pytest.mark.parametrize(("id", "payload"), [("wrong", ""), ("any", "number"), ("any", "bytes")])
async def test_other_results_are_refused(folder: Folder, id: str, payload: str) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        with pytest.raises(CallFailed) as refusal:
            await game.call(id, payload)
    assert (refusal.value.code, refusal.value.message) == (13, INVALID_RESULT)


@pytest.mark.parametrize(
    ("id", "payload", "advice"),
    [
        ("wrong", "", "it returned dict, not what it declares: "),
        ("any", "number", "it returned int; annotate the result or return json.dumps(…)"),
    ],
)
async def test_the_log_says_what_to_do_about_another_result(
    folder: Folder, id: str, payload: str, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("game.py", GAME)
    async with started(folder.path) as game:
        with pytest.raises(CallFailed):
            await game.call(id, payload)
    [entry] = [record for record in caplog.records if record.name == "game"]
    assert advice in entry.getMessage()
    assert INVALID_RESULT not in entry.getMessage()
    assert entry.exc_info is None


async def test_annotations_may_be_postponed(folder: Folder) -> None:
    (folder.path / "game.py").write_text("from __future__ import annotations\n" + PREAMBLE + GAME)
    async with started(folder.path) as game:
        assert await game.call("dataclass", '{"x": 1}') == '{"x":7,"y":1}'


# --- the wrapping of payloads in requests and answers ---


@given(st.text())
def test_wrapped_payloads_come_through(text: str) -> None:
    assert json.loads(wrap(text)) == {"payload": text}
    assert unwrap(json.dumps(text).encode()) == text
    assert unwrap(json.dumps(text, ensure_ascii=False).encode()) == text


def test_html_is_escaped_in_answers() -> None:
    assert wrap("<a>&\u2028\u2029") == rb'{"payload":"\u003ca\u003e\u0026\u2028\u2029"}'
    assert wrap("half \ud800") == '{"payload":"half \ufffd"}'.encode()


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b"", ""),
        (b"null", ""),
        (b' \n"x" ', "x"),
        (rb'"\ud800"', "\ufffd"),
        (b'"\xff"', "\ufffd"),
        (rb'"\ud83d\ude00"', "\U0001f600"),
    ],
)
def test_bodies_that_are_a_string(body: bytes, payload: str) -> None:
    assert unwrap(body) == payload


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[1]",
        b"5",
        b"true",
        b"{",
        b"plain",
        b'"x" junk',
        b" ",
        b'"a\nb"',
        b"[" * 100_000,
        b'"\xff',
        b"\x00",
    ],
)
def test_bodies_that_are_none_have_one_refusal(body: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        unwrap(body)
    assert (refusal.value.code, refusal.value.message) == (3, NOT_A_STRING)


def test_query_parameters_keep_their_order_and_what_is_broken_is_left_out() -> None:
    assert parse_query(b"x=1&x=2&empty=&none&a+b=c%20d&bad=%zz&semi=a;b&&%C3%A4=%ff") == {
        "x": ["1", "2"],
        "empty": [""],
        "none": [""],
        "a b": ["c d"],
        "ä": ["\ufffd"],
    }
