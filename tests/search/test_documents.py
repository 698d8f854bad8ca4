"""What queries see of JSON."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.search.documents import fields, parse_rfc3339, parse_time, truth


def test_fields() -> None:
    content = {
        "mode": "ranked",
        "full": False,
        "skill": 5,
        "nothing": None,
        "map": {"name": "ice", "size": {"x": 1.5}},
        "tags": ["a", 1, True, [None, "b"], {"deep": "c"}, {"deep": "d"}],
        "": "unnamed",
        "a.b": "dotted",
        "a": {"b": "nested"},
        "empty": {},
        "when": "2024-01-01",
        "huge": 10**400,
        "tiny": -(10**400),
    }
    assert {name: sorted(values, key=str) for name, values in fields("label", content).items()} == {
        "label.mode": ["ranked"],
        "label.full": ["F"],
        "label.skill": [5.0],
        "label.map.name": ["ice"],
        "label.map.size.x": [1.5],
        "label.tags": [1.0, "T", "a", "b"],
        "label.tags.deep": ["c", "d"],
        "label.": ["unnamed"],
        "label.a.b": ["dotted", "nested"],
        "label.when": [datetime(2024, 1, 1, tzinfo=UTC)],
        "label.huge": [float("inf")],
        "label.tiny": [float("-inf")],
    }
    assert [truth(True), truth(False)] == ["T", "F"]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2024-02-29 13:14:15", datetime(2024, 2, 29, 13, 14, 15, tzinfo=UTC)),
        ("2024-02-29T13:14:15", datetime(2024, 2, 29, 13, 14, 15, tzinfo=UTC)),
        ("2024-02-29T13:14:15.123456789", datetime(2024, 2, 29, 13, 14, 15, 123456, tzinfo=UTC)),
        ("2024-02-29T13:14:15Z", datetime(2024, 2, 29, 13, 14, 15, tzinfo=UTC)),
        ("2024-02-29T13:14:15.5+01:30", datetime(2024, 2, 29, 11, 44, 15, 500000, tzinfo=UTC)),
        ("2024-02-29T13:14:15-01:00", datetime(2024, 2, 29, 14, 14, 15, tzinfo=UTC)),
        ("2023-02-29", None),
        ("2024-2-29", None),
        ("2024-02-29 13:14:15Z", None),
        ("2024-02-29T13:14", None),
        ("2024-02-29T24:00:00Z", None),
        ("2024-02-29T13:14:15.Z", None),
        ("2024-02-29T13:14:15+25:00", None),
        ("0000-01-01", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("9999-12-31T23:59:59-01:00", None),
        (" 2024-02-29", None),
        ("2024-02-29\n", None),
        ("２０２４-02-29", None),
    ],
)
def test_times(text: str, instant: datetime | None) -> None:
    assert parse_time(text) == instant
    full = instant is not None and "T" in text and (text.endswith("Z") or text[-6] in "+-")
    assert parse_rfc3339(text) == (instant if full else None)


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_that_is_printed_is_read(time: datetime) -> None:
    try:
        instant = time.astimezone(UTC)
        text = time.isoformat()
    except OverflowError:
        return
    if time.utcoffset() is not None and len(text) in (25, 32):  # whole minutes from UTC
        assert parse_time(text) == instant


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json)
def test_any_json_has_fields(content: object) -> None:
    for name, values in fields("label", content).items():
        assert name.startswith("label")
        assert values
        assert all(isinstance(value, str | float | datetime) for value in values)


def test_depth_is_no_matter() -> None:
    content: object = 1
    for _ in range(20_000):
        content = [content]
    assert fields("label", content) == {"label": [1.0]}
