"""What happened on a board since somebody last looked after it. Pure, and quick however long ago that was."""

from collections.abc import Iterator
from typing import NamedTuple

from kizuna.leaderboards.boards import Board
from kizuna.scheduler.cron import Schedule
from kizuna.tournaments.windows import Event

_DAY = 24 * 60 * 60


class Missed(NamedTuple):
    """The latest events in their order, and how many resets before them are left out."""

    events: list[Event]
    skipped: int


def missed(board: Board, after: int, now: int, most: int) -> Missed:
    """The events in (after, now], of more than `most` only the last ones."""
    until = min(now, board.rules.end_time or now)
    start = _start(board, after, until, most)
    events = list(_events(board, start, until))
    if start == after and len(events) <= most:
        return Missed(events, 0)
    kept = events[-most:]
    # From the first event on: matches before it, such as the first after a tournament's start, reset nothing.
    first = board.next_event(after)
    since = first.instant - 1 if first else after
    return Missed(kept, matches_between(board.rules.schedule, since, kept[0].instant - 1))


def matches_between(schedule: Schedule | None, after: int, until: int) -> int:
    """How many seconds in (after, until] a schedule matches. Takes time by the day, not by the match."""
    total = 0
    while schedule and (found := schedule.next(after)) is not None and found <= until:
        midnight = found - found % _DAY
        end = min(until + 1 - midnight, _DAY)
        total += _matches_before(schedule, end) - _matches_before(schedule, found - midnight)
        after = midnight + _DAY - 1
    return total


def _matches_before(schedule: Schedule, time: int) -> int:
    """The matches of a matching day that lie before a time of that day."""
    minute, second = divmod(time, 60)
    whole_minutes = (schedule.minutes & ((1 << minute) - 1)).bit_count()
    begun = schedule.minutes >> minute & 1
    return (
        whole_minutes * schedule.seconds.bit_count()
        + begun * (schedule.seconds & ((1 << second) - 1)).bit_count()
    )


def _start(board: Board, after: int, until: int, most: int) -> int:
    """The instant after which there are enough events, `after` or a later one."""
    reset = until + 1
    # One more: the first match after its start need not reset a tournament.
    for _ in range(most + 1):
        reset = board.prev_reset(reset)
        if reset <= after:
            return after
    return reset - 1


def _events(board: Board, after: int, until: int) -> Iterator[Event]:
    event = board.next_event(after)
    while event and event.instant <= until:
        yield event
        event = board.next_event(event.instant)
