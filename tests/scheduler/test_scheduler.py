"""Resets and ends happen when they are due: once, in order, whoever looks, however late."""

import asyncio
import logging
import time

import asyncpg
import pytest

from kizuna.clock import SystemClock
from kizuna.db.engine import Database
from kizuna.db.statements import Command, Query
from kizuna.scheduler import service
from kizuna.scheduler.service import plan, unplan
from tests.scheduler.support import (
    DAY,
    HOUR,
    MINUTE,
    SIZES,
    START,
    TAKE_PLACE,
    WEEK,
    Game,
    HandClock,
    World,
)
from tests.support.waiting import wait_until_async

SCHEDULE = Query("test.schedule", "What is planned.", "select board, done, due from board_schedule")
BREAK = Command("test.break", "A bad schedule.", "update leaderboard set reset_schedule = 'x' where id = $1")
END_CONNECTIONS = Query(
    "test.end_connections",
    "End all others.",
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
    "and pid <> pg_backend_pid()",
)


def minutes(count: int) -> list[int]:
    return [START + n * MINUTE for n in range(1, count + 1)]


async def test_a_leaderboard_is_reset_at_its_instants(world: World) -> None:
    game = Game()
    await world.create("minutely")
    async with world.running(game):
        world.clock.time = START + 59.99
        await world.looked()
        assert game.calls == []
        for count in range(1, 4):
            world.clock.time = START + count * MINUTE
            await world.settled()
            assert game.calls == [("minutely", "leaderboard_reset", instant, 1) for instant in minutes(count)]


async def test_a_tournament_ends_and_is_reset(world: World) -> None:
    game = Game()
    await world.create("separate", "0 0 * * 1", duration=2 * DAY)
    await world.create("together", "0 0 * * 1", duration=WEEK)
    await world.create("once", "", duration=HOUR, end_time=START + 2 * HOUR)
    async with world.running(game):
        world.clock.time = START + 2 * WEEK
        await world.settled()
    end, reset = "tournament_end", "tournament_reset"
    assert [call[1:3] for call in game.calls if call[0] == "separate"] == [
        (end, START + 2 * DAY),
        (reset, START + WEEK),
        (end, START + WEEK + 2 * DAY),
        (reset, START + 2 * WEEK),
    ]
    assert [call[1:3] for call in game.calls if call[0] == "together"] == [
        (end, START + WEEK),
        (reset, START + WEEK),
        (end, START + 2 * WEEK),
        (reset, START + 2 * WEEK),
    ]
    assert [call[1:3] for call in game.calls if call[0] == "once"] == [
        (end, START + HOUR),
        (reset, START + 2 * HOUR),
    ]
    planned = {row["board"] for row in await world.database.read(SCHEDULE)}
    assert len(planned) == 2, "what is over for good is not planned any more"


async def test_a_reset_frees_the_places_of_what_is_over(world: World) -> None:
    limited = await world.create("limited", "0 0 * * *", duration=HOUR, max_size=1)
    endless = await world.create("endless", "", duration=HOUR, max_size=1)
    other = await world.create("other", "0 0 * * 2", duration=HOUR, max_size=1)
    for board, expiry in [(limited, 0), (limited, 1), (limited, 2), (endless, 0), (other, 9)]:
        await world.database.write(TAKE_PLACE, board.key, START + expiry * DAY if expiry else 0)
    async with world.running(Game()):
        world.clock.time = START + HOUR  # an end frees nothing
        await world.settled()
        assert len(await world.database.read(SIZES)) == 5
        world.clock.time = START + DAY
        await world.settled()
    kept = {(row["board"], row["expiry"]) for row in await world.database.read(SIZES)}
    assert kept == {
        (limited.key, 0),
        (limited.key, START + 2 * DAY),
        (endless.key, 0),
        (other.key, START + 9 * DAY),
    }


async def test_a_reset_happens_without_game_code(world: World) -> None:
    board = await world.create("board", "0 0 * * *", duration=HOUR, max_size=1)
    await world.database.write(TAKE_PLACE, board.key, START + DAY)
    async with world.running(Game(kinds=["leaderboard_reset"])):
        world.clock.time = START + DAY
        await world.settled()
    assert await world.database.read(SIZES) == []


async def test_several_schedulers_share_the_work(world: World) -> None:
    first, second = Game(), Game()
    boards = [await world.create(f"board-{n}", duration=20 * (n % 2)) for n in range(100)]
    async with world.running(first, second):
        for count in range(1, 6):
            world.clock.time = START + count * MINUTE
            await world.settled()
    calls = first.calls + second.calls
    assert len(set(calls)) == len(calls) == sum(10 if board.is_tournament else 5 for board in boards)
    for board in boards:
        for game in (first, second):
            assert game.instants(board.id) == sorted(game.instants(board.id))


async def test_what_was_missed_is_caught_up(world: World, caplog: pytest.LogCaptureFixture) -> None:
    game = Game()
    await world.create("minutely")
    world.clock.time = START + 250 * MINUTE + 30
    with caplog.at_level(logging.WARNING, logger="kizuna"):
        async with world.running(game):
            await world.settled()
    assert game.instants("minutely") == minutes(250)[-100:]
    [record] = caplog.records
    assert "board minutely: 150 resets" in record.getMessage()


