"""GET /v2/leaderboard/ID/owner/OWNER: the window around a record, and what lies beyond it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.boards import Boards, Contestant, Score, good, new_owners, ordered, owners, ranks, refusal

BAD_CURSOR = (400, 3, "Error querying records from leaderboard.")

#: Records above and below, limit: what is shown above and below, and the cursors.
EXAMPLES = [
    (0, 0, 1, 0, 0, ""),
    (0, 3, 1, 0, 0, "next"),
    (1, 0, 1, 0, 0, "prev"),
    (0, 20, 10, 0, 9, "next"),
    (1, 20, 10, 1, 8, "next"),
    (3, 20, 10, 3, 6, "next"),
    (20, 20, 10, 4, 5, "prev next"),
    (20, 1, 10, 8, 1, "prev"),
    (20, 0, 10, 9, 0, "prev"),
    (2, 2, 5, 2, 2, ""),
    (2, 2, 4, 1, 2, "prev"),
    (20, 20, 3, 1, 1, "prev next"),
    (20, 0, 2, 1, 0, "prev"),
    # The reference gives no cursor to the one record below that is left out.
    (0, 2, 2, 0, 1, "next"),
    (4, 6, 10, 4, 5, "next"),
]

small = st.sampled_from((0, 1, 2**63 - 1))
crowds = st.lists(st.tuples(small, small), min_size=1, max_size=12)


def expected(above: int, below: int, limit: int) -> tuple[int, int]:
    """How many are shown above and below, step by step as the rules have it."""
    up, wanted = min(above, limit), limit // 2
    short = up < wanted
    down = min(below, limit - up if short else wanted)
    beyond = max(up + 1 + down - limit, 0)
    return (up, down - beyond) if short else (up - beyond, down)


def cursors(page: dict[str, Any]) -> str:
    return " ".join(name for name in ("prev", "next") if f"{name}_cursor" in page)


async def line_up(boards: Boards, number: int, descending: bool) -> tuple[str, list[str]]:
    """A board with that many records, and their owners from the first place to the last."""
    board = await boards.leaderboard(descending=descending)
    entries = {owner: (n // 2, n % 2) for n, owner in enumerate(new_owners(number))}
    await boards.fill(board, entries)
    return board, ordered(entries, descending)


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(("above", "below", "limit", "up", "down", "told"), EXAMPLES)
async def test_examples(
    boards: Boards,
    ada: Contestant,
    descending: bool,
    above: int,
    below: int,
    limit: int,
    up: int,
    down: int,
    told: str,
) -> None:
    board, wanted = await line_up(boards, above + 1 + below, descending)
    page = good(await ada.around(board, wanted[above], limit=limit))
    assert owners(page["records"]) == wanted[above - up : above + down + 1]
    assert ranks(page["records"]) == list(range(above - up + 1, above + down + 2))
    assert cursors(page) == told
    assert page["rank_count"] == str(len(wanted))


@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(scores=crowds, descending=st.booleans(), limits=st.lists(st.integers(1, 15), min_size=1, max_size=4))
async def test_windows_and_what_lies_beyond(
    boards: Boards, ada: Contestant, scores: list[Score], descending: bool, limits: list[int]
) -> None:
    board = await boards.leaderboard(descending=descending)
    entries = dict(zip(new_owners(len(scores)), scores, strict=True))
    await boards.fill(board, entries)
    wanted = ordered(entries, descending)
    for above, owner in enumerate(wanted):
        for limit in limits:
            up, down = expected(above, len(wanted) - above - 1, limit)
            page = good(await ada.around(board, owner, limit=limit))
            low, high = above - up, above + down + 1
            assert owners(page["records"]) == wanted[low:high]
            assert ranks(page["records"]) == list(range(low + 1, high + 1))
            assert cursors(page).split() == ["prev"] * (low > 0) + ["next"] * (high < len(wanted))
            await go_beyond(ada, board, wanted, page, low, high)


async def go_beyond(
    reader: Contestant, board: str, wanted: list[str], page: dict[str, Any], low: int, high: int
) -> None:
    """The cursors of a window lead to all that is before it, and behind it; the owner does not matter."""
    if low:
        before = good(await reader.around(board, reader.id, limit=100, cursor=page["prev_cursor"]))
        assert owners(before["records"]) == wanted[:low]
        assert ranks(before["records"]) == list(range(1, low + 1))
        assert cursors(before) == "next"
    if high < len(wanted):
        behind = good(await reader.around(board, reader.id, limit=100, cursor=page["next_cursor"]))
        assert owners(behind["records"]) == wanted[high:]
        assert ranks(behind["records"]) == list(range(high + 1, len(wanted) + 1))
        assert cursors(behind) == "prev"


async def test_lists_and_windows_take_each_others_cursors(boards: Boards, ada: Contestant) -> None:
    board, wanted = await line_up(boards, 6, True)
    window = good(await ada.around(board, wanted[2], limit=2))
    page = good(await ada.list(board, limit=2, cursor=window["next_cursor"]))
    assert (owners(page["records"]), ranks(page["records"])) == (wanted[4:], [5, 6])
    back = good(await ada.around(board, wanted[0], limit=3, cursor=page["prev_cursor"]))
    assert (owners(back["records"]), ranks(back["records"])) == (wanted[1:4], [2, 3, 4])


async def test_the_owner_alone_by_default(boards: Boards, ada: Contestant) -> None:
    board, wanted = await line_up(boards, 3, True)
    page = good(await ada.around(board, wanted[1]))
    assert (owners(page["records"]), cursors(page)) == ([wanted[1]], "prev next")
    assert good(await ada.around(board, wanted[1].upper().replace("-", ""))) == page
    assert good(await ada.around(board, wanted[1], limit=100))["rank_count"] == "3"


async def test_without_a_record_there_is_nothing(boards: Boards, ada: Contestant) -> None:
    board, _ = await line_up(boards, 3, True)
    assert good(await ada.around(board, ada.id, limit=10)) == {}


async def test_bad_cursors(boards: Boards, ada: Contestant) -> None:
    board, wanted = await line_up(boards, 3, True)
    other, _ = await line_up(boards, 3, True)
    foreign = good(await ada.list(other))["next_cursor"]
    for cursor in ("garbage", foreign, "!", "eyJ9", "\0", "ü"):
        assert refusal(await ada.around(board, wanted[0], cursor=cursor)) == BAD_CURSOR
