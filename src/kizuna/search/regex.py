"""Regular expressions that no text can make slow.

Understood are characters, `.`, classes (`[a-z]`, `[^0-9_]`, `\\d \\w \\s` and their opposites), groups, `|`,
`* + ?`, `{m}`, `{m,}`, `{m,n}`, and `(?i)` at the beginning. An expression is always about a whole text, so
there are no anchors, nor anything else that looks beyond the character at hand.

Python's own `re` goes back and tries again, which `(a+)+` makes endless. Here the expression becomes an
automaton whose every step takes all ways at once: a state is the set of positions in the expression at which
the last character may have been read, as the bits of an integer.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from kizuna.search.expressions import Chars, Choice, Node, RegexError, Repeat, Series, parse

Key = TypeVar("Key", bound=Hashable)

#: Steps that are remembered; all are forgotten when there are more.
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Regex:
    """An expression over a whole text; more than `largest` characters and classes in it are too many.

    Raises `RegexError` for what is not understood.
    """

    source: str
    largest: int = field(compare=False)
    _automaton: "_Automaton" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_automaton", _Automaton(self.source, self.largest))

    @property
    def size(self) -> int:
        """Its characters and classes, repeated ones as often as they are repeated."""
        return self._automaton.size

    def matches(self, text: str) -> bool:
        """Whether the whole text fits. The time is at most proportional to its length."""
        return self._automaton.accepts(text)


class _Part(NamedTuple):
    """A part of the expression: whether it fits the empty text, and where it may begin and end."""

    empty: bool
    first: int
    last: int


_EMPTY = _Part(True, 0, 0)
_START = 1


class _Automaton:
    """One position for each character or class; bit 0 stands for the beginning of the text."""

    def __init__(self, source: str, largest: int) -> None:
        root, self._fold_case = parse(source)
        self._largest = largest
        # Copies of a part share its sets of characters: each set with its positions, by its identity.
        self._sets: dict[int, tuple[Chars, int]] = {}
        self._follow = [0]
        whole = self._build(root)
        self._follow[0] = whole.first
        self._accepting = whole.last | (_START if whole.empty else 0)
        self._steps: dict[tuple[int, str], int] = {}
        self._places: dict[str, int] = {}

    @property
    def size(self) -> int:
        return len(self._follow) - 1

    def accepts(self, text: str) -> bool:
        state = _START
        for char in text:
            state = self._step(state, char)
            if not state:
                return False
        return bool(state & self._accepting)

    def _step(self, state: int, char: str) -> int:
        """The positions at which the character may be read after one of the state's."""
        target = self._steps.get((state, char))
        if target is None:
            target = _union(self._follow[position] for position in _bits(state)) & self._places_of(char)
            _remember(self._steps, (state, char), target)
        return target

    def _places_of(self, char: str) -> int:
        """All positions that take the character."""
        places = self._places.get(char)
        if places is None:
            other = char.swapcase() if self._fold_case else char
            spellings = (char, other) if len(other) == 1 else (char,)
            places = _union(positions for chars, positions in self._sets.values() if chars.take(*spellings))
            _remember(self._places, char, places)
        return places

    def _build(self, node: Node) -> _Part:
        if isinstance(node, Chars):
            return self._position(node)
        if isinstance(node, Series):
            whole = _EMPTY
            for each in reversed(node.parts):
                whole = self._joined(self._build(each), whole)
            return whole
        if isinstance(node, Choice):
            options = [self._build(each) for each in node.options]
            empty = any(option.empty for option in options)
            return _Part(empty, _union(o.first for o in options), _union(o.last for o in options))
        return self._repeated(node)

    def _position(self, chars: Chars) -> _Part:
        if self.size == self._largest:
            raise RegexError(f"more than {self._largest} characters and classes")
        self._follow.append(0)
        bit = 1 << self.size
        _, others = self._sets.get(id(chars), (chars, 0))
        self._sets[id(chars)] = (chars, others | bit)
        return _Part(False, bit, bit)

    def _joined(self, one: _Part, other: _Part) -> _Part:
        """One after the other. The time is that of the ends of the one, so a series is built from its end."""
        self._lead(one.last, other.first)
        return _Part(
            one.empty and other.empty,
            one.first | (other.first if one.empty else 0),
            other.last | (one.last if other.empty else 0),
        )

    def _repeated(self, node: Repeat) -> _Part:
        """As many copies as are counted; the last of an endless repetition leads back to itself."""
        whole = _EMPTY
        copies = max(node.least, 1) if node.most is None else node.most
        for copy in range(copies, 0, -1):
            part = self._build(node.part)
            if node.most is None and copy == copies:
                self._lead(part.last, part.first)
            if copy > node.least:
                part = part._replace(empty=True)
            whole = self._joined(part, whole)
        return whole

    def _lead(self, sources: int, targets: int) -> None:
        for position in _bits(sources):
            self._follow[position] |= targets


def _bits(state: int) -> Iterator[int]:
    while state:
        lowest = state & -state
        yield lowest.bit_length() - 1
        state ^= lowest


def _union(states: Iterable[int]) -> int:
    union = 0
    for state in states:
        union |= state
    return union


def _remember(known: dict[Key, int], key: Key, value: int) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value
