"""Texts with `*` for any run of characters and `?` for any single one."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A pattern over a whole text. At the positions `escaped`, `*` and `?` are ordinary characters."""

    pattern: str
    escaped: frozenset[int] = frozenset()
    _segments: tuple["_Segment", ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_segments", tuple(_Segment(part) for part in self._parts()))

    def matches(self, text: str) -> bool:
        """Whether the whole text fits.

        A segment matches runs of one length only, so taking each where it comes first finds a way if there is
        any: nothing is ever tried again.
        """
        first, *others = self._segments
        if not others:
            return len(text) == first.length and first.at(text, 0)
        if not first.at(text, 0):
            return False
        end = first.length
        for segment in others[:-1]:
            start = segment.find(text, end)
            if start < 0:
                return False
            end = start + segment.length
        last = len(text) - others[-1].length
        return end <= last and others[-1].at(text, last)

    def _parts(self) -> list[list[str | None]]:
        """What stands between the stars: characters, None for any."""
        parts: list[list[str | None]] = [[]]
        for index, char in enumerate(self.pattern):
            if char == "*" and index not in self.escaped:
                parts.append([])
            else:
                parts[-1].append(None if char == "?" and index not in self.escaped else char)
        return parts


class _Segment:
    """A run of characters, None for any."""

    def __init__(self, chars: list[str | None]) -> None:
        self.length = len(chars)
        # No repetition in it, so there is nothing that could take long.
        self._pattern = re.compile(
            "".join("." if char is None else re.escape(char) for char in chars), re.DOTALL
        )

    def at(self, text: str, position: int) -> bool:
        """Whether it stands at this position."""
        return self._pattern.match(text, position) is not None

    def find(self, text: str, start: int) -> int:
        """The first position from `start` on where it stands, -1 for none."""
        found = self._pattern.search(text, start)
        return found.start() if found else -1
