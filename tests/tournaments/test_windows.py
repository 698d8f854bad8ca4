"""Windows of tournaments, and the instants at which something ends."""

from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kizuna.scheduler.cron import Schedule
from kizuna.tournaments.windows import Event, Rules, Window, next_event, prev_reset, window

DAY = 86400
NOON = Schedule.parse("0 12 * * *")


def january(text: str) -> int:
    """Unix seconds of `10 15:30` in January 2026."""
    day, clock = text.split()
    return int(datetime.fromisoformat(f"2026-01-{day} {clock}").replace(tzinfo=UTC).timestamp())


def noons(start: str, end: str = "", duration: int = 3600) -> Rules:
    return Rules(january(start), january(end) if end else 0, duration, NOON)


def yearly(start: int, duration: int, text: str, end: int = 0) -> Rules:
    return Rules(start, end, duration, Schedule.parse(text))


# --- What is announced ---


@pytest.mark.parametrize(
    ("rules", "t", "expected"),
    [
        (noons("01 00:00"), "10 15:30", ("10 12:00", "10 13:00", "11 12:00")),
        (noons("01 00:00", duration=999999), "10 15:30", ("10 12:00", "11 12:00", "11 12:00")),
        (noons("01 00:00", "10 18:00", 999999), "10 15:30", ("10 12:00", "10 18:00", "10 18:00")),
        (noons("10 12:30"), "10 12:45", ("10 12:30", "10 13:00", "11 12:00")),
        (noons("10 12:30"), "10 12:00", ("11 12:00", "11 13:00", "12 12:00")),
        (noons("10 12:00"), "10 11:00", ("11 12:00", "11 13:00", "12 12:00")),
        (noons("10 12:00"), "10 12:00", ("10 12:00", "10 13:00", "11 12:00")),
        (noons("10 15:00"), "10 15:30", ("11 12:00", "11 13:00", "12 12:00")),
        # Where the start time meets the window's edges
        (noons("10 12:59"), "10 12:59", ("10 12:59", "10 13:00", "11 12:00")),
        (noons("10 13:00"), "10 13:00", ("10 13:00", "10 13:00", "11 12:00")),
        (noons("10 13:01"), "10 13:01", ("11 12:00", "11 13:00", "12 12:00")),
        (noons("10 12:30"), "11 11:59", ("10 12:30", "10 13:00", "11 12:00")),
        (noons("10 12:30"), "11 12:00", ("11 12:00", "11 13:00", "12 12:00")),
        (noons("10 15:00", duration=DAY), "10 15:30", ("10 15:00", "11 12:00", "11 12:00")),
        # Where the end time falls
        (noons("01 00:00", "10 12:30"), "10 12:15", ("10 12:00", "10 12:30", "10 12:30")),
        (noons("01 00:00", "10 12:30"), "10 10:00", ("09 12:00", "09 13:00", "10 12:00")),
        (noons("01 00:00", "10 15:00"), "10 14:00", ("10 12:00", "10 13:00", "10 15:00")),
        (noons("01 00:00", "10 12:00"), "10 11:00", ("09 12:00", "09 13:00", "10 12:00")),
        (noons("01 00:00", "11 12:00"), "10 15:00", ("10 12:00", "10 13:00", "11 12:00")),
    ],
)
def test_windows_of_a_schedule(rules: Rules, t: str, expected: tuple[str, str, str]) -> None:
    assert window(rules, january(t)) == Window(*map(january, expected))


@pytest.mark.parametrize(
    ("rules", "t", "expected"),
    [
        (yearly(1692090000, 1202400, "0 9 */14 * *"), 1692608400, (1692090000, 1693292400, 1693299600)),
        (yearly(1692090000, 7200, "0 22 * * 1-5"), 1692615600, (1692396000, 1692403200, 1692655200)),
        (yearly(1692003600, 604800, "0 9 14 * *"), 1692003600, (1692003600, 1692608400, 1694682000)),
        (yearly(1693558800, 2419200, "0 9 14 * *"), 1692003600, (1694682000, 1697101200, 1697274000)),
    ],
)
def test_windows_the_reference_checks(rules: Rules, t: int, expected: tuple[int, int, int]) -> None:
    assert window(rules, t) == expected


