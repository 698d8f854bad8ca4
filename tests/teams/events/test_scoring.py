"""What submissions add up to."""

from hypothesis import given
from hypothesis import strategies as st

from kizuna.teams.config.shapes import Operator
from kizuna.teams.events.scoring import reaches, scored

LOWEST, HIGHEST = -(2**63), 2**63 - 1
INT64 = st.integers(LOWEST, HIGHEST) | st.integers(-9, 9)


def _run(operator: Operator, ascending: bool, submitted: list[int]) -> int:
    score = None
    for one in submitted:
        score = scored(operator, ascending, score, one)
        assert LOWEST <= score <= HIGHEST
    assert score is not None
    return score


@given(st.lists(st.integers(-1000, 1000), min_size=1), st.booleans())
def test_operators(submitted: list[int], ascending: bool) -> None:
    """T-319, T-320: sum, last, best; a decrement stops at 0, and a negative one raises."""
    assert _run("INCREMENT", ascending, submitted) == sum(submitted)
    assert _run("SET", ascending, submitted) == submitted[-1]
    assert _run("BEST", ascending, submitted) == (min if ascending else max)(submitted)
    left = 0
    for one in submitted:
        left = left - one if left > one else 0
    assert _run("DECREMENT", ascending, submitted) == left


@given(st.lists(INT64, min_size=1), st.sampled_from(["INCREMENT", "DECREMENT", "SET", "BEST"]), st.booleans())
def test_clamped(submitted: list[int], operator: Operator, ascending: bool) -> None:
    """T-319: scores stay within 64 bits."""
    _run(operator, ascending, submitted)


def test_edges() -> None:
    """T-319: at the ends of 64 bits."""
    assert scored("INCREMENT", False, HIGHEST, 1) == HIGHEST
    assert scored("INCREMENT", False, LOWEST, -1) == LOWEST
    assert scored("DECREMENT", False, 5, LOWEST) == HIGHEST
    assert scored("DECREMENT", False, None, 7) == 0
    assert scored("DECREMENT", False, None, -7) == 7
    assert scored("BEST", False, None, -7) == -7


def test_targets() -> None:
    """T-334: ascending, a score counts only once there is one."""
    assert reaches(10, 1, 10, ascending=False)
    assert not reaches(9, 1, 10, ascending=False)
    assert reaches(10, 1, 10, ascending=True)
    assert not reaches(11, 1, 10, ascending=True)
    assert not reaches(0, 0, 10, ascending=True)
