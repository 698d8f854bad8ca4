"""When achievements begin anew, and how long they take progress (T-213 to T-215). Pure; unix seconds."""

from dataclasses import dataclass

from kizuna.scheduler.cron import Schedule
from kizuna.wire.integers import INT64_MAX


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until before `reset`; None where it has no such end."""

    start: int | None = None
    reset: int | None = None

    def holds(self, start: int) -> bool:
        """Whether what was done in a period that began at `start` still counts.

        It may have begun later than this one, under a schedule that is no longer in force.
        """
        return self.start is None or start >= self.start


#: That of an achievement that is never reset.
ENDLESS = Period()


def period_at(now: int, schedule: Schedule | None, time_offset_sec: int = 0) -> Period:
    """The period that `now` is in. An offset above zero lets periods begin so much before the schedule."""
    if schedule is None:
        return ENDLESS
    shifted = now + time_offset_sec
    start, reset = schedule.floor(shifted), schedule.next(shifted)
    return Period(
        None if start is None else start - time_offset_sec, None if reset is None else reset - time_offset_sec
    )


def expiry(
    duration_sec: int, period: Period, start_time_sec: int, first_progress_sec: int | None
) -> int | None:
    """Until when progress is taken in a period, None for no such end.

    A duration counts from the beginning of the period; of an endless one, from the configured start or else
    from the first progress.
    """
    base = period.start
    if base is None:
        base = start_time_sec or first_progress_sec
    if not duration_sec or base is None:
        return None
    return min(base + duration_sec, INT64_MAX if period.reset is None else period.reset)


def is_open(now: int, start_time_sec: int, end_time_sec: int, expiry_sec: int | None) -> bool:
    """Whether progress is taken at this time; a start or end of 0 is none."""
    return (
        now >= start_time_sec
        and (not end_time_sec or now < end_time_sec)
        and (expiry_sec is None or now < expiry_sec)
    )