@pytest.mark.parametrize("t", [-5, 0, 999, 1000, 1050, 1100, 5000])
def test_windows_without_a_schedule(t: int) -> None:
    assert window(Rules(1000, 0, 100, None), t) == (1000, 1100, 0)
    assert window(Rules(1000, 1050, 100, None), t) == (1000, 1050, 1050)
    assert window(Rules(1000, 1100, 100, None), t) == (1000, 1100, 1100)
    assert window(Rules(1000, 2000, 100, None), t) == (1000, 1100, 2000)


def test_windows_of_a_schedule_that_runs_out() -> None:
    last_noons = Schedule.parse("0 12 9,10 1 * 2026")
    start, nine, ten = january("01 00:00"), january("09 12:00"), january("10 12:00")
    rules = Rules(start, 0, 3600, last_noons)
    assert window(rules, start) == (nine, nine + 3600, ten)
    assert window(rules, ten) == (ten, ten + 3600, 0)
    assert window(rules, ten + 10**9) == (ten, ten + 3600, 0)
    ended = Rules(start, january("20 00:00"), 3600, last_noons)
    assert window(ended, ten) == (ten, ten + 3600, january("20 00:00"))


@pytest.mark.parametrize(
    ("start", "t", "opens"),
    [("10 12:30", "10 12:30", True), ("10 12:30", "10 12:00", False), ("11 00:00", "11 00:00", False)],
)
def test_windows_when_no_whole_period_follows_the_start(start: str, t: str, opens: bool) -> None:
    schedule = Schedule.parse("0 12 10 1 * 2026")
    rest = (january("10 12:30"), january("10 13:00"))
    endless, ended = (Rules(january(start), end, 3600, schedule) for end in (0, january("20 00:00")))
    assert window(endless, january(t)) == (*(rest if opens else (0, 0)), 0)
    assert window(ended, january(t)) == (*(rest if opens else (0, 0)), january("20 00:00"))


def test_a_schedule_that_never_matches_opens_nothing() -> None:
    rules = Rules(1000, 0, 100, Schedule.parse("0 0 30 2 *"))
    for t in (0, 1000, 10**10):
        assert window(rules, t) == (0, 0, 0)
        assert next_event(rules, t) is None
        assert prev_reset(rules, t) == 0


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        ("10 11:59", 0),
        ("10 12:29", 0),
        ("10 12:30", "10 12:00"),
        ("11 12:00", "10 12:00"),
        ("11 12:01", "11 12:00"),
    ],
)
def test_previous_reset(t: str, expected: str | int) -> None:
    assert prev_reset(noons("10 12:30"), january(t)) == (
        january(expected) if isinstance(expected, str) else 0
    )


def test_previous_reset_without_one() -> None:
    assert prev_reset(Rules(0, 0, 100, None), 1000) == 0
    assert prev_reset(Rules(0, 0, 100, Schedule.parse("0 0 1 1 * 2030")), 1000) == 0


# --- What ends when ---


def events(rules: Rules, after: int, until: int) -> list[Event]:
    """All events after one instant and up to another."""
    found = []
    event = next_event(rules, after)
    while event is not None and event.instant <= until:
        found.append(event)
        event = next_event(rules, event.instant)
    return found


