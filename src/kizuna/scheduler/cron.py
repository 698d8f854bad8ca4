"""Reset schedules: which seconds a CRON expression matches, and the nearest match after or before an instant.

    schedule = Schedule.parse("0 12 * * MON-FRI")
    schedule.next(t)        the first match after t
    schedule.last(t)        the latest match before t
    schedule.floor(t)       the latest match at or before t
    schedule.matches(t)     whether t is a match

Instants are whole unix seconds, days are those of UTC. Any int is a valid instant; matches lie in the years
1970 to 2099, and where there is none the answer is None. Nothing here reads a clock.

An expression has 5 to 7 fields between white space; what follows the seventh is not looked at.

    5    minute hour day-of-month month day-of-week             at second 0 of any year
    6    minute hour day-of-month month day-of-week year        at second 0
    7    second minute hour day-of-month month day-of-week year

A field is a comma list of entries, in capitals or not.

    * ?              everything
    a  a-b           a number or a range; months and weekdays have names too: jan, january, sun, sunday
    */n  a/n  a-b/n  every n-th from the field's first, from a to the field's last, or from a to b
    L  LW  nW        day-of-month: the last day, the last workday, the workday nearest to day n in its month
    nL  n#k          day-of-week: the last such day of the month, the k-th such day

Weekdays are numbered from Sunday, 0; 7 is Sunday again, so that a range may end with it. If day-of-month and
day-of-week are both restricted, that is free of `*` and `?`, a day needs to match only one of them.

`@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily` and `@hourly`, in small letters, stand for whole
expressions.
"""

import dataclasses
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import NamedTuple

from kizuna.scheduler.days import (
    DAY,
    EVERY_DAY,
    FIRST_YEAR,
    LAST_YEAR,
    MONTH_SHAPES,
    MONTH_STARTS,
    MONTHS_OF_SHAPE,
    DayRule,
    Shape,
    every_weekday,
    first_from,
    last_day,
    last_until,
    last_weekday,
    last_workday,
    nearest_workday,
    nth_weekday,
    set_of,
    these_days,
)


class CronError(ValueError):
    """The expression is none; the message names the field and the entry."""


# --- Fields ---


def _no_special(entry: str) -> DayRule | None:
    return None


def _special_day_of_month(entry: str) -> DayRule | None:
    if entry == "l":
        return last_day
    if entry == "lw":
        return last_workday
    day = _DAY_OF_MONTH.value(entry[:-1]) if entry.endswith("w") else None
    return None if day is None else nearest_workday(day)


def _special_day_of_week(entry: str) -> DayRule | None:
    if entry.endswith("l"):
        weekday = _DAY_OF_WEEK.value(entry[:-1])
        return None if weekday is None else last_weekday(weekday % 7)
    name, _, nth = entry.partition("#")
    weekday = _DAY_OF_WEEK.value(name)
    if weekday is None or nth not in {"1", "2", "3", "4", "5"}:
        return None
    return nth_weekday(weekday % 7, int(nth))


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    digits: int = 2
    names: Mapping[str, int] = {}
    special: Callable[[str], DayRule | None] = _no_special

    def value(self, text: str) -> int | None:
        """The number that a text in small letters stands for, or None."""
        if text in self.names:
            return self.names[text]
        if not (text.isascii() and text.isdigit() and len(text) <= self.digits):
            return None
        return int(text) if self.low <= int(text) <= self.high else None


def _names(full_names: str, first: int) -> dict[str, int]:
    numbered = dict(enumerate(full_names.split(), first))
    return {name: number for number, full in numbered.items() for name in (full[:3], full)}


_MONTH_NAMES = "january february march april may june july august september october november december"
_WEEKDAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday"

_SECOND = _Field("second", 0, 59)
_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_DAY_OF_MONTH = _Field("day-of-month", 1, 31, special=_special_day_of_month)
_MONTH = _Field("month", 1, 12, names=_names(_MONTH_NAMES, 1))
# The week of `*` and of steps ends with Saturday, 6: the Sunday after it is reached by naming it.
_DAY_OF_WEEK = _Field(
    "day-of-week", 0, 6, names=_names(_WEEKDAY_NAMES, 1) | {"7": 7, "07": 7}, special=_special_day_of_week
)
_YEAR = _Field("year", FIRST_YEAR, LAST_YEAR, digits=4)

