"""What a submitted score makes of the record it is written to. No I/O.

`given` is the submitted score and subscore, `stored` what the record holds. The two numbers follow the same
rule, each for itself: under BEST a worse score with a better subscore improves the subscore alone.

    operator      a new record holds    an existing record becomes
    BEST          given                 the better of stored and given
    SET           given                 given
    INCREMENT     given                 stored + given
    DECREMENT     0, 0                  stored - given, at least 0

The better one is the smaller on an ascending board, else the larger. A record holds 0 to 2**63 - 1. What is
given must lie there too, except for DECREMENT: to take away less than nothing is to add.
"""

from enum import IntEnum
from typing import NamedTuple

from kizuna.wire.integers import INT64_MAX

#: The largest score and subscore that a record can hold.
LARGEST = INT64_MAX


class ScoreError(ValueError):
    """The given score is not allowed here, or the result would leave what a record can hold."""


class Operator(IntEnum):
    """How scores combine; the values are the stored ones. On the wire each is one more, and 0 is none."""

    BEST = 0
    SET = 1
    INCREMENT = 2
    DECREMENT = 3

    @classmethod
    def from_wire(cls, number: int) -> "Operator | None":
        """The operator of a wire number, None for 0. Raises ValueError for an unknown one."""
        if not 0 <= number < len(_BY_WIRE):
            raise ValueError("invalid operator")
        return _BY_WIRE[number]

    @classmethod
    def from_name(cls, name: str) -> "Operator":
        """The operator that game code and the configuration name. Raises ValueError for an unknown name."""
        try:
            return _NAMES[name]
        except KeyError:
            raise ValueError("expects operator to be 'best', 'set', 'incr' or 'decr'") from None

    @property
    def wire(self) -> int:
        """The number on the wire."""
        return self.value + 1


_BY_WIRE: tuple[Operator | None, ...] = (None, *Operator)
_NAMES = {
    "best": Operator.BEST,
    "set": Operator.SET,
    "incr": Operator.INCREMENT,
    "increment": Operator.INCREMENT,
    "decr": Operator.DECREMENT,
    "decrement": Operator.DECREMENT,
}


class Score(NamedTuple):
    score: int
    subscore: int


_ZERO = Score(0, 0)


def first(operator: Operator, given: Score) -> Score:
    """What a new record holds. Raises ScoreError."""
    if operator is Operator.DECREMENT:
        return _ZERO
    return _within_bounds(given, "given")


def combined(operator: Operator, ascending: bool, stored: Score, given: Score) -> Score:
    """What an existing record becomes. Raises ScoreError."""
    if operator is not Operator.DECREMENT:
        _within_bounds(given, "given")
    pairs = zip(stored, given, strict=True)
    return _within_bounds(Score(*(_one(operator, ascending, old, new) for old, new in pairs)), "resulting")


def _one(operator: Operator, ascending: bool, stored: int, given: int) -> int:
    match operator:
        case Operator.BEST:
            return min(stored, given) if ascending else max(stored, given)
        case Operator.SET:
            return given
        case Operator.INCREMENT:
            return stored + given
        case Operator.DECREMENT:
            return max(stored - given, 0)


def _within_bounds(score: Score, which: str) -> Score:
    if 0 <= score.score <= LARGEST and 0 <= score.subscore <= LARGEST:
        return score
    name = "subscore" if 0 <= score.score <= LARGEST else "score"
    raise ScoreError(f"the {which} {name} must be between 0 and {LARGEST}")
