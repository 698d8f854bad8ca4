"""Tournament operations: what they refuse and in which order, lists of tournaments and of records."""

import uuid
from typing import Any

import httpx
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
    StillClock,
    good,
    new_owners,
    ordered,
    owners,
    ranks,
    refusal,
)

OWNER = "7b9a6f4e-0000-4000-8000-000000000001"
UNLIMITED = 2**31 - 1

NOT_FOUND = (404, 5, "Tournament not found.")
BAD_OWNERS = (400, 3, "One or more owner IDs are invalid.")
BAD_LIMIT = (400, 3, "Invalid limit - limit must be between 1 and 100.")
BAD_CURSOR = (400, 3, "Cursor is invalid or expired.")
INVALID_ID = (400, 3, "Invalid tournament ID.")
NO_OWNER = (400, 3, "Owner ID must be provided for a haystack query.")
BAD_OWNER = (400, 3, "Invalid owner ID provided.")
BAD_METADATA = (400, 3, "Metadata value must be JSON, if provided.")
HAS_ENDED = (404, 5, "Tournament has ended.")
NOT_FOUND_OR_ENDED = (404, 5, "Tournament not found or has ended.")
NO_WRITES = (403, 7, "Tournament only allows authoritative score submissions.")
NO_DELETIONS = (403, 7, "Tournament only allows authoritative score deletions.")
INACTIVE = (400, 9, "Tournament is not active and cannot accept new scores.")
NO_JOINS = (400, 3, "Tournament is not active and cannot accept new joins.")
NOT_JOINED = (400, 9, "Must join tournament before attempting to write value.")
WRITE_FAILED = (400, 3, "Error writing score to tournament.")
AROUND_FAILED = (400, 3, "Error querying records from leaderboard.")
BAD_PAGE = (400, 3, "leaderboard cursor invalid")
BAD_CATEGORY = (400, 3, "Tournament category end must be >=0 and <128.")
NO_CATEGORIES = (400, 3, "Tournament category end must be greater than category start.")
BAD_TIMES = (400, 3, "Tournament end time must be greater than start time.")
BAD_PAGE_SIZE = (400, 3, "Limit must be between 1 and 100.")


@pytest.fixture
async def ids(boards: Boards) -> dict[str, str]:
    """A board of each kind, as requests of the tables below name them."""
    past: dict[str, Any] = {"start_time": NOON - 2 * HOUR, "end_time": NOON - HOUR}
    later: dict[str, Any] = {"start_time": NOON + HOUR}
    return {
        "open": await boards.tournament(),
        "joined": await boards.tournament(join_required=True),
        "authoritative": await boards.tournament(authoritative=True),
        "later": await boards.tournament(**later),
        "authoritative_later": await boards.tournament(authoritative=True, **later),
        "joined_later": await boards.tournament(join_required=True, **later),
        "ended": await boards.tournament(**past),
        "authoritative_ended": await boards.tournament(authoritative=True, **past),
        "joined_ended": await boards.tournament(join_required=True, max_size=1, **past),
        "leaderboard": await boards.leaderboard(),
        "unknown": f"nothing-{uuid.uuid4()}",
    }


# --- what is refused; of two faults the earlier one is told ---


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"cursor": "x", "category_end": 128, "limit": 0}, BAD_PAGE),
        ({"cursor": "!"}, BAD_PAGE),
        ({"cursor": encode_cursor("records", ("x",))}, BAD_PAGE),
        ({"cursor": encode_cursor("tournaments", (1,))}, BAD_PAGE),
        ({"category_end": 128, "category_start": 129, "limit": 0}, BAD_CATEGORY),
        ({"category_end": 2**32 - 1}, BAD_CATEGORY),
        ({"category_end": 5, "category_start": 6, "start_time": 9, "end_time": 8}, NO_CATEGORIES),
        ({"category_end": 0, "category_start": 1}, NO_CATEGORIES),
        ({"start_time": 9, "end_time": 8, "limit": 0}, BAD_TIMES),
        ({"limit": 0}, BAD_PAGE_SIZE),
        ({"limit": 101}, BAD_PAGE_SIZE),
        ({"limit": -1}, BAD_PAGE_SIZE),
    ],
)
async def test_lists_that_are_refused(
    ada: Contestant, query: dict[str, Any], told: tuple[int, int, str]
) -> None:
    assert refusal(await ada.ask("GET", **query)) == told


