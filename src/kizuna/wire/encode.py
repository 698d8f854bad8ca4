"""Answers the way clients read them: times, integers, and what is left out."""

import re
from functools import lru_cache
from typing import Any

from kizuna.wire.messages import lower_camel
from kizuna.wire.timestamps import rfc3339, rfc3339_seconds

__all__ = [
    "JsonObject",
    "camel_case",
    "has_surrogates",
    "int64_text",
    "omit_empty",
    "rfc3339",
    "rfc3339_seconds",
    "without_surrogates",
]

#: A message of the protocol, or a part of one, before it is written as JSON.
JsonObject = dict[str, Any]

_SURROGATE = re.compile("[\ud800-\udfff]")


def has_surrogates(text: str) -> bool:
    """Whether there is anything in it that UTF-8 cannot say, as JSON can."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def without_surrogates(text: str) -> str:
    """The text with U+FFFD for what UTF-8 cannot say."""
    return _SURROGATE.sub("\ufffd", text)


def omit_empty(fields: dict[str, Any]) -> dict[str, Any]:
    """A message without its zeros, empty texts, empty lists, False and None.

    Wrapper fields are printed even when zero: add them afterwards.
    """
    return {name: value for name, value in fields.items() if value}


def int64_text(value: int | None) -> str:
    """A 64-bit integer as JSON has it, in text; zero and None are empty, so that `omit_empty` drops them."""
    return str(value) if value else ""


def camel_case(message: Any) -> Any:
    """The same message with lowerCamelCase names, all the way down; values stay as they are.

    Every dict is taken for a message: the keys of a map field would change too.
    """
    if isinstance(message, dict):
        return {_camel(name): camel_case(value) for name, value in message.items()}
    if isinstance(message, list):
        return [camel_case(value) for value in message]
    return message


_camel = lru_cache(maxsize=1024)(lower_camel)
