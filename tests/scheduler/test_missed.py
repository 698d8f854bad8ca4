"""What was missed on a board, against walking through all of it."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.scoring import Operator
from kizuna.scheduler.cron import Schedule
from kizuna.scheduler.missed import matches_between, missed
from kizuna.tournaments.windows import Event, Rules
from tests.scheduler.support import DAY, HOUR, MINUTE, START, WEEK

SCHEDULES = [
    "* * * * *",
    "*/7 */5 * * *",
    "0 12 * * *",
    "30 23 * * 1-5",
    "0 0 * * 1",
    "0 0 31 * *",
    "*/20 59 * * * * *",
    "10,11 0,30 1,22 * * 2,4 *",
]


def board(schedule: str, start: int = 0, end: int = 0, duration: int = 0) -> Board:
    return Board(
        key=1,
        id="board",
        authoritative=False,
        descending=True,
        operator=Operator.BEST,
        reset_schedule=schedule,
        metadata="{}",
        enable_ranks=True,
        create_time=datetime.fromtimestamp(START, UTC),
        category=0,
        title="",
        description="",
        join_required=False,
        max_size=1,
        max_num_score=1,
        rules=Rules(start, end, duration, Schedule.parse(schedule) if schedule else None),
    )


def walk(board: Board, after: int, now: int) -> list[Event]:
    events = []
    while (event := board.next_event(after)) and event.instant <= now:
        events.append(event)
        after = event.instant
    return events


@given(
    st.sampled_from(SCHEDULES),
    st.integers(START, START + 40 * DAY),
    st.integers(0, 3 * DAY),
)
def test_matches_are_counted_as_if_one_by_one(text: str, after: int, span: int) -> None:
    schedule = Schedule.parse(text)
    count, t = 0, after
    while (found := schedule.next(t)) is not None and found <= after + span:
        count, t = count + 1, found
    assert matches_between(schedule, after, after + span) == count


@given(
    st.sampled_from(SCHEDULES),
    st.integers(START, START + WEEK),
    st.integers(0, 10 * DAY),
    st.integers(0, 10 * DAY),
    st.sampled_from([0, 1, 50, HOUR, DAY + 1, 9 * DAY]),
    st.none() | st.integers(1, 20 * DAY),
    st.integers(1, 30),
)
@example("* * * * *", START, MINUTE, 2, 1, None, 1)  # the first match after the start resets nothing
@example("30 23 * * 1-5", START, 257_400, 0, 86_401, None, 2)  # the same, and nothing is skipped
def test_what_was_missed_are_the_last_events(
    text: str, after: int, span: int, started: int, duration: int, ended: int | None, most: int
) -> None:
    start = START + started if duration else 0
    tested = board(text, start, start + ended if duration and ended else 0, duration)
    everything = walk(tested, after, after + span)
    events, skipped = missed(tested, after, after + span, most)
    assert events == everything[-most:]
    if not duration:
        assert skipped == len(everything[:-most])
    elif len(everything) <= most:
        assert skipped == 0


def test_skipped_resets_of_a_tournament_are_counted() -> None:
    weekly = board("0 0 * * 1", START, duration=2 * DAY)
    events, skipped = missed(weekly, START, START + 250 * WEEK, 100)
    assert len(events) == 100
    assert sum(event.reset for event in events) + skipped == 250


@pytest.mark.parametrize("duration", [0, 1])
def test_a_year_of_seconds_takes_a_moment(duration: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def counted(self: Schedule, t: int, find: object = Schedule.next) -> int | None:
        nonlocal asked
        asked += 1
        return find(self, t)  # type: ignore[operator, no-any-return]

    monkeypatch.setattr(Schedule, "next", counted)
    events, skipped = missed(board("* * * * * * *", START, duration=duration), START, START + 365 * DAY, 100)
    assert [event.instant for event in events] == [START + 365 * DAY - 99 + n for n in range(100)]
    assert skipped == 365 * DAY - 100
    assert asked < 2000


def test_a_tournament_that_ends_for_good_while_nobody_looks() -> None:
    once = board("", START, duration=HOUR)
    assert missed(once, START, START + DAY, 100).events == [Event(START + HOUR, end=True, reset=False)]
    minutely = board("* * * * *", START, START + 300 * MINUTE, 20)
    events, skipped = missed(minutely, START, START + WEEK, 100)
    assert events == walk(minutely, START, START + WEEK)[-100:]
    assert sum(event.reset for event in events) + skipped == 300
