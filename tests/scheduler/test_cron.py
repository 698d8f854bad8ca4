"""Schedules: the dialect, the nearest matches, and what is refused."""

import contextlib
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.scheduler.cron import CronError, Schedule
from tests.scheduler.oracle import Oracle
from tests.scheduler.schedules import ROWS, Row, unix
from tests.support.cpu import at_most

LAST_SECOND = unix("2099-12-31 23:59:59")


@pytest.fixture(params=ROWS, ids=lambda row: f"{row.expression} at {row.at}")
def row(request: pytest.FixtureRequest) -> Row:
    found: Row = request.param
    return found


def test_the_table_is_long_and_without_repetition() -> None:
    assert len({(row.expression, row.at) for row in ROWS}) == len(ROWS) >= 150


def test_table(row: Row) -> None:
    schedule = Schedule.parse(row.expression)
    assert (schedule.next(row.at), schedule.last(row.at)) == (row.next, row.last)


def test_the_table_agrees_with_a_slow_reading(row: Row) -> None:
    oracle = Oracle(row.expression)
    assert (oracle.next(row.at), oracle.last(row.at)) == (row.next, row.last)


def test_neighbours_in_the_table_are_matches_and_consistent(row: Row) -> None:
    schedule = Schedule.parse(row.expression)
    for match in (row.next, row.last):
        if match is not None:
            assert schedule.matches(match)
            assert schedule.floor(match) == match
            assert schedule.next(match - 1) == match
            assert schedule.last(match + 1) == match
    assert schedule.floor(row.at) == (row.at if schedule.matches(row.at) else row.last)


# --- The dialect's forms ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0 0 * * 5", "0 0 * * 05"),
        ("0 0 * * 5", "0 0 * * Fri"),
        ("0 0 * * 5", "0 0 * * FRIDAY"),
        ("0 0 * * 0", "0 0 * * 7"),
        ("0 0 * * 5-7", "0 0 * * 0,5,6"),
        ("0 0 * * fri-sunday", "0 0 * * 0,5,6"),
        ("0 0 * * 7-2", "0 0 * * 0,1,2"),
        ("0 0 * * 0-7", "0 0 * * 0-6"),
        ("0 0 * * sun-sun", "0 0 * * 0"),
        ("0 0 * * 3/2", "0 0 * * 3,5"),  # to Saturday
        ("0 0 * * 1-7/3", "0 0 * * 0,1,4"),  # to Sunday
        ("0 0 1 01 *", "0 0 1 1 *"),
        ("0 0 1 january *", "0 0 1 1 *"),
        ("0 0 01 1 *", "0 0 1 1 *"),
        ("0 0 1 5/6 *", "0 0 1 5,11 *"),
        ("0 0 8W * *", "0 0 08w * *"),
        ("0 0 * * SatL", "0 0 * * 6l"),
        ("0 0 * * 7#1", "0 0 * * sun#1"),
        ("0 0 ? * ?", "0 0 * * *"),
        ("0 0 5,* * 1", "0 0 * * 1"),
        ("0 0 1-31 * 1", "0 0 * * *"),
        ("0 0 * * *", "0 0 0 * * * 1970-2099"),
        ("0 0 * * * 2026", "0 0 0 * * * 2026"),
        ("0 0 0 * * * 2026 and more", "0 0 * * * 2026"),
        ("*/020 * * * *", "0,20,40 * * * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "@yearly"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        ("  0\t0\n*\f*\r*  ", "0 0 * * *"),
        (",,1,,2, 0 * * *", "1,2 0 * * *"),
    ],
)
def test_two_ways_to_say_the_same(one: str, other: str) -> None:
    assert Schedule.parse(one) == Schedule.parse(other)
    assert hash(Schedule.parse(one)) == hash(Schedule.parse(other))


