"""Query parameters to a message: the names of fields, in either spelling, and texts for their values."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from kizuna.errors import invalid
from kizuna.wire.integers import RANGES
from kizuna.wire.messages import Field, Kind, Message
from kizuna.wire.quoting import quote, readable

_BOOLS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
_SIGNED, _UNSIGNED = re.compile(r"[+-]?[0-9]+"), re.compile(r"[0-9]+")
_MOST_DIGITS = 19
_SURELY_IN_RANGE = 10
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)


def decode_query(message: Message, query: bytes) -> dict[str, Any]:
    """The fields that a query string sets, by their snake_case names.

    Strings are `str` without surrogates (NUL passes), repeated fields `list`. Unknown names are ignored, and
    so are fields that one text cannot hold: messages, maps, times, enums. An empty value is an empty string
    or an empty element, and no number. Raises `ApiError` (invalid argument) and nothing else.
    """
    if not query:
        return {}
    targets = _targets(message)
    given: dict[str, list[str]] = {}
    for spelling, texts in _parameters(query).items():
        if spelling.endswith("]") and "[" in spelling:
            spelling, _, key = spelling[:-1].rpartition("[")
            texts = [key, *texts]
        target = targets.get(spelling)
        if target is None:
            _check_path(targets, spelling)
        elif target.name in given:
            given[target.name].extend(texts)
        else:
            given[target.name] = texts
    return {name: _value(targets[name], texts) for name, texts in given.items()}


class _Target(NamedTuple):
    """A field as query parameters reach it."""

    name: str
    field: Field
    repeated: bool
    parse: Callable[[Field, str], Any]


@cache
def _targets(message: Message) -> dict[str, _Target]:
    """By every spelling. A wrapper's content may be named too: `create.value`."""
    targets: dict[str, _Target] = {}
    for spelling, field in message.lookup.items():
        if field.kind in _PARSERS:
            target = _Target(field.name, field, field.repeated, _PARSERS[field.kind])
            targets[spelling] = target
            if field.wrapper:
                targets[f"{spelling}.value"] = target
    return targets


def _check_path(targets: dict[str, _Target], spelling: str) -> None:
    """Refuse `a.b` where `a` is a known field without fields of its own."""
    first, dot, _ = spelling.partition(".")
    if dot and first in targets and not targets[first].field.wrapper:
        raise invalid(f"invalid path: {quote(first)} is not a message")


def _parameters(query: bytes) -> dict[str, list[str]]:
    """The texts under each name as it is written. Bytes that are not UTF-8 become surrogate escapes."""
    text = query.decode("utf-8", "surrogateescape")
    if ";" in text:
        raise invalid("invalid semicolon separator in query")
    escaped = "%" in text or "+" in text
    parameters: dict[str, list[str]] = {}
    for part in text.split("&"):
        if part:
            name, _, value = part.partition("=")
            if escaped:
                name, value = _unescape(name), _unescape(value)
            parameters.setdefault(name, []).append(value)
    return parameters


def _unescape(part: str) -> str:
    part = part.replace("+", " ")
    if "%" not in part:
        return part
    bad = _BAD_ESCAPE.search(part)
    if bad:
        raise invalid(f"invalid URL escape {quote(bad[0])}")
    return unquote_to_bytes(part.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def _value(target: _Target, texts: list[str]) -> Any:
    if target.repeated:
        return [target.parse(target.field, text) for text in texts]
    if len(texts) > 1:
        raise invalid(readable(f'too many values for field "{target.name}": {", ".join(texts)}'))
    return target.parse(target.field, texts[0])


def _string(_field: Field, text: str) -> str:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise invalid("grpc: error while marshaling: string field contains invalid UTF-8") from None
    return text


def _bool(field: Field, text: str) -> bool:
    if text not in _BOOLS:
        raise invalid(f"{_fault(field, 'ParseBool', text)}: invalid syntax")
    return _BOOLS[text]


def _integer(field: Field, text: str) -> int:
    if len(text) < _SURELY_IN_RANGE and text.isascii() and text.isdigit():
        return int(text)
    low, high = RANGES[field.kind]
    pattern, parser = (_SIGNED, "ParseInt") if low else (_UNSIGNED, "ParseUint")
    if not pattern.fullmatch(text):
        raise invalid(f"{_fault(field, parser, text)}: invalid syntax")
    digits = text.lstrip("+-0")  # Some text holds more digits than int() agrees to read.
    value = int(digits or "0") if len(digits) <= _MOST_DIGITS else None
    if value is not None and text[0] == "-":
        value = -value
    if value is None or not low <= value <= high:
        raise invalid(f"{_fault(field, parser, text)}: value out of range")
    return value


def _fault(field: Field, parser: str, text: str) -> str:
    return f'parsing field "{field.name}": strconv.{parser}: parsing {quote(text)}'


_PARSERS: dict[Kind, Callable[[Field, str], Any]] = {
    Kind.STRING: _string,
    Kind.BOOL: _bool,
    Kind.INT32: _integer,
    Kind.UINT32: _integer,
    Kind.INT64: _integer,
}