def told(rules: Rules, until: str = "13 00:00") -> str:
    """The events as `10 13:00 end, 11 12:00 end+reset`."""
    names = {(True, False): "end", (False, True): "reset", (True, True): "end+reset"}
    return ", ".join(
        f"{datetime.fromtimestamp(instant, UTC):%d %H:%M} {names[end, reset]}"
        for instant, end, reset in events(rules, -1, january(until))
    )


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # The start time between windows: the first period is the next
        (
            noons("10 00:00"),
            "10 13:00 end, 11 12:00 reset, 11 13:00 end, 12 12:00 reset, 12 13:00 end",
        ),
        # A shortened first window ends like any other
        (noons("11 12:30"), "11 13:00 end, 12 12:00 reset, 12 13:00 end"),
        # What closed before the start, or at it, does not end; the period announced instead begins later
        (noons("11 13:00"), "12 12:00 reset, 12 13:00 end"),
        (noons("11 13:01"), "12 13:00 end"),
        # Windows as long as the period, and longer
        (noons("10 12:30", duration=DAY), "11 12:00 end+reset, 12 12:00 end+reset"),
        (noons("10 12:30", duration=10 * DAY), "11 12:00 end+reset, 12 12:00 end+reset"),
        # The end time within a window, at its end, between windows, at a match
        (noons("11 12:00", "12 12:20"), "11 13:00 end, 12 12:00 reset, 12 12:20 end+reset"),
        (noons("11 12:00", "12 13:00"), "11 13:00 end, 12 12:00 reset, 12 13:00 end+reset"),
        (noons("11 12:00", "11 18:00"), "11 13:00 end, 11 18:00 reset"),
        (noons("11 12:00", "12 12:00"), "11 13:00 end, 12 12:00 reset"),
        # The end time before any window, at the start, before it
        (noons("11 14:00", "11 18:00"), "11 18:00 reset"),
        (noons("11 14:00", "12 12:00"), "12 12:00 reset"),
        (noons("11 12:00", "11 12:00"), ""),
        (noons("11 12:00", "10 12:00"), ""),
        # A single window
        (Rules(january("10 00:00"), 0, 3600, None), "10 01:00 end"),
        (Rules(january("10 00:00"), january("10 01:00"), 3600, None), "10 01:00 end+reset"),
        (Rules(january("10 00:00"), january("10 00:30"), 3600, None), "10 00:30 end+reset"),
        (Rules(january("10 00:00"), january("11 00:00"), 3600, None), "10 01:00 end, 11 00:00 reset"),
        (Rules(january("10 00:00"), january("10 00:00"), 3600, None), ""),
        # A schedule that runs out, without and with an end time
        (
            Rules(january("01 00:00"), 0, 3600, Schedule.parse("0 12 9,10 1 * 2026")),
            "09 13:00 end, 10 12:00 reset, 10 13:00 end",
        ),
        (
            Rules(january("09 18:00"), january("11 00:00"), 3600, Schedule.parse("0 12 9,10 1 * 2026")),
            "10 13:00 end, 11 00:00 reset",
        ),
        (
            Rules(january("10 18:00"), january("11 00:00"), 3600, Schedule.parse("0 12 9,10 1 * 2026")),
            "11 00:00 reset",
        ),
    ],
)
def test_events(rules: Rules, expected: str) -> None:
    assert told(rules) == expected


@pytest.mark.parametrize("after", [-(10**30), -1, 0, 5])
def test_nothing_ends_before_the_start_however_early_one_asks(after: int) -> None:
    assert next_event(noons("10 12:30"), after) == Event(january("10 13:00"), end=True, reset=False)


def test_nothing_ends_after_the_end_time() -> None:
    for rules in (
        noons("01 00:00", "10 18:00"),
        Rules(january("01 00:00"), january("10 18:00"), 999999, None),
    ):
        assert next_event(rules, january("10 17:59")) is not None
        assert next_event(rules, january("10 18:00")) is None
        assert next_event(rules, 10**30) is None


# --- Properties ---

SCHEDULES = st.sampled_from(
    [
        "* * * * *",
        "*/5 * * * *",
        "10,40 * * * * * *",
        "7/20 3-5 * * *",
        "0 */2 * * *",
        "0 12 * * *",
        "0 0 * * 1",
        "0 0 1,3 * *",
        "*/20 10 31 12 * 2025",
        "0 0 1 1 * 2026",
        "30 0 1 1 * 2026,2027",
    ]
).map(Schedule.parse)