_FIELDS = (_SECOND, _MINUTE, _HOUR, _DAY_OF_MONTH, _MONTH, _DAY_OF_WEEK, _YEAR)


# --- Reading a field ---


class _Parsed(NamedTuple):
    numbers: int
    rules: list[DayRule]
    restricted: bool


def _parse_field(field: _Field, text: str) -> _Parsed:
    entries = [entry for entry in text.split(",") if entry]
    if not entries:
        raise CronError(f"{field.name} field: missing directive")
    numbers = 0
    rules: dict[str, DayRule] = {}  # each only once, however often it is repeated
    for entry in entries:
        span = _span(field, entry)
        if span is not None:
            numbers |= set_of(span)
        elif rule := field.special(entry.lower()):
            rules[entry.lower()] = rule
        else:
            raise CronError(f"syntax error in {field.name} field: '{entry}'")
    return _Parsed(numbers, list(rules.values()), restricted=entries.count("*") + entries.count("?") == 0)


def _span(field: _Field, entry: str) -> range | None:
    """The numbers of an entry of the forms that all fields share, or None."""
    if entry in {"*", "?"}:
        return range(field.low, field.high + 1)
    body, slash, step = entry.lower().partition("/")
    bounds = _bounds(field, body, open_ended=bool(slash))
    if bounds is None or (slash and not (step.isascii() and step.isdigit())):
        return None
    first, last = bounds
    if not slash:
        return range(first, last + 1)
    return range(first, last + 1, _step(field, step, entry))


def _bounds(field: _Field, body: str, *, open_ended: bool) -> tuple[int, int] | None:
    """The first and last number of `a`, `a-b` or, before a step, `*`; None if it is no such or reversed."""
    if body == "*" and open_ended:
        return field.low, field.high
    text, dash, end = body.partition("-")
    first = field.value(text)
    last = field.value(end) if dash else field.high if open_ended else first
    if first is None or last is None:
        return None
    if field is _DAY_OF_WEEK and first == 7:
        # A range that starts with Sunday starts the week, and it cannot reach the next one.
        first, last = 0, last % 7
    return (first, last) if first <= last else None


def _step(field: _Field, digits: str, entry: str) -> int:
    significant = digits.lstrip("0")
    # The length first: turning very long digits into a number takes long.
    if not significant or len(significant) > field.digits or int(significant) > field.high:
        raise CronError(f"invalid interval {entry}")
    return int(significant)


# --- Putting a schedule together ---

_ALIASES = {
    "@yearly": "0 0 0 1 1 * *",
    "@annually": "0 0 0 1 1 * *",
    "@monthly": "0 0 0 1 * * *",
    "@weekly": "0 0 0 * * 0 *",
    "@daily": "0 0 0 * * * *",
    "@hourly": "0 0 * * * * *",
}
_ALIAS = re.compile("|".join(_ALIASES))
_WORD = re.compile(r"[^\t\n\f\r ]+")


def _words(text: str) -> list[str]:
    """The seven fields of an expression, second first."""
    words = _WORD.findall(_ALIAS.sub(lambda alias: _ALIASES[alias[0]], text))[: len(_FIELDS)]
    if len(words) < 5:
        raise CronError("missing field(s)")
    if len(words) < 7:
        words.insert(0, "0")
    if len(words) < 7:
        words.append("*")
    return words


def _day_rules(month_days: _Parsed, weekdays: _Parsed) -> list[DayRule]:
    """What makes a day match; any one of them suffices."""
    rules: list[DayRule] = []
    if month_days.restricted:
        rules += [these_days(month_days.numbers), *month_days.rules]
    if weekdays.restricted:
        numbers = {number % 7 for number in range(8) if weekdays.numbers >> number & 1}
        rules += [*map(every_weekday, numbers), *weekdays.rules]
    return rules or [these_days(EVERY_DAY)]


def _days(shape: Shape, rules: list[DayRule]) -> int:
    """The matching days of a month of this shape."""
    days = 0
    for rule in rules:
        days |= rule(shape)
    return days & (2 << shape.length) - 2


def _months(years: int, months: int, days: Mapping[Shape, int]) -> int:
    """The months that have a matching day, counted from January 1970."""
    permitted = 0
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        if years >> year & 1:
            permitted |= months >> 1 << 12 * (year - FIRST_YEAR)
    with_days = 0
    for shape, of_shape in MONTHS_OF_SHAPE.items():
        if days[shape]:
            with_days |= of_shape
    return permitted & with_days


