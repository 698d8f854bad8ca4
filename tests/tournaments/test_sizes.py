"""Tournaments with a limited number of players."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support.boards import DAY, HOUR, NOON, Boards, Contestant, StillClock, good, owners, refusal

FULL = (400, 9, "Tournament has reached max size.")
NO_ROOM = (400, 3, "Tournament cannot be joined as it has reached its max size.")
NO_JOINS = (400, 3, "Tournament is not active and cannot accept new joins.")
INACTIVE = (400, 9, "Tournament is not active and cannot accept new scores.")

Enter = Callable[[], Awaitable[Contestant]]
MIDNIGHT = NOON + 12 * HOUR


async def size(reader: Contestant, id: str, **query: Any) -> tuple[int, int, bool]:
    """size, max_size, can_enter"""
    query = {"limit": 100, **query}
    page = good(await reader.ask("GET", **query))
    [found] = [one for one in page["tournaments"] if one["id"] == id]
    return found.get("size", 0), found["max_size"], found.get("can_enter", False)


async def take_part(player: Contestant, id: str, join_required: bool) -> tuple[int, int, str] | None:
    """Join or write, whichever takes a place; the refusal, if it is refused."""
    answer = await (player.join(id) if join_required else player.write(id, 1))
    return None if answer.status_code == 200 else refusal(answer)


both_ways = pytest.mark.parametrize(("join_required", "full"), [(False, FULL), (True, NO_ROOM)])


@both_ways
async def test_a_place_is_taken_and_freed(
    boards: Boards, ada: Contestant, bob: Contestant, join_required: bool, full: tuple[int, int, str]
) -> None:
    id = await boards.tournament(max_size=1, join_required=join_required)
    assert await size(ada, id) == (0, 1, True)
    assert await take_part(ada, id, join_required) is None
    assert await size(ada, id) == (1, 1, False)
    assert await take_part(bob, id, join_required) == full
    assert await bob.record(id) is None
    # Who is in goes on.
    assert await take_part(ada, id, join_required) is None
    assert good(await ada.write(id, 5))["score"] == "5"
    assert await size(ada, id) == (1, 1, False)
    for _ in range(2):
        assert good(await ada.delete(id)) == {}
    assert await size(ada, id) == (0, 1, True)
    assert await take_part(bob, id, join_required) is None
    assert await take_part(ada, id, join_required) == full
    page = good(await ada.list(id))
    assert (owners(page["records"]), page["rank_count"]) == ([bob.id], "1")


@both_ways
async def test_an_account_that_goes_frees_its_place(
    boards: Boards,
    ada: Contestant,
    bob: Contestant,
    join_required: bool,
    full: tuple[int, int, str],
) -> None:
    first, second = [await boards.tournament(max_size=1, join_required=join_required) for _ in range(2)]
    for id in (first, second):
        await take_part(ada, id, join_required)
        assert await take_part(bob, id, join_required) == full
    good(await ada.api.delete("/v2/account", headers=ada.player.headers))
    for id in (first, second):
        assert await size(bob, id) == (0, 1, True)
        assert await take_part(bob, id, join_required) is None
        assert await size(bob, id) == (1, 1, False)


@both_ways
async def test_each_period_has_its_own_places(
    boards: Boards,
    ada: Contestant,
    bob: Contestant,
    clock: StillClock,
    join_required: bool,
    full: tuple[int, int, str],
) -> None:
    id = await boards.tournament(
        max_size=1, join_required=join_required, reset_schedule="0 0 * * *", duration=DAY
    )
    await take_part(ada, id, join_required)
    clock.stand_at(MIDNIGHT - 1)
    assert await take_part(bob, id, join_required) == full
    assert await size(ada, id) == (1, 1, False)
    clock.stand_at(MIDNIGHT)
    assert await size(ada, id) == (0, 1, True)
    assert await take_part(bob, id, join_required) is None
    assert await take_part(ada, id, join_required) == full
    # A deletion frees a place of the present period alone, and only one that was taken.
    await ada.delete(id)
    assert await size(ada, id) == (1, 1, False)
    assert owners(good(await ada.list(id, expiry=MIDNIGHT))["records"]) == [ada.id]
    await bob.delete(id)
    assert await size(ada, id) == (0, 1, True)
    clock.stand_at(NOON)
    assert await size(ada, id) == (1, 1, False)


async def test_places_of_a_coming_window(
    boards: Boards, ada: Contestant, bob: Contestant, clock: StillClock
) -> None:
    id = await boards.tournament(max_size=1, join_required=True, start_time=NOON + HOUR)
    assert good(await ada.join(id)) == {}
    assert await size(ada, id) == (1, 1, False)
    assert refusal(await bob.join(id)) == NO_ROOM
    clock.stand_at(NOON + HOUR)
    assert await size(ada, id) == (1, 1, False)
    good(await ada.write(id, 1))
    clock.stand_at(NOON + 2 * HOUR)
    # That the window is closed is told before that there is no room.
    assert refusal(await bob.join(id)) == NO_JOINS
    good(await ada.delete(id))
    assert await size(ada, id) == (0, 1, True)
    assert refusal(await bob.join(id)) == NO_JOINS


@both_ways
async def test_exactly_as_many_as_there_is_room_for(
    boards: Boards, enter: Enter, join_required: bool, full: tuple[int, int, str]
) -> None:
    id = await boards.tournament(max_size=5, join_required=join_required)
    players = [await enter() for _ in range(12)]
    told = await asyncio.gather(*(take_part(player, id, join_required) for player in players * 2))
    assert {refused for refused in told if refused} == {full}
    inside = {player.id for player, refused in zip(players * 2, told, strict=True) if refused is None}
    page = good(await players[0].list(id, limit=100))
    assert len(inside) == 5
    assert set(owners(page["records"])) == inside
    assert page["rank_count"] == "5"
    assert await size(players[0], id) == (5, 5, False)
    # Every place is freed and taken again, all at once.
    await asyncio.gather(*(player.delete(id) for player in players))
    assert await size(players[0], id) == (0, 5, True)
    told = await asyncio.gather(*(take_part(player, id, join_required) for player in players))
    assert told.count(None) == 5
    assert await size(players[0], id) == (5, 5, False)


async def test_coming_and_going(boards: Boards, enter: Enter) -> None:
    """Whatever the order in which requests are served, the size is the number of records."""
    id = await boards.tournament(max_size=3)
    players = [await enter() for _ in range(6)]
    for _ in range(6):
        answers = await asyncio.gather(
            *(request for player in players for request in (player.write(id, 1), player.delete(id)))
        )
        assert {answer.status_code for answer in answers} <= {200, 400}
        records = good(await players[0].list(id)).get("records", [])
        assert len(records) <= 3
        assert await size(players[0], id) == (len(records), 3, len(records) < 3)


async def test_players_go_while_others_come(boards: Boards, enter: Enter, bob: Contestant) -> None:
    id = await boards.tournament(max_size=2)
    for _ in range(4):
        players = [await enter() for _ in range(3)]
        await asyncio.gather(
            *(player.write(id, 1) for player in players),
            *(player.api.delete("/v2/account", headers=player.player.headers) for player in players),
            *(player.write(id, 2) for player in players),
        )
        assert good(await bob.list(id)) == {}
        assert await size(bob, id) == (0, 2, True)


async def test_without_a_limit_nobody_counts(boards: Boards, ada: Contestant) -> None:
    id = await boards.tournament(join_required=True)
    await ada.join(id)
    assert await size(ada, id) == (0, 2**31 - 1, True)


async def test_a_board_that_is_created_again_is_empty(
    boards: Boards, ada: Contestant, bob: Contestant
) -> None:
    id = await boards.tournament(max_size=1)
    await ada.write(id, 1)
    await boards.delete(id)
    await boards.tournament(id, max_size=1)
    assert await size(bob, id) == (0, 1, True)
    good(await bob.write(id, 1))
    assert await ada.record(id) is None


async def test_deleting_after_the_end(boards: Boards, ada: Contestant, clock: StillClock) -> None:
    end = NOON + HOUR
    id = await boards.tournament(max_size=1, end_time=end, duration=DAY)
    await ada.write(id, 1)
    clock.stand_at(end + 1)
    assert await size(ada, id, end_time=end) == (1, 1, False)
    assert good(await ada.delete(id)) == {}
    assert await size(ada, id, end_time=end) == (0, 1, False)
