"""Reads queries.

    query    := "*" | clause { clause }
    clause   := [ "+" | "-" ] base [ "^" boost ]
    base     := [ field ":" ] ( text | text "~" [ distance ] | number | "quoted text" )
              | field ":" ( ">" | ">=" | "<" | "<=" ) ( number | "RFC 3339 time" )
    number   := [ "-" ] digits [ "." digits ]           "-" only after a field
    text     := /regular expression/ | text with * and ? | text

Spaces separate; a backslash takes its meaning from what it precedes.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from kizuna.search.documents import parse_rfc3339
from kizuna.search.errors import QueryError
from kizuna.search.expressions import RegexError
from kizuna.search.regex import Regex
from kizuna.search.tokens import Kind, Token, tokens
from kizuna.search.wildcard import Wildcard

#: Characters of a query, its clauses, and the characters and classes of all its regular expressions together:
#: far more than a game needs, and little enough for anybody to send.
LONGEST, MOST_CLAUSES, LARGEST_REGEX = 2048, 256, 256

_MOST_FUZZY = 2

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class Comparison(Enum):
    """How a value has to compare to a bound."""

    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    LESS = "<"
    LESS_OR_EQUAL = "<="


@dataclass(frozen=True, slots=True)
class Text:
    """The text, whole and exact."""

    value: str


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A text at most so many insertions, deletions and substitutions away."""

    value: str
    distance: int


@dataclass(frozen=True, slots=True)
class Number:
    """The number, or the text that it is written as."""

    value: float
    text: str


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers, or instants in UTC, on one side of a bound."""

    comparison: Comparison
    bound: float | datetime


Condition = Text | Fuzzy | Number | Range | Wildcard | Regex


@dataclass(frozen=True, slots=True)
class Clause:
    """A condition on a field. One on no field, "", is never met: no text is collected from all fields."""

    field: str
    condition: Condition
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: all of `must`, none of `must_not` and, where nothing must, one of `should`.

    Without any clause it is everything.
    """

    must: tuple[Clause, ...] = ()
    must_not: tuple[Clause, ...] = ()
    should: tuple[Clause, ...] = ()


EVERYTHING = Query()


def parse(text: str) -> Query:
    """The query that a text is; everything for the empty text and for `*`. Raises `QueryError` for no query.

    Time and size are proportional to the text, of which there may be `LONGEST` characters.
    """
    if text in ("", "*"):
        return EVERYTHING
    if len(text) > LONGEST:
        raise QueryError(f"more than {LONGEST} characters", LONGEST)
    return _Parser(text).query()


class _Parser:
    """Goes through the tokens once."""

    def __init__(self, text: str) -> None:
        self._tokens: Sequence[Token] = tuple(tokens(text))
        self._at = 0
        self._end = len(text)
        self._regex_size = 0

    def query(self) -> Query:
        clauses: dict[Kind | None, list[Clause]] = {Kind.PLUS: [], Kind.MINUS: [], None: []}
        for _ in range(MOST_CLAUSES):
            sign = self._skip(Kind.PLUS, Kind.MINUS)
            clauses[sign.kind if sign else None].append(self._clause())
            if self._at == len(self._tokens):
                return Query(tuple(clauses[Kind.PLUS]), tuple(clauses[Kind.MINUS]), tuple(clauses[None]))
        raise QueryError(f"more than {MOST_CLAUSES} clauses", self._position)

    @property
    def _position(self) -> int:
        return self._tokens[self._at].at if self._at < len(self._tokens) else self._end

    def _skip(self, *kinds: Kind) -> Token | None:
        """The next token if it is of one of these kinds; it is behind us then."""
        if self._at < len(self._tokens) and self._tokens[self._at].kind in kinds:
            self._at += 1
            return self._tokens[self._at - 1]
        return None

    def _take(self, *kinds: Kind) -> Token:
        token = self._skip(*kinds)
        if token is None:
            wanted = " or ".join(kind.value for kind in kinds)
            raise QueryError(f"expected {wanted}", self._position)
        return token

    def _clause(self) -> Clause:
        first = self._take(Kind.TEXT, Kind.NUMBER, Kind.PHRASE)
        if first.kind is Kind.TEXT and self._skip(Kind.COLON):
            field, condition = first.text, self._value()
        else:
            field, condition = "", self._plain(first)
        boost = self._skip(Kind.BOOST)
        return Clause(field, condition, _suffix(boost) if boost else 1.0)

    def _value(self) -> Condition:
        """What follows a field and its colon."""
        if sign := self._skip(Kind.GREATER, Kind.LESS):
            comparison = Comparison(sign.text + ("=" if self._skip(Kind.EQUAL) else ""))
            return Range(comparison, self._bound())
        if self._skip(Kind.MINUS):
            return _number(self._take(Kind.NUMBER), "-")
        return self._plain(self._take(Kind.TEXT, Kind.NUMBER, Kind.PHRASE))

    def _bound(self) -> float | datetime:
        sign = "-" if self._skip(Kind.MINUS) else ""
        token = self._take(*((Kind.NUMBER,) if sign else (Kind.NUMBER, Kind.PHRASE)))
        if token.kind is Kind.NUMBER:
            return _number(token, sign).value
        time = parse_rfc3339(token.text)
        if time is None:
            raise QueryError("not an RFC 3339 time", token.at)
        return time

    def _plain(self, token: Token) -> Condition:
        """The condition of a value that stands for itself."""
        if token.kind is Kind.NUMBER:
            return _number(token)
        # In the reference no quoted text is ever found; here it is the text, so that quotes do what they say.
        if token.kind is Kind.PHRASE:
            return Text(token.text)
        if tilde := self._skip(Kind.TILDE):
            return Fuzzy(token.text, _distance(tilde))
        if _is_regex(token):
            return self._regex(token)
        # In the reference an escaped star is as wild as any other.
        if any(char in "*?" and index not in token.escaped for index, char in enumerate(token.text)):
            return Wildcard(token.text, token.escaped)
        return Text(token.text)

    def _regex(self, token: Token) -> Regex:
        try:
            regex = Regex(token.text[1:-1], LARGEST_REGEX - self._regex_size)
        except RegexError as error:
            raise QueryError(f"regular expression: {error}", token.at) from error
        self._regex_size += regex.size
        return regex


def _is_regex(token: Token) -> bool:
    slashes = token.text.startswith("/") and token.text.endswith("/") and len(token.text) > 1
    return slashes and token.escaped.isdisjoint((0, len(token.text) - 1))


def _number(token: Token, sign: str = "") -> Number:
    text = sign + token.text
    return Number(_finite(text, token), text)


def _suffix(token: Token) -> float:
    """What follows `^` or `~`; nothing is 1."""
    if not token.text:
        return 1.0
    if not _DECIMAL.fullmatch(token.text):
        raise QueryError(f"expected a number after {token.kind.value}", token.at)
    return _finite(token.text, token)


def _finite(text: str, token: Token) -> float:
    number = float(text)
    if math.isinf(number):
        raise QueryError("a number out of range", token.at)
    return number


def _distance(token: Token) -> int:
    distance = int(_suffix(token))
    if not 0 <= distance <= _MOST_FUZZY:
        raise QueryError(f"a distance other than 0 to {_MOST_FUZZY}", token.at)
    return distance