@dataclasses.dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed expression. Make it with `parse`; schedules of the same seconds are equal.

    text       the expression
    seconds    the matching seconds of a minute, as a set of bits like all of these
    minutes    the matching minutes of a day, 0 to 1439
    days       the matching days, from 1, of a month by its shape
    months     the months that have matching days, counted from January 1970
    """

    text: str = dataclasses.field(compare=False)
    seconds: int = dataclasses.field(repr=False)
    minutes: int = dataclasses.field(repr=False)
    days: Mapping[Shape, int] = dataclasses.field(repr=False, hash=False)
    months: int = dataclasses.field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """The schedule of an expression. Raises CronError; takes time linear in the text's length."""
        second, minute, hour, month_day, month, weekday, year = map(_parse_field, _FIELDS, _words(text))
        rules = _day_rules(month_day, weekday)
        days = {shape: _days(shape, rules) for shape in MONTHS_OF_SHAPE}
        minutes = 0
        for number in range(24):
            if hour.numbers >> number & 1:
                minutes |= minute.numbers << 60 * number
        return cls(text, second.numbers, minutes, days, _months(year.numbers, month.numbers, days))

    @property
    def never(self) -> bool:
        """Whether no second matches, as in `0 0 30 2 *`."""
        return not self.months

    def next(self, t: int) -> int | None:
        """The earliest match strictly after t."""
        today, time = divmod(max(t + 1, 0), DAY)
        day = self._day_from(today)
        if day == today:
            found = self._time_from(time)
            if found >= 0:
                return day * DAY + found
            day = self._day_from(today + 1)
        return day * DAY + self._time_from(0) if day >= 0 else None

    def last(self, t: int) -> int | None:
        """The latest match strictly before t."""
        return self.floor(t - 1)

    def floor(self, t: int) -> int | None:
        """The latest match at or before t."""
        if t < 0:
            return None
        today, time = divmod(t, DAY)
        day = self._day_until(today)
        if day == today:
            found = self._time_until(time)
            if found >= 0:
                return day * DAY + found
            day = self._day_until(today - 1)
        return day * DAY + self._time_until(DAY - 1) if day >= 0 else None

    def matches(self, t: int) -> bool:
        """Whether t is a match."""
        return self.floor(t) == t

    # The four below answer -1 where there is nothing. Times are seconds of a day.
    # Days after the calendar are in the month that follows its last one, which has no matches.

    def _day_from(self, day: int) -> int:
        month = bisect_right(MONTH_STARTS, day) - 1
        if self.months >> month & 1:
            found = first_from(self._days_of(month), day - MONTH_STARTS[month] + 1)
            if found > 0:
                return MONTH_STARTS[month] + found - 1
        month = first_from(self.months, month + 1)
        return MONTH_STARTS[month] + first_from(self._days_of(month), 1) - 1 if month >= 0 else -1

    def _day_until(self, day: int) -> int:
        if day < 0:
            return -1
        month = bisect_right(MONTH_STARTS, day) - 1
        if self.months >> month & 1:
            found = last_until(self._days_of(month), day - MONTH_STARTS[month] + 1)
            if found > 0:
                return MONTH_STARTS[month] + found - 1
        month = last_until(self.months, month - 1)
        return MONTH_STARTS[month] + last_until(self._days_of(month), 31) - 1 if month >= 0 else -1

    def _days_of(self, month: int) -> int:
        return self.days[MONTH_SHAPES[month]]

    def _time_from(self, time: int) -> int:
        minute, second = divmod(time, 60)
        if self.minutes >> minute & 1:
            found = first_from(self.seconds, second)
            if found >= 0:
                return minute * 60 + found
        minute = first_from(self.minutes, minute + 1)
        return minute * 60 + first_from(self.seconds, 0) if minute >= 0 else -1

    def _time_until(self, time: int) -> int:
        minute, second = divmod(time, 60)
        if self.minutes >> minute & 1:
            found = last_until(self.seconds, second)
            if found >= 0:
                return minute * 60 + found
        minute = last_until(self.minutes, minute - 1)
        return minute * 60 + last_until(self.seconds, 59) if minute >= 0 else -1
