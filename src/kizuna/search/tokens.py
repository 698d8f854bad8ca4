"""The words of a query."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from kizuna.search.errors import QueryError


class Kind(Enum):
    """What a token is. The value is its name in errors."""

    PLUS = "+"
    MINUS = "-"
    COLON = ":"
    GREATER = ">"
    LESS = "<"
    EQUAL = "="
    TEXT = "text"
    NUMBER = "number"
    PHRASE = "quoted text"
    BOOST = "^"
    TILDE = "~"


@dataclass(frozen=True, slots=True)
class Token:
    """A word at position `at`; `text` is free of escapes. Of `^` and `~`, the text is what follows.

    `escaped` are the positions in `text` of characters that a backslash has made ordinary.
    """

    kind: Kind
    text: str
    at: int
    escaped: frozenset[int] = frozenset()


_OPERATORS = {kind.value: kind for kind in Kind if kind.value in "+-:><="}
_SUFFIXES = {"^": Kind.BOOST, "~": Kind.TILDE}

_RESERVED = frozenset('+-=&|><!(){}[]^"~*?:\\/ ')
_SUFFIX_VALUE = re.compile("[^ ]*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?=[ :^~]|\Z)")
_WORD_ENDS, _PHRASE_ENDS = frozenset(" :^~"), frozenset('"')


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a query, in one pass. Raises `QueryError` for a quote that is not closed."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        else:
            token, at = _token(text, at)
            yield token


def _token(text: str, at: int) -> tuple[Token, int]:
    """The token that begins here, and where the next one may begin."""
    char = text[at]
    if char in _OPERATORS:
        return Token(_OPERATORS[char], char, at), at + 1
    if char in _SUFFIXES:
        value = _SUFFIX_VALUE.match(text, at + 1)
        assert value is not None
        return Token(_SUFFIXES[char], value[0], at), value.end()
    if number := _NUMBER.match(text, at):
        return Token(Kind.NUMBER, number[0], at), number.end()
    if char == '"':
        return _phrase(text, at)
    content, escaped, end = _unescaped(text, at, _WORD_ENDS)
    return Token(Kind.TEXT, content, at, escaped), end


def _phrase(text: str, at: int) -> tuple[Token, int]:
    content, escaped, end = _unescaped(text, at + 1, _PHRASE_ENDS)
    if end == len(text):
        raise QueryError("unclosed quote", at)
    return Token(Kind.PHRASE, content, at, escaped), end + 1


def _unescaped(text: str, at: int, ends: frozenset[str]) -> tuple[str, frozenset[int], int]:
    """The text up to an unescaped end, without its backslashes; which of it was escaped; and where it ends.

    A backslash before an ordinary character is one itself.
    """
    content: list[str] = []
    escaped: list[int] = []
    while at < len(text) and text[at] not in ends:
        if text[at] == "\\" and text[at + 1 : at + 2] in _RESERVED:
            at += 1
            escaped.append(len(content))
        content.append(text[at])
        at += 1
    return "".join(content), frozenset(escaped), at