@pytest.mark.parametrize(
    "text", ["0 0 * * 5", "0 0 1 * 5", "1 0 * * *", "0 0 * * * 2030", "0 0 L * *", "1 0 0 * * * *"]
)
def test_other_seconds_are_another_schedule(text: str) -> None:
    assert Schedule.parse(text) != Schedule.parse("0 0 * * *")


SYNTAX_ERRORS = [
    ("60 * * * *", "minute", "60"),
    ("007 * * * *", "minute", "007"),
    ("-1 * * * *", "minute", "-1"),
    ("1- * * * *", "minute", "1-"),
    ("1-2-3 * * * *", "minute", "1-2-3"),
    ("1/ * * * *", "minute", "1/"),
    ("/5 * * * *", "minute", "/5"),
    ("*/ * * * *", "minute", "*/"),
    ("*/x * * * *", "minute", "*/x"),
    ("*/-1 * * * *", "minute", "*/-1"),
    ("*/1.5 * * * *", "minute", "*/1.5"),
    ("*/5/5 * * * *", "minute", "*/5/5"),
    ("?/5 * * * *", "minute", "?/5"),
    ("*-5 * * * *", "minute", "*-5"),
    ("** * * * *", "minute", "**"),
    ("5-3 * * * *", "minute", "5-3"),
    ("5-3/0 * * * *", "minute", "5-3/0"),
    ("1,2,x,y * * * *", "minute", "x"),
    ("٣ * * * *", "minute", "٣"),
    ("*/٣ * * * *", "minute", "*/٣"),
    ("² * * * *", "minute", "²"),
    ("1\u00a0 * * * *", "minute", "1\u00a0"),
    ("1_0 * * * *", "minute", "1_0"),
    ("+1 * * * *", "minute", "+1"),
    ("\x00 * * * *", "minute", "\x00"),
    ("\ud800 * * * *", "minute", "\ud800"),
    ("L * * * *", "minute", "L"),
    ("* 24 * * *", "hour", "24"),
    ("* 22-3 * * *", "hour", "22-3"),
    ("* 1W * * *", "hour", "1W"),
    ("* jan * * *", "hour", "jan"),
    ("* * 0 * *", "day-of-month", "0"),
    ("* * 00 * *", "day-of-month", "00"),
    ("* * 32 * *", "day-of-month", "32"),
    ("* * 30-5 * *", "day-of-month", "30-5"),
    ("* * 0W * *", "day-of-month", "0W"),
    ("* * 32W * *", "day-of-month", "32W"),
    ("* * 001W * *", "day-of-month", "001W"),
    ("* * W * *", "day-of-month", "W"),
    ("* * 1-5W * *", "day-of-month", "1-5W"),
    ("* * WL * *", "day-of-month", "WL"),
    ("* * L-3 * *", "day-of-month", "L-3"),
    ("* * L/2 * *", "day-of-month", "L/2"),
    ("* * 5L * *", "day-of-month", "5L"),
    ("* * 1#1 * *", "day-of-month", "1#1"),
    ("* * mon * *", "day-of-month", "mon"),
    ("* * * 0 *", "month", "0"),
    ("* * * 13 *", "month", "13"),
    ("* * * 012 *", "month", "012"),
    ("* * * Foo *", "month", "Foo"),
    ("* * * janu *", "month", "janu"),
    ("* * * sept *", "month", "sept"),
    ("* * * nov-feb *", "month", "nov-feb"),
    ("* * * L *", "month", "L"),
    ("* * * * 8", "day-of-week", "8"),
    ("* * * * 007", "day-of-week", "007"),
    ("* * * * 5-0", "day-of-week", "5-0"),
    ("* * * * 5-3", "day-of-week", "5-3"),
    ("* * * * fri-mon", "day-of-week", "fri-mon"),
    ("* * * * L", "day-of-week", "L"),
    ("* * * * LW", "day-of-week", "LW"),
    ("* * * * 8L", "day-of-week", "8L"),
    ("* * * * 1-5L", "day-of-week", "1-5L"),
    ("* * * * 5#0", "day-of-week", "5#0"),
    ("* * * * 5#6", "day-of-week", "5#6"),
    ("* * * * 5#", "day-of-week", "5#"),
    ("* * * * #1", "day-of-week", "#1"),
    ("* * * * 5#1#2", "day-of-week", "5#1#2"),
    ("* * * * 5#01", "day-of-week", "5#01"),
    ("* * * * 5W", "day-of-week", "5W"),
    ("* * * * weds", "day-of-week", "weds"),
    ("* * * * jan", "day-of-week", "jan"),
    ("* * * * * 1969", "year", "1969"),
    ("* * * * * 2100", "year", "2100"),
    ("* * * * * 26", "year", "26"),
    ("* * * * * 02026", "year", "02026"),
    ("* * * * * 2030-2026", "year", "2030-2026"),
    ("60 * * * * * *", "second", "60"),
    ("x * * * * * *", "second", "x"),
    ("* * * * * * x", "year", "x"),
    ("@midnight * * * *", "minute", "@midnight"),
    ("@Daily * * * *", "minute", "@Daily"),
    ("@dailyx", "year", "*x"),
    ("x y z * *", "minute", "x"),  # the first one is told
]


