"""JSON text to tokens: the grammar, and what is said of text that breaks it.

One loop over compiled patterns that never back up, so neither nesting nor length can hurt: 10 000 levels are
allowed, more are refused. Strings are only delimited here; whether their contents are sound (UTF-8, paired
surrogates) is for whoever reads them.
"""

import re

from kizuna.errors import ApiError, invalid
from kizuna.wire.quoting import quote_byte

Span = tuple[int, int]
"""Where a token begins and ends."""

MAX_DEPTH = 10_000

# A possessive quantifier stands behind single characters only; groups are made atomic instead. Early releases
# of Python 3.11 take a possessive group for matched where it is not.
_SPACE = rb"[ \t\n\r]*+"
_INSIDE_STRING = rb'(?>(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)'
_STRING = rb'"' + _INSIDE_STRING + rb'"'
_NUMBER = rb"-?(?:0|[1-9][0-9]*+)(?>(?:\.[0-9]++)?)(?>(?:[eE][+-]?[0-9]++)?)"
_SCALAR = _STRING + rb"|" + _NUMBER + rb"|true|false|null"

# What a match's last group tells: an opening bracket, a key with its colon, the end of a value without and
# with a comma after it.
_OPENER, _KEY, _END, _COMMA = 1, 2, 3, 4
_NEVER = rb"(?!)"


def _expecting(*, opener: bytes = _NEVER, key: bytes = _NEVER, end: bytes) -> re.Pattern[bytes]:
    alternatives = rb"(%s)|(%s)%s:|(%s)(?>(?:%s(,))?)" % (opener, key, _SPACE, end, _SPACE)
    return re.compile(_SPACE + rb"(?:" + alternatives + rb")")


_VALUE = _expecting(opener=rb"[\[{]", end=_SCALAR)
_FIRST_ITEM = _expecting(opener=rb"[\[{]", end=_SCALAR + rb"|\]")
_FIRST_MEMBER = _expecting(key=_STRING, end=rb"\}")
_MEMBER = _expecting(key=_STRING, end=_NEVER)
_ARRAY_END = _expecting(end=rb"\]")
_OBJECT_END = _expecting(end=rb"\}")
_BLANK = re.compile(_SPACE)

_BRACE = ord("{")
_CLOSERS = b"]}"


def scan(data: bytes) -> list[Span]:
    """The tokens of the first JSON value, without commas and colons; what follows it is not looked at.

    Blank text has no tokens. Raises `ApiError` for text that is no JSON.
    """
    spans: list[Span] = []
    objects: list[bool] = []  # For each open bracket: is it an object's?
    expected, position = _VALUE, _skip_space(data, 0)
    if position == len(data):
        return spans
    while True:
        match = expected.match(data, position)
        if match is None:
            raise _syntax_error(data, position, expected, spans)
        position = match.end()
        last = match.lastindex
        if last == _OPENER:
            spans.append((position - 1, position))
            objects.append(data[position - 1] == _BRACE)
            if len(objects) > MAX_DEPTH:
                raise _unexpected(data, position - 1, "exceeded max depth")
            expected = _FIRST_MEMBER if objects[-1] else _FIRST_ITEM
            continue
        if last == _KEY:
            spans.append(match.span(_KEY))
            expected = _VALUE
            continue
        start, end = span = match.span(_END)
        spans.append(span)
        if data[start] in _CLOSERS:
            objects.pop()
        if not objects:
            _check_number_end(data, start, end)
            return spans
        if last == _COMMA:
            expected = _MEMBER if objects[-1] else _VALUE
        else:
            expected = _OBJECT_END if objects[-1] else _ARRAY_END


# What is wrong, once something is. None of this runs for text in order.

_STRING_START = re.compile(rb'"' + _INSIDE_STRING)
_HEXADECIMAL = b"0123456789abcdefABCDEF"
_LITERALS = {ord("t"): b"true", ord("f"): b"false", ord("n"): b"null"}


def _syntax_error(data: bytes, position: int, expected: re.Pattern[bytes], before: list[Span]) -> ApiError:
    at = _skip_space(data, position)
    if expected is _MEMBER or expected is _FIRST_MEMBER:
        return _key_error(data, at)
    if expected is _VALUE or expected is _FIRST_ITEM:
        return _value_error(data, at)
    _check_number_end(data, *before[-1])
    where = "after object key:value pair" if expected is _OBJECT_END else "after array element"
    return _unexpected(data, at, where)


def _key_error(data: bytes, at: int) -> ApiError:
    if data[at : at + 1] != b'"':
        return _unexpected(data, at, "looking for beginning of object key string")
    key = _STRING_START.match(data, at)
    end = key.end() if key else at
    if data[end : end + 1] != b'"':
        return _string_error(data, end)
    return _unexpected(data, _skip_space(data, end + 1), "after object key")


def _value_error(data: bytes, at: int) -> ApiError:
    first = data[at] if at < len(data) else 0
    if first == ord('"'):
        string = _STRING_START.match(data, at)
        return _string_error(data, string.end() if string else at)
    if first == ord("-"):
        return _unexpected(data, at + 1, "in numeric literal")
    if first in _LITERALS:
        return _literal_error(data, at, _LITERALS[first])
    return _unexpected(data, at, "looking for beginning of value")


def _string_error(data: bytes, at: int) -> ApiError:
    """For the first byte that does not fit into a string."""
    if data[at : at + 1] != b"\\":
        return _unexpected(data, at, "in string literal")
    if data[at + 1 : at + 2] != b"u":
        return _unexpected(data, at + 1, "in string escape code")
    digit = at + 2
    while digit < len(data) and data[digit] in _HEXADECIMAL:
        digit += 1
    return _unexpected(data, digit, r"in \u hexadecimal character escape")


def _literal_error(data: bytes, at: int, literal: bytes) -> ApiError:
    index = 0
    while data[at + index : at + index + 1] == literal[index : index + 1]:
        index += 1
    where = f"in literal {literal.decode()} (expecting {quote_byte(literal[index])})"
    return _unexpected(data, at + index, where)


def _check_number_end(data: bytes, start: int, end: int) -> None:
    """Refuse `1.` and `1e+`, of which the patterns took the `1` for a number."""
    if data[end : end + 1] not in (b".", b"e", b"E") or not data[end - 1 : end].isdigit():
        return
    token = data[start:end]
    exponent = data[end : end + 1] != b"."
    if b"e" in token or b"E" in token or (b"." in token and not exponent):
        return
    digits = end + 1
    if exponent and data[digits : digits + 1] in (b"+", b"-"):
        digits += 1
    where = "in exponent of numeric literal" if exponent else "after decimal point in numeric literal"
    raise _unexpected(data, digits, where)


def _unexpected(data: bytes, at: int, where: str) -> ApiError:
    if at >= len(data):
        return invalid("unexpected EOF")
    return invalid(f"invalid character {quote_byte(data[at])} {where}")


def _skip_space(data: bytes, position: int) -> int:
    match = _BLANK.match(data, position)
    return match.end() if match else position