async def test_a_board_of_seconds_that_slept_for_a_year_delays_nobody(world: World) -> None:
    game = Game(kinds=["leaderboard_reset"])
    await world.create("secondly", "* * * * * * *")
    await world.create("daily", "0 0 * * *")
    world.clock.time = START + 365 * DAY
    longest = 0.0

    async def measure() -> None:
        nonlocal longest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    measuring = asyncio.create_task(measure())
    async with world.running(game):
        await world.settled()
    measuring.cancel()
    assert len(game.calls) == 200
    assert game.instants("secondly")[-1] == START + 365 * DAY
    assert 0 < longest < 0.05, "seconds of the processor at a stretch"


async def test_a_bad_definition_holds_up_nobody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    game = Game()
    for id in ("bad", "good"):
        await world.create(id)
    await world.database.write(BREAK, "bad")
    async with world.running(game):
        world.clock.time = START + MINUTE
        await world.settled()
        assert game.calls == [("good", "leaderboard_reset", START + MINUTE, 1)]
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        # Nothing of it is lost when it makes sense again.
        await world.database.write(
            Command("test.mend", "", "update leaderboard set reset_schedule = '* * * * *' where id = $1"),
            "bad",
        )
        world.clock.time = START + HOUR + 2 * MINUTE
        await world.settled()
    assert game.instants("bad") == game.instants("good") == minutes(62)


async def test_a_board_that_is_deleted_is_left_alone(world: World) -> None:
    game = Game()
    await world.create("gone")
    await world.create("stays")
    async with world.running(game):
        await world.boards.delete("gone")
        world.clock.time = START + MINUTE
        await world.settled()
    assert game.calls == [("stays", "leaderboard_reset", START + MINUTE, 1)]


async def test_a_plan_without_its_board_is_dropped(world: World) -> None:
    game = Game()
    await world.create("gone")
    await world.database.write(Command("test.gone", "", "update leaderboard set deleted = true"))
    async with world.running(game):
        world.clock.time = START + MINUTE
        await world.settled()
    assert game.calls == []
    assert await world.database.read(SCHEDULE) == []


async def test_plan_and_unplan(world: World) -> None:
    board = await world.create("board")
    never = await world.create("never", "")
    far = await world.create("far", "", duration=HOUR, start_time=2**53 - 1)
    async with world.database.transaction() as tx:
        await unplan(tx, board.key)
        await plan(tx, never, START)
    assert [row["board"] for row in await world.database.read(SCHEDULE)] == [far.key]
    async with world.database.transaction() as tx:
        await plan(tx, board, START + 1)
    assert (board.key, START + 1, START + MINUTE) in [
        tuple(row) for row in await world.database.read(SCHEDULE)
    ]
    async with world.running(Game()):
        await world.looked()  # an instant beyond all calendars hurts nobody


async def test_the_next_instant_is_not_slept_through(world: World) -> None:
    """On the real clock and with rare looks, an event is dealt with when it comes."""
    game = Game()
    world.clock.now = SystemClock().now  # type: ignore[method-assign]
    world.clock.unix = SystemClock().unix  # type: ignore[method-assign]
    scheduler = world.scheduler(game, look_every=60)
    await world.create("secondly", "* * * * * * *")
    await scheduler.start()

    async def has_come() -> bool:
        return len(game.calls) >= 2

    await wait_until_async(has_come)
    await scheduler.stop()


async def test_a_look_is_one_statement_when_nothing_is_due(world: World) -> None:
    await world.create("board")
    async with world.running(Game()) as [scheduler]:
        await world.looked()
        before = world.database.counts.copy()
        await world.looked(5)
        assert set(world.database.counts - before) == {"scheduler.look"}
        assert not scheduler._locks.counts


async def test_a_database_that_is_away_is_reported_once(
    world: World, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    game = Game()
    await world.create("minutely")
    caplog.set_level(logging.INFO, logger="kizuna.scheduler")
    away = True

    class Flaky(Database):
        async def read(self, query: Query, *args: object) -> list[asyncpg.Record]:
            self.counts["asked"] += 1
            if away:
                raise ConnectionRefusedError("nobody there")
            return await super().read(query, *args)

    flaky = Flaky(database_url)
    scheduler = service.Scheduler(flaky, world.clock, world.boards, game, look_every=0.02)
    await scheduler.start()

    async def has_tried() -> bool:
        return flaky.counts["asked"] > 3

    await wait_until_async(has_tried)
    world.clock.time = START + MINUTE
    away = False
    await wait_until_async(lambda: _true(game.calls))
    await scheduler.stop()
    await flaky.close()
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


async def test_lost_connections_are_got_over(world: World) -> None:
    game = Game()
    await world.create("minutely")
    async with world.running(game):
        for count in range(1, 6):
            world.clock.time = START + count * MINUTE
            await world.settled(answered=False)
            await _end_connections(world)
        await world.settled()
    assert list(dict.fromkeys(game.instants("minutely"))) == minutes(5)


async def _end_connections(world: World) -> None:
    connection = await asyncpg.connect(world.database.url)
    await connection.fetch(END_CONNECTIONS.sql)
    await connection.close()


async def _true(value: object) -> bool:
    return bool(value)


async def test_a_clock_that_goes_back_repeats_nothing(world: World) -> None:
    game = Game()
    await world.create("minutely")
    async with world.running(game):
        for time in (2 * MINUTE, MINUTE, 3 * MINUTE):
            world.clock.time = START + time
            await world.settled()
    assert game.instants("minutely") == minutes(3)


def test_the_clock_of_these_tests_stands_still() -> None:
    clock = HandClock()
    assert clock.unix() == clock.now().timestamp() == START
