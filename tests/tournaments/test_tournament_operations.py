"""Tournament operations: what they refuse and in which order, and whose records they touch."""

import uuid
from typing import Any

import httpx
import pytest

from kizuna.leaderboards.scoring import Operator
from kizuna.wire.cursors import encode_cursor
from tests.support.boards import (
    HOUR,
    NOON,
    Boards,
    Contestant,
    StillClock,
    good,
    owners,
    ranks,
    refusal,
)

OWNER = "7b9a6f4e-0000-4000-8000-000000000001"

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


@pytest.mark.parametrize("operator", ["NO_OVERRIDE", "SET", "INCREMENT", "DECREMENT"])
async def test_who_has_not_joined_is_told_so_whatever_the_score(
    ada: Contestant, ids: dict[str, str], operator: str
) -> None:
    assert refusal(await ada.write(ids["joined"], -1, operator=operator)) == NOT_JOINED


@pytest.mark.parametrize("operator", ["NO_OVERRIDE", "SET", "INCREMENT", "DECREMENT"])
async def test_who_has_joined_and_used_all_attempts_gets_the_record_whatever_the_score(
    boards: Boards, ada: Contestant, operator: str
) -> None:
    id = await boards.tournament(join_required=True, max_num_score=1)
    await ada.join(id)
    before = good(await ada.write(id, 5))
    assert good(await ada.write(id, -1, operator=operator)) == before


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