@pytest.mark.parametrize(("text", "field", "entry"), SYNTAX_ERRORS)
def test_syntax_errors_name_the_field_and_the_entry(text: str, field: str, entry: str) -> None:
    with pytest.raises(CronError) as refused:
        Schedule.parse(text)
    assert str(refused.value) == f"syntax error in {field} field: '{entry}'"


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("*/0 * * * *", "*/0"),
        ("*/00 * * * *", "*/00"),
        ("*/60 * * * *", "*/60"),
        ("5/60 * * * *", "5/60"),
        ("1-5/60 * * * *", "1-5/60"),
        ("* */24 * * *", "*/24"),
        ("* * */32 * *", "*/32"),
        ("* * * JAN-DEC/13 *", "JAN-DEC/13"),
        ("* * * * */7", "*/7"),
        ("* * * * * */2100", "*/2100"),
        ("* * * * * */99999", "*/99999"),
        ("*/60 * * * * * *", "*/60"),
        ("*/" + "9" * 30 + " * * * *", "*/" + "9" * 30),
    ],
)
def test_steps_outside_the_field_are_invalid_intervals(text: str, entry: str) -> None:
    with pytest.raises(CronError) as refused:
        Schedule.parse(text)
    assert str(refused.value) == f"invalid interval {entry}"


@pytest.mark.parametrize(
    "text", ["", " ", "*", "0 0 * *", "\u00a00\u00a00\u00a0* * *", "@midnight", "@reboot", "@DAILY"]
)
def test_missing_fields(text: str) -> None:
    with pytest.raises(CronError) as refused:
        Schedule.parse(text)
    assert str(refused.value) == "missing field(s)"


def test_commas_alone_are_no_field() -> None:
    with pytest.raises(CronError) as refused:
        Schedule.parse("0 ,, * * *")
    assert str(refused.value) == "hour field: missing directive"


@pytest.mark.parametrize(
    "text", ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31W 2 *", "0 0 29 2 * 2026", "* * * * * * *"]
)
def test_schedules_that_never_match_are_known(text: str) -> None:
    schedule = Schedule.parse(text)
    assert schedule.never == (text != "* * * * * * *")
    assert schedule.never == (schedule.next(-1) is None) == (schedule.last(LAST_SECOND + 1) is None)


# --- Any instant ---


@pytest.mark.parametrize("t", [-(10**30), -(2**63), -86400, -2, -1])
def test_before_the_first_year(t: int) -> None:
    schedule = Schedule.parse("* * * * *")
    assert (schedule.next(t), schedule.last(t), schedule.floor(t), schedule.matches(t)) == (
        0,
        None,
        None,
        False,
    )


