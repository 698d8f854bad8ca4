"""What is a query, and what it says."""

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.search.errors import QueryError
from kizuna.search.query import (
    EVERYTHING,
    LARGEST_REGEX,
    LONGEST,
    MOST_CLAUSES,
    Clause,
    Comparison,
    Condition,
    Fuzzy,
    Number,
    Query,
    Range,
    Text,
    parse,
)
from kizuna.search.regex import Regex
from kizuna.search.wildcard import Wildcard
from tests.search.writing import decimal, escaped, value

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


def only(text: str) -> Clause:
    """The one optional clause of a query."""
    query = parse(text)
    assert query.must == query.must_not == ()
    [clause] = query.should
    return clause


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("f:text", Text("text")),
        ("f:a-b+c=d&e|f<g>h(i){j}[k]!l/m", Text("a-b+c=d&e|f<g>h(i){j}[k]!l/m")),
        ("f: spaced", Text("spaced")),
        (r"f:free\ for\ all", Text("free for all")),
        (r"f:a\:b\^c\~d\*e\?f\\g", Text(r"a:b^c~d*e?f\g")),
        (r"f:a\bc", Text(r"a\bc")),
        ("f:end\\", Text("end\\")),
        ('f:"free for all"', Text("free for all")),
        ('f:"5"', Text("5")),
        ('f:"a*"', Text("a*")),
        (r'f:"say \"hi\""', Text('say "hi"')),
        ('f:""', Text("")),
        ("f:5", Number(5.0, "5")),
        ("f:5.", Number(5.0, "5.")),
        ("f:05.250", Number(5.25, "05.250")),
        ("f:-5", Number(-5.0, "-5")),
        ("f:- 5", Number(-5.0, "-5")),
        ("f:5a", Text("5a")),
        ("f:1.2.3", Text("1.2.3")),
        ("f:1e5", Text("1e5")),
        ("f:.5", Text(".5")),
        ("f:2020-01-01", Text("2020-01-01")),
        ("f:٣", Text("٣")),
        ("f:>5", Range(Comparison.GREATER, 5.0)),
        ("f:>=-5.5", Range(Comparison.GREATER_OR_EQUAL, -5.5)),
        ("f:<5", Range(Comparison.LESS, 5.0)),
        ("f:<=5", Range(Comparison.LESS_OR_EQUAL, 5.0)),
        ("f:> = 5", Range(Comparison.GREATER_OR_EQUAL, 5.0)),
        ('f:>"2024-01-01T00:00:00Z"', Range(Comparison.GREATER, NEW_YEAR)),
        ('f:<="2024-01-01T02:30:00.000+02:30"', Range(Comparison.LESS_OR_EQUAL, NEW_YEAR)),
        ("f:word~", Fuzzy("word", 1)),
        ("f:word~2", Fuzzy("word", 2)),
        ("f:word~1.9", Fuzzy("word", 1)),
        ("f:w*~0", Fuzzy("w*", 0)),
        ("f:/[A-Z]+/", Regex("[A-Z]+", LARGEST_REGEX)),
        (r"f:/a\ \\.b/", Regex(r"a \.b", LARGEST_REGEX)),
        ("f:/a", Text("/a")),
        ("f:/", Text("/")),
        (r"f:\/a/", Text("/a/")),
        (r"f:/a\/", Text("/a/")),
        ("f:a*", Wildcard("a*")),
        ("f:?", Wildcard("?")),
        ("f:5*", Wildcard("5*")),
        (r"f:a\*?", Wildcard("a*?", frozenset({1}))),
    ],
)
def test_values(text: str, condition: Condition) -> None:
    assert only(text) == Clause("f", condition)


def test_no_query_is_everything() -> None:
    assert parse("") == parse("*") == EVERYTHING


def test_signs() -> None:
    query = parse("+a:1 -b:2 c:3 + d:4 -e:-5")
    assert [clause.field for clause in query.must] == ["a", "d"]
    assert [clause.field for clause in query.must_not] == ["b", "e"]
    assert [clause.field for clause in query.should] == ["c"]
    assert query.must_not[1].condition == Number(-5.0, "-5")


