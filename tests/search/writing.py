"""Queries as texts, written by other means than those that read them."""

import re
from decimal import Decimal

_RESERVED = '+-=&|><!(){}[]^"~*?:\\/ '


def escaped(text: str) -> str:
    """The text with a backslash before everything that could mean something."""
    return "".join(f"\\{char}" if char in _RESERVED else char for char in text)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def value(text: str) -> str:
    """The text as a clause's value: quoted where it cannot be said otherwise."""
    looks_different = not text or text[0].isspace() or re.fullmatch(r"[0-9]+\.?[0-9]*", text)
    return quoted(text) if looks_different else escaped(text)


def decimal(number: float) -> str:
    """All digits of a number, without an exponent."""
    return format(Decimal(repr(number)), "f")
