"""Whether what was rolled is as likely as it should be."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)

#: So many standard deviations off, a sound source of chance never is.
_FAR = 4.0


def fits(counts: Mapping[K, int], expected: Mapping[K, float]) -> bool:
    """Whether counts agree with expected ones, by Pearson's chi-square; nothing unexpected may occur."""
    if not counts.keys() <= expected.keys():
        return False
    distance = sum((counts.get(key, 0) - wanted) ** 2 / wanted for key, wanted in expected.items())
    freedom = len(expected) - 1
    # Wilson and Hilferty: the cube root of chi-square over its freedom is nearly normal.
    spread = 2 / (9 * freedom)
    return bool(distance < freedom * (1 - spread + _FAR * spread**0.5) ** 3)


def evenly(keys: list[K], total: int) -> dict[K, float]:
    """What is expected where all are as likely."""
    return dict.fromkeys(keys, total / len(keys))