def test_boosts() -> None:
    assert [clause.boost for clause in parse("a:1^2 b:x^0.5 c:/y/^ d:>3^-1e1 e:z~2 ^3").should] == [
        *(2.0, 0.5, 1.0, -10.0, 3.0)
    ]


def test_a_field_is_any_text() -> None:
    assert only(r"label.a\:b\ *.c:x") == Clause("label.a:b *.c", Text("x"))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("word", Text("word")),
        ("5", Number(5.0, "5")),
        ('"two words"', Text("two words")),
        ("w*", Wildcard("w*")),
        ("word~", Fuzzy("word", 1)),
    ],
)
def test_no_field(text: str, condition: Condition) -> None:
    assert only(text) == Clause("", condition)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" ", "expected text or number or quoted text at position 1"),
        ("\t\n", "expected text or number or quoted text at position 2"),
        ("+", "expected text or number or quoted text at position 1"),
        ("a:x +", "expected text or number or quoted text at position 5"),
        ("+-a:x", "expected text or number or quoted text at position 1"),
        (":x", "expected text or number or quoted text at position 0"),
        ("a:", "expected text or number or quoted text at position 2"),
        ("a:b:c", "expected text or number or quoted text at position 3"),
        ("5:x", "expected text or number or quoted text at position 1"),
        ('"a":x', "expected text or number or quoted text at position 3"),
        ("a:-x", "expected number at position 3"),
        ("a:=5", "expected text or number or quoted text at position 2"),
        ("a:>x", "expected number or quoted text at position 3"),
        ("a:>", "expected number or quoted text at position 3"),
        ('a:>-"2024-01-01T00:00:00Z"', "expected number at position 4"),
        ('a:>"2024-01-01"', "not an RFC 3339 time at position 3"),
        ('a:>"2024-13-01T00:00:00Z"', "not an RFC 3339 time at position 3"),
        ('a:"open', "unclosed quote at position 2"),
        ('a:"open\\"', "unclosed quote at position 2"),
        ('"', "unclosed quote at position 0"),
        ("^2", "expected text or number or quoted text at position 0"),
        ("a:x^y", "expected a number after ^ at position 3"),
        ("a:x^2^3", "expected a number after ^ at position 3"),
        ("a:x^nan", "expected a number after ^ at position 3"),
        ("a:x^1e999", "a number out of range at position 3"),
        ("a:x^1_0", "expected a number after ^ at position 3"),
        ("a:5~1", "expected text or number or quoted text at position 3"),
        ("a:x~3", "a distance other than 0 to 2 at position 3"),
        ("a:x~-1", "a distance other than 0 to 2 at position 3"),
        ("a:" + "9" * 400, "a number out of range at position 2"),
        ("a:/(/", "regular expression: a group is not closed at position 2"),
        ("/a**/", "regular expression: a repetition of a repetition at position 0"),
        ("a:/a$/", "regular expression: $ has no place here at position 2"),
    ],
)
def test_no_query(text: str, problem: str) -> None:
    with pytest.raises(QueryError) as refusal:
        parse(text)
    assert str(refusal.value) == problem


