"""A slow second reading of schedules, to compare the quick one with: it asks each day and second for itself.

It reads valid expressions only, and shares nothing with the code under test.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache, cached_property

DAY = 86400
EPOCH = date(1970, 1, 1)
DAYS = (date(2100, 1, 1) - EPOCH).days

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
ALIASES = {
    "@yearly": "0 0 0 1 1 * *",
    "@annually": "0 0 0 1 1 * *",
    "@monthly": "0 0 0 1 * * *",
    "@weekly": "0 0 0 * * 0 *",
    "@daily": "0 0 0 * * * *",
    "@hourly": "0 0 * * * * *",
}


def number(text: str, names: list[str], first: int) -> int:
    return int(text) if text.isdigit() else names.index(text[:3]) + first


def covers(entry: str, value: int, low: int, high: int, names: list[str]) -> bool:
    """Whether a plain entry contains a value."""
    body, _, step = entry.partition("/")
    if body in {"*", "?"}:
        first, last = low, high
    else:
        ends = [number(end, names, low) for end in body.split("-")]
        first, last = ends[0], ends[1] if len(ends) == 2 else high if step else ends[0]
    return first <= value <= last and (value - first) % int(step or 1) == 0


def covers_weekday(entry: str, weekday: int) -> bool:
    """The same for weekdays: a range that ends with Sunday, as 7 or by name, reaches the next Sunday."""
    body, _, step = entry.partition("/")
    ends = [{"sunday": "7", "sun": "7"}.get(end, end) for end in body.split("-")]
    if ends[0].endswith("7"):  # a Sunday in front starts the week, and `7-7` is a single day
        ends = ["0", *("0" if end.endswith("7") else end for end in ends[1:])]
    entry = "-".join(ends) + ("/" + step if step else "")
    return covers(entry, weekday, 0, 6, WEEKDAYS) or (
        weekday == 0 and ends[-1].endswith("7") and covers(entry, 7, 0, 6, WEEKDAYS)
    )


@cache
def workdays(year: int, month: int) -> list[date]:
    days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
    return [day for day in days if day.isoweekday() <= 5]


def is_month_day(entry: str, day: date) -> bool:
    if entry == "l":
        return (day + timedelta(1)).day == 1
    if entry == "lw":
        return day == workdays(day.year, day.month)[-1]
    if entry.endswith("w"):
        wanted = int(entry[:-1])
        if wanted > monthrange(day.year, day.month)[1]:
            return False
        return day == min(workdays(day.year, day.month), key=lambda other: abs(other.day - wanted))
    return covers(entry, day.day, 1, 31, [])


def is_weekday(entry: str, day: date) -> bool:
    weekday = day.isoweekday() % 7
    if entry.endswith("l"):
        return number(entry[:-1], WEEKDAYS, 0) % 7 == weekday and (day + timedelta(7)).month != day.month
    if "#" in entry:
        name, nth = entry.split("#")
        return number(name, WEEKDAYS, 0) % 7 == weekday and (day.day + 6) // 7 == int(nth)
    return covers_weekday(entry, weekday)


class Oracle:
    def __init__(self, expression: str) -> None:
        for alias, meaning in ALIASES.items():
            expression = expression.replace(alias, meaning)
        fields = expression.lower().split()[:7]
        fields = ["0", *fields] if len(fields) < 7 else fields
        fields = [*fields, "*"] if len(fields) < 7 else fields
        self.second, self.minute, self.hour, self.month_day, self.month, self.weekday, self.year = (
            [entry for entry in field.split(",") if entry] for field in fields
        )

    @cached_property
    def times(self) -> list[int]:
        """The seconds of a matching day."""
        hours, minutes, seconds = (
            [value for value in range(size) if any(covers(entry, value, 0, size - 1, []) for entry in field)]
            for field, size in ((self.hour, 24), (self.minute, 60), (self.second, 60))
        )
        return [
            3600 * hour + 60 * minute + second for hour in hours for minute in minutes for second in seconds
        ]

    def has_day(self, number: int) -> bool:
        """Whether a day, counted from 1970-01-01, matches."""
        day = EPOCH + timedelta(number)
        if not any(covers(entry, day.year, 1970, 2099, []) for entry in self.year):
            return False
        if not any(covers(entry, day.month, 1, 12, MONTHS) for entry in self.month):
            return False
        month_day = any(is_month_day(entry, day) for entry in self.month_day)
        weekday = any(is_weekday(entry, day) for entry in self.weekday)
        if {"*", "?"} & {*self.month_day}:
            return weekday
        if {"*", "?"} & {*self.weekday}:
            return month_day
        return month_day or weekday

    def matches(self, t: int) -> bool:
        return 0 <= t < DAYS * DAY and t % DAY in self._set_of_times and self.has_day(t // DAY)

    @cached_property
    def _set_of_times(self) -> frozenset[int]:
        return frozenset(self.times)

    def _first(self, days: range, times: list[int]) -> Iterator[int]:
        return (day * DAY + time for day in days if self.has_day(day) for time in times)

    def next(self, t: int) -> int | None:
        days = range(max(t // DAY, 0), DAYS)
        return next((match for match in self._first(days, self.times) if match > t), None)

    def last(self, t: int) -> int | None:
        days = range(min(t // DAY, DAYS - 1), -1, -1)
        return next((match for match in self._first(days, self.times[::-1]) if match < t), None)
