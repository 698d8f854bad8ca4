"""Game code is called for every reset and end until it succeeds: in order per board, and without holding up
other boards.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from kizuna.db.statements import Command, Query
from kizuna.scheduler.service import BoardEvent, failing
from tests.scheduler.support import HOUR, MINUTE, START, WEEK, Game, World
from tests.support.waiting import wait_until_async

DAMAGE = Command(
    "test.damage", "A bad schedule.", "update leaderboard set reset_schedule = 'x' where id = $1"
)
CLEAR = Command("test.clear", "Remove what is deleted.", "delete from leaderboard where deleted")
HOLDERS = (
    "select pid from pg_stat_activity where datname = current_database() and state = 'idle in transaction'"
)


def fails_until(attempt: int) -> Callable[[BoardEvent], Awaitable[None]]:
    async def act(event: BoardEvent) -> None:
        if event.attempt < attempt:
            raise ValueError(f"attempt {event.attempt}")

    return act


class Gate:
    """Lets callbacks of some boards wait."""

    def __init__(self, *board_ids: str) -> None:
        self.closed_for = board_ids
        self.open = asyncio.Event()

    async def __call__(self, event: BoardEvent) -> None:
        if event.board.id in self.closed_for:
            await self.open.wait()


async def end_the_one_that_holds_a_lock(world: World) -> None:
    connection = await asyncpg.connect(world.database.url)
    try:
        # Others may be about to find that there is nothing for them.
        await wait_until_async(lambda: _has_length(connection.fetch(HOLDERS), 1))
        await connection.fetch(f"select pg_terminate_backend(pid) from ({HOLDERS}) holder")
    finally:
        await connection.close()


async def have_come(game: Game, count: int) -> None:
    async def enough() -> bool:
        return len(game.calls) >= count

    await wait_until_async(enough, what=f"{count} calls")


async def test_a_failure_is_repeated_after_a_pause_that_doubles(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    game = Game()
    game.act = fails_until(13)
    await world.create("board", "0 0 * * 1")
    world.clock.time = START + WEEK
    async with world.running(game):
        pauses = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]
        for attempt, pause in enumerate(pauses, 1):
            await world.failed(attempt)
            world.clock.time += pause - 0.001
            await world.looked()
            assert len(game.calls) == attempt, f"attempt {attempt + 1} comes too early"
            world.clock.time += 0.001
        await world.settled()
    assert [call[3] for call in game.calls] == list(range(1, 14))
    assert {call[:3] for call in game.calls} == {("board", "leaderboard_reset", START + WEEK)}
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 12
    assert caplog.records[0].getMessage() == (
        "leaderboard_reset of 2026-01-12 00:00:00 failed for board board (attempt 1), "
        "it is tried again at 2026-01-12 00:00:01"
    )
    assert "ValueError: attempt 1" in caplog.text


async def test_failing_callbacks_can_be_seen(world: World) -> None:
    game = Game()

    async def act(event: BoardEvent) -> None:
        if event.board.id != "good":
            raise RuntimeError(event.board.id + " \0\ud800" + "x" * 5000)

    game.act = act
    for id in ("bad", "worse", "good"):
        await world.create(id, "0 0 * * 1")
    world.clock.time = START + WEEK
    async with world.running(game):
        await have_come(game, 3)
        await world.failed(1)
        await world.boards.delete("bad")
        world.clock.time += 1
        await world.failed(2)
        [found] = await failing(world.database)
    assert found[:4] == ("worse", "leaderboard_reset", START + WEEK, 2)
    assert found.error.startswith("RuntimeError: worse ?xx")
    assert len(found.error) < 2100


async def test_a_board_waits_for_its_failing_callback_and_others_do_not(world: World) -> None:
    game = Game()
    fail = True

    async def act(event: BoardEvent) -> None:
        if fail and event.board.id == "failing":
            raise ValueError

    game.act = act
    for id in ("failing", "fine"):
        await world.create(id)
    async with world.running(game):
        for count in range(1, 4):
            world.clock.time = START + count * MINUTE
            await world.settled(answered=False)
            await world.looked()
        instants = [START + count * MINUTE for count in range(1, 4)]
        assert game.instants("fine") == instants
        assert set(game.instants("failing")) == {instants[0]}
        fail = False
        world.clock.time += 10 * MINUTE  # and more callbacks come
        await world.settled()
    answered = list(dict.fromkeys(game.instants("failing")))
    assert answered == [START + count * MINUTE for count in range(1, 14)]
    assert game.instants("failing")[-13:] == answered


async def test_a_hanging_callback_holds_up_its_board_alone(world: World) -> None:
    game = Game()
    game.act = gate = Gate("hanging")
    for id in ("hanging", "fine"):
        await world.create(id)
    async with world.running(game):
        for count in range(1, 4):
            world.clock.time = START + count * MINUTE
            await world.settled(answered=False)
            await wait_until_async(lambda: _equals(game.instants("fine")[-1:], [world.clock.time]))
        assert game.instants("hanging") == [START + MINUTE]
        gate.open.set()
        await world.settled()
    assert game.instants("hanging") == [START + count * MINUTE for count in range(1, 4)]


async def test_callbacks_of_different_boards_run_together_but_not_too_many(world: World) -> None:
    game = Game()
    game.act = gate = Gate(*(f"board-{n}" for n in range(10)))
    for n in range(10):
        await world.create(f"board-{n}")
    world.clock.time = START + MINUTE
    async with world.running(game, look_every=60):  # one look is enough
        await have_come(game, 4)
        assert game.running.total() == 4
        gate.open.set()
        await world.settled()
    assert len(game.calls) == 10
    assert game.together == 4


async def test_nobody_else_runs_what_is_running(world: World) -> None:
    first, second = Game(), Game()
    gate = first.act = second.act = Gate("board")
    await world.create("board")
    async with world.running(first, second):
        world.clock.time = START + 2 * MINUTE
        await wait_until_async(lambda: _equals(len(first.calls + second.calls), 1))
        await world.looked(10)
        assert len(first.calls + second.calls) == 1
        gate.open.set()
        await world.settled()
    assert sorted(first.calls + second.calls) == [
        ("board", "leaderboard_reset", START + count * MINUTE, 1) for count in (1, 2)
    ]


async def test_a_lost_connection_makes_it_run_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    game = Game()
    game.act = gate = Gate("board")
    await world.create("board")
    async with world.running(game):
        world.clock.time = START + MINUTE
        await have_come(game, 1)
        await end_the_one_that_holds_a_lock(world)
        await world.looked()
        assert len(game.calls) == 1, "not while the function goes on"
        gate.open.set()
        await world.settled()
        world.clock.time = START + 2 * MINUTE  # and it goes on
        await world.settled()
    reset = "leaderboard_reset"
    assert game.calls == [
        ("board", reset, START + MINUTE, 1),
        ("board", reset, START + MINUTE, 1),
        ("board", reset, START + 2 * MINUTE, 1),
    ]
    assert ["it will run again" in record.getMessage() for record in caplog.records] == [True]


async def test_another_process_runs_what_a_lost_one_was_running(world: World) -> None:
    stuck, other = Game(), Game()
    stuck.act = Gate("board")
    await world.create("board")
    world.clock.time = START + MINUTE
    lost, running = world.scheduler(stuck, grace=0.05), world.scheduler(other)
    await lost.start()
    await have_come(stuck, 1)
    await running.start()
    await world.looked()
    assert other.calls == []
    await lost.stop()
    await world.settled()
    await running.stop()
    assert other.calls == stuck.calls == [("board", "leaderboard_reset", START + MINUTE, 1)]


async def test_stopping_lets_a_callback_finish(world: World) -> None:
    game = Game()
    game.act = gate = Gate("board")
    await world.create("board")
    world.clock.time = START + 2 * MINUTE
    scheduler = world.scheduler(game)
    await scheduler.start()
    await have_come(game, 1)
    stopping = asyncio.create_task(scheduler.stop())
    await asyncio.sleep(0)
    gate.open.set()
    await stopping
    assert game.instants("board") == [START + MINUTE], "nothing new is begun"
    assert [row["instant"] for row in await world.waiting()] == [START + 2 * MINUTE]


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), SystemExit(1), KeyError("x"), ExceptionGroup("x", [OSError()])]
)
async def test_whatever_game_code_raises_is_a_failure(world: World, error: BaseException) -> None:
    game = Game()

    async def act(event: BoardEvent) -> None:
        if event.attempt == 1:
            raise error

    game.act = act
    await world.create("board", "0 0 * * 1")
    world.clock.time = START + WEEK
    async with world.running(game):
        await world.failed(1)
        world.clock.time += 1
        await world.settled()
    assert [call[3] for call in game.calls] == [1, 2]


async def test_game_code_may_delete_and_make_anew_the_board_it_is_called_for(world: World) -> None:
    game = Game()
    anew = []

    async def act(event: BoardEvent) -> None:
        if not anew:
            await world.boards.delete(event.board.id)
            anew.append(await world.create(event.board.id, duration=30))

    game.act = act
    old = await world.create("board")
    world.clock.time = START + 3 * MINUTE  # what else had come for the old one is not called any more
    async with world.running(game):
        await wait_until_async(lambda: _equals(len(anew), 1))
        await world.looked()
        world.clock.time = START + 4 * MINUTE
        await wait_until_async(lambda: _equals(len(game.calls), 3))
    assert anew[0].key != old.key
    assert game.calls[0] == ("board", "leaderboard_reset", START + MINUTE, 1)
    assert [call[1] for call in game.calls[1:]] == ["tournament_end", "tournament_reset"]
    assert {row["board"] for row in await world.waiting()} == {old.key}
    await world.database.write(CLEAR)
    assert await world.waiting() == []


async def test_a_deleted_board_cannot_be_cleared_away_under_its_callback_and_can_afterwards(
    world: World,
) -> None:
    game = Game()
    game.act = gate = Gate("board")
    await world.create("board")
    world.clock.time = START + MINUTE
    async with world.running(game):
        await have_come(game, 1)
        await world.boards.delete("board")
        clearing = asyncio.create_task(world.database.write(CLEAR))
        await world.looked()
        assert not clearing.done()
        gate.open.set()
        await clearing
    assert await world.waiting() == []


async def test_too_many_unanswered_callbacks_are_dropped(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    game = Game()
    game.act = gate = Gate("board")
    await world.create("board")
    async with world.running(game):
        for minutes in (1, 80, 130):
            world.clock.time = START + minutes * MINUTE
            await world.settled(answered=False)
            await have_come(game, 1)
        assert [record.getMessage() for record in caplog.records] == [
            "board board: 29 callbacks are dropped, 100 wait already"
        ]
        gate.open.set()
        await world.settled()
    # The first was running, so it could not be dropped.
    assert game.instants("board") == [START + count * MINUTE for count in (1, *range(31, 131))]


async def test_kinds_without_a_function_are_not_queued_and_hold_up_nothing(world: World) -> None:
    game = Game(kinds=["tournament_end", "tournament_reset"])
    game.act = fails_until(2)
    await world.create("cup", "0 0 * * 1", duration=HOUR)
    await world.create("plain", "0 0 * * 1")
    async with world.running(game):
        world.clock.time = START + HOUR
        await world.failed(1)
        game.kinds = ["tournament_reset"]  # reloaded without the function that fails
        game.act = None
        world.clock.time = START + WEEK
        await have_come(game, 2)
        await wait_until_async(lambda: _has_length(world.waiting(), 1))
        assert game.calls[1:] == [("cup", "tournament_reset", START + WEEK, 1)]
        assert [row["kind"] for row in await world.waiting()] == ["tournament_end"]
        game.kinds = ["tournament_end"]
        await world.settled()
    assert game.calls[2:] == [("cup", "tournament_end", START + HOUR, 2)]


async def test_events_wait_for_the_function_that_there_has_been(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that runs without the game code in between must not lose them."""
    game, without = Game(), Game(kinds=[])
    await world.create("board")
    async with world.running(game):
        world.clock.time = START + MINUTE
        await world.settled()
    async with world.running(without):
        world.clock.time = START + 3 * MINUTE
        await wait_until_async(lambda: _has_length(world.waiting(), 2))
    assert "Game code has no function for leaderboard_reset" in caplog.text
    async with world.running(game):
        await world.settled()
    assert game.instants("board") == [START + minute * MINUTE for minute in (1, 2, 3)]


