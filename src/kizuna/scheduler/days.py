"""The calendar that schedules are matched against, and the rules that pick days of a month.

Days are those of UTC and count from 1970-01-01, months from January 1970; both end with the year 2099.
Weekdays count from Sunday, 0.

Sets of small numbers are integers, bit n for member n: what is asked of them are a number's neighbours, and
shifting finds those in one step.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple


def set_of(numbers: Iterable[int]) -> int:
    bits = 0
    for number in numbers:
        bits |= 1 << number
    return bits


def first_from(bits: int, start: int) -> int:
    """The smallest member that is not below `start`, or -1."""
    rest = bits >> start
    return start + (rest & -rest).bit_length() - 1 if rest else -1


def last_until(bits: int, end: int) -> int:
    """The largest member that is not above `end`, or -1."""
    return (bits & ((1 << end + 1) - 1)).bit_length() - 1


# --- The calendar ---

DAY = 24 * 60 * 60
FIRST_YEAR, LAST_YEAR = 1970, 2099
_SUNDAY, _THURSDAY, _SATURDAY = 0, 4, 6
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Shape(NamedTuple):
    """All that the day fields have to know of a month."""

    first_weekday: int
    length: int


def _month_length(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if leap and month == 2 else _MONTH_LENGTHS[month - 1]


def _calendar() -> tuple[list[int], list[Shape]]:
    """The first day and the shape of each month; the first days end with the day after the last month."""
    starts, shapes = [0], []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        for month in range(1, 13):
            shape = Shape((starts[-1] + _THURSDAY) % 7, _month_length(year, month))
            shapes.append(shape)
            starts.append(starts[-1] + shape.length)
    return starts, shapes


def _months_of_shape() -> dict[Shape, int]:
    months: dict[Shape, int] = {}
    for month, shape in enumerate(MONTH_SHAPES):
        months[shape] = months.get(shape, 0) | 1 << month
    return months


MONTH_STARTS, MONTH_SHAPES = _calendar()
MONTHS_OF_SHAPE = _months_of_shape()


# --- Days of a month, as sets of 1 to 31 ---

# May name days that a month does not have.
DayRule = Callable[[Shape], int]

EVERY_DAY = set_of(range(1, 32))

_EVERY_SEVENTH = set_of(range(0, 31, 7))


def these_days(days: int) -> DayRule:
    return lambda shape: days


def every_weekday(weekday: int) -> DayRule:
    def days(shape: Shape) -> int:
        return _EVERY_SEVENTH << (1 + (weekday - shape.first_weekday) % 7)

    return days


def nth_weekday(weekday: int, nth: int) -> DayRule:
    def days(shape: Shape) -> int:
        return 1 << (1 + (weekday - shape.first_weekday) % 7 + 7 * (nth - 1))

    return days


def last_weekday(weekday: int) -> DayRule:
    every = every_weekday(weekday)

    def days(shape: Shape) -> int:
        return 1 << last_until(every(shape), shape.length)

    return days


def nearest_workday(day: int) -> DayRule:
    def days(shape: Shape) -> int:
        if day > shape.length:
            return 0
        weekday = (shape.first_weekday + day - 1) % 7
        if weekday == _SATURDAY:
            return 1 << (day - 1 if day > 1 else day + 2)
        if weekday == _SUNDAY:
            return 1 << (day + 1 if day < shape.length else day - 2)
        return 1 << day

    return days


def last_day(shape: Shape) -> int:
    return 1 << shape.length


def last_workday(shape: Shape) -> int:
    return nearest_workday(shape.length)(shape)
