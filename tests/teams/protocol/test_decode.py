"""How requests are read: what is refused, what counts as the same."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.errors import ApiError
from kizuna.teams.protocol import requests
from kizuna.teams.protocol.decode import decode
from kizuna.teams.protocol.fields import Message
from kizuna.wire.messages import lower_camel

MESSAGES = [value for value in vars(requests).values() if isinstance(value, Message)]
INT64 = st.integers(-(2**63), 2**63 - 1)

unhurried = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(message: Message, value: Any) -> dict[str, Any]:
    return decode(message, orjson.dumps(value))


def is_refused(message: Message, payload: bytes) -> bool:
    refusal: ApiError | None = None
    try:
        decode(message, payload)
    except ApiError as error:
        refusal = error
    assert refusal is None or (refusal.code, refusal.message) == (3, "cannot decode json")
    return refusal is not None


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ('"5"', 5), ("5.0", 5), ("5e0", 5), ('"5.0"', 5), ('"5e0"', 5), ("-0", 0), ("null", None)],
)
def test_spellings_of_integers(text: str, number: int | None) -> None:
    """T-016."""
    given = decode(requests.ACHIEVEMENTS_UPDATE, f'{{"amount": {text}}}'.encode())
    assert given == ({} if number is None else {"amount": number})


@pytest.mark.parametrize(
    "text",
    [
        "5.5",
        '"5.5"',
        "1e30",
        "9223372036854775808",
        '"9223372036854775808"',
        "true",
        '""',
        '" 5"',
        "[]",
        "{}",
        '"x"',
    ],
)
def test_what_is_no_integer(text: str) -> None:
    """T-017."""
    assert is_refused(requests.ACHIEVEMENTS_UPDATE, f'{{"amount": {text}}}'.encode())


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1" + "0" * 30, 2**63 - 1),
        ("-1" + "0" * 30, -(2**63)),
        ('"' + "9" * 100_000 + '"', 2**63 - 1),
        ("18446744073709551615", 2**63 - 1),
        ("9223372036854775807", 2**63 - 1),
        ('"-9223372036854775809"', -(2**63)),
        ('"1e30"', 2**63 - 1),
        ('"-9223372036854775809.0"', -(2**63)),
        ('"1e999999999999"', 2**63 - 1),
        ("7.0", 7),
        ('"50e-1"', 5),
    ],
)
def test_stat_values_are_clamped(text: str, number: int) -> None:
    """T-427: the one number that is not refused for its size."""
    payload = f'{{"public": [{{"name": "level", "value": {text}}}]}}'.encode()
    assert decode(requests.STATS_UPDATE, payload)["public"] == [{"name": "level", "value": number}]


@pytest.mark.parametrize(
    "payload",
    [
        "{",
        "[]",
        "5",
        '"text"',
        "null",
        '{"id": "a"} x',
        '{"id": 5}',
        '{"id": ["a"]}',
        '{"bogus": null}',
        '{"id": "a", "id": "b"}',
        '{"id": "a", "id": null}',
        '{"achievement_ids": ["a"], "achievementIds": ["a"]}',
        '{"achievement_ids": "a"}',
        '{"achievement_ids": [null]}',
        '{"achievement_ids": {"a": 1}}',
        '{"achievements": {"a": null}}',
        '{"achievements": {"a": 1, "a": 1}}',
        '{"achievements": {"a": 1, "\\u0061": 1}}',
        '{"achievements": []}',
        '{"id": "\\ud800"}',
        '{"id": NaN}',
        "[" * 100_000,
        '{"achievements":' * 5_000,
    ],
    ids=lambda payload: payload[:40],
)
def test_what_is_not_the_message(payload: str) -> None:
    """T-017: unknown and repeated fields, other types, and what is no JSON."""
    assert is_refused(requests.ACHIEVEMENTS_UPDATE, payload.encode())


def test_bytes_that_are_no_text() -> None:
    """T-017."""
    assert is_refused(requests.WALLET_GET, b'{"id": "\xff"}')


def test_null_is_absent() -> None:
    """T-016."""
    nothing = dict.fromkeys(requests.EVENT_UPDATE.fields)
    assert read(requests.EVENT_UPDATE, nothing) == {}


def test_properties_may_be_null() -> None:
    """T-380: in both maps, where null takes a property away."""
    properties = {"string_properties": {"a": None, "b": ""}, "numericProperties": {"c": None, "d": "1.5"}}
    given = read(requests.INVENTORY_UPDATE, {"item_updates": {"x": properties}})
    assert given["item_updates"]["x"] == {
        "string_properties": {"a": None, "b": ""},
        "numeric_properties": {"c": None, "d": 1.5},
    }


def test_operators_by_name() -> None:
    """T-016: enums as numbers or by their names."""
    for operator in (2, "2", "STAT_UPDATE_OPERATOR_DELTA", 2.0):
        given = read(requests.STATS_UPDATE, {"public": [{"name": "level", "operator": operator}]})
        assert given["public"][0]["operator"] == 2
    assert is_refused(requests.STATS_UPDATE, b'{"public": [{"operator": "DELTA"}]}')


def test_the_icon_of_older_clients() -> None:
    """T-018."""
    assert read(requests.CREATE, {"icon": "owl"}) == {"avatar_url": "owl"}
    assert is_refused(requests.CREATE, b'{"icon": "owl", "avatar_url": "owl"}')


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
@unhurried
@given(
    st.recursive(
        st.none() | st.booleans() | INT64 | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_anything_is_read_or_refused(message: Message, value: Any) -> None:
    """T-017: whatever each field holds; and what is read can be held against the limits."""
    for name in message.fields:
        payload = orjson.dumps({name: value})
        if not is_refused(message, payload):
            assert message.within_limits(decode(message, payload)) in (True, False)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
@unhurried
@given(st.binary(min_size=1))
def test_any_bytes_are_read_or_refused(message: Message, payload: bytes) -> None:
    """T-017."""
    is_refused(message, payload)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
def test_both_spellings_of_every_field(message: Message) -> None:
    """T-016."""
    for name, field in message.fields.items():
        samples = [
            sample
            for sample in ("text", 5, True, ["text"], {"key": 1}, {"key": {}}, [{}], {})
            if _reads(message, name, sample)
        ]
        assert samples, name
        for sample in samples:
            assert read(message, {lower_camel(field.name): sample}) == read(message, {name: sample})


def _reads(message: Message, name: str, value: Any) -> bool:
    return not is_refused(message, json.dumps({name: value}).encode())


LIMITS = [
    (requests.ACHIEVEMENTS_UPDATE, "achievement_ids", ["a" * 128], True),
    (requests.ACHIEVEMENTS_UPDATE, "achievement_ids", ["a" * 129], False),
    (requests.ACHIEVEMENTS_UPDATE, "achievement_ids", ["ä" * 65], False),
    (requests.ACHIEVEMENTS_UPDATE, "achievement_ids", [""], False),
    (requests.ACHIEVEMENTS_UPDATE, "achievement_ids", ["a"] * 100, True),
    (requests.ACHIEVEMENTS_UPDATE, "achievement_ids", ["a"] * 101, False),
    (requests.WALLET_GRANT, "currencies", {str(n): 1 for n in range(100)}, True),
    (requests.WALLET_GRANT, "currencies", {str(n): 1 for n in range(101)}, False),
    (requests.WALLET_GRANT, "currencies", {"": 1}, False),
    (requests.STATS_UPDATE, "public", [{"name": "a"}] * 100, True),
    (requests.STATS_UPDATE, "public", [{"name": "a"}] * 101, False),
    (requests.STATS_UPDATE, "private", [{"name": "a" * 129}], False),
    (requests.INVENTORY_UPDATE, "item_updates", {"i": {"string_properties": {"": "x"}}}, False),
    (requests.GIFT_CLAIM, "gift_id", "", False),
    (requests.GIFT_CLAIM, "gift_id", "a" * 128, True),
]


@pytest.mark.parametrize(("message", "field", "value", "fits"), LIMITS)
def test_limits(message: Message, field: str, value: Any, fits: bool) -> None:
    """T-038: ids and keys of 1 to 128 bytes, at most 100 of them."""
    assert message.within_limits(read(message, {field: value})) is fits
