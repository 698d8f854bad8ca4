"""What becomes of a stat when a value is submitted. Pure, and all of it within 64 bits."""

from dataclasses import dataclass
from enum import IntEnum

from kizuna.wire.integers import INT64_MAX, INT64_MIN


class Operator(IntEnum):
    """How a submitted value bears on the stat's; the numbers are those of the wire."""

    SET = 1
    DELTA = 2
    MIN = 3
    MAX = 4


@dataclass(frozen=True, slots=True)
class Tally:
    """A stat to which something was submitted: its value, and figures on what was submitted."""

    value: int
    count: int
    total: int
    min: int
    max: int
    first: int
    last: int


def submit(before: Tally | None, configured: int, operator: Operator, submitted: int) -> Tally:
    """The stat after one more submission. `before` is None for the first.

    The configured value is what the first submission meets; one of zero is none, and then every operator
    sets (T-424). `submitted` is within 64 bits, the rest is clamped.
    """
    current = before.value if before else configured or None
    value = submitted if current is None else _value(current, operator, submitted)
    if before is None:
        return Tally(value, 1, submitted, submitted, submitted, submitted, submitted)
    return Tally(
        value,
        min(before.count + 1, INT64_MAX),
        _clamped(before.total + submitted),
        min(before.min, submitted),
        max(before.max, submitted),
        before.first,
        submitted,
    )


def _value(current: int, operator: Operator, submitted: int) -> int:
    match operator:
        case Operator.SET:
            return submitted
        case Operator.DELTA:
            return _clamped(current + submitted)
        case Operator.MIN:
            return min(current, submitted)
        case Operator.MAX:
            return max(current, submitted)


def _clamped(number: int) -> int:
    return min(max(number, INT64_MIN), INT64_MAX)
