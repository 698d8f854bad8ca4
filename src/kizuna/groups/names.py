"""Names as searches compare them: patterns with wildcards, in which upper and lower case are the same."""

import re
from itertools import pairwise, takewhile
from typing import NamedTuple

_ANY_TEXT, _ANY_LETTER = "%", "_"
_UNIT = re.compile(r"\\.|[^\\]", re.DOTALL)
#: How often a pattern may say "any text": the oftener, the longer it takes to see that a name does not match.
_MOST_TEXTS = 8
_LONGEST_NAME = 255
_LAST, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)


class Pattern(NamedTuple):
    """A pattern for SQL's `like`, which can match names from `low` on and below `high` only.

    `high` is None where there is no such end. Without wildcards in the pattern, it matches `low` alone; and
    nothing at all where it asks for more letters than a name can have.
    """

    like: str
    low: str
    high: str | None
    has_wildcards: bool
    matches_nothing: bool


def folded(name: str) -> str:
    """The name in lower case, letter by letter; letters that would become two are left alone."""
    if name.isascii():
        return name.lower()
    return "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in name)


def pattern(text: str) -> Pattern | None:
    r"""The pattern that a client means: `%` is any text, `_` any letter, and `\` takes their meaning away.

    It is about the whole name. None for a `\` at the end, which escapes nothing, and for too many `%`.
    """
    units = _units(folded(text))
    if units is None or units.count(_ANY_TEXT) > _MOST_TEXTS:
        return None
    literals = list(takewhile(lambda unit: unit not in (_ANY_TEXT, _ANY_LETTER), units))
    low = "".join(unit[-1] for unit in literals)
    letters = len(units) - units.count(_ANY_TEXT)
    return Pattern(
        like="".join(units),
        low=low,
        high=_successor(low),
        has_wildcards=len(literals) < len(units),
        matches_nothing=letters > _LONGEST_NAME,
    )


def _units(text: str) -> list[str] | None:
    """The wildcards and letters of a pattern, an escaped one with its escape; adjoining `%` are one.

    None for an escape without a letter.
    """
    units = _UNIT.findall(text)
    if sum(map(len, units)) < len(text):
        return None
    return [unit for before, unit in pairwise(("", *units)) if not before == unit == _ANY_TEXT]


def _successor(prefix: str) -> str | None:
    """The lowest text, by code points, above all that begin with a prefix; None if there is no such text."""
    shortened = prefix.rstrip(chr(_LAST))
    if not shortened:
        return None
    following = ord(shortened[-1]) + 1
    if following in _SURROGATES:
        following = _SURROGATES.stop
    return shortened[:-1] + chr(following)
