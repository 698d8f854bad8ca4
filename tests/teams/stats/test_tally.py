"""What becomes of a stat, against a model that remembers everything that was submitted."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.teams.stats.tally import Operator, Tally, submit

LOW, HIGH = -(2**63), 2**63 - 1

int64s = st.integers(LOW, HIGH) | st.sampled_from([LOW, LOW + 1, -1, 0, 1, HIGH - 1, HIGH])
small = st.integers(-1000, 1000)
Submission = tuple[Operator, int]
histories = st.lists(st.tuples(st.sampled_from(Operator), int64s), min_size=1, max_size=12)


def clamp(number: int) -> int:
    return sorted((LOW, number, HIGH))[1]


def after(history: list[Submission], configured: int = 0) -> Tally:
    tally: Tally | None = None
    for operator, submitted in history:
        tally = submit(tally, configured, operator, submitted)
    assert tally is not None
    return tally


def modelled_value(history: list[Submission], configured: int) -> int:
    """The value alone, from a table of what each operator does to a number that may be missing."""

    def step(current: int | None, submission: Submission) -> int:
        operator, submitted = submission
        if current is None or operator is Operator.SET:
            return submitted
        if operator is Operator.DELTA:
            return clamp(current + submitted)
        better = submitted < current if operator is Operator.MIN else submitted > current
        return submitted if better else current

    value = reduce(step, history, configured if configured else None)
    assert value is not None
    return value


@given(histories, int64s)
def test_value_is_that_of_the_model(history: list[Submission], configured: int) -> None:
    """T-423, T-424."""
    assert after(history, configured).value == modelled_value(history, configured)


@given(histories, int64s)
def test_figures_are_those_of_all_submissions(history: list[Submission], configured: int) -> None:
    """T-412 to T-417, T-425: whatever the operators, and whether or not the value changed."""
    submitted = [value for _, value in history]
    tally = after(history, configured)
    assert (tally.count, tally.min, tally.max) == (len(history), min(submitted), max(submitted))
    assert (tally.first, tally.last) == (submitted[0], submitted[-1])
    assert tally.total == reduce(lambda total, value: clamp(total + value), submitted, 0)


@given(histories, int64s)
def test_everything_stays_within_64_bits(history: list[Submission], configured: int) -> None:
    """T-427."""
    tally = after(history, configured)
    for figure in (tally.value, tally.total, tally.min, tally.max, tally.first, tally.last):
        assert LOW <= figure <= HIGH


@given(st.lists(small, min_size=1), small)
def test_deltas_add_up_in_any_order(deltas: list[int], configured: int) -> None:
    """T-423: negative results are results like others."""
    there = after([(Operator.DELTA, delta) for delta in deltas], configured)
    back = after([(Operator.DELTA, delta) for delta in reversed(deltas)], configured)
    assert there.value == back.value == configured + sum(deltas)
    assert there.total == back.total == sum(deltas)


@pytest.mark.parametrize("operator", Operator)
@given(int64s)
def test_nothing_before_means_set(operator: Operator, submitted: int) -> None:
    """T-424: without a configured value, or with one of zero, every operator sets."""
    assert submit(None, 0, operator, submitted) == Tally(submitted, 1, *(submitted,) * 5)


@given(int64s, int64s)
def test_a_value_that_came_to_zero_is_one(first: int, second: int) -> None:
    """T-424: only what was never submitted to has no value."""
    zero = after([(Operator.SET, first), (Operator.SET, 0)])
    assert submit(zero, 5, Operator.MIN, second).value == min(0, second)


def test_overflow_stops_at_the_ends() -> None:
    """T-427."""
    far = 9_000_000_000_000_000_000
    up = after([(Operator.DELTA, far), (Operator.DELTA, far)])
    down = after([(Operator.DELTA, -far), (Operator.DELTA, -far)])
    assert (up.value, up.total, down.value, down.total) == (HIGH, HIGH, LOW, LOW)
    assert submit(up, 0, Operator.DELTA, -1).value == HIGH - 1


def test_a_count_that_is_full_stays() -> None:
    """T-427."""
    full = Tally(1, HIGH, 1, 1, 1, 1, 1)
    assert submit(full, 0, Operator.SET, 1).count == HIGH
