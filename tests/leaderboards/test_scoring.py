"""How scores combine, against a literal model; and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.leaderboards.scoring import (
    LARGEST,
    Operator,
    Score,
    ScoreError,
    combined,
    first,
)

BEST, SET, INCREMENT, DECREMENT = Operator

INT64 = (
    st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3) | st.sampled_from([2**63 - 2, 2**63 - 1, -(2**63)])
)
STORED = st.builds(Score, INT64.map(abs).filter(lambda n: n <= LARGEST), st.integers(0, 3) | st.just(LARGEST))
GIVEN = st.builds(Score, INT64, INT64)


# --- The model: one number at a time, None where it is refused ---


def storable(number: int) -> int | None:
    return number if 0 <= number < 2**63 else None


def model(operator: Operator, ascending: bool, old: int | None, new: int) -> int | None:
    """What a number becomes; `old` is None for a new record."""
    if operator == DECREMENT:
        return 0 if old is None else storable(old - new if old > new else 0)
    if new < 0:
        return None
    if old is None or operator == SET:
        return new
    if operator == INCREMENT:
        return storable(old + new)
    return sorted([old, new])[0 if ascending else 1]


@given(st.sampled_from(Operator), GIVEN)
def test_first_agrees_with_the_model(operator: Operator, given_: Score) -> None:
    expected = [model(operator, False, None, new) for new in given_]
    if None in expected:
        with pytest.raises(ScoreError):
            first(operator, given_)
    else:
        assert first(operator, given_) == Score(*expected)


@given(st.sampled_from(Operator), st.booleans(), STORED, GIVEN)
def test_combined_agrees_with_the_model(
    operator: Operator, ascending: bool, stored: Score, given_: Score
) -> None:
    expected = [model(operator, ascending, old, new) for old, new in zip(stored, given_, strict=True)]
    if None in expected:
        with pytest.raises(ScoreError):
            combined(operator, ascending, stored, given_)
        return
    assert combined(operator, ascending, stored, given_) == Score(*expected)


# --- Examples ---


@pytest.mark.parametrize(
    ("operator", "ascending", "stored", "given_", "expected"),
    [
        (BEST, False, (10, 1), (1, 20), (10, 20)),
        (BEST, True, (10, 1), (1, 20), (1, 1)),
        (BEST, False, (10, 1), (10, 1), (10, 1)),
        (BEST, False, (10, 1), (9, 0), (10, 1)),
        (BEST, False, (10, 1), (9, 2), (10, 2)),
        (BEST, True, (10, 1), (11, 2), (10, 1)),
        (BEST, True, (10, 1), (11, 0), (10, 0)),
        (SET, False, (10, 1), (10, 1), (10, 1)),
        (SET, False, (10, 1), (0, 0), (0, 0)),
        (SET, True, (10, 1), (11, 1), (11, 1)),
        (INCREMENT, False, (10, 1), (5, 2), (15, 3)),
        (INCREMENT, False, (10, 1), (0, 2), (10, 3)),
        (INCREMENT, True, (10, 1), (0, 0), (10, 1)),
        (INCREMENT, False, (LARGEST - 1, 0), (1, LARGEST), (LARGEST, LARGEST)),
        (DECREMENT, False, (10, 1), (3, 5), (7, 0)),
        (DECREMENT, False, (10, 10), (50, 3), (0, 7)),
        (DECREMENT, False, (10, 1), (-5, 0), (15, 1)),
        (DECREMENT, False, (0, 0), (5, 5), (0, 0)),
        (DECREMENT, True, (10, 1), (0, 0), (10, 1)),
        (DECREMENT, False, (0, LARGEST), (2**63, LARGEST), (0, 0)),
    ],
)
def test_examples(
    operator: Operator,
    ascending: bool,
    stored: tuple[int, int],
    given_: tuple[int, int],
    expected: tuple[int, int],
) -> None:
    assert combined(operator, ascending, Score(*stored), Score(*given_)) == expected


@pytest.mark.parametrize("operator", [BEST, SET, INCREMENT])
def test_a_new_record_holds_what_is_given(operator: Operator) -> None:
    assert first(operator, Score(7, 8)) == (7, 8)
    assert first(operator, Score(0, LARGEST)) == (0, LARGEST)


@pytest.mark.parametrize("given_", [(5, 5), (0, 0), (-5, 5), (2**70, -(2**70))])
def test_a_new_record_of_a_decrement_holds_nothing(given_: tuple[int, int]) -> None:
    assert first(DECREMENT, Score(*given_)) == (0, 0)


@pytest.mark.parametrize("operator", [BEST, SET, INCREMENT])
@pytest.mark.parametrize("ascending", [False, True])
@pytest.mark.parametrize(
    ("given_", "name"),
    [
        ((-1, 0), "score"),
        ((0, -1), "subscore"),
        ((2**63, 0), "score"),
        ((0, 2**63), "subscore"),
        ((-1, -1), "score"),
    ],
)
def test_what_no_record_can_hold_cannot_be_given(
    operator: Operator, ascending: bool, given_: tuple[int, int], name: str
) -> None:
    message = f"the given {name} must be between 0 and 9223372036854775807"
    for refuse in (first, lambda how, score: combined(how, ascending, Score(5, 5), score)):
        with pytest.raises(ScoreError) as refused:
            refuse(operator, Score(*given_))
        assert str(refused.value) == message


@pytest.mark.parametrize(
    ("operator", "stored", "given_", "name"),
    [
        (INCREMENT, (LARGEST, 0), (1, 0), "score"),
        (INCREMENT, (0, LARGEST), (0, 1), "subscore"),
        (INCREMENT, (LARGEST, LARGEST), (LARGEST, LARGEST), "score"),
        (DECREMENT, (LARGEST, 0), (-1, 0), "score"),
        (DECREMENT, (0, 1), (0, -LARGEST), "subscore"),
        (DECREMENT, (0, 0), (-(2**63), 0), "score"),
    ],
)
def test_overflow_is_refused(
    operator: Operator, stored: tuple[int, int], given_: tuple[int, int], name: str
) -> None:
    with pytest.raises(ScoreError) as refused:
        combined(operator, False, Score(*stored), Score(*given_))
    assert str(refused.value) == f"the resulting {name} must be between 0 and 9223372036854775807"


# --- Operators ---


def test_operators_are_stored_and_sent_as_numbers() -> None:
    assert [(operator.name, operator.value, operator.wire) for operator in Operator] == [
        ("BEST", 0, 1),
        ("SET", 1, 2),
        ("INCREMENT", 2, 3),
        ("DECREMENT", 3, 4),
    ]


@pytest.mark.parametrize(
    ("number", "operator"), [(0, None), (1, BEST), (2, SET), (3, INCREMENT), (4, DECREMENT)]
)
def test_operators_from_the_wire(number: int, operator: Operator | None) -> None:
    assert Operator.from_wire(number) is operator


@pytest.mark.parametrize("number", [-1, 5, 9, 2**31 - 1, -(2**31)])
def test_unknown_operators_from_the_wire(number: int) -> None:
    with pytest.raises(ValueError, match=r"^invalid operator$"):
        Operator.from_wire(number)


@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("best", BEST),
        ("set", SET),
        ("incr", INCREMENT),
        ("increment", INCREMENT),
        ("decr", DECREMENT),
        ("decrement", DECREMENT),
    ],
)
def test_operators_by_name(name: str, operator: Operator) -> None:
    assert Operator.from_name(name) is operator


@pytest.mark.parametrize("name", ["", "BEST", "Set", "inc", "0", " best", "no_override"])
def test_unknown_operator_names(name: str) -> None:
    with pytest.raises(ValueError, match=r"^expects operator to be 'best', 'set', 'incr' or 'decr'$"):
        Operator.from_name(name)
