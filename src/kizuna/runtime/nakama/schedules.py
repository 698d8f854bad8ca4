"""Reset schedules for game code."""

from datetime import datetime

from kizuna.runtime.values import seconds_of, text_of
from kizuna.scheduler.cron import CronError, Schedule


class ScheduleCalls:
    """When a CRON expression is due, in UTC. Plain functions: they ask nobody."""

    @staticmethod
    def cron_next(expression: str, timestamp: int | datetime) -> int | None:
        """The first match after a time, in seconds since 1970, or None. ValueError for no expression."""
        return _schedule(expression).next(seconds_of(timestamp, "timestamp"))

    @staticmethod
    def cron_prev(expression: str, timestamp: int | datetime) -> int | None:
        """The last match before a time, in seconds since 1970, or None. ValueError for no expression."""
        return _schedule(expression).last(seconds_of(timestamp, "timestamp"))


def _schedule(expression: str) -> Schedule:
    try:
        return Schedule.parse(text_of(expression, "expression"))
    except CronError as error:
        raise ValueError(f"expects a valid CRON expression: {error}") from None
