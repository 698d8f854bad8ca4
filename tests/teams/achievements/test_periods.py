"""Periods, against a clock that is looked at minute by minute."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.scheduler.cron import Schedule
from kizuna.teams.achievements.periods import ENDLESS, Period, expiry, is_open, period_at

_MINUTE, _DAY = 60, 86_400

#: Expressions, and whether they tick at a minute, said in another way.
_TICKS: dict[str, Callable[[datetime], bool]] = {
    "0 0 * * *": lambda t: (t.hour, t.minute) == (0, 0),
    "30 22 * * *": lambda t: (t.hour, t.minute) == (22, 30),
    "0 */6 * * *": lambda t: t.minute == 0 and t.hour in {0, 6, 12, 18},
    "15 * * * *": lambda t: t.minute == 15,
    "0 12 * * 1": lambda t: (t.isoweekday(), t.hour, t.minute) == (1, 12, 0),
    "0 0 1 * *": lambda t: (t.day, t.hour, t.minute) == (1, 0, 0),
}

_NOW = st.integers(1_700_000_000, 1_900_000_000)
_OFFSET = st.one_of(st.just(0), st.integers(-2 * _DAY, 2 * _DAY))


def _scan(ticks: Callable[[datetime], bool], minute: int, step: int) -> int:
    while not ticks(datetime.fromtimestamp(minute, UTC)):
        minute += step
    return minute


@given(st.sampled_from(sorted(_TICKS)), _NOW, _OFFSET)
def test_periods_begin_with_a_tick(expression: str, now: int, offset: int) -> None:
    """T-037, T-213: the tick at or before the shifted clock, and the one after it, shifted back."""
    shifted = now + offset
    minute = shifted - shifted % _MINUTE
    start = _scan(_TICKS[expression], minute, -_MINUTE) - offset
    reset = _scan(_TICKS[expression], minute + _MINUTE, _MINUTE) - offset
    assert period_at(now, Schedule.parse(expression), offset) == Period(start, reset)
    assert start <= now < reset


@given(st.sampled_from(sorted(_TICKS)), _NOW, _OFFSET)
def test_every_second_is_in_the_period_of_its_neighbours(expression: str, now: int, offset: int) -> None:
    """T-213: a period is the same from its first to its last second, and ends where the next begins."""
    schedule = Schedule.parse(expression)
    period = period_at(now, schedule, offset)
    assert period.start is not None
    assert period.reset is not None
    assert period_at(period.start, schedule, offset) == period
    assert period_at(period.reset - 1, schedule, offset) == period
    assert period_at(period.reset, schedule, offset).start == period.reset


@given(_NOW)
def test_without_a_schedule_there_is_one_period(now: int) -> None:
    """T-213."""
    assert period_at(now, None, 3600) == ENDLESS
    assert ENDLESS.holds(0)
    assert ENDLESS.holds(now)


def test_schedules_that_do_not_tick_at_this_time() -> None:
    """T-213: before the first tick and after the last there is no bound on that side."""
    schedule = Schedule.parse("0 0 1 1 * 2030")
    tick = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
    assert period_at(tick - 1, schedule) == Period(None, tick)
    assert period_at(tick, schedule) == Period(tick, None)


@given(_NOW, st.integers(-_DAY, _DAY))
def test_what_is_from_an_earlier_period_does_not_count(now: int, ago: int) -> None:
    """T-216."""
    period = period_at(now, Schedule.parse("0 0 * * *"))
    assert period.start is not None
    assert period.holds(period.start + ago) == (ago >= 0)


@pytest.mark.parametrize(
    ("duration", "period", "start", "first", "expected"),
    [
        (0, Period(1000, 2000), 10, 20, None),
        (300, Period(1000, 2000), 10, 1500, 1300),
        (3000, Period(1000, 2000), 10, 1500, 2000),
        (3000, Period(1000, None), 0, None, 4000),
        (300, ENDLESS, 10, 1500, 310),
        (300, ENDLESS, 0, 1500, 1800),
        (300, ENDLESS, 0, None, None),
        (300, Period(None, 2000), 0, None, None),
        (300, Period(None, 2000), 0, 1900, 2000),
        (2**63 - 1, ENDLESS, 10, None, 2**63 - 1),
    ],
)
def test_expiry(duration: int, period: Period, start: int, first: int | None, expected: int | None) -> None:
    """T-214: from the period's start, else the configured start, else the first progress."""
    assert expiry(duration, period, start, first) == expected


@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9), st.one_of(st.none(), st.integers(0, 9)))
def test_progress_is_taken_between_start_and_end(now: int, start: int, end: int, last: int | None) -> None:
    """T-215: the first second belongs to it, the one of the end or expiry does not; zeros are no bounds."""
    after = [bound for bound in (end or None, last) if bound is not None]
    assert is_open(now, start, end, last) == (now in range(start, min(after, default=10)))
