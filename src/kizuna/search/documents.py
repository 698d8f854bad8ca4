"""What queries look at: the fields of a document, each with the values that stand under its name."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Value = str | float | datetime
"""Texts, numbers and instants in UTC. Truth is the texts `T` and `F`."""

Document = Mapping[str, Sequence[Value]]

_DATE = r"(?P<date>\d{4}-\d\d-\d\d)"
_CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?"
_ZONE = r"(?:Z|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3]):(?P<minutes>[0-5]\d))"
_RFC3339 = re.compile(f"{_DATE}T{_CLOCK}{_ZONE}", re.ASCII)
_LOCAL = re.compile(f"{_DATE}(?:[T ]{_CLOCK})?", re.ASCII)


def fields(prefix: str, content: Any) -> dict[str, list[Value]]:
    """The fields of JSON data: `{"a": {"b": 1}}` under `label` has the field `label.a.b`.

    Every element of an array stands under the array's own name. A text that is a time is an instant and no
    text any more. Null is nothing.
    """
    found: dict[str, list[Value]] = {}
    waiting = [(prefix, content)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += ((f"{name}.{key}", member) for key, member in value.items())
        elif isinstance(value, list):
            waiting += ((name, element) for element in value)
        elif value is not None:
            found.setdefault(name, []).append(_value(value))
    return found


def truth(value: bool) -> str:
    """A boolean as queries find it."""
    return "T" if value else "F"


def parse_time(text: str) -> datetime | None:
    """The instant that a text is: RFC 3339, or a date, perhaps with a time of day, in UTC."""
    return parse_rfc3339(text) or _instant(_LOCAL.fullmatch(text))


def parse_rfc3339(text: str) -> datetime | None:
    """The instant that an RFC 3339 text is, None for any other."""
    match = _RFC3339.fullmatch(text)
    instant = _instant(match)
    if match is None or instant is None or not match["sign"]:
        return instant
    offset = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
    try:
        return instant + offset if match["sign"] == "-" else instant - offset
    except OverflowError:
        return None


def _instant(match: re.Match[str] | None) -> datetime | None:
    """Date and time of day in UTC; None where the calendar does not have them."""
    if match is None:
        return None
    clock, fraction = match["clock"] or "00:00:00", match["fraction"] or ""
    try:
        return datetime.fromisoformat(f"{match['date']}T{clock}.{fraction[:6].ljust(6, '0')}+00:00")
    except ValueError:
        return None


def _value(scalar: Any) -> Value:
    if isinstance(scalar, bool):
        return truth(scalar)
    if isinstance(scalar, str):
        return parse_time(scalar) or scalar
    return _double(scalar)


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer beyond all doubles
        return float("inf") if number > 0 else float("-inf")
