"""GET /v2/leaderboard/ID: order, ranks, pages both ways."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.boards import (
    Boards,
    Contestant,
    Score,
    good,
    new_owners,
    ordered,
    owners,
    rank_of,
    ranks,
    refusal,
    score_of,
)

LARGEST = 2**63 - 1
BAD_CURSOR = (400, 3, "Cursor is invalid or expired.")

numbers = st.sampled_from((0, 1, 2, LARGEST - 1, LARGEST))
#: Few different scores, so that most are shared.
boards_of_scores = st.lists(st.tuples(numbers, numbers), max_size=14)
steps = st.lists(st.tuples(st.booleans(), st.integers(1, 5)), min_size=1, max_size=12)


@dataclass
class Book:
    """Leafs through a board, and checks each page against the sorted owners."""

    reader: Contestant
    board: str
    wanted: list[str]
    low: int = 0
    high: int = 0
    page: dict[str, Any] | None = None

    async def turn(self, backwards: bool, limit: int) -> None:
        """Read the page before or behind, if there is one."""
        if self.page is None:
            await self._open(limit)
        elif backwards and "prev_cursor" in self.page:
            await self._read(max(self.low - limit, 0), self.low, limit, self.page["prev_cursor"])
            assert "next_cursor" in self.page
            assert ("prev_cursor" in self.page) == (self.low > 0)
        elif not backwards and "next_cursor" in self.page:
            high = min(self.high + limit, len(self.wanted))
            await self._read(self.high, high, limit, self.page["next_cursor"])
            assert "prev_cursor" in self.page
            assert ("next_cursor" in self.page) == (self.high < len(self.wanted))

    async def _open(self, limit: int) -> None:
        await self._read(0, min(limit, len(self.wanted)), limit)
        assert self.page is not None
        assert "prev_cursor" not in self.page
        assert ("next_cursor" in self.page) == (self.high < len(self.wanted))

    async def _read(self, low: int, high: int, limit: int, cursor: str = "") -> None:
        self.page = good(await self.reader.list(self.board, limit=limit, cursor=cursor))
        self.low, self.high = low, high
        found = self.page.get("records", [])
        assert owners(found) == self.wanted[low:high]
        assert ranks(found) == list(range(low + 1, high + 1))
        assert self.page.get("rank_count", "0") == str(len(self.wanted))


@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(scores=boards_of_scores, descending=st.booleans(), ranked=st.booleans(), steps=steps)
async def test_leafing_through(
    boards: Boards,
    ada: Contestant,
    scores: list[Score],
    descending: bool,
    ranked: bool,
    steps: list[tuple[bool, int]],
) -> None:
    board = await boards.leaderboard(descending=descending)
    entries = dict(zip(new_owners(len(scores)), scores, strict=True))
    if ranked:  # by an index that takes every write, else by one that is built when all is written
        await ada.list(board)
    await boards.fill(board, entries)
    book = Book(ada, board, ordered(entries, descending))
    for backwards, limit in steps:
        await book.turn(backwards, limit)


@pytest.mark.parametrize("descending", [True, False])
async def test_five_records_two_at_a_time(boards: Boards, ada: Contestant, descending: bool) -> None:
    board = await boards.leaderboard(descending=descending)
    entries = {owner: (n, 0) for n, owner in enumerate(new_owners(5), start=1)}
    await boards.fill(board, entries)
    wanted = ordered(entries, descending)
    first = good(await ada.list(board, limit=2))
    second = good(await ada.list(board, limit=2, cursor=first["next_cursor"]))
    third = good(await ada.list(board, limit=2, cursor=second["next_cursor"]))
    assert [owners(page["records"]) for page in (first, second, third)] == [
        wanted[:2],
        wanted[2:4],
        wanted[4:],
    ]
    assert set(first) == {"records", "next_cursor", "rank_count"}
    assert set(second) == {"records", "next_cursor", "prev_cursor", "rank_count"}
    assert set(third) == {"records", "prev_cursor", "rank_count"}
    assert good(await ada.list(board, limit=2, cursor=third["prev_cursor"])) == second
    again = good(await ada.list(board, limit=2, cursor=second["prev_cursor"]))
    assert again == first
    assert good(await ada.list(board, limit=2, cursor=again["next_cursor"])) == second


@pytest.mark.parametrize("descending", [True, False])
async def test_ties_are_in_the_order_of_ids(boards: Boards, ada: Contestant, descending: bool) -> None:
    board = await boards.leaderboard(descending=descending)
    ids = [f"{digit}0000000-0000-4000-8000-000000000000" for digit in "79abf"]
    for owner in ("9", "f", "7", "b", "a"):
        await boards.fill(board, {f"{owner}0000000-0000-4000-8000-000000000000": (5, 5)})
    wanted = ids[::-1] if descending else ids
    page = good(await ada.list(board, limit=10))
    assert owners(page["records"]) == wanted
    assert ranks(page["records"]) == [1, 2, 3, 4, 5]
    await boards.fill(board, {ids[2]: (5, 5)})
    assert good(await ada.list(board, limit=10)) == page


async def test_what_is_listed_without_being_asked_for(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    one, two = ordered(entries := dict.fromkeys(new_owners(2), (1, 1)), True)
    await boards.fill(board, entries)
    assert owners(good(await ada.list(board))["records"]) == [one]
    assert good(await ada.list(board)) == good(await ada.list(board, limit=1))
    owned = good(await ada.list(board, owner_ids=two))
    assert set(owned) == {"owner_records", "rank_count"}
    both = good(await ada.list(board, owner_ids=two, limit=1000))
    assert (owners(both["records"]), owners(both["owner_records"])) == ([one, two], [two])
    cursor = good(await ada.list(board))["next_cursor"]
    paged = good(await ada.list(board, owner_ids=one, cursor=cursor))
    assert (owners(paged["records"]), owners(paged["owner_records"])) == ([two], [one])


async def test_both_spellings_of_parameters(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    [owner] = new_owners(1)
    await boards.fill(board, {owner: (1, 1)})
    assert good(await ada.list(board, ownerIds=owner)) == good(await ada.list(board, owner_ids=owner))


@pytest.mark.parametrize("descending", [True, False])
async def test_records_of_owners(boards: Boards, ada: Contestant, descending: bool) -> None:
    board = await boards.leaderboard(descending=descending)
    entries = {owner: (n // 4, 0) for n, owner in enumerate(new_owners(6))}
    await boards.fill(board, entries)
    wanted, stranger = ordered(entries, descending), str(uuid.uuid4())
    asked = [wanted[4], stranger, wanted[1].upper(), wanted[4], wanted[0].replace("-", ""), wanted[5]]
    found = good(await ada.list(board, owner_ids=asked))["owner_records"]
    assert owners(found) == [wanted[0], wanted[1], wanted[4], wanted[5]]
    assert ranks(found) == [1, 2, 5, 6]
    assert good(await ada.list(board, owner_ids=stranger)) == {"rank_count": "6"}
    bad = await ada.list(board, owner_ids=[wanted[0], "nobody"])
    assert refusal(bad) == (400, 3, "One or more owner IDs are invalid.")


@pytest.mark.parametrize("descending", [True, False])
async def test_every_member_of_a_record(
    boards: Boards, ada: Contestant, bob: Contestant, descending: bool
) -> None:
    board = await boards.leaderboard(descending=descending)
    await ada.write(board, 7, 9, metadata='{"b":1,"a":"ü"}')
    await bob.write(board)
    common = {
        "leaderboard_id": board,
        "num_score": 1,
        "max_num_score": 1_000_000,
        "create_time": "2026-03-02T12:00:00Z",
        "update_time": "2026-03-02T12:00:00Z",
    }
    first, second = ("1", "2") if descending else ("2", "1")
    hers = common | {"owner_id": ada.id, "username": ada.player.username, "score": "7", "subscore": "9"}
    hers |= {"metadata": '{"a": "ü", "b": 1}', "rank": first}
    his = common | {"owner_id": bob.id, "username": bob.player.username, "metadata": "{}", "rank": second}
    listed = good(await ada.list(board, limit=2))["records"]
    assert listed == ([hers, his] if descending else [his, hers])
    assert good(await ada.list(board, owner_ids=bob.id))["owner_records"] == [his]


async def test_an_owner_without_name(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    await boards.fill(board, dict.fromkeys(new_owners(1), (1, 1)))
    assert "username" not in good(await ada.list(board))["records"][0]


async def test_nothing_to_list(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    assert good(await ada.list(board)) == {}
    assert good(await ada.list(board, limit=1000, owner_ids=ada.id)) == {}


async def test_pages_go_on_where_a_record_was(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    rivals = new_owners(4)
    await boards.fill(board, {owner: (score, 0) for owner, score in zip(rivals, (9, 8, 3, 2), strict=True)})
    await ada.write(board, 5)
    page = good(await ada.list(board, limit=3))
    behind = good(await ada.list(board, limit=9, cursor=page["next_cursor"]))
    await ada.delete(board)
    # The page begins behind the place that the record had, and counts from there.
    assert good(await ada.list(board, limit=9, cursor=page["next_cursor"]))["records"] == behind["records"]
    back = good(await ada.list(board, limit=9, cursor=behind["prev_cursor"]))["records"]
    assert (owners(back), ranks(back)) == (rivals[:2], [2, 3])


# --- ranks that are not kept ---


async def test_a_board_without_ranks(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard(enable_ranks=False)
    entries = {owner: (n, 0) for n, owner in enumerate(new_owners(3))}
    await boards.fill(board, entries)
    assert "rank" not in good(await ada.write(board, 9))
    wanted = [ada.id, *ordered(entries, True)]
    page = good(await ada.list(board, limit=10, owner_ids=ada.id))
    assert (owners(page["records"]), ranks(page["records"])) == (wanted, [1, 2, 3, 4])
    assert ranks(page["owner_records"]) == [0]
    assert "rank_count" not in page
    window = good(await ada.around(board, wanted[1], limit=2))
    assert (owners(window["records"]), ranks(window["records"])) == (wanted[1:3], [0, 0])
    assert "rank_count" not in window
    behind = good(await ada.around(board, wanted[1], limit=2, cursor=window["next_cursor"]))
    assert (owners(behind["records"]), ranks(behind["records"])) == (wanted[3:], [1])
    before = good(
        await ada.list(board, limit=3, cursor=good(await ada.around(board, wanted[3]))["prev_cursor"])
    )
    assert (owners(before["records"]), ranks(before["records"])) == (wanted[:3], [-3, -2, -1])


async def test_ranks_that_are_switched_off_later(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    assert rank_of(good(await ada.write(board, 9))) == 1
    assert good(await ada.list(board))["rank_count"] == "1"
    await boards.disable_ranks(board)
    assert "rank" not in good(await ada.write(board, 10))
    page = good(await ada.list(board, limit=1, owner_ids=ada.id))
    assert (ranks(page["records"]), ranks(page["owner_records"])) == ([1], [0])
    assert "rank_count" not in page


# --- cursors ---


async def test_a_cursor_is_of_one_board(boards: Boards, ada: Contestant) -> None:
    board, other = await boards.leaderboard(), await boards.leaderboard()
    for id in (board, other):
        await boards.fill(id, dict.fromkeys(new_owners(3), (1, 1)))
    cursor = good(await ada.list(board))["next_cursor"]
    assert refusal(await ada.list(other, cursor=cursor)) == BAD_CURSOR
    assert refusal(await ada.list(board, cursor=cursor + "A")) == BAD_CURSOR
    good(await ada.list(board, cursor=cursor))


async def test_a_cursor_dies_with_its_board(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard()
    await boards.fill(board, dict.fromkeys(new_owners(2), (1, 1)))
    cursor = good(await ada.list(board))["next_cursor"]
    await boards.delete(board)
    assert refusal(await ada.list(board, cursor=cursor)) == (404, 5, "Leaderboard not found.")
    await boards.leaderboard(board)
    assert good(await ada.list(board)) == {}
    assert refusal(await ada.list(board, cursor=cursor)) == BAD_CURSOR


async def test_a_cursor_is_looked_at_only_with_a_limit(boards: Boards, ada: Contestant) -> None:
    """With owners and a cursor there is a default limit: the reference looks at the cursor then."""
    board = await boards.leaderboard()
    assert refusal(await ada.list(board, owner_ids=ada.id, cursor="garbage")) == BAD_CURSOR
    assert good(await ada.list(board, owner_ids=ada.id, cursor="")) == {}


async def test_readers_at_once_get_their_own(boards: Boards, ada: Contestant) -> None:
    ids = [await boards.leaderboard(descending=descending) for descending in (True, False) * 3]
    entries = [{owner: (n % 3, n) for n, owner in enumerate(new_owners(n + 2))} for n in range(len(ids))]
    await asyncio.gather(*(boards.fill(id, some) for id, some in zip(ids, entries, strict=True)))
    answers = await asyncio.gather(*(ada.list(id, limit=limit) for id in ids for limit in (1, 2, 100)))
    for place, answer in enumerate(answers):
        number, limit = place // 3, (1, 2, 100)[place % 3]
        found = good(answer)["records"]
        assert owners(found) == ordered(entries[number], number % 2 == 0)[:limit]
        assert [score_of(record) for record in found] == [entries[number][id] for id in owners(found)]