@pytest.mark.parametrize("t", [LAST_SECOND + 1, LAST_SECOND + 86400, 2**40, 2**63, 10**30])
def test_after_the_last_year(t: int) -> None:
    schedule = Schedule.parse("* * * * *")
    last = LAST_SECOND - 59
    assert (schedule.next(t), schedule.last(t), schedule.floor(t), schedule.matches(t)) == (
        None,
        last,
        last,
        False,
    )


def test_the_first_and_the_last_second() -> None:
    every = Schedule.parse("* * * * * * *")
    assert (every.next(-1), every.last(0), every.floor(0), every.matches(0)) == (0, None, 0, True)
    assert (every.next(LAST_SECOND), every.floor(LAST_SECOND)) == (None, LAST_SECOND)
    assert (every.next(LAST_SECOND - 1), every.last(LAST_SECOND + 1)) == (LAST_SECOND, LAST_SECOND)
    assert not every.matches(LAST_SECOND + 1)


# --- Properties ---


def listed(plain: st.SearchStrategy[str], *special: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(plain, *special), min_size=1, max_size=3).map(",".join)


def plain(low: int, high: int, names: str = "") -> st.SearchStrategy[str]:
    """Entries of the forms that all fields share; the steps are those that a field of this size may have."""
    numbers = st.integers(low, high)
    spelled = numbers.map(str) | (st.sampled_from(names.split()) if names else st.nothing())
    ranges = st.tuples(numbers, numbers).map(lambda ends: f"{min(ends)}-{max(ends)}")
    steps = st.integers(1, min(high, 6 if high == 7 else high)).map(lambda step: f"/{step}")
    stepped = st.tuples(st.just("*") | spelled | ranges, steps).map("".join)
    return st.one_of(st.just("*"), spelled, ranges, stepped)


MONTH_DAYS = listed(plain(1, 31), st.sampled_from(["L", "LW"]), st.integers(1, 31).map(lambda day: f"{day}W"))
WEEKDAYS = listed(
    plain(0, 7, "sun Monday TUE fri SATURDAY"),
    st.integers(0, 7).map(lambda day: f"{day}L"),
    st.tuples(st.integers(0, 7), st.integers(1, 5)).map(lambda nth: f"{nth[0]}#{nth[1]}"),
    st.sampled_from(["mon-fri", "sat-sun", "sun-wed"]),
)
MINUTES = listed(plain(0, 59))
HOURS = st.just("*") | listed(plain(0, 23))
MONTHS = st.just("*") | listed(plain(1, 12, "jan Feb SEPTEMBER december"))
YEARS = st.just("*") | listed(plain(2019, 2033))

FIVE = st.tuples(MINUTES, HOURS, MONTH_DAYS, MONTHS, WEEKDAYS).map(" ".join)
SIX = st.tuples(FIVE, YEARS).map(" ".join)
SEVEN = st.tuples(listed(plain(0, 59)), SIX).map(" ".join)
EXPRESSIONS = st.one_of(FIVE, SIX, SEVEN)

#: Where calendars are special, and a little beside it.
EDGES = st.sampled_from(
    [
        unix(day)
        for day in ("2024-02-29", "2024-03-01", "2026-01-01", "2026-03-01", "2028-02-29", "2100-01-01")
    ]
)
INSTANTS = st.integers(unix("2018-01-01"), unix("2034-01-01")) | st.builds(
    int.__add__, EDGES, st.integers(-100_000, 100_000)
)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, INSTANTS)
def test_neighbours_of_neighbours(text: str, t: int) -> None:
    schedule = Schedule.parse(text)
    following, preceding, latest = schedule.next(t), schedule.last(t), schedule.floor(t)
    if preceding is not None:
        assert preceding < t
        assert schedule.next(preceding) == (t if schedule.matches(t) else following)
    if following is not None:
        assert following > t
        assert schedule.last(following) == latest
    assert latest == (t if schedule.matches(t) else preceding)


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, INSTANTS, st.integers(1, 400))
def test_agreement_with_each_second_of_a_short_span(text: str, t: int, span: int) -> None:
    schedule, oracle = Schedule.parse(text), Oracle(text)
    seconds = range(t, t + span)
    matches = [second for second in seconds if oracle.matches(second)]
    assert [second for second in seconds if schedule.matches(second)] == matches
    assert chain(schedule.next, t - 1, lambda match: match < t + span) == matches
    assert chain(schedule.last, t + span, lambda match: match >= t) == matches[::-1]


