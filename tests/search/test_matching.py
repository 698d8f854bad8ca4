"""Which documents a query finds, and how it rates them."""

import fnmatch
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.search.documents import fields
from kizuna.search.matching import score
from kizuna.search.query import parse

LABEL = {
    "skill": 60,
    "cold": -5,
    "mode": "free for all",
    "open": True,
    "ids": ["x y", "z", 7],
    "word": "World",
    "digits": "05",
    "began": "2024-05-01T12:00:00Z",
    "day": "2024-05-01",
}


def points(query: str, label: Any = LABEL) -> float | None:
    return score(parse(query), fields("label", label))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "*",
        "+label.skill:>=50",
        "label.skill:60",
        "label.skill:60.0",
        "label.cold:-5",
        "+label.cold:<0 +label.cold:>-6 +label.cold:<=-5 +label.cold:>=-5",
        r"+label.ids:x\ y",
        "+label.ids:z",
        "+label.ids:7",
        '+label.ids:"x y"',
        '+label.mode:"free for all"',
        "+label.open:T",
        "label.word:/[A-Z][a-z]+/",
        "label.word:/W.*/",
        "label.word:W???d",
        "label.word:*ld",
        "label.word:Wrld~1",
        "label.word:wirld~2",
        "label.digits:05",
        '+label.began:>"2024-05-01T11:59:59Z"',
        '+label.began:<="2024-05-01T14:00:00+02:00"',
        '+label.day:<"2024-05-01T00:00:01Z"',
        "-label.skill:>60",
        "-label.missing:x",
        "label.skill:60 label.skill:61",
        "+label.skill:60 label.skill:61",
        "+label.skill:60 -label.word:x",
        "+label.word:World bare",
        "-bare",
    ],
)
def test_found(query: str) -> None:
    assert points(query) is not None


@pytest.mark.parametrize(
    "query",
    [
        "label.skill:61",
        "label.skill:>60",
        "label.skill:<60",
        "+label.ids:x",
        "+label.open:true",
        "label.word:world",
        "label.word:/[a-z]+/",
        "label.word:/Wor/",
        "label.word:orl",
        "label.word:W??d",
        "label.word:Wo~2",
        "label.skill:6*",
        "label.skill:/60/",
        'label.skill:"60"',
        "label.digits:5",
        "label.digits:>1",
        "label.word:>1",
        "label.began:>1",
        'label.skill:>"2024-05-01T11:59:59Z"',
        'label.word:>"2024-05-01T11:59:59Z"',
        "label.day:2024-05-01",
        '+label.began:>"2024-05-01T12:00:00Z"',
        "-label.word:World",
        "+label.skill:60 -label.word:World",
        "label.skill:60 -label.word:World",
        "+label.skill:60 +label.missing:x",
        "label.missing:>5 label.skill:61",
        "World",
        "+World",
        "W*",
        "+* +label.skill:60",
    ],
)
def test_not_found(query: str) -> None:
    assert points(query) is None


@pytest.mark.parametrize(
    ("query", "worth"),
    [
        ("*", 0),
        ("-label.missing:x", 0),
        ("label.word:World", 1),
        ("label.word:World^3", 9),
        ("label.word:Wirld~1 ^3", 9),
        ("label.skill:60^3", 3),
        ("label.skill:>5^3", 3),
        ("label.word:W*^3", 3),
        ("label.word:/W.*/^3", 3),
        ('label.began:>"2024-01-01T00:00:00Z"^3', 1),
        ("+label.skill:60^2 label.word:World^3 label.missing:x^9 -label.missing:y^9", 11),
        ("label.skill:60^-2", -2),
        ("label.word:World^1e200", float("inf")),
    ],
)
def test_scores(query: str, worth: float) -> None:
    assert points(query) == worth


# --- against a model that knows only sets ---


class Drawn(NamedTuple):
    """A clause: its text, and what it means."""

    field: str
    text: str
    meets: Callable[[Any], bool]
    squares: bool


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _equal(text: str) -> Drawn:
    return Drawn("", text, lambda value: value == text, True)


def _number(number: int) -> Drawn:
    return Drawn(
        "", str(number), lambda value: (_is_number(value) and value == number) or value == str(number), False
    )


def _range(drawn: tuple[str, int]) -> Drawn:
    sign, bound = drawn
    compare = {">": int.__gt__, "<": int.__lt__, ">=": int.__ge__, "<=": int.__le__}[sign]
    return Drawn("", f"{sign}{bound}", lambda value: _is_number(value) and compare(value, bound), False)


def _wildcard(pattern: str) -> Drawn:
    return Drawn(
        "", pattern, lambda value: isinstance(value, str) and fnmatch.fnmatchcase(value, pattern), False
    )


def _regex(source: str) -> Drawn:
    return Drawn(
        "",
        f"/{source}/",
        lambda value: isinstance(value, str) and re.fullmatch(source, value) is not None,
        False,
    )


words = st.text(alphabet="ab", min_size=1, max_size=3)
numbers = st.integers(-3, 3)
names = st.sampled_from(("one", "two", "three"))
clauses = st.tuples(
    names,
    st.one_of(
        words.map(_equal),
        numbers.map(_number),
        st.tuples(st.sampled_from((">", "<", ">=", "<=")), numbers).map(_range),
        st.from_regex("[ab]?[*?][ab]?", fullmatch=True).map(_wildcard),
        st.sampled_from(("a+", "[ab]{2}", "a|b", ".*b")).map(_regex),
    ),
).map(lambda drawn: drawn[1]._replace(field=drawn[0]))
documents = st.dictionaries(names, st.lists(words | numbers, max_size=3))


@given(
    st.lists(st.tuples(st.sampled_from("+- "), clauses, st.integers(1, 4)), min_size=1, max_size=5), documents
)
def test_agrees_with_the_model(
    drawn: list[tuple[str, Drawn, int]], document: dict[str, list[str | int]]
) -> None:
    query = " ".join(f"{sign}label.{clause.field}:{clause.text}^{boost}" for sign, clause, boost in drawn)
    met = [(sign, any(map(clause.meets, document.get(clause.field, ())))) for sign, clause, _ in drawn]
    signs = {sign for sign, _ in met}
    wanted = ("+", False) not in met and ("-", True) not in met
    if "+" not in signs and " " in signs:
        wanted = wanted and (" ", True) in met
    worth = sum(
        boost * boost if clause.squares else boost
        for (sign, clause, boost), (_, holds) in zip(drawn, met, strict=True)
        if holds and sign != "-"
    )
    assert points(query, document) == (worth if wanted else None)