NEW_YEAR = january("01 00:00")
AROUND = st.integers(NEW_YEAR - 9000, NEW_YEAR + 9000)
DURATIONS = st.sampled_from([1, 59, 60, 61, 1200, 3600, 7200, DAY, 30 * DAY]) | st.integers(1, 4000)


@st.composite
def some_rules(draw: st.DrawFn, schedules: st.SearchStrategy[Schedule | None]) -> Rules:
    start = draw(AROUND | AROUND.map(lambda t: t - t % 60))
    end = draw(st.just(0) | st.integers(1, 9000).map(lambda length: start + length))
    return Rules(start, end, draw(DURATIONS), draw(schedules))


def by_the_rules(rules: Rules, schedule: Schedule, t: int) -> Window:
    """The window by its definition, step for step, for schedules that do not run out."""

    def after(instant: int) -> int:
        match = schedule.next(instant)
        assume(match is not None)
        return match or 0

    if t < rules.start_time:
        start = after(rules.start_time)
    elif schedule.matches(t):
        start = t
    else:
        before = schedule.last(t)
        assume(before is not None)
        start = before or 0
    expiry = after(start)
    end = min(start + rules.duration, expiry)
    if rules.start_time > end:
        start = after(rules.start_time)
        expiry = after(start)
        end = min(start + rules.duration, expiry)
    elif rules.start_time > start:
        start = rules.start_time
    if rules.end_time > 0 and expiry > rules.end_time:
        expiry = rules.end_time
        end = min(end, expiry)
    return Window(start, end, expiry)


@settings(max_examples=400, deadline=None)
@given(some_rules(SCHEDULES), AROUND)
def test_windows_are_by_the_rules(rules: Rules, t: int) -> None:
    assert rules.schedule is not None
    assert window(rules, t) == by_the_rules(rules, rules.schedule, t)


@settings(max_examples=120, deadline=None)
@given(some_rules(SCHEDULES | st.none()), st.integers(1, 1500), st.integers(-1500, 1500))
def test_events_are_what_each_second_sees_end(rules: Rules, span: int, lead: int) -> None:
    """Step from second to second: what the window of one names and the next has reached is an event."""
    first = max(rules.start_time, rules.start_time + lead)
    until = first + span
    ends, resets, seen = set(), set(), set()
    for t in range(first, min(until, rules.end_time) if rules.end_time else until):
        start_active, end_active, expiry = window(rules, t)
        if end_active == t + 1 and start_active <= t:
            ends.add(t + 1)
        if expiry == t + 1:
            resets.add(t + 1)
        seen |= {expiry} | ({end_active} if start_active < end_active else set())
    found = events(rules, rules.start_time + lead if lead < 0 else first, until)
    assert {event.instant for event in found if event.end} == ends
    assert {event.instant for event in found if event.reset} == resets
    # Nothing that was ever announced for this span is left out.
    assert {instant for instant in seen if first < instant <= until} == ends | resets


@settings(max_examples=300, deadline=None)
@given(some_rules(SCHEDULES | st.none()), AROUND)
def test_the_next_event_does_not_depend_on_where_one_starts(rules: Rules, t: int) -> None:
    event = next_event(rules, t)
    for later in () if event is None else (t + 1, (t + event.instant) // 2, event.instant - 1):
        if t <= later < event.instant:
            assert next_event(rules, later) == event


@settings(max_examples=300, deadline=None)
@given(some_rules(SCHEDULES | st.none()), AROUND)
def test_the_order_within_a_window(rules: Rules, t: int) -> None:
    assume(not 0 < rules.end_time <= t)
    start_active, end_active, expiry = window(rules, t)
    if expiry:
        assert end_active <= expiry
        assert expiry > t
        assert rules.end_time == 0 or expiry <= rules.end_time
    empty = (
        (start_active, end_active) == (0, 0)  # no period will come
        or end_active == rules.start_time  # closed as the start time came
        or end_active == rules.end_time <= start_active  # the end time comes before it opens
    )
    assert empty or rules.start_time <= start_active < end_active