@settings(max_examples=120, deadline=None)
@given(EXPRESSIONS, INSTANTS)
def test_agreement_with_each_day(text: str, t: int) -> None:
    schedule, oracle = Schedule.parse(text), Oracle(text)
    assert (schedule.next(t), schedule.last(t)) == (oracle.next(t), oracle.last(t))


def chain(step: Callable[[int], int | None], start: int, within: Callable[[int], bool]) -> list[int]:
    """What steps from one match to the next find, as long as they stay within."""
    found = []
    match = step(start)
    while match is not None and within(match):
        found.append(match)
        match = step(match)
    return found


@pytest.mark.parametrize(
    "text", ["0 0 29 2 *", "0 0 L 2 *", "0 0 LW * *", "0 0 * * 1#5", "59 23 31 12 *", "0 0 1W,2W,30W * *"]
)
def test_all_years_day_by_day(text: str) -> None:
    schedule, oracle = Schedule.parse(text), Oracle(text)
    expected = [
        day * 86400 + oracle.times[0] for day in range((LAST_SECOND + 1) // 86400) if oracle.has_day(day)
    ]
    assert chain(schedule.next, -1, lambda match: True) == expected
    assert chain(schedule.last, LAST_SECOND + 1, lambda match: True) == expected[::-1]


@given(st.text(alphabet="0123456789*?/-,#LWlwxyz@ \t☃\x00", max_size=80) | st.text(max_size=80))
def test_any_text_is_a_schedule_or_a_cron_error(text: str) -> None:
    try:
        schedule = Schedule.parse(text)
    except CronError:
        return
    assert schedule.text == text


@pytest.mark.parametrize(
    "text",
    [
        "*" * 300_000,
        "1," * 100_000 + " * * * *",
        "* " * 150_000,
        " " * 300_000,
        "@hourly" * 40_000,
        "*/" + "9" * 300_000 + " * * * *",
        "*/" + "0" * 300_000 + "5 * * * *",
        "1" * 300_000 + " * * * *",
        "0 0 1W," + "15W," * 75_000 + " * *",
        "0 0 * * " + "5#1," * 75_000,
        "0 0 * * " + "-" * 300_000,
        "0 0 * * * " + "*/1," * 25_000,
    ],
    ids=lambda text: text[:8],
)
def test_long_texts_take_linear_time(text: str) -> None:
    with at_most(5), contextlib.suppress(CronError):  # quadratic time would be minutes
        Schedule.parse(text)


@pytest.mark.parametrize(
    "text", ["* * * * *", "0 12 * * 1-5", "0 0 29 2 *", "0 0 * * 6#5", "0 0 30 2 *", "0 0 29 2 * 2096"]
)
def test_matches_are_found_without_searching(text: str) -> None:
    schedule = Schedule.parse(text)
    with at_most(0.365):  # half a millisecond each; it takes some microseconds
        for t in range(unix("2026-01-01"), unix("2027-01-01"), 86400):
            schedule.next(t)
            schedule.last(t)


def test_schedules_can_be_shown_and_sent_elsewhere() -> None:
    schedule = Schedule.parse("0 12 * * *")
    assert repr(schedule) == "Schedule(text='0 12 * * *')"
    assert pickle.loads(pickle.dumps(schedule)) == schedule