def test_limits() -> None:
    assert len(parse("a:b " * MOST_CLAUSES).should) == MOST_CLAUSES
    with pytest.raises(QueryError, match=f"more than {MOST_CLAUSES} clauses"):
        parse("a:b " * (MOST_CLAUSES + 1))
    assert only("a" * LONGEST).condition == Text("a" * LONGEST)
    with pytest.raises(QueryError, match=f"more than {LONGEST} characters"):
        parse("a" * (LONGEST + 1))
    half = "x" * (LARGEST_REGEX // 2)
    assert len(parse(f"a:/{half}/ a:/{half}/").should) == 2
    with pytest.raises(QueryError, match="regular expression: more than 0 characters"):
        parse(f"a:/{half}/ a:/{half}/ a:/x/")


@pytest.mark.parametrize(
    "unit",
    [
        "9",
        "a",
        "\\",
        '"',
        " ",
        "+",
        "a:*?",
        "/",
        "(",
        "a:/(a*)*/ ",
        "a:/x{9}{9}/ ",
        "^",
        "~",
        "a:b ",
        "9.9x",
        "*",
    ],
)
def test_the_longest_texts_are_read_quickly(unit: str) -> None:
    for text in (unit * (LONGEST // len(unit)), f"a:{unit * (LONGEST // len(unit))}"[:LONGEST]):
        assert reading_time(text) < 0.1


@pytest.mark.parametrize(
    "regex",
    [
        "|" * (LONGEST - 4),
        "()" * (LONGEST // 2 - 2),
        "[" + "ab" * (LONGEST // 2 - 3) + "]",
        "a?" * LARGEST_REGEX,
        "(" * 31 + "a*" * LARGEST_REGEX + ")*" * 31,
        "(" + "()" * 1000 + "a){256}",
        "(" + "|" * 2000 + "a){256}",
        "(" + "(){256}" * 280 + "a){256}",
        "(" + "a{0}" * 500 + "a){256}",
        "([" + "a" * 2000 + "]){256}",
    ],
)
def test_the_longest_regular_expressions_are_read_quickly(regex: str) -> None:
    parse(f"a:/{regex}/")
    assert reading_time(f"a:/{regex}/") < 0.1


def reading_time(text: str) -> float:
    """Seconds of computing that reading a text takes at best. For whatever may be sent it is about 0.01."""

    def once() -> float:
        began = time.thread_time()
        with suppress(QueryError):
            parse(text)
        return time.thread_time() - began

    return min(once() for _ in range(3))


@given(st.text() | st.text(alphabet='ab5.:*?/\\"^~+-<>= ()[]{}|T0\n'))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    at = 0
    try:
        parse(text)
    except QueryError as refusal:
        at = refusal.at
    assert 0 <= at <= len(text)


texts = st.text(max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
conditions = st.one_of(
    texts.map(lambda text: (value(text), Text(text))),
    numbers.map(lambda number: (decimal(number), Number(number, decimal(number)))),
    st.tuples(st.sampled_from(Comparison), numbers).map(
        lambda drawn: (drawn[0].value + decimal(drawn[1]), Range(*drawn))
    ),
    st.tuples(st.sampled_from(Comparison), st.datetimes(timezones=st.just(UTC))).map(
        lambda drawn: (f'{drawn[0].value}"{drawn[1].isoformat()}"', Range(*drawn))
    ),
    st.tuples(texts.filter(lambda text: value(text) == escaped(text)), st.integers(0, 2)).map(
        lambda drawn: (f"{escaped(drawn[0])}~{drawn[1]}", Fuzzy(*drawn))
    ),
    st.from_regex("[a-z]{0,3}[*?][a-z]{0,3}", fullmatch=True).map(lambda text: (text, Wildcard(text))),
    st.from_regex("[a-z]{0,4}", fullmatch=True).map(lambda text: (f"/{text}/", Regex(text, LARGEST_REGEX))),
)
fields = texts.filter(lambda text: value(text) == escaped(text))
boosts = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(st.sampled_from("+- "), fields, conditions, boosts), min_size=1, max_size=6))
def test_what_is_written_is_read(
    drawn: list[tuple[str, str, tuple[str, Condition], float]],
) -> None:
    written = [f"{sign}{escaped(field)}:{text} ^{boost!r}" for sign, field, (text, _), boost in drawn]
    query = parse(" ".join(written))
    for sign, read in (("+", query.must), ("-", query.must_not), (" ", query.should)):
        meant = [Clause(field, what, boost) for s, field, (_, what), boost in drawn if s == sign]
        assert list(read) == meant
    assert isinstance(query, Query)
