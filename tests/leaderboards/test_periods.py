"""Boards that are reset: each period has its own records, at the second."""

from datetime import timedelta

import pytest

from kizuna.leaderboards.scoring import Operator
from tests.support.boards import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    Boards,
    Contestant,
    StillClock,
    good,
    new_owners,
    ordered,
    owners,
    rank_of,
    ranks,
    refusal,
    score_of,
)

BAD_CURSOR = (400, 3, "Cursor is invalid or expired.")
MIDNIGHT = NOON + 12 * HOUR


async def test_a_reset_begins_a_new_record(
    boards: Boards, ada: Contestant, bob: Contestant, clock: StillClock
) -> None:
    board = await boards.leaderboard(reset_schedule="0 0 * * *", operator=Operator.INCREMENT)
    first = good(await ada.write(board, 5, metadata='{"a":1}'))
    assert first["expiry_time"] == "2026-03-03T00:00:00Z"
    await bob.write(board, 4)
    clock.stand_at(MIDNIGHT - 0.001)
    assert good(await bob.write(board, 2))["rank"] == "1"
    clock.stand_at(MIDNIGHT)
    assert good(await ada.list(board, limit=10, owner_ids=ada.id)) == {}
    second = good(await ada.write(board, 1))
    assert (second["score"], second["num_score"], second["rank"]) == ("1", 1, "1")
    assert (second["metadata"], second["expiry_time"]) == ("{}", "2026-03-04T00:00:00Z")
    assert second["create_time"] == "2026-03-03T00:00:00Z"
    now = good(await ada.list(board, limit=10))
    assert (now["records"], now["rank_count"]) == ([second], "1")
    assert good(await ada.list(board, limit=10, expiry=MIDNIGHT + DAY)) == now


