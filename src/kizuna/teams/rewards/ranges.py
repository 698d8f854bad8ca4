"""Chance in its smallest pieces: a number out of a range, one of several by weight. Pure, and seedable."""

import math
from collections.abc import Hashable, Mapping
from fractions import Fraction
from random import Random
from typing import TypeVar

from kizuna.teams.rewards.shapes import FloatRange, IntRange

K = TypeVar("K", bound=Hashable)

#: Decimals of a multiple of a fraction: what lies behind them is the error of binary arithmetic.
_DECIMALS = 9


def roll_integer(wanted: IntRange, random: Random) -> int:
    """A whole number of a range, each as likely as the others (T-155)."""
    if wanted.multiple <= 1:
        return random.randint(wanted.min, wanted.top)
    first, last = -(-wanted.min // wanted.multiple), wanted.top // wanted.multiple
    # There may be no multiple within the range at all.
    return random.randint(first, last) * wanted.multiple if first <= last else wanted.min


def roll_number(wanted: FloatRange, random: Random) -> float:
    """A number of a range (T-156)."""
    if wanted.multiple <= 0:
        return _between(wanted.min, wanted.top, random)
    # In fractions, as 0.3 is not three times 0.1 in floating point.
    multiple = Fraction(repr(wanted.multiple))
    first = math.ceil(Fraction(repr(wanted.min)) / multiple)
    last = math.floor(Fraction(repr(wanted.top)) / multiple)
    if first > last:
        return wanted.min
    return round(float(random.randint(first, last) * multiple), _DECIMALS)


def pick(weights: Mapping[K, int], none: int, random: Random) -> K | None:
    """One of the keys by their weights, which are above 0; None by the weight of `none` (T-160).

    The weights must come to something.
    """
    drawn = random.randrange(sum(weights.values()) + none)
    for key, weight in weights.items():
        if drawn < weight:
            return key
        drawn -= weight
    return None


def _between(low: float, high: float, random: Random) -> float:
    if low == high:
        return low
    share = random.random()
    # The difference of the two may be beyond what a float can hold.
    return min(max(low * (1 - share) + high * share, low), high)