async def test_a_definition_that_went_bad_is_a_failure(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    game = Game()
    game.act = fails_until(2)
    await world.create("board")
    world.clock.time = START + MINUTE
    async with world.running(game):
        await world.failed(1)
        await world.database.write(DAMAGE, "board")
        world.clock.time += 1
        await world.failed(2)
        [found] = await failing(world.database)
    assert found.attempts == 2
    assert found.error.startswith("kizuna.scheduler.cron.CronError")


async def test_requests_have_their_connections_while_callbacks_hang(world: World) -> None:
    game = Game()
    game.act = gate = Gate(*(f"board-{n}" for n in range(4)))
    for n in range(4):
        await world.create(f"board-{n}")
    world.clock.time = START + MINUTE
    async with world.running(game):
        await have_come(game, 4)
        nap = Query("test.nap", "Some time at the database.", "select pg_sleep(0.2)")
        async with asyncio.timeout(5):
            await asyncio.gather(*(world.database.read(nap) for _ in range(8)))
        gate.open.set()
        await world.settled()


async def test_a_database_that_is_away_is_no_failure_of_game_code(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    game = Game()
    await world.create("board")
    world.clock.time = START + MINUTE
    caplog.set_level(logging.ERROR, logger="kizuna")
    by_keys, asked = world.boards.by_keys, 0

    async def away(keys: object) -> object:
        nonlocal asked
        asked += 1
        if 1 <= asked <= 2 or 4 <= asked <= 5:  # the third time, the reset is settled
            raise ConnectionRefusedError
        return await by_keys(keys)  # type: ignore[arg-type]

    world.boards.by_keys = away  # type: ignore[assignment, method-assign]
    async with world.running(game):
        await world.settled()
    assert asked == 6
    assert game.calls == [("board", "leaderboard_reset", START + MINUTE, 1)]
    assert caplog.records == []


async def _has_length(rows: Awaitable[list[object]], length: int) -> bool:
    return len(await rows) == length


async def _equals(value: object, wanted: object) -> bool:
    return value == wanted
