"""When an event leaderboard runs: one iteration after the other, or a single one (T-293 to T-297).

            start                end              expiry
    ──────────┼───────────────────┼──────────────────┼────────── …
            tick    scores taken      rewards claimed    next tick,
                                                         next iteration

Times are whole unix seconds; an end or expiry of None is never. No I/O, no clock.
"""

from dataclasses import dataclass

from kizuna.scheduler.cron import Schedule
from kizuna.teams.config.shapes import EventLeaderboard


@dataclass(frozen=True, slots=True)
class Iteration:
    """Scores are taken while start <= now < end, rewards claimed until the expiry."""

    start: int
    end: int | None
    expiry: int | None

    def has_begun(self, now: int) -> bool:
        return self.start <= now

    def has_ended(self, now: int) -> bool:
        return self.end is not None and self.end <= now

    def has_expired(self, now: int) -> bool:
        return self.expiry is not None and self.expiry <= now

    def is_running(self, now: int) -> bool:
        return self.has_begun(now) and not self.has_ended(now)


def latest(event: EventLeaderboard, now: int) -> Iteration | None:
    """The last iteration that has begun, though it may have expired."""
    if event.reset is None:
        only = _only(event)
        return only if only.has_begun(now) else None
    if now < event.start_time_sec:
        return None
    tick = event.reset.floor(min(now, event.end_time_sec - 1) if event.end_time_sec else now)
    return None if tick is None else _from_tick(event, event.reset, tick)


def following(event: EventLeaderboard, now: int) -> Iteration | None:
    """The first iteration that begins later than now."""
    if event.reset is None:
        only = _only(event)
        return None if only.has_begun(now) else only
    if now < event.start_time_sec:
        cut = latest(event, event.start_time_sec)
        if cut is not None:
            return cut
    tick = event.reset.next(max(now, event.start_time_sec))
    return None if tick is None else _from_tick(event, event.reset, tick)


def running(event: EventLeaderboard, now: int) -> Iteration | None:
    """The iteration in which scores are taken now."""
    begun = latest(event, now)
    return begun if begun is not None and begun.is_running(now) else None


def open_for_rolls(event: EventLeaderboard, now: int) -> Iteration | None:
    """The iteration that a team without a cohort is rolled into: the running one, else the next (T-302)."""
    return running(event, now) or following(event, now)


def shown(event: EventLeaderboard, now: int) -> Iteration | None:
    """What a team without a cohort sees: the running iteration, else the next, else the last (T-297)."""
    return open_for_rolls(event, now) or latest(event, now)


def missed(event: EventLeaderboard, last: Iteration, target: Iteration, most: int) -> int:
    """How many iterations lie wholly between two others, counted up to `most`."""
    if last.expiry is None:
        return 0
    count = 0
    between = following(event, last.expiry - 1)
    while count < most and between is not None and between.start < target.start:
        count += 1
        between = following(event, between.start)
    return count


def _only(event: EventLeaderboard) -> Iteration:
    """The iteration of an event without a schedule (T-296)."""
    start, expiry = event.start_time_sec, event.end_time_sec or None
    end = start + event.duration if start and event.duration else None
    return Iteration(start, _earlier(end, expiry), expiry)


def _from_tick(event: EventLeaderboard, schedule: Schedule, tick: int) -> Iteration | None:
    """The iteration that a tick begins, cut to the event's own times; None where nothing of it is left."""
    limit = event.end_time_sec or None
    expiry = _earlier(schedule.next(tick), limit)
    end = _earlier(tick + event.duration if event.duration else None, expiry)
    start = max(tick, event.start_time_sec)
    if (end is not None and end <= start) or (limit is not None and limit <= start):
        return None
    return Iteration(start, end, expiry)


def _earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)