@pytest.mark.parametrize(
    "query",
    [
        {"category_start": 2**32 - 1},
        {"category_start": 128},
        {"end_time": 0, "start_time": 5},
        {"start_time": 2**32 - 1},
        {"end_time": 1},
        {"limit": 100, "cursor": ""},
        {"cursor": encode_cursor("tournaments", ("nothing",))},
    ],
)
async def test_lists_of_nothing(boards: Boards, ada: Contestant, query: dict[str, Any]) -> None:
    id = await boards.tournament(category=127, start_time=NOON - HOUR, end_time=NOON + HOUR)
    found = good(await ada.ask("GET", **query))
    assert query in ({"limit": 100, "cursor": ""}, {"end_time": 0, "start_time": 5}) or found == {}
    await boards.delete(id)


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/", {"owner_ids": "x", "limit": 0}, (400, 3, "Tournament ID must be provided")),
        ("/{unknown}", {"owner_ids": "x", "limit": 0}, BAD_OWNERS),
        ("/{unknown}", {"limit": 0}, BAD_LIMIT),
        ("/{open}", {"limit": 101, "cursor": "x"}, BAD_LIMIT),
        ("/{unknown}", {"cursor": "x"}, NOT_FOUND),
        ("/{leaderboard}", {"cursor": "x"}, NOT_FOUND),
        ("/{ended}", {"cursor": "x"}, HAS_ENDED),
        ("/{ended}", {"expiry": 0}, HAS_ENDED),
        ("/{ended}", {"expiry": NOON - HOUR, "cursor": "x"}, BAD_CURSOR),
        ("/{open}", {"cursor": "x"}, BAD_CURSOR),
    ],
)
async def test_record_lists_that_are_refused(
    ada: Contestant, ids: dict[str, str], path: str, query: dict[str, Any], told: tuple[int, int, str]
) -> None:
    assert refusal(await ada.ask("GET", path.format(**ids), **query)) == told


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/", {"metadata": "[]"}, (400, 3, "Tournament ID must be provided.")),
        ("/{unknown}", {"metadata": "[]"}, BAD_METADATA),
        ("/{ended}", {"metadata": "x"}, BAD_METADATA),
        ("/{unknown}", {"operator": 9}, NOT_FOUND),
        ("/{leaderboard}", {"operator": 9}, NOT_FOUND),
        ("/{ended}", {"operator": 9}, NOT_FOUND_OR_ENDED),
        ("/{authoritative_ended}", {}, NOT_FOUND_OR_ENDED),
        ("/{joined_ended}", {}, NOT_FOUND_OR_ENDED),
        ("/{authoritative_later}", {"operator": 9}, NO_WRITES),
        ("/{authoritative}", {"score": 1}, NO_WRITES),
        ("/{later}", {"operator": 9}, INACTIVE),
        ("/{later}", {"score": -1}, INACTIVE),
        ("/{joined_later}", {}, INACTIVE),
        ("/{joined}", {"operator": 9}, WRITE_FAILED),
        ("/{joined}", {"score": 1}, NOT_JOINED),
        ("/{open}", {"operator": 9}, WRITE_FAILED),
        ("/{open}", {"operator": -1}, WRITE_FAILED),
        ("/{open}", {"score": -1}, WRITE_FAILED),
        ("/{open}", {"subscore": -1, "operator": 3}, WRITE_FAILED),
    ],
)
async def test_writes_that_are_refused(
    ada: Contestant,
    ids: dict[str, str],
    method: str,
    path: str,
    body: dict[str, Any],
    told: tuple[int, int, str],
) -> None:
    assert refusal(await ada.ask(method, path.format(**ids), body)) == told
    for kind in ("open", "joined", "authoritative", "later"):
        assert good(await ada.list(ids[kind])) == {}


