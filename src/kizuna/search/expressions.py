"""Reads regular expressions, which `regex` makes automata of."""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: Groups within groups.
_DEEPEST = 32

#: Repetitions that can be counted out.
_MOST_REPEATED = 256


class RegexError(ValueError):
    """An expression that is wrong or not understood."""


@dataclass(frozen=True, slots=True)
class Chars:
    """A set of characters: those in the ranges, or all others.

    A range contains both its ends. They are in order, and none has a character of another.
    """

    ranges: tuple["Range", ...]
    negated: bool = False

    @property
    def single(self) -> bool:
        """Whether it is one character."""
        return len(self.ranges) == 1 and self.ranges[0][0] == self.ranges[0][1] and not self.negated

    def take(self, *spellings: str) -> bool:
        """Whether a character belongs to it, which may have more than one spelling."""
        return any(self._lists(char) for char in spellings) != self.negated

    def _lists(self, char: str) -> bool:
        at = bisect_right(self.ranges, (char, _LAST))
        return at > 0 and char <= self.ranges[at - 1][1]


@dataclass(frozen=True, slots=True)
class Series:
    """One after the other."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these."""

    options: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """The part at least and at most so often; `most` None is any number."""

    part: "Node"
    least: int
    most: int | None


Node = Chars | Series | Choice | Repeat

_NOTHING = Series(())

Range = tuple[str, str]

_LAST = chr(sys.maxunicode)
_DIGITS = (("0", "9"),)
_WORD = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACE = (("\t", "\n"), ("\f", "\r"), (" ", " "))
_NAMED = {
    "d": Chars(_DIGITS),
    "w": Chars(_WORD),
    "s": Chars(_SPACE),
    "D": Chars(_DIGITS, negated=True),
    "W": Chars(_WORD, negated=True),
    "S": Chars(_SPACE, negated=True),
    **{name: Chars(((char, char),)) for name, char in zip("tnrfv", "\t\n\r\f\v", strict=True)},
}
_ANY = Chars((("\n", "\n"),), negated=True)
_QUANTIFIERS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_COUNTED = re.compile(r"\{([0-9]{1,4})(?:(,)([0-9]{0,4}))?\}")
_IGNORE_CASE = "(?i)"


def parse(source: str) -> tuple[Node, bool]:
    """What the expression says, and whether upper and lower case are the same to it.

    Nothing stands in it only where it is all there is, or one of the options of a choice, once. So copies of
    a part cost no more than the characters that are counted in them.
    """
    fold_case = source.startswith(_IGNORE_CASE)
    return _Parser(source[len(_IGNORE_CASE) :] if fold_case else source).whole(), fold_case


class _Parser:
    """Goes through the source once."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._choice()
        if self._next:
            raise RegexError("a group is closed that was not opened")
        return node

    @property
    def _next(self) -> str:
        """The next character, "" at the end."""
        return self._source[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._next
        if not char:
            raise RegexError("it ends too early")
        self._at += 1
        return char

    def _skip(self, text: str) -> bool:
        """Whether the text was next; it is behind us then."""
        found = self._source.startswith(text, self._at)
        self._at += len(text) if found else 0
        return found

    def _choice(self) -> Node:
        options = [self._series()]
        while self._skip("|"):
            options.append(self._series())
        return _choice(options)

    def _series(self) -> Node:
        parts: list[Node] = []
        while self._next not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return _series(parts)

    def _repeated(self, part: Node) -> Node:
        bounds = self._quantifier()
        if bounds is None:
            return part
        if self._quantifier() is not None:
            raise RegexError("a repetition of a repetition")
        return _NOTHING if part == _NOTHING or bounds[1] == 0 else Repeat(part, *bounds)

    def _quantifier(self) -> tuple[int, int | None] | None:
        if self._next in _QUANTIFIERS:
            return _QUANTIFIERS[self._take()]
        counted = _COUNTED.match(self._source, self._at)
        if counted is None:
            return None
        self._at = counted.end()
        least = int(counted[1])
        most = least if not counted[2] else int(counted[3]) if counted[3] else None
        if not least <= (least if most is None else most) <= _MOST_REPEATED:
            raise RegexError(f"the repetition {counted[0]}")
        return least, most

    def _atom(self) -> Node:
        char = self._take()
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        if char == ".":
            return _ANY
        if char in "^$*+?":
            raise RegexError(f"{char} has no place here")
        return Chars(((char, char),))

    def _group(self) -> Node:
        self._skip("?:")
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RegexError(f"groups more than {_DEEPEST} deep")
        node = self._choice()
        if not self._skip(")"):
            raise RegexError("a group is not closed")
        self._depth -= 1
        return node

    def _escape(self) -> Chars:
        char = self._take()
        if char in _NAMED:
            return _NAMED[char]
        if char.isalnum():
            raise RegexError(f"\\{char} is not understood")
        return Chars(((char, char),))

    def _class(self) -> Chars:
        negated = self._skip("^")
        ranges = list(self._member())  # even a closing bracket belongs to it where it comes first
        while not self._skip("]"):
            ranges += self._member()
        return Chars(_merged(ranges), negated)

    def _member(self) -> tuple[Range, ...]:
        """What stands within brackets: a character, a range, or a named class."""
        low = self._class_char()
        following = self._source[self._at : self._at + 2]
        if not low.single or not following.startswith("-") or following in ("-", "-]"):
            return low.ranges
        self._take()
        high = self._class_char()
        if not high.single or high.ranges < low.ranges:
            raise RegexError("a range that leads nowhere")
        return ((low.ranges[0][0], high.ranges[0][1]),)

    def _class_char(self) -> Chars:
        if self._source.startswith("[:", self._at):
            raise RegexError("[: is not understood")
        char = self._take()
        chars = self._escape() if char == "\\" else Chars(((char, char),))
        if chars.negated:
            raise RegexError("an opposite within brackets")
        return chars


def _series(parts: Sequence[Node]) -> Node:
    something = tuple(part for part in parts if part != _NOTHING)
    return something[0] if len(something) == 1 else Series(something)


def _choice(options: Sequence[Node]) -> Node:
    different = [option for option in options if option != _NOTHING]
    if len(different) < len(options):
        different.append(_NOTHING)
    return different[0] if len(different) == 1 else Choice(tuple(different))


def _merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same characters in ranges that are in order and have none in common."""
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1]:
            low, last = merged.pop()
            high = max(high, last)
        merged.append((low, high))
    return tuple(merged)
