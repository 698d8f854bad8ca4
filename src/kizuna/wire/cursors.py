"""Page positions as opaque text: URL-safe base64, unpadded, of a JSON list of the kind and the values."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from types import UnionType
from typing import Any

import orjson

from kizuna.wire.integers import INT64_MAX, INT64_MIN

Value = str | int | None

_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def encode_cursor(kind: str, values: tuple[Value, ...]) -> str:
    """A position as text. `kind` names the listing, so that no other takes the cursor for its own."""
    return urlsafe_b64encode(orjson.dumps((kind, *values))).rstrip(b"=").decode()


def decode_cursor(kind: str, text: str, *types: type | UnionType) -> tuple[Any, ...] | None:
    """The values of a cursor of this kind, or None if the text is anything else.

    `types` are what the values must be: `str`, `int` or a union of these with None. Text is free of NUL,
    integers fit into 64 bits with sign. Never raises, whatever the text.
    """
    values = _parse(text)
    if not values or values[0] != kind or len(values) != 1 + len(types):
        return None
    if all(_fits(value, wanted) for value, wanted in zip(values[1:], types, strict=True)):
        return tuple(values[1:])
    return None


def _parse(text: str) -> list[Any] | None:
    if not _ALPHABET.fullmatch(text):
        return None
    try:
        values = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    return values if isinstance(values, list) else None


def _fits(value: Any, wanted: type | UnionType) -> bool:
    if isinstance(value, bool) or not isinstance(value, wanted):
        return False
    if isinstance(value, str):
        return "\0" not in value
    return not isinstance(value, int) or INT64_MIN <= value <= INT64_MAX