async def test_who_has_not_joined_is_told_so_whatever_the_score(ada: Contestant, ids: dict[str, str]) -> None:
    assert refusal(await ada.write(ids["joined"], -1)) == NOT_JOINED
    assert refusal(await ada.write(ids["joined"], -1, operator="INCREMENT")) == NOT_JOINED


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/{unknown}/join", NOT_FOUND),
        ("/{leaderboard}/join", NOT_FOUND),
        ("/{joined_ended}/join", NO_JOINS),
    ],
)
async def test_joins_that_are_refused(
    ada: Contestant, ids: dict[str, str], path: str, told: tuple[int, int, str]
) -> None:
    assert refusal(await ada.ask("POST", path.format(**ids))) == told


@pytest.mark.parametrize("kind", ["open", "ended", "later", "authoritative"])
async def test_joining_where_nobody_needs_to(ada: Contestant, ids: dict[str, str], kind: str) -> None:
    assert good(await ada.join(ids[kind])) == {}
    assert good(await ada.list(ids[kind], expiry=1 if kind == "ended" else 0, owner_ids=ada.id)) == {}


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/{unknown}/owner/", {"limit": 0}, BAD_LIMIT),
        ("/{open}/owner/x", {"limit": 101}, BAD_LIMIT),
        ("/{unknown}/owner/", {}, NO_OWNER),
        ("/{unknown}/owner/x", {"cursor": "x"}, BAD_OWNER),
        (f"/{{unknown}}/owner/{OWNER}", {"cursor": "x"}, NOT_FOUND),
        (f"/{{leaderboard}}/owner/{OWNER}", {"cursor": "x"}, NOT_FOUND),
        (f"/{{open}}/owner/{OWNER}", {"cursor": "x"}, AROUND_FAILED),
    ],
)
async def test_windows_that_are_refused(
    ada: Contestant, ids: dict[str, str], path: str, query: dict[str, Any], told: tuple[int, int, str]
) -> None:
    assert refusal(await ada.ask("GET", path.format(**ids), **query)) == told


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/", INVALID_ID),
        ("/{unknown}", NOT_FOUND),
        ("/{leaderboard}", NOT_FOUND),
        ("/{authoritative}", NO_DELETIONS),
        ("/{authoritative_ended}", NO_DELETIONS),
    ],
)
async def test_deletions_that_are_refused(
    ada: Contestant, ids: dict[str, str], path: str, told: tuple[int, int, str]
) -> None:
    assert refusal(await ada.ask("DELETE", path.format(**ids))) == told


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "?limit=0"),
        ("GET", "/x"),
        ("POST", "/x"),
        ("PUT", "/x"),
        ("DELETE", "/x"),
        ("POST", "/x/join"),
        ("GET", "/x/owner/x"),
    ],
)
async def test_only_players_are_answered(api: httpx.AsyncClient, method: str, path: str) -> None:
    assert refusal(await api.request(method, f"/v2/tournament{path}"))[:2] == (401, 16)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("", {"category_start": -1}),
        ("", {"category_end": 2**32}),
        ("", {"start_time": "x"}),
        ("", {"end_time": -1}),
        ("", {"limit": 2**31}),
        ("/{open}", {"limit": "x"}),
        ("/{open}", {"expiry": 2**63}),
        (f"/{{open}}/owner/{OWNER}", {"limit": -1}),
    ],
)
async def test_parameters_that_cannot_be_read(
    ada: Contestant, ids: dict[str, str], path: str, query: dict[str, Any]
) -> None:
    assert refusal(await ada.ask("GET", path.format(**ids), **query))[:2] == (400, 3)


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
    id = await boards.tournament(descending=False)
    [found] = [one for one in good(await ada.ask("GET", category_end=0))["tournaments"] if one["id"] == id]
    assert found == {
        "id": id,
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


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
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
    query = {name: value for name, value in given.items() if value is not None}
    wanted = sorted(
        (id for id, times in made.items() if is_wanted(times, low, high, start_time, end_time)),
        key=lambda id: (made[id][1], -made[id][2], made[id][0], id),
    )
    answer = await ada.ask("GET", **query, limit=100)
    if high is not None and high < (low or 110):
        assert refusal(answer) == NO_CATEGORIES
    elif end_time and start_time and end_time < start_time:
        assert refusal(answer) == BAD_TIMES
    else:
        assert [one["id"] for one in good(answer).get("tournaments", [])] == wanted
        assert "cursor" not in good(answer)
        assert await leafed(ada, query, limits) == wanted
    for id in made:
        await boards.delete(id)


async def leafed(reader: Contestant, query: dict[str, int], limits: list[int]) -> list[str]:
    """The ids of a list that is read in pages of these sizes, over and over."""
    found: list[str] = []
    cursor, turn = "", 0
    while True:
        limit = limits[turn % len(limits)]
        page = good(await reader.ask("GET", **query, limit=limit, cursor=cursor))
        some = [one["id"] for one in page.get("tournaments", [])]
        found, turn = found + some, turn + 1
        if "cursor" not in page:
            assert len(some) <= limit
            return found
        assert len(some) == limit
        cursor = page["cursor"]


async def test_a_hundred_by_default(boards: Boards, ada: Contestant) -> None:
    made = [await boards.tournament(f"many-{n:03}-{uuid.uuid4()}", category=99) for n in range(101)]
    query = {"category_start": 99, "category_end": 99}
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


# --- deleting ---


async def test_deleting_begins_anew(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    id = await boards.tournament(max_num_score=2, operator=Operator.INCREMENT)
    await bob.write(id, 1)
    for _ in range(2):
        await ada.write(id, 5)
    assert ranks(good(await ada.list(id, owner_ids=bob.id))["owner_records"]) == [2]
    for _ in range(2):
        assert good(await ada.delete(id)) == {}
    left = good(await ada.list(id, owner_ids=[ada.id, bob.id]))
    assert (owners(left["owner_records"]), ranks(left["owner_records"])) == ([bob.id], [1])
    assert left["rank_count"] == "1"
    again = good(await ada.write(id, 5))
    assert (again["score"], again["num_score"]) == ("5", 1)


async def test_nobody_changes_the_records_of_others(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    id = await boards.tournament(operator=Operator.SET)
    hers = good(await ada.write(id, 5, metadata='{"a":1}'))
    claim = {"owner_id": ada.id, "ownerId": ada.id, "user_id": ada.id, "username": ada.player.username}
    his = good(await bob.ask("PUT", f"/{id}", claim | {"score": 1}, **claim))
    assert (his["owner_id"], his["username"]) == (bob.id, bob.player.username)
    for path in (f"/{id}/owner/{ada.id}", f"/{id}/{ada.id}"):
        for method in ("DELETE", "POST", "PUT"):
            assert (await bob.ask(method, path, {"score": 0})).status_code in (404, 501)
    good(await bob.ask("DELETE", f"/{id}", claim, **claim))
    assert good(await bob.list(id))["records"] == [hers]


async def test_a_deleted_account_leaves_no_records(
    boards: Boards, ada: Contestant, bob: Contestant, clock: StillClock
) -> None:
    id = await boards.tournament(reset_schedule="0 0 * * *", duration=24 * HOUR)
    for day in range(2):
        clock.stand_at(NOON + day * 24 * HOUR)
        await ada.write(id, 5)
        await bob.write(id, 4)
    good(await ada.api.delete("/v2/account", headers=ada.player.headers))
    for expiry in (NOON + 12 * HOUR, NOON + 36 * HOUR):
        page = good(await bob.list(id, expiry=expiry, owner_ids=[ada.id, bob.id]))
        assert owners(page["records"]) == owners(page["owner_records"]) == [bob.id]
    assert (ranks(page["owner_records"]), page["rank_count"]) == ([1], "1")
