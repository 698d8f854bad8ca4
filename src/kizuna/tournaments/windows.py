"""When a tournament is active, and when its periods end. No I/O, no clock.

A tournament with a schedule has a period from each match to the next. The window in which scores are taken
opens with the period and stays open for the duration, at most until the period is over.

             start_active      end_active         expiry
    ─────────────┼─────────────────┼─────────────────┼───────────── …
               match   open for     closed, listed  next match
                     the duration

A tournament without one has a single window, which opens at the start time. The end time, if there is one,
ends what it finds: window and period.

Times are whole unix seconds. In rules an `end_time` of 0 is none; in windows an `expiry` of 0 is never.
"""

from dataclasses import dataclass
from typing import NamedTuple

from kizuna.scheduler.cron import Schedule


@dataclass(frozen=True, slots=True)
class Rules:
    """What a tournament's windows follow from; `duration` is in seconds, above 0."""

    start_time: int
    end_time: int
    duration: int
    schedule: Schedule | None


class Window(NamedTuple):
    """Scores are taken while `start_active <= now < end_active`; the period they belong to ends at `expiry`.

    One that does not close after it opens is never active.
    """

    start_active: int
    end_active: int
    expiry: int


class Event(NamedTuple):
    """What ends at `instant`: a window (`end`), a period (`reset`) or both."""

    instant: int
    end: bool
    reset: bool


def window(rules: Rules, t: int) -> Window:
    """The window that is announced at t.

    From the start time on that is the one of the period around t, unless it closed before the start time. In
    that case, and before the start time, it is the first to open after it; if none will, it is 0, 0, and so
    never active.
    """
    schedule, start = rules.schedule, rules.start_time
    if schedule is None:
        return _ended(rules, Window(start, start + rules.duration, 0))
    opening = schedule.floor(t) if t >= start else None
    if opening is not None:
        current = _opening_at(opening, schedule, rules.duration)
        if current.end_active >= start:
            return _ended(rules, current._replace(start_active=max(opening, start)))
    return _ended(rules, _opening_at(schedule.next(start), schedule, rules.duration))


def prev_reset(rules: Rules, t: int) -> int:
    """The latest match of the schedule before t, 0 if there is none or the start time has not come."""
    if rules.schedule is None or t < rules.start_time:
        return 0
    return rules.schedule.last(t) or 0


def next_event(rules: Rules, after: int) -> Event | None:
    """The first instant later than `after` at which a window closes or a period ends; None if there is none.

    Nothing ends up to the start time, and nothing after the end time, which ends the last period itself. Each
    event is the next one of the event before it.
    """
    now = max(after, rules.start_time)
    start_active, end_active, expiry = window(rules, now)
    if start_active < end_active and end_active > now:
        return Event(end_active, end=True, reset=end_active == expiry)
    return Event(expiry, end=False, reset=True) if expiry > now else None


def _opening_at(opening: int | None, schedule: Schedule, duration: int) -> Window:
    """The window of the period that a match begins."""
    if opening is None:
        return Window(0, 0, 0)
    expiry = schedule.next(opening)
    if expiry is None:
        return Window(opening, opening + duration, 0)
    return Window(opening, min(opening + duration, expiry), expiry)


def _ended(rules: Rules, open_ended: Window) -> Window:
    """The same, cut off where the end time falls into its period."""
    start_active, end_active, expiry = open_ended
    if rules.end_time <= 0 or 0 < expiry <= rules.end_time:
        return open_ended
    return Window(start_active, min(end_active, rules.end_time), rules.end_time)
