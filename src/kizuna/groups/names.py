"""Names as searches compare them: patterns with wildcards, in which upper and lower case are the same."""

from typing import NamedTuple

_WILDCARDS = "%_"
_ESCAPE = "\\"
_LAST, _SURROGATES = 0x10FFFF, range(0xD800, 0xE000)


class Pattern(NamedTuple):
    """A pattern for SQL's `like`, which can match names from `low` on and below `high` only.

    `high` is None where there is no such end. Without wildcards in the pattern, it matches `low` alone.
    """

    like: str
    low: str
    high: str | None
    has_wildcards: bool


def folded(name: str) -> str:
    """The name in lower case, letter by letter; letters that would become two are left alone."""
    if name.isascii():
        return name.lower()
    return "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in name)


def pattern(text: str) -> Pattern | None:
    r"""The pattern that a client means: `%` is any text, `_` any letter, and `\` takes their meaning away.

    It is about the whole name. None for a `\` at the end, which escapes nothing.
    """
    like = folded(text)
    literal, end = "", 0
    while end < len(like) and like[end] not in _WILDCARDS:
        end += like[end] == _ESCAPE
        if end == len(like):
            return None
        literal += like[end]
        end += 1
    if _ends_in_escape(like[end:]):
        return None
    return Pattern(like, literal, _successor(literal), end < len(like))


def _ends_in_escape(text: str) -> bool:
    return (len(text) - len(text.rstrip(_ESCAPE))) % 2 == 1


def _successor(prefix: str) -> str | None:
    """The lowest text, by code points, above all that begin with a prefix; None if there is no such text."""
    shortened = prefix.rstrip(chr(_LAST))
    if not shortened:
        return None
    following = ord(shortened[-1]) + 1
    if following in _SURROGATES:
        following = _SURROGATES.stop
    return shortened[:-1] + chr(following)
