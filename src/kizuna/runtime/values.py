"""Checks on what game code hands to the server API: clear errors instead of the database's."""

import json
import reprlib
from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, TypeVar

import orjson

from kizuna.wire.encode import has_surrogates
from kizuna.wire.integers import INT32_MAX, INT64_MAX, INT64_MIN
from kizuna.wire.timestamps import parse_timestamp
from kizuna.wire.uuids import parse_uuid

#: The largest page that a statement can be asked for.
_LARGEST_PAGE = INT32_MAX - 1

T = TypeVar("T")


def item_of(value: Any, kind: type[T], what: str) -> T:
    """One of the objects that a call takes a list of. TypeError for anything else."""
    if not isinstance(value, kind):
        raise TypeError(f"{what} must be rt.{kind.__name__} objects, not {type(value).__name__}")
    return value


def uuid_of(value: Any, what: str = "user id") -> str:
    """An id in its canonical form. ValueError for anything else."""
    parsed = parse_uuid(value) if isinstance(value, str) else None
    if parsed is None:
        raise ValueError(f"{what} {reprlib.repr(value)} is not a UUID")
    return parsed


def text_of(value: Any, what: str) -> str:
    """Text that PostgreSQL can store. ValueError for NUL and lone surrogates, TypeError for no text."""
    if not isinstance(value, str):
        raise TypeError(f"{what} must be text, not {type(value).__name__}")
    if "\0" in value or has_surrogates(value):
        raise ValueError(f"{what} holds a character that cannot be stored (NUL or half a surrogate pair)")
    return value


def texts_of(value: Any, what: str) -> dict[str, str]:
    """Texts by name, None for none. TypeError or ValueError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} must be a dict of texts, not {type(value).__name__}")
    return {
        text_of(name, f"a name in {what}"): text_of(text, f"{what}[{name!r}]") for name, text in value.items()
    }


def object_text(value: Any, what: str) -> str:
    """A mapping as the text of a JSON object. TypeError or ValueError, with the reason, for what is none."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} must be a dict, which becomes a JSON object, not {type(value).__name__}")
    try:
        data = orjson.dumps(value if type(value) is dict else dict(value))
    except orjson.JSONEncodeError as error:
        raise ValueError(f"{what} cannot be written as JSON: {error}") from error
    if b"\\u0000" in data.replace(b"\\\\", b""):
        raise ValueError(f"{what} holds a NUL character, which PostgreSQL cannot store")
    return data.decode()


def changeset_of(value: Any) -> dict[str, int]:
    """Amounts by currency. ValueError or TypeError for anything but 64-bit integers under text."""
    if not isinstance(value, Mapping):
        raise TypeError(f"changeset must be a dict of integers, not {type(value).__name__}")
    for path, amount in value.items():
        text_of(path, "changeset key")
        if type(amount) is not int or not INT64_MIN <= amount <= INT64_MAX:
            raise ValueError(f"changeset must hold 64-bit integers, which {path!r}: {amount!r} is not")
    return dict(value)


def flag_of(value: Any, what: str) -> bool:
    """True or False. TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError(f"{what} must be True or False, not {type(value).__name__}")
    return value


def integer_of(value: Any, what: str, low: int = INT64_MIN, high: int = INT64_MAX) -> int:
    """A whole number, or one of an enum. ValueError for anything else, and outside its bounds."""
    if isinstance(value, IntEnum):
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        is_any = (low, high) == (INT64_MIN, INT64_MAX)
        bounds = "64-bit integer" if is_any else f"whole number from {low} to {high}"
        raise ValueError(f"{what} must be a {bounds}")
    return value


def seconds_of(value: Any, what: str) -> int:
    """Seconds since 1970, given as such or as an aware datetime. ValueError for anything else."""
    if not isinstance(value, datetime):
        return integer_of(value, what)
    if value.tzinfo is None:
        raise ValueError(f"{what} must have a time zone")
    return int(value.timestamp())


def limit_of(value: Any, low: int, high: int | None = None) -> int:
    """A page size. ValueError outside its bounds."""
    if type(value) is not int or not low <= value <= (_LARGEST_PAGE if high is None else high):
        bounds = f"at least {low} and 32 bits" if high is None else f"{low} to {high}"
        raise ValueError(f"limit must be {bounds}, not {reprlib.repr(value)}")
    return value


def parsed(text: str) -> dict[str, Any]:
    """The content of a stored JSON object; numbers may be larger than orjson reads."""
    try:
        content: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        content = json.loads(text)
    return content


def time_of(text: str) -> datetime:
    """A time that the server itself has written."""
    time = parse_timestamp(text)
    assert time is not None, f"the server's own time {text!r}"
    return time