@pytest.mark.parametrize("descending", [True, False])
async def test_old_periods_stay(boards: Boards, ada: Contestant, clock: StillClock, descending: bool) -> None:
    board = await boards.leaderboard(reset_schedule="0 0 * * *", descending=descending)
    entries = {owner: (n // 2, n) for n, owner in enumerate(new_owners(5))}
    await boards.fill(board, entries)
    clock.stand_at(MIDNIGHT)
    await boards.fill(board, dict.fromkeys(entries, (7, 7)))
    wanted = ordered(entries, descending)
    old = good(await ada.list(board, limit=2, expiry=MIDNIGHT, owner_ids=wanted[1]))
    assert (owners(old["records"]), ranks(old["records"])) == (wanted[:2], [1, 2])
    assert [score_of(record) for record in old["records"]] == [entries[owner] for owner in wanted[:2]]
    # Ranks of periods that are over are not kept.
    assert (owners(old["owner_records"]), ranks(old["owner_records"])) == ([wanted[1]], [0])
    assert "rank_count" not in old
    behind = good(await ada.list(board, limit=9, expiry=MIDNIGHT, cursor=old["next_cursor"]))
    assert (owners(behind["records"]), ranks(behind["records"])) == (wanted[2:], [3, 4, 5])
    window = good(await ada.around(board, wanted[2], limit=3, expiry=MIDNIGHT))
    assert (owners(window["records"]), ranks(window["records"])) == (wanted[1:4], [0, 0, 0])
    assert refusal(await ada.list(board, cursor=old["next_cursor"])) == BAD_CURSOR
    assert refusal(await ada.list(board, cursor=old["next_cursor"], expiry=MIDNIGHT + DAY)) == BAD_CURSOR


async def test_a_cursor_ends_with_its_period(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    board = await boards.leaderboard(reset_schedule="0 0 * * *")
    await boards.fill(board, dict.fromkeys(new_owners(3), (1, 1)))
    cursor = good(await ada.list(board))["next_cursor"]
    clock.stand_at(MIDNIGHT - 1)
    good(await ada.list(board, cursor=cursor))
    clock.stand_at(MIDNIGHT)
    assert refusal(await ada.list(board, cursor=cursor)) == BAD_CURSOR
    assert refusal(await ada.around(board, ada.id, cursor=cursor)) == (
        400,
        3,
        "Error querying records from leaderboard.",
    )
    good(await ada.list(board, cursor=cursor, expiry=MIDNIGHT))


async def test_deleting_is_of_the_present_period(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    board = await boards.leaderboard(reset_schedule="0 0 * * *")
    await ada.write(board, 5)
    clock.stand_at(MIDNIGHT)
    assert good(await ada.delete(board)) == {}
    assert owners(good(await ada.list(board, expiry=MIDNIGHT))["records"]) == [ada.id]
    await ada.write(board, 6)
    assert good(await ada.delete(board)) == {}
    assert good(await ada.list(board, owner_ids=ada.id)) == {}
    assert owners(good(await ada.list(board, expiry=MIDNIGHT))["records"]) == [ada.id]


async def test_a_deleted_account_leaves_old_periods_too(
    boards: Boards, ada: Contestant, bob: Contestant, clock: StillClock
) -> None:
    board = await boards.leaderboard(reset_schedule="0 0 * * *")
    for day in range(3):
        clock.stand_at(NOON + day * DAY)
        await ada.write(board, 5)
        await bob.write(board, 4)
    good(await ada.api.delete("/v2/account", headers=ada.player.headers))
    for day in range(3):
        page = good(await bob.list(board, limit=10, expiry=MIDNIGHT + day * DAY))
        assert (owners(page["records"]), ranks(page["records"])) == ([bob.id], [1])


async def test_every_second_of_a_minute(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    board = await boards.leaderboard(reset_schedule="* * * * *", operator=Operator.INCREMENT)
    for second in range(0, 3 * MINUTE, 20):
        for fraction in (0, 0.999_999):
            clock.stand_at(NOON + second + fraction)
            record = good(await ada.write(board, 1))
            writes = 2 * (second % MINUTE) // 20 + (2 if fraction else 1)
            assert (record["num_score"], int(record["score"])) == (writes, writes)
            assert record["expiry_time"] == f"2026-03-02T12:0{second // MINUTE + 1}:00Z"
    for minute in (1, 2, 3):
        page = good(await ada.list(board, expiry=NOON + minute * MINUTE))
        assert page["records"][0]["score"] == "6"


async def test_a_week_begins_on_sunday(boards: Boards, ada: Contestant) -> None:
    board = await boards.leaderboard(reset_schedule="@weekly")
    assert good(await ada.write(board, 1))["expiry_time"] == "2026-03-08T00:00:00Z"


async def test_a_schedule_that_ends(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    """After the last match of its schedule a board is never reset."""
    board = await boards.leaderboard(reset_schedule="0 0 3 3 * 2026")
    assert good(await ada.write(board, 1))["expiry_time"] == "2026-03-03T00:00:00Z"
    clock.stand_at(MIDNIGHT)
    record = good(await ada.write(board, 2))
    assert "expiry_time" not in record
    assert (record["num_score"], record["rank"]) == (1, "1")
    assert good(await ada.list(board))["records"] == [record]


@pytest.mark.parametrize("expiry", [1, -1, NOON, MIDNIGHT + 1, 2**63 - 1, -(2**63)])
async def test_periods_that_never_were(boards: Boards, ada: Contestant, expiry: int) -> None:
    board = await boards.leaderboard(reset_schedule="0 0 * * *")
    await ada.write(board, 1)
    assert good(await ada.list(board, limit=10, owner_ids=ada.id, expiry=expiry)) == {}
    assert good(await ada.around(board, ada.id, expiry=expiry)) == {}


async def test_a_coming_period_is_empty(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    board = await boards.leaderboard(reset_schedule="0 0 * * *")
    await ada.write(board, 1)
    assert good(await ada.list(board, expiry=MIDNIGHT + DAY)) == {}
    assert good(await ada.list(board, expiry=0)) == good(await ada.list(board, expiry=MIDNIGHT))
    clock.stand_at(MIDNIGHT)
    assert rank_of(good(await ada.write(board, 1))) == 1
    assert good(await ada.list(board, expiry=MIDNIGHT + DAY))["rank_count"] == "1"


async def test_boards_without_schedule_never_end(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    board = await boards.leaderboard()
    await ada.write(board, 5)
    clock.offset += timedelta(days=10_000)
    record = good(await ada.write(board, 6))
    assert (record["num_score"], record["rank"]) == (2, "1")
    assert "expiry_time" not in record
