"""Iterations against a list of all of them."""

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.scheduler.cron import Schedule
from kizuna.teams.config.shapes import EventLeaderboard
from kizuna.teams.events import iterations
from kizuna.teams.events.iterations import Iteration

HOURS = 12

MINUTES = st.sets(st.integers(0, 59), min_size=1, max_size=4)
INSTANTS = st.integers(0, 8 * 60).map(lambda minutes: minutes * 60) | st.integers(0, 8 * 3600)


@st.composite
def scheduled(draw: st.DrawFn) -> tuple[EventLeaderboard, list[Iteration]]:
    """An event that runs several times an hour at most, and all its iterations of half a day."""
    minutes = sorted(draw(MINUTES))
    start = draw(st.just(0) | INSTANTS)
    end = draw(st.just(0) | st.integers(start + 1, start + 8 * 3600))
    duration = draw(st.just(0) | st.integers(1, 90 * 60))
    schedule = Schedule.parse(f"{','.join(map(str, minutes))} * * * *")
    event = EventLeaderboard(reset=schedule, duration=duration, start_time_sec=start, end_time_sec=end)
    ticks = [hour * 3600 + minute * 60 for hour in range(HOURS + 9) for minute in minutes]
    return event, _all(ticks, start, end, duration)


def _all(ticks: list[int], start: int, end: int, duration: int) -> list[Iteration]:
    found = []
    for tick, after in itertools.pairwise(ticks):
        closes = min(tick + duration, after) if duration else after
        if tick < start and not (tick <= start < closes):
            continue
        if end and max(tick, start) >= end:
            continue
        cut = min(after, end) if end else after
        found.append(Iteration(max(tick, start), min(closes, cut), cut))
    return found


@given(scheduled(), INSTANTS)
def test_scheduled(case: tuple[EventLeaderboard, list[Iteration]], now: int) -> None:
    """T-293, T-294, T-295, T-297, T-302: what runs, what comes, what is shown, at any instant."""
    event, everything = case
    begun = [one for one in everything if one.start <= now]
    to_come = [one for one in everything if one.start > now]
    latest = begun[-1] if begun else None
    running = latest if latest is not None and latest.end is not None and now < latest.end else None
    following = to_come[0] if to_come else None
    # Between the start time and the first tick nothing has begun.
    assert iterations.latest(event, now) == latest
    assert iterations.following(event, now) == following
    assert iterations.running(event, now) == running
    assert iterations.open_for_rolls(event, now) == (running or following)
    assert iterations.shown(event, now) == (running or following or latest)


@given(scheduled(), st.integers(0, 20), st.integers(0, 20), st.integers(0, 8))
def test_missed(case: tuple[EventLeaderboard, list[Iteration]], one: int, other: int, most: int) -> None:
    """T-305: the iterations between two, up to a limit."""
    event, everything = case
    if not everything:
        return
    low, high = sorted((one % len(everything), other % len(everything)))
    between = max(high - low - 1, 0)
    assert iterations.missed(event, everything[low], everything[high], most) == min(between, most)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100), st.integers(0, 300))
@example(0, 10, 50, 60)
@example(5, 0, 0, 5)
def test_single(start: int, duration: int, length: int, now: int) -> None:
    """T-296: without a schedule there is one iteration."""
    end_time = start + length if length else 0
    event = EventLeaderboard(start_time_sec=start, duration=duration, end_time_sec=end_time)
    expiry = end_time or None
    end = start + duration if start and duration else expiry
    if end is not None and expiry is not None:
        end = min(end, expiry)
    only = Iteration(start, end, expiry)
    assert iterations.latest(event, now) == (only if now >= start else None)
    assert iterations.following(event, now) == (None if now >= start else only)
    assert iterations.shown(event, now) == only
    assert iterations.missed(event, only, only, 5) == 0


def test_last_tick_of_a_schedule() -> None:
    """T-293: after the last tick there is no next iteration, and the last never expires."""
    event = EventLeaderboard(reset=Schedule.parse("0 0 0 1 1 * 2027"), duration=3600)
    tick = 1798761600
    assert iterations.following(event, tick - 1) == Iteration(tick, tick + 3600, None)
    assert iterations.following(event, tick) is None
    assert iterations.shown(event, tick + 7200) == Iteration(tick, tick + 3600, None)
    never = EventLeaderboard(reset=Schedule.parse("0 0 30 2 *"))
    assert iterations.shown(never, tick) is None


def test_state_of_an_iteration() -> None:
    """T-251, T-252, T-253, T-264: the end belongs to what comes after it."""
    one = Iteration(10, 20, 30)
    assert [one.is_running(now) for now in (9, 10, 19, 20)] == [False, True, True, False]
    assert [one.has_ended(now) for now in (19, 20)] == [False, True]
    assert [one.has_expired(now) for now in (29, 30)] == [False, True]
    endless = Iteration(0, None, None)
    assert endless.is_running(2**62)
    assert not endless.has_expired(2**62)
