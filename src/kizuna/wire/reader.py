"""The exact way from JSON text to a message, for everything that the fast way leaves undecided.

It reads a message's fields in the order of the text, so what it complains about, and where, is what the
reference complains about. Recursion follows the nesting of message types, never that of the text.
"""

import re
from collections.abc import Callable
from typing import Any

import orjson

from kizuna.errors import ApiError, invalid
from kizuna.wire.integers import parse_integer
from kizuna.wire.messages import Field, Kind, Message
from kizuna.wire.quoting import quote
from kizuna.wire.scanner import Span, scan
from kizuna.wire.timestamps import parse_timestamp

_TIMESTAMP = Kind.TIMESTAMP.value
_MAP_VALUE = Field("value", Kind.STRING)
_UNSET = object()
"""The value of a field that is there but says nothing."""

_QUOTE, _LETTER_N = ord('"'), ord("n")
_OPENERS, _CLOSERS = b"[{", b"]}"
_BOOLS = {b"true": True, b"false": False}


def read_body(message: Message, data: bytes) -> dict[str, Any]:
    """As `decode_body`, slower and with the last word."""
    tokens = scan(data)
    return _Reader(data, tokens).message(message) if tokens else {}


class _Reader:
    def __init__(self, data: bytes, tokens: list[Span]) -> None:
        self._data = data
        self._tokens = tokens
        self._next = 0

    def message(self, message: Message) -> dict[str, Any]:
        values: dict[str, Any] = {}
        seen: set[str] = set()
        self._enter("{")
        while not self._leaves():
            token = self._take()
            field = message.lookup.get(self._text(token))
            if field is None:
                self._skip()
                continue
            if field.name in seen:
                raise self._error(token, f"duplicate field {self._raw(token)}")
            seen.add(field.name)
            value = self._field(field)
            if value is not _UNSET:
                values[field.name] = value
        return values

    def _field(self, field: Field) -> Any:
        if self._first() == _LETTER_N:
            self._take()
            return _UNSET
        if field.kind is Kind.STRING_MAP:
            return self._map()
        return self._list(field) if field.repeated else self._value(field)

    def _list(self, field: Field) -> list[Any]:
        values: list[Any] = []
        self._enter("[")
        while not self._leaves():
            values.append(self._value(field))
        return values

    def _map(self) -> dict[str, str]:
        values: dict[str, str] = {}
        self._enter("{")
        while not self._leaves():
            token = self._take()
            key = self._text(token)
            if key in values:
                raise self._error(token, f"duplicate map key {self._raw(token)}")
            values[key] = self._value(_MAP_VALUE)
        return values

    def _value(self, field: Field) -> Any:
        if field.message is not None:
            return self.message(field.message)
        token = self._take()
        if field.kind is Kind.TIMESTAMP:
            return self._timestamp(token)
        text = self._text(token) if self._is_string(token) else None
        value = _SCALARS[field.kind](field, self._data[slice(*token)], text)
        if value is None:
            where = f"{field.kind.value} field {field.printed_name}"
            raise self._error(token, f"invalid value for {where}: {self._raw(token)}")
        return value

    def _timestamp(self, token: Span) -> Any:
        if not self._is_string(token):
            raise self._unexpected(token)
        try:
            time = parse_timestamp(self._text(token))
        except OverflowError:
            raise self._error(token, f"{_TIMESTAMP} value out of range: {self._raw(token)}") from None
        if time is None:
            raise self._error(token, f"invalid {_TIMESTAMP} value {self._raw(token)}")
        return time

    def _skip(self) -> None:
        """Pass over one value of any depth; its strings must be sound all the same."""
        data, tokens, depth = self._data, self._tokens, 0
        for index in range(self._next, len(tokens)):
            first = data[tokens[index][0]]
            if first == _QUOTE:
                self._text(tokens[index])
            elif first in _OPENERS:
                depth += 1
            elif first in _CLOSERS:
                depth -= 1
            if not depth:
                self._next = index + 1
                return

    def _take(self) -> Span:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _first(self) -> int:
        """The first byte of the next token."""
        return self._data[self._tokens[self._next][0]]

    def _enter(self, bracket: str) -> None:
        token = self._take()
        if self._raw(token) != bracket:
            raise self._unexpected(token)

    def _leaves(self) -> bool:
        """Whether the next token closes what was entered, and if so pass it."""
        if self._first() not in _CLOSERS:
            return False
        self._next += 1
        return True

    def _is_string(self, token: Span) -> bool:
        return self._data[token[0]] == _QUOTE

    def _text(self, token: Span) -> str:
        """A string token's content."""
        raw = self._data[slice(*token)]
        try:
            text: str = orjson.loads(raw)
        except ValueError:
            raise self._syntax_error(token, f"{_flaw(raw)} in string") from None
        return text

    def _raw(self, token: Span) -> str:
        return self._data[slice(*token)].decode("utf-8", "replace")

    def _unexpected(self, token: Span) -> ApiError:
        return self._syntax_error(token, f"unexpected token {self._raw(token)}")

    def _syntax_error(self, token: Span, text: str) -> ApiError:
        return invalid(f"proto: syntax error ({self._place(token)}): {text}")

    def _error(self, token: Span, text: str) -> ApiError:
        return invalid(f"proto: ({self._place(token)}): {text}")

    def _place(self, token: Span) -> str:
        """Line and column, counted in characters from where the value begins."""
        before = self._data[self._tokens[0][0] : token[0]].decode("utf-8", "surrogateescape")
        line = before.count("\n") + 1
        return f"line {line}:{len(before) - before.rfind(chr(10))}"


def _string(_field: Field, _raw: bytes, text: str | None) -> str | None:
    return text


def _bool(_field: Field, raw: bytes, _text: str | None) -> bool | None:
    return _BOOLS.get(raw)


def _integer(field: Field, raw: bytes, text: str | None) -> int | None:
    return parse_integer(raw.decode("utf-8") if text is None else text, field.kind)


def _enum(field: Field, raw: bytes, text: str | None) -> Any:
    """A name nobody knows is no error and no value."""
    return _integer(field, raw, None) if text is None else field.numbers.get(text, _UNSET)


_SCALARS: dict[Kind, Callable[[Field, bytes, str | None], Any]] = {
    Kind.STRING: _string,
    Kind.BOOL: _bool,
    Kind.INT32: _integer,
    Kind.UINT32: _integer,
    Kind.INT64: _integer,
    Kind.ENUM: _enum,
}

_ESCAPE = re.compile(
    rb"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)


def _flaw(raw: bytes) -> str:
    """What keeps a well-delimited string from being text."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "invalid UTF-8"
    lone = next(match[2] for match in _ESCAPE.finditer(raw) if match[2])
    return f"invalid escape code {quote(lone.decode())}"
