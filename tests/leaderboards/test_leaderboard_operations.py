"""Leaderboard operations: what they refuse and in which order, and whose records they touch."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from kizuna.leaderboards.scoring import Operator
from tests.support.boards import Boards, Contestant, good, new_owners, owners, ranks, refusal

OWNER = "7b9a6f4e-0000-4000-8000-000000000001"

INVALID_ID = (400, 3, "Invalid leaderboard ID.")
NOT_FOUND = (404, 5, "Leaderboard not found.")
BAD_OWNERS = (400, 3, "One or more owner IDs are invalid.")
BAD_LIMIT = (400, 3, "Invalid limit - limit must be between 1 and 1000.")
BAD_WINDOW = (400, 3, "Invalid limit - limit must be between 1 and 100.")
BAD_CURSOR = (400, 3, "Cursor is invalid or expired.")
NO_OWNER = (400, 3, "Owner ID must be provided for a haystack query.")
BAD_OWNER = (400, 3, "Invalid owner ID provided.")
BAD_METADATA = (400, 3, "Metadata value must be JSON, if provided.")
NO_WRITES = (403, 7, "Leaderboard only allows authoritative score submissions.")
NO_DELETIONS = (403, 7, "Leaderboard only allows authoritative score deletions.")
WRITE_FAILED = (400, 3, "Error writing score to leaderboard.")
AROUND_FAILED = (400, 3, "Error querying records from leaderboard.")


@pytest.fixture
async def ids(boards: Boards) -> dict[str, str]:
    """A board of each kind, as requests of the tables below name them."""
    return {
        "plain": await boards.leaderboard(),
        "authoritative": await boards.leaderboard(authoritative=True),
        "tournament": await boards.tournament(),
        "unknown": f"nothing-{uuid.uuid4()}",
    }


# --- what is refused; of two faults the earlier one is told ---


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/", {"limit": 0, "owner_ids": "x"}, INVALID_ID),
        ("/{unknown}", {"limit": 0, "owner_ids": "x"}, BAD_LIMIT),
        ("/{plain}", {"limit": 1001}, BAD_LIMIT),
        ("/{plain}", {"limit": -1, "cursor": "x"}, BAD_LIMIT),
        ("/{plain}", {"limit": 2**31 - 1}, BAD_LIMIT),
        ("/{unknown}", {"limit": 1000, "owner_ids": "x"}, BAD_OWNERS),
        ("/{plain}", {"owner_ids": ""}, BAD_OWNERS),
        ("/{plain}", {"owner_ids": [OWNER, "x"], "cursor": "x"}, BAD_OWNERS),
        ("/{unknown}", {"owner_ids": OWNER, "cursor": "x"}, NOT_FOUND),
        ("/{plain}", {"cursor": "x"}, BAD_CURSOR),
        ("/{plain}", {"limit": 1000, "cursor": "x", "expiry": 5}, BAD_CURSOR),
    ],
)
async def test_lists_that_are_refused(
    ada: Contestant, ids: dict[str, str], path: str, query: dict[str, Any], told: tuple[int, int, str]
) -> None:
    assert refusal(await ada.ask("GET", path.format(**ids), **query)) == told


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/", {"metadata": "[]"}, INVALID_ID),
        ("/{unknown}", {"metadata": "[]"}, BAD_METADATA),
        ("/{authoritative}", {"metadata": "x"}, BAD_METADATA),
        ("/{unknown}", {"operator": 9, "score": -1}, NOT_FOUND),
        ("/{tournament}", {"operator": 9, "score": -1}, NOT_FOUND),
        ("/{authoritative}", {"operator": 9}, NO_WRITES),
        ("/{authoritative}", {"score": -1}, NO_WRITES),
        ("/{authoritative}", {"score": 1}, NO_WRITES),
        ("/{plain}", {"operator": 9, "score": 1}, WRITE_FAILED),
        ("/{plain}", {"score": -1}, WRITE_FAILED),
    ],
)
async def test_writes_that_are_refused(
    ada: Contestant, ids: dict[str, str], path: str, body: dict[str, Any], told: tuple[int, int, str]
) -> None:
    assert refusal(await ada.ask("POST", path.format(**ids), body)) == told
    for kind in ("plain", "authoritative", "tournament"):
        assert good(await ada.list(ids[kind], limit=10)) == {}


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/{unknown}/owner/", {"limit": 0}, BAD_WINDOW),
        ("/{unknown}/owner/x", {"limit": 0}, BAD_WINDOW),
        ("/{plain}/owner/x", {"limit": 101}, BAD_WINDOW),
        ("/{plain}/owner/x", {"limit": 2**32 - 1}, BAD_WINDOW),
        ("/{unknown}/owner/", {"limit": 100}, NO_OWNER),
        ("/{plain}/owner/", {}, NO_OWNER),
        ("/{unknown}/owner/x", {}, BAD_OWNER),
        ("/{plain}/owner/x", {"cursor": "x"}, BAD_OWNER),
        (f"/{{unknown}}/owner/{OWNER}", {"cursor": "x"}, NOT_FOUND),
        (f"/{{plain}}/owner/{OWNER}", {"cursor": "x"}, AROUND_FAILED),
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
        ("/{tournament}", NOT_FOUND),
        ("/{authoritative}", NO_DELETIONS),
    ],
)
async def test_deletions_that_are_refused(
    ada: Contestant, ids: dict[str, str], path: str, told: tuple[int, int, str]
) -> None:
    assert refusal(await ada.ask("DELETE", path.format(**ids))) == told


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/{plain}", {"limit": "x"}),
        ("GET", "/{plain}", {"limit": ""}),
        ("GET", "/{plain}", {"limit": 2**31}),
        ("GET", "/{plain}", {"limit": [1, 2]}),
        ("GET", "/{plain}", {"expiry": "1.5"}),
        ("GET", "/{plain}", {"expiry": 2**63}),
        ("GET", "/{plain}", {"cursor": ["a", "b"]}),
        ("GET", f"/{{plain}}/owner/{OWNER}", {"limit": -1}),
        ("GET", f"/{{plain}}/owner/{OWNER}", {"limit": 2**32}),
        ("GET", f"/{{plain}}/owner/{OWNER}", {"expiry": "x"}),
    ],
)
async def test_parameters_that_cannot_be_read(
    ada: Contestant, ids: dict[str, str], method: str, path: str, query: dict[str, Any]
) -> None:
    status, code, _ = refusal(await ada.ask(method, path.format(**ids), **query))
    assert (status, code) == (400, 3)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/x?limit=0", None),
        ("POST", "/x", {}),
        ("DELETE", "/x", None),
        ("GET", "/x/owner/x", None),
    ],
)
async def test_only_players_are_answered(api: httpx.AsyncClient, method: str, path: str, body: Any) -> None:
    answer = await api.request(method, f"/v2/leaderboard{path}", json=body)
    assert refusal(answer)[:2] == (401, 16)
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}
    answer = await api.request(method, f"/v2/leaderboard{path}", json=body, headers=forged)
    assert refusal(answer)[:2] == (401, 16)


async def test_decoding_comes_before_authentication(api: httpx.AsyncClient) -> None:
    assert refusal(await api.get("/v2/leaderboard/x?limit=x"))[:2] == (400, 3)
    assert refusal(await api.post("/v2/leaderboard/x", content=b"null"))[:2] == (400, 3)


# --- definitions ---


@pytest.mark.parametrize("id", ["a b", "ä-%2F-☃", "..x", "x" * 128, "a\u0301", "'; --", "\\", '"', "%"])
async def test_any_text_can_be_an_id(boards: Boards, ada: Contestant, id: str) -> None:
    await boards.leaderboard(id)
    record = good(await ada.write(id, 1))
    assert record["leaderboard_id"] == id
    assert good(await ada.around(id, ada.id))["records"] == [record]
    assert good(await ada.list(id))["records"] == [record]
    assert good(await ada.delete(id)) == {}


@pytest.mark.parametrize("id", ["Board", "board ", " board", "b\u00f6ard"])
async def test_ids_are_compared_exactly(boards: Boards, ada: Contestant, id: str) -> None:
    await boards.leaderboard("board")
    assert refusal(await ada.list(id)) == NOT_FOUND


async def test_creating_it_again_changes_nothing(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard(operator=Operator.INCREMENT)
    await ada.write(board, 5)
    await boards.leaderboard(board, operator=Operator.SET, authoritative=True, descending=False)
    assert good(await ada.write(board, 5))["score"] == "10"


async def test_a_board_that_is_created_while_clients_ask(boards: Boards, ada: Contestant) -> None:
    board = f"board-{uuid.uuid4()}"
    assert refusal(await ada.write(board, 5)) == NOT_FOUND
    await boards.leaderboard(board)
    assert good(await ada.write(board, 5))["rank"] == "1"
    await boards.delete(board)
    assert refusal(await ada.write(board, 5)) == NOT_FOUND
    assert refusal(await ada.around(board, ada.id)) == NOT_FOUND
    await boards.leaderboard(board)
    assert good(await ada.list(board, limit=10, owner_ids=ada.id)) == {}
    assert good(await ada.write(board, 3))["num_score"] == 1


async def test_tournaments_are_listed_here_too(boards: Boards, ada: Contestant, ids: dict[str, str]) -> None:
    """Reading a tournament as a leaderboard is the reference's; writing past its rules is not kept."""
    await boards.fill(ids["tournament"], {OWNER: (5, 6)})
    listed = good(await ada.list(ids["tournament"], limit=1000))
    assert (owners(listed["records"]), listed["rank_count"]) == ([OWNER], "1")
    assert good(await ada.around(ids["tournament"], OWNER))["records"] == listed["records"]
    assert refusal(await ada.write(ids["tournament"], 1)) == NOT_FOUND
    assert refusal(await ada.delete(ids["tournament"])) == NOT_FOUND


