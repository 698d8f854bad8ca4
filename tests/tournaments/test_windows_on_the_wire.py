"""When tournaments can be entered, and what they say about it, second by second."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kizuna.leaderboards.scoring import Operator
from tests.support.boards import (
    DAY,
    HOUR,
    NOON,
    Boards,
    Contestant,
    StillClock,
    good,
    owners,
    rank_of,
    ranks,
    refusal,
)

INACTIVE = (400, 9, "Tournament is not active and cannot accept new scores.")
NO_JOINS = (400, 3, "Tournament is not active and cannot accept new joins.")
NOT_JOINED = (400, 9, "Must join tournament before attempting to write value.")
NOT_FOUND_OR_ENDED = (404, 5, "Tournament not found or has ended.")
HAS_ENDED = (404, 5, "Tournament has ended.")
BAD_CURSOR = (400, 3, "Cursor is invalid or expired.")

MIDNIGHT = NOON + 12 * HOUR


def january(day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 1, day, hour, minute, tzinfo=UTC).timestamp())


async def told(reader: Contestant, id: str, **query: Any) -> dict[str, Any] | None:
    """The tournament as the list shows it, None if it does not."""
    query = {"limit": 100, **query}
    page = good(await reader.ask("GET", **query))
    while True:
        for found in page.get("tournaments", []):
            if found["id"] == id:
                return dict(found)
        if "cursor" not in page:
            return None
        page = good(await reader.ask("GET", **query, cursor=page["cursor"]))


async def times(reader: Contestant, id: str, **query: Any) -> tuple[int, int, int, int, bool]:
    """start_active, end_active, next_reset, prev_reset, can_enter"""
    found = await told(reader, id, **query)
    assert found is not None
    start, end, expiry, reset = (
        found.get(name, 0) for name in ("start_active", "end_active", "next_reset", "prev_reset")
    )
    return start, end, expiry, reset, found.get("can_enter", False)


# --- one window ---


async def test_before_it_starts(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    start = NOON + HOUR
    open, joined = [await boards.tournament(start_time=start, join_required=must) for must in (False, True)]
    for instant in (NOON, start - 1):
        clock.stand_at(instant)
        for id in (open, joined):
            assert refusal(await ada.write(id, 1)) == INACTIVE
            assert await times(ada, id) == (start, start + HOUR, 0, 0, False)
    assert good(await ada.list(open)) == {}
    assert good(await ada.join(joined)) == {}
    assert refusal(await ada.write(joined, 1)) == INACTIVE
    entry = good(await ada.list(joined))
    assert (owners(entry["records"]), entry["rank_count"]) == ([ada.id], "1")
    clock.stand_at(start)
    for id in (open, joined):
        assert good(await ada.write(id, 1))["num_score"] == 1
        assert await times(ada, id) == (start, start + HOUR, 0, 0, True)


async def test_after_its_only_window(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    """Without an end and a schedule what was written there is shown for ever."""
    open, joined = [await boards.tournament(join_required=must) for must in (False, True)]
    clock.stand_at(NOON + HOUR - 0.001)
    await ada.join(joined)
    for id in (open, joined):
        good(await ada.write(id, 1))
    clock.stand_at(NOON + HOUR)
    for id in (open, joined):
        assert refusal(await ada.write(id, 2)) == INACTIVE
        # What is told is a second wider than what is true.
        assert await times(ada, id) == (NOON, NOON + HOUR, 0, 0, True)
    assert refusal(await ada.join(joined)) == NO_JOINS
    assert good(await ada.join(open)) == {}
    clock.stand_at(NOON + 1000 * DAY)
    for id in (open, joined):
        assert await times(ada, id) == (NOON, NOON + HOUR, 0, 0, False)
        page = good(await ada.list(id, owner_ids=ada.id))
        assert (ranks(page["records"]), ranks(page["owner_records"]), page["rank_count"]) == ([1], [1], "1")
        assert good(await ada.around(id, ada.id))["records"] == page["owner_records"]
        assert good(await ada.delete(id)) == {}
        assert good(await ada.list(id)) == {}


@pytest.mark.parametrize("join_required", [False, True])
async def test_the_end(boards: Boards, ada: Contestant, clock: StillClock, join_required: bool) -> None:
    end = NOON + HOUR
    id = await boards.tournament(end_time=end, duration=DAY, join_required=join_required)
    assert await times(ada, id) == (NOON, end, end, 0, True)
    await ada.join(id)
    clock.stand_at(end - 0.001)
    record = good(await ada.write(id, 5))
    assert record["expiry_time"] == "2026-03-02T13:00:00Z"
    cursor = await another(boards, ada, id)
    for later in (0, 1, DAY):
        clock.stand_at(end + later)
        assert refusal(await ada.write(id, 9)) == NOT_FOUND_OR_ENDED
        assert refusal(await ada.list(id)) == HAS_ENDED
        assert refusal(await ada.list(id, owner_ids=ada.id)) == HAS_ENDED
        assert good(await ada.around(id, ada.id)) == {}
        if join_required:
            assert refusal(await ada.join(id)) == NO_JOINS
        else:
            assert good(await ada.join(id)) == {}
        page = good(await ada.list(id, expiry=end, owner_ids=ada.id))
        assert (ranks(page["records"]), ranks(page["owner_records"])) == ([1, 2], [0])
        assert "rank_count" not in page
        window = good(await ada.around(id, ada.id, expiry=end, limit=1))
        assert (owners(window["records"]), ranks(window["records"])) == ([ada.id], [0])
        good(await ada.list(id, expiry=end, cursor=cursor))
        # An end at this very second is not past for the list.
        assert (await told(ada, id) is None) == (later > 0)
        assert await times(ada, id, end_time=end) == (NOON, end, end, 0, later == 0)
    assert good(await ada.delete(id)) == {}
    assert len(good(await ada.list(id, expiry=end))["records"]) == 1


async def another(boards: Boards, reader: Contestant, id: str) -> str:
    """The cursor behind the first of two records, after somebody else has entered."""
    somebody = "7b9a6f4e-0000-4000-8000-000000000001"
    await boards.enter(id, somebody)
    await boards.fill(id, {somebody: (1, 1)})
    cursor: str = good(await reader.list(id, limit=1))["next_cursor"]
    return cursor


# --- windows again and again ---


@pytest.mark.parametrize("join_required", [False, True])
async def test_windows_of_a_schedule(
    boards: Boards, ada: Contestant, clock: StillClock, join_required: bool
) -> None:
    id = await boards.tournament(
        reset_schedule="0 0 * * *",
        duration=HOUR,
        start_time=NOON,
        operator=Operator.INCREMENT,
        join_required=join_required,
    )
    first, second, third = MIDNIGHT, MIDNIGHT + DAY, MIDNIGHT + 2 * DAY
    # The window before the start has closed: the next one is announced.
    assert await times(ada, id) == (first, first + HOUR, second, MIDNIGHT - DAY, False)
    assert refusal(await ada.write(id, 1)) == INACTIVE
    clock.stand_at(first)
    assert await times(ada, id) == (first, first + HOUR, second, MIDNIGHT - DAY, True)
    await ada.join(id)
    clock.stand_at(first + HOUR - 1)
    for _ in range(2):
        record = good(await ada.write(id, 1))
    assert record["expiry_time"] == "2026-03-04T00:00:00Z"
    page = good(await ada.list(id, owner_ids=ada.id))
    # Closed until the reset, and shown until then.
    clock.stand_at(first + HOUR)
    assert await times(ada, id) == (first, first + HOUR, second, first, True)
    clock.stand_at(second - 1)
    assert await times(ada, id) == (first, first + HOUR, second, first, False)
    assert refusal(await ada.write(id, 1)) == INACTIVE
    assert refusal(await ada.join(id)) == NO_JOINS if join_required else good(await ada.join(id)) == {}
    assert good(await ada.list(id, owner_ids=ada.id)) == page
    clock.stand_at(second)
    assert await times(ada, id) == (second, second + HOUR, third, first, True)
    assert good(await ada.list(id, owner_ids=ada.id)) == {}
    if join_required:
        assert refusal(await ada.write(id, 1)) == NOT_JOINED
        assert good(await ada.join(id)) == {}
    again = good(await ada.write(id, 1))
    assert (again["score"], again["num_score"], rank_of(again)) == ("1", 1, 1)
    old = good(await ada.list(id, expiry=second, owner_ids=ada.id))
    assert (old["records"][0]["score"], ranks(old["records"]), ranks(old["owner_records"])) == ("2", [1], [0])


async def test_a_cursor_ends_with_its_period(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    id = await boards.tournament(reset_schedule="0 0 * * *", duration=DAY, start_time=NOON)
    await ada.write(id, 1)
    cursor = await another(boards, ada, id)
    clock.stand_at(MIDNIGHT)
    assert refusal(await ada.list(id, cursor=cursor)) == BAD_CURSOR
    assert len(good(await ada.list(id, cursor=cursor, expiry=MIDNIGHT))["records"]) == 1


async def test_the_end_cuts_the_last_period(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    end = MIDNIGHT + 6 * HOUR
    id = await boards.tournament(reset_schedule="0 0 * * *", duration=DAY, start_time=NOON, end_time=end)
    assert await times(ada, id) == (NOON, MIDNIGHT, MIDNIGHT, MIDNIGHT - DAY, True)
    clock.stand_at(MIDNIGHT)
    assert await times(ada, id) == (MIDNIGHT, end, end, MIDNIGHT - DAY, True)
    assert good(await ada.write(id, 1))["expiry_time"] == "2026-03-03T06:00:00Z"
    clock.stand_at(end)
    assert refusal(await ada.write(id, 1)) == NOT_FOUND_OR_ENDED
    assert owners(good(await ada.list(id, expiry=end))["records"]) == [ada.id]


@pytest.mark.parametrize(
    ("start", "end", "duration", "now", "window"),
    [
        ((1, 0), None, 3600, (10, 15, 30), ((10, 12), (10, 13), (11, 12))),
        ((1, 0), None, 999_999, (10, 15, 30), ((10, 12), (11, 12), (11, 12))),
        ((1, 0), (10, 18), 999_999, (10, 15, 30), ((10, 12), (10, 18), (10, 18))),
        ((10, 12, 30), None, 3600, (10, 12, 45), ((10, 12, 30), (10, 13), (11, 12))),
        ((10, 12, 30), None, 3600, (10, 12), ((11, 12), (11, 13), (12, 12))),
        ((10, 12), None, 3600, (10, 11), ((11, 12), (11, 13), (12, 12))),
        ((10, 12), None, 3600, (10, 12), ((10, 12), (10, 13), (11, 12))),
        ((10, 15), None, 3600, (10, 15, 30), ((11, 12), (11, 13), (12, 12))),
    ],
)
async def test_announced_windows(
    boards: Boards,
    ada: Contestant,
    clock: StillClock,
    start: tuple[int, ...],
    end: tuple[int, ...] | None,
    duration: int,
    now: tuple[int, ...],
    window: tuple[tuple[int, ...], ...],
) -> None:
    clock.stand_at(january(1, 0))
    id = await boards.tournament(
        reset_schedule="0 12 * * *",
        duration=duration,
        start_time=january(*start),
        end_time=january(*end) if end else 0,
    )
    clock.stand_at(january(*now))
    start_active, end_active, expiry, _, can_enter = await times(ada, id)
    assert (start_active, end_active, expiry) == tuple(january(*instant) for instant in window)
    assert can_enter == (start_active <= january(*now) <= end_active)
    answer = await ada.write(id, 1)
    assert answer.status_code == (200 if start_active <= january(*now) < end_active else 400)
    if answer.status_code == 200:
        assert datetime.fromisoformat(good(answer)["expiry_time"]).timestamp() == expiry
