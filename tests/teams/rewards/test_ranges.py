"""Numbers out of ranges, and choices by weight."""

import math
from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kizuna.teams.rewards.ranges import pick, roll_integer, roll_number
from kizuna.teams.rewards.shapes import FloatRange, IntRange
from tests.teams.rewards.chance import evenly, fits

LARGEST = 2**63 - 1

amounts = st.integers(-1000, 1000) | st.integers(0, LARGEST)
int_ranges = st.builds(
    IntRange, min=amounts, max=amounts, multiple=st.integers(0, 50) | st.integers(0, LARGEST)
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
float_ranges = st.builds(
    FloatRange,
    min=numbers,
    max=st.none() | numbers,
    multiple=st.just(0.0) | st.floats(1e-6, 1e9),
)


@given(wanted=int_ranges, seed=st.integers())
def test_an_integer_is_a_multiple_within_its_range(wanted: IntRange, seed: int) -> None:
    """T-155: within [min, max]; a max that is absent, 0 or less than min is min; without a multiple, min."""
    rolled = roll_integer(wanted, Random(seed))
    top = wanted.max if wanted.max and wanted.max > wanted.min else wanted.min
    assert wanted.min <= rolled <= top
    if wanted.multiple > 1 and rolled % wanted.multiple:
        assert rolled == wanted.min
        assert top // wanted.multiple * wanted.multiple < wanted.min
    assert rolled == roll_integer(wanted, Random(seed))


@given(wanted=float_ranges, seed=st.integers())
def test_a_number_is_within_its_range(wanted: FloatRange, seed: int) -> None:
    """T-156: a max that is absent is min; a max of 0 is one."""
    rolled = roll_number(wanted, Random(seed))
    top = wanted.min if wanted.max is None or wanted.max < wanted.min else wanted.max
    assert math.isfinite(rolled)
    # Multiples are rounded to nine decimals.
    assert wanted.min - 1e-9 <= rolled <= top + 1e-9
    assert rolled == roll_number(wanted, Random(seed))


def test_integers_are_evenly_spread() -> None:
    """T-155: each as likely as the others, multiples too."""
    random = Random(155)
    plain = Counter(roll_integer(IntRange(3, 9), random) for _ in range(7000))
    assert fits(plain, evenly(list(range(3, 10)), 7000))
    multiples = Counter(roll_integer(IntRange(15, 65, 20), random) for _ in range(6000))
    assert fits(multiples, evenly([20, 40, 60], 6000))
    assert {roll_integer(IntRange(5, 9, 10), random) for _ in range(50)} == {5}


def test_an_integer_may_be_as_large_as_the_wire_takes() -> None:
    """T-155: the whole of 64 bits."""
    random = Random(1)
    rolled = [roll_integer(IntRange(0, LARGEST), random) for _ in range(200)]
    assert all(0 <= one <= LARGEST for one in rolled)
    assert max(rolled) > LARGEST // 2 > min(rolled)
    assert roll_integer(IntRange(LARGEST), random) == LARGEST


def test_multiples_of_a_fraction_are_exact_and_evenly_spread() -> None:
    """T-156: k times the multiple, to nine decimals, both ends included."""
    random = Random(156)
    rolled = Counter(roll_number(FloatRange(0.1, 0.7, 0.1), random) for _ in range(7000))
    assert fits(rolled, evenly([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], 7000))
    assert {roll_number(FloatRange(-1.5, 0.0, 0.5), random) for _ in range(200)} == {-1.5, -1.0, -0.5, 0.0}


def test_numbers_without_a_multiple_are_evenly_spread() -> None:
    """T-156: uniform between the two."""
    random = Random(7)
    rolled = Counter(int(roll_number(FloatRange(-5.0, 5.0), random) // 1) for _ in range(10_000))
    assert fits(rolled, evenly(list(range(-5, 5)), 10_000))


def test_choices_go_by_weight() -> None:
    """T-158, T-160: weights, and that of none; they may be as large as 63 bits together."""
    random = Random(160)
    drawn = Counter(pick({"a": 1, "b": 3}, 4, random) for _ in range(8000))
    assert fits(drawn, {"a": 1000, "b": 3000, None: 4000})
    huge = Counter(pick({"a": 2**62, "b": 2**62}, 2**63, random) for _ in range(4000))
    assert fits(huge, {"a": 1000, "b": 1000, None: 2000})