async def test_the_server_writes_to_authoritative_boards(
    boards: Boards, ada: Contestant, ids: dict[str, str]
) -> None:
    await boards.fill(ids["authoritative"], {ada.id: (5, 6), OWNER: (1, 1)})
    before = good(await ada.list(ids["authoritative"], limit=10))
    assert ranks(before["records"]) == [1, 2]
    assert refusal(await ada.write(ids["authoritative"], 9)) == NO_WRITES
    assert refusal(await ada.delete(ids["authoritative"])) == NO_DELETIONS
    assert good(await ada.list(ids["authoritative"], limit=10)) == before


# --- deleting ---


async def test_deleting_closes_ranks(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    board = await boards.leaderboard()
    one, three = new_owners(2)
    await boards.fill(board, {one: (9, 0), three: (1, 0)})
    await ada.write(board, 5, metadata='{"a":1}')
    assert ranks(good(await ada.list(board, owner_ids=[one, ada.id, three]))["owner_records"]) == [1, 2, 3]
    for _ in range(2):
        assert good(await ada.delete(board)) == {}
    left = good(await ada.list(board, owner_ids=[one, ada.id, three]))
    assert (owners(left["owner_records"]), ranks(left["owner_records"])) == ([one, three], [1, 2])
    assert left["rank_count"] == "2"
    assert good(await ada.around(board, ada.id)) == {}
    again = good(await ada.write(board, 2))
    assert (again["num_score"], again["rank"], again["metadata"]) == (1, "2", "{}")


async def test_nobody_changes_the_records_of_others(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    board = await boards.leaderboard(operator=Operator.SET)
    hers = good(await ada.write(board, 5, metadata='{"a":1}'))
    claim = {"owner_id": ada.id, "ownerId": ada.id, "user_id": ada.id, "username": ada.player.username}
    his = good(await bob.ask("POST", f"/{board}", claim | {"score": 1}, **claim))
    assert (his["owner_id"], his["username"]) == (bob.id, bob.player.username)
    for path in (f"/{board}/owner/{ada.id}", f"/{board}/{ada.id}"):
        for method in ("DELETE", "POST", "PUT"):
            assert (await bob.ask(method, path, {"score": 0})).status_code in (404, 501)
    good(await bob.ask("DELETE", f"/{board}", claim, **claim))
    assert good(await bob.list(board, limit=10))["records"] == [hers]


# --- accounts ---


async def test_a_deleted_account_leaves_no_records(boards: Boards, ada: Contestant, bob: Contestant) -> None:
    ids = [
        await boards.leaderboard(),
        await boards.leaderboard(descending=False),
        await boards.leaderboard(enable_ranks=False),
        await boards.leaderboard(reset_schedule="0 0 * * *"),
    ]
    rivals = new_owners(2)
    for id in ids:
        await boards.fill(id, dict(zip(rivals, [(9, 0), (1, 0)], strict=True)))
        await ada.write(id, 5)
        await bob.list(id, owner_ids=ada.id)
    good(await ada.api.delete("/v2/account", headers=ada.player.headers))
    for id in ids:
        page = good(await bob.list(id, limit=10, owner_ids=[ada.id, *rivals]))
        wanted = rivals if id != ids[1] else rivals[::-1]
        assert owners(page["records"]) == owners(page["owner_records"]) == wanted
        if id != ids[2]:
            assert (ranks(page["owner_records"]), page["rank_count"]) == ([1, 2], "2")
        assert good(await bob.around(id, ada.id)) == {}


async def test_writing_while_the_account_is_deleted(
    boards: Boards, enter: Callable[[], Awaitable[Contestant]], bob: Contestant
) -> None:
    board = await boards.leaderboard(operator=Operator.INCREMENT)
    for _ in range(8):
        player = await enter()
        gone, *_ = await asyncio.gather(
            player.api.delete("/v2/account", headers=player.player.headers),
            *(player.write(board, 1) for _ in range(6)),
        )
        assert gone.status_code == 200
        assert good(await bob.list(board, limit=10, owner_ids=player.id)) == {}
