"""The fast and the exact way of reading bodies agree, and no bytes whatsoever bring either down."""

import contextlib
import json
from typing import Any

import orjson
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kizuna.errors import ApiError
from kizuna.wire.decode import _surely_unique, decode_body
from kizuna.wire.messages import Message
from kizuna.wire.reader import read_body
from kizuna.wire.scanner import scan

from .samples import SAMPLE

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

NAMES = [*SAMPLE.lookup, "edgeCount", "a", ":", "", "\\", '"', "é"]
keys = st.sampled_from(NAMES)
texts = st.sampled_from(
    ["", "x", ":", '":', '\\":', '\\\\":', " :", "SET", "5", "1e1", "2026-11-21T04:19:17Z"]
) | st.text('a:"\\/ é😀\0\n', max_size=5)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.integers(-3, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(keys, trees, max_size=5)
separators = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: "), (",", " :")])


def outcome(read: Any, message: Message, data: bytes) -> Any:
    """What it reads, or what it says."""
    try:
        return read(message, data)
    except ApiError as error:
        error.message.encode()
        return error.message


@unhurried
@given(bodies, separators, st.booleans())
def test_both_ways_agree_on_any_tree(tree: dict[str, Any], spacing: tuple[str, str], escape: bool) -> None:
    text = json.dumps(tree, separators=spacing, ensure_ascii=escape).encode("utf-8", "surrogatepass")
    assert outcome(decode_body, SAMPLE, text) == outcome(read_body, SAMPLE, text)


@unhurried
@given(bodies)
def test_both_ways_agree_on_compact_text(tree: dict[str, Any]) -> None:
    with contextlib.suppress(TypeError):  # A tree that orjson does not write.
        text = orjson.dumps(tree)
        assert outcome(decode_body, SAMPLE, text) == outcome(read_body, SAMPLE, text)


members = st.lists(st.tuples(keys, texts | st.integers(-9, 9)), max_size=5)


@unhurried
@given(members, separators)
@example([("a", 1), ("a", 2), ("\\", 3)], (", ", ": "))
@example([("a", ":x"), ("a", 2)], (",", " :"))
def test_a_key_given_twice_is_never_overlooked(
    pairs: list[tuple[str, Any]], spacing: tuple[str, str]
) -> None:
    comma, colon = spacing
    text = "{" + comma.join(json.dumps(key) + colon + json.dumps(value) for key, value in pairs) + "}"
    tree = orjson.loads(text)
    if len(tree) < len(pairs):
        assert not _surely_unique(tree, text.encode())
    assert outcome(decode_body, SAMPLE, text.encode()) == outcome(read_body, SAMPLE, text.encode())


@unhurried
@given(
    st.lists(st.tuples(st.sampled_from(["id", "lang_tag", "langTag"]), texts), min_size=2, max_size=4),
    separators,
)
def test_a_known_field_given_twice_is_refused(pairs: list[tuple[str, str]], spacing: tuple[str, str]) -> None:
    comma, colon = spacing
    text = "{" + comma.join(json.dumps(key) + colon + json.dumps(value) for key, value in pairs) + "}"
    fields = {SAMPLE.lookup[key].name for key, _ in pairs}
    refused = "duplicate field" in outcome(decode_body, SAMPLE, text.encode())
    assert refused == (len(fields) < len(pairs))


@unhurried
@given(st.binary(max_size=60))
@example(b'{"id":"\xff"}')
@example(b"\xff\xfe")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert outcome(decode_body, SAMPLE, data) == outcome(read_body, SAMPLE, data)


FRAGMENTS = [
    b"{", b"}", b"[", b"]", b":", b",", b" ", b'"', b"\\", b"\\u", b"\\ud800", b"\\udc00", b"0", b"1", b"-",
    b"+", b".", b"e", b"E", b"true", b"null", b'"id"', b'"vars"', b'"object_ids"', b'"limit"', 
    b'"start_time"', b'"operator"', b"\xff", b"\xc3\xa9", b"\0", b"\n", b"{\"id\":", b"[{", b"}]",
]  # fmt: skip


@unhurried
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map(b"".join))
def test_any_mix_of_json_fragments_is_read_or_refused(data: bytes) -> None:
    for text in (data, b'{"a":' + data + b"}", b'{"id":"' + data + b'"}'):
        assert outcome(decode_body, SAMPLE, text) == outcome(read_body, SAMPLE, text)


@unhurried
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map(b"".join))
def test_the_grammar_is_that_of_json(data: bytes) -> None:
    text = b'{"a":' + data
    try:
        JSON.raw_decode(text.decode("latin-1"))
        sound = True
    except ValueError:
        sound = False
    try:
        assert scan(text)
        assert sound
    except ApiError:
        assert not sound


def _refuse(constant: str) -> None:
    raise ValueError(constant)


JSON = json.JSONDecoder(parse_constant=_refuse)
