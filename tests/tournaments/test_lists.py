"""GET /v2/tournament, and lists of the records of one."""

import uuid
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.leaderboards.scoring import Operator
from kizuna.wire.cursors import encode_cursor
from tests.support.boards import (
    HOUR,
    NOON,
    Boards,
    Contestant,
    good,
    new_owners,
    ordered,
    owners,
    ranks,
    refusal,
)

OWNER = "7b9a6f4e-0000-4000-8000-000000000001"
UNLIMITED = 2**31 - 1

NO_CATEGORIES = (400, 3, "Tournament category end must be greater than category start.")
BAD_TIMES = (400, 3, "Tournament end time must be greater than start time.")


# --- lists of tournaments ---


async def test_every_member_of_a_tournament(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(
        category=101,
        authoritative=True,
        operator=Operator.DECREMENT,
        reset_schedule="0 0 * * *",
        metadata='{"b":1,"a":"ü"}',
        title="Grand",
        description="Prix",
        start_time=NOON - 24 * HOUR,
        end_time=NOON + 240 * HOUR,
        duration=20 * HOUR,
        max_size=10,
        max_num_score=3,
        join_required=True,
    )
    assert good(await ada.ask("GET", category_start=101, category_end=101)) == {
        "tournaments": [
            {
                "id": id,
                "title": "Grand",
                "description": "Prix",
                "category": 101,
                "sort_order": 1,
                "max_size": 10,
                "max_num_score": 3,
                "can_enter": True,
                "start_active": NOON - 12 * HOUR,
                "end_active": NOON + 8 * HOUR,
                "next_reset": NOON + 12 * HOUR,
                "prev_reset": NOON - 12 * HOUR,
                "metadata": '{"a": "ü", "b": 1}',
                "create_time": "2026-03-02T12:00:00Z",
                "start_time": "2026-03-01T12:00:00Z",
                "end_time": "2026-03-12T12:00:00Z",
                "duration": 20 * HOUR,
                "operator": 4,
                "authoritative": True,
                "join_required": True,
            }
        ]
    }


async def test_members_that_are_left_out(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(category=102, descending=False)
    [found] = good(await ada.ask("GET", category_start=102, category_end=102))["tournaments"]
    assert found == {
        "id": id,
        "category": 102,
        "max_size": UNLIMITED,
        "max_num_score": 1_000_000,
        "can_enter": True,
        "start_active": NOON,
        "end_active": NOON + HOUR,
        "metadata": "{}",
        "create_time": "2026-03-02T12:00:00Z",
        "start_time": "2026-03-02T12:00:00Z",
        "duration": HOUR,
        "operator": 1,
    }


#: category, start, end
Times = tuple[int, int, int]

some_times = st.tuples(
    st.integers(110, 113),
    st.integers(NOON - 2, NOON + 1),
    st.sampled_from((0, 0, NOON - 1, NOON, NOON + 1, NOON + 2)),
).filter(lambda times: times[2] == 0 or times[2] >= times[1])
bounds = st.none() | st.integers(110, 113)


def is_wanted(
    times: Times, low: int | None, high: int | None, start_time: int | None, end_time: int | None
) -> bool:
    category, start, end = times
    if not (low or 0) <= category <= (127 if high is None else high):
        return False
    if start_time is not None and start < start_time:
        return False
    if end_time is None:
        return end == 0 or end >= NOON
    return end == 0 if end_time == 0 else 0 < end <= end_time


@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    some=st.lists(some_times, max_size=8),
    low=bounds,
    high=bounds,
    start_time=st.none() | st.integers(NOON - 2, NOON + 1),
    end_time=st.none() | st.just(0) | st.integers(NOON - 1, NOON + 2),
    limits=st.lists(st.integers(1, 3), min_size=1),
)
async def test_filters_order_and_pages(
    boards: Boards,
    ada: Contestant,
    some: list[Times],
    low: int | None,
    high: int | None,
    start_time: int | None,
    end_time: int | None,
    limits: list[int],
) -> None:
    made = {
        await boards.tournament(category=category, start_time=start, end_time=end): (category, start, end)
        for category, start, end in some
    }
    given = {
        "category_start": low or 110,
        "category_end": high,
        "start_time": start_time,
        "end_time": end_time,
    }
    query: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    wanted = sorted(
        (id for id, times in made.items() if is_wanted(times, low, high, start_time, end_time)),
        key=lambda id: (made[id][1], -made[id][2], made[id][0], id),
    )
    try:
        answer = await ada.ask("GET", **query, limit=100)
        if high is not None and high < (low or 110):
            assert refusal(answer) == NO_CATEGORIES
        elif end_time and start_time and end_time < start_time:
            assert refusal(answer) == BAD_TIMES
        else:
            assert [one["id"] for one in good(answer).get("tournaments", [])] == wanted
            assert "cursor" not in good(answer)
            assert await leafed(ada, query, limits) == wanted
    finally:
        for id in made:
            await boards.delete(id)


async def leafed(reader: Contestant, query: dict[str, Any], limits: list[int]) -> list[str]:
    """The ids of a list that is read in pages of these sizes, over and over."""
    found: list[str] = []
    cursor = ""
    for limit in cycle(limits):
        page = good(await reader.ask("GET", **query, limit=limit, cursor=cursor))
        some = [one["id"] for one in page.get("tournaments", [])]
        assert not set(some) & set(found)  # else it might never end
        found += some
        if "cursor" not in page:
            assert len(some) <= limit
            break
        assert len(some) == limit
        cursor = page["cursor"]
    return found


async def test_a_hundred_by_default(boards: Boards, ada: Contestant) -> None:
    made = [await boards.tournament(f"many-{n:03}-{uuid.uuid4()}", category=99) for n in range(101)]
    query: dict[str, Any] = {"category_start": 99, "category_end": 99}
    first = good(await ada.ask("GET", **query))
    assert [one["id"] for one in first["tournaments"]] == made[:100]
    second = good(await ada.ask("GET", **query, cursor=first["cursor"]))
    assert [one["id"] for one in second["tournaments"]] == made[100:]
    assert "cursor" not in second


async def test_a_page_behind_a_tournament_that_is_gone(boards: Boards, ada: Contestant) -> None:
    made = [await boards.tournament(f"{n}-{uuid.uuid4()}", category=98) for n in range(3)]
    query: dict[str, Any] = {"category_start": 98, "category_end": 98, "limit": 1}
    page = good(await ada.ask("GET", **query))
    await boards.delete(made[0])
    assert good(await ada.ask("GET", **query, cursor=page["cursor"])) == {}
    assert [one["id"] for one in good(await ada.ask("GET", **query))["tournaments"]] == [made[1]]


async def test_leaderboards_are_no_tournaments(boards: Boards, ada: Contestant) -> None:
    await boards.leaderboard(category=97)
    assert good(await ada.ask("GET", category_start=97, category_end=97)) == {}


@pytest.mark.parametrize(
    "query",
    [
        {"category_start": 2**32 - 1},
        {"category_start": 128},
        {"start_time": 2**32 - 1},
        {"end_time": 1},
        {"end_time": 2, "start_time": 2},
        {"cursor": encode_cursor("tournaments", ("nothing",))},
    ],
)
async def test_lists_of_nothing(boards: Boards, ada: Contestant, query: dict[str, Any]) -> None:
    await boards.tournament(category=96, start_time=NOON - HOUR, end_time=NOON + HOUR)
    assert good(await ada.ask("GET", **query)) == {}


async def test_an_end_of_zero_is_not_before_any_start(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(category=103)
    await boards.tournament(category=103, end_time=NOON + HOUR)
    query: dict[str, Any] = {"category_start": 103, "category_end": 103, "start_time": 5, "end_time": 0}
    assert [one["id"] for one in good(await ada.ask("GET", **query))["tournaments"]] == [id]


# --- lists of records ---


async def test_what_is_listed_without_being_asked_for(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament()
    entries = {owner: (n, 0) for n, owner in enumerate(new_owners(12))}
    await boards.fill(id, entries)
    wanted = ordered(entries, True)
    page = good(await ada.list(id))
    assert (owners(page["records"]), ranks(page["records"])) == (wanted[:10], [*range(1, 11)])
    assert page["rank_count"] == "12"
    with_owners = good(await ada.list(id, owner_ids=wanted[11]))
    assert (owners(with_owners["records"]), owners(with_owners["owner_records"])) == (
        wanted[:10],
        [wanted[11]],
    )
    behind = good(await ada.list(id, cursor=page["next_cursor"]))
    assert (owners(behind["records"]), ranks(behind["records"])) == (wanted[10:], [11, 12])
    assert good(await ada.list(id, limit=10, cursor=behind["prev_cursor"]))["records"] == page["records"]
    # With both owners and a cursor no page is read, not even the cursor.
    for cursor in (page["next_cursor"], "garbage"):
        both = good(await ada.list(id, owner_ids=wanted[3], cursor=cursor))
        assert set(both) == {"owner_records", "rank_count"}
    one = good(await ada.list(id, owner_ids=wanted[3], cursor=page["next_cursor"], limit=1))
    assert owners(one["records"]) == [wanted[10]]


async def test_a_window_and_what_lies_beyond(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(descending=False)
    entries = {owner: (n // 2, n % 2) for n, owner in enumerate(new_owners(9))}
    await boards.fill(id, entries)
    wanted = ordered(entries, False)
    window = good(await ada.around(id, wanted[4], limit=3))
    assert (owners(window["records"]), ranks(window["records"])) == (wanted[3:6], [4, 5, 6])
    # The reference gives the cursor to the next page as that to the previous one.
    before = good(await ada.around(id, OWNER, limit=2, cursor=window["prev_cursor"]))
    assert (owners(before["records"]), ranks(before["records"])) == (wanted[1:3], [2, 3])
    behind = good(await ada.list(id, limit=2, cursor=window["next_cursor"]))
    assert (owners(behind["records"]), ranks(behind["records"])) == (wanted[6:8], [7, 8])
    whole = good(await ada.around(id, wanted[4]))
    assert owners(whole["records"]) == wanted
    assert set(whole) == {"records", "rank_count"}
    first = good(await ada.around(id, wanted[0], limit=2))
    assert "prev_cursor" not in first
    assert "next_cursor" in first
    last = good(await ada.around(id, wanted[8], limit=2))
    assert "prev_cursor" in last
    assert "next_cursor" not in last
    assert good(await ada.around(id, OWNER)) == {}


async def test_a_tournament_without_ranks(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(enable_ranks=False)
    assert "rank" not in good(await ada.write(id, 1))
    page = good(await ada.list(id, owner_ids=ada.id))
    assert (ranks(page["records"]), ranks(page["owner_records"])) == ([1], [0])
    assert "rank_count" not in page


async def test_disabling_ranks_leaves_a_tournament(boards: Boards, ada: Contestant) -> None:
    """The reference takes it for a leaderboard until it is restarted."""
    id = await boards.tournament()
    await ada.write(id, 1)
    await boards.disable_ranks(id)
    record = good(await ada.write(id, 2))
    assert (record["num_score"], "rank" in record) == (2, False)
