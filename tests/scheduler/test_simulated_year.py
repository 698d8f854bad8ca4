"""A year of weekly tournaments in seconds, with two processes that are killed again and again."""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import asyncpg

from kizuna.leaderboards.boards import Board
from tests.scheduler.support import DAY, HOUR, START, WEEK, World
from tests.support.waiting import wait_until_async

DIARY = """
    create table diary (id bigint generated always as identity, pid int, run int, board text, kind text,
        instant bigint, what text)
"""

#: What transactions do that nobody should see twice. They take their time over it, so that kills hit them.
TRACES = """
    create table trace (id bigint generated always as identity, what text, board bigint, instant bigint);
    create function trace_reset() returns trigger language plpgsql as $$ begin
        insert into trace (what, board, instant) values ('reset', old.board, old.expiry);
        perform pg_sleep(0.01); return old; end $$;
    create function trace_queued() returns trigger language plpgsql as $$ begin
        insert into trace (what, board, instant) values (new.kind, new.board, new.instant);
        perform pg_sleep(0.01); return new; end $$;
    create trigger trace_reset before delete on tournament_size for each row execute function trace_reset();
    create trigger trace_queued before insert on board_callback for each row execute function trace_queued();
"""
TAKE_PLACES = """
    insert into tournament_size (board, expiry, size) select board, expiry, 1
    from unnest($1::bigint[], $2::bigint[]) w (board, expiry) on conflict do nothing
"""
RUNNING = """
    select pid from diary where pid = any($1::int[]) group by pid
    having count(*) filter (where what = 'begun') > count(*) filter (where what in ('failed', 'finished'))
"""
OVER = """
    select not exists (select from board_callback) and not exists (select from board_schedule where due <= $1)
"""

WEEKS = 52
KILLS = 6

#: Seconds after which something hangs.
LONGEST = 180
END, RESET = "tournament_end", "tournament_reset"


@dataclass
class Run:
    """One call of game code, as the diary knows it."""

    pid: int
    event: tuple[str, int]
    outcome: str


@dataclass
class Year:
    """The processes, the clock that they read, and a view of their database."""

    url: str
    clock: Path
    log: IO[bytes]
    connection: asyncpg.Connection
    boards: list[Board]
    now: int = START
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    ready: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: set[int] = field(default_factory=set)

    def move_to(self, now: int) -> None:
        self.now = now
        new = self.clock.with_suffix(".new")
        new.write_text(str(now))
        os.replace(new, self.clock)

    async def pass_until(self, until: int) -> None:
        """Let time pass in steps shorter than a period, while players take part in each."""
        while self.now < until:
            periods = [board.window(self.now).expiry for board in self.boards]
            await self.connection.execute(TAKE_PLACES, [board.key for board in self.boards], periods)
            self.move_to(min(until, self.now + random.randint(HOUR, 4 * DAY)))
            await asyncio.sleep(random.uniform(0, 0.05))

    def start_process(self) -> None:
        command = [sys.executable, "-m", "tests.scheduler.year_process", self.url, str(self.clock)]
        environment = os.environ | {"DIARY_URL": self.url}
        self.processes.append(
            subprocess.Popen(
                command,
                cwd=Path(__file__).parents[2],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=self.log,
            )
        )

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        assert process.poll() is None, "a process has ended by itself"
        end(process)
        self.processes.remove(process)
        self.killed.add(process.pid)

    async def all_work(self) -> None:
        """Wait until every process has started."""
        for process in self.processes:
            if process not in self.ready:
                assert await asyncio.to_thread(process.stdout.readline) == b"ready\n", self.log.name
                self.ready.append(process)

    async def running(self) -> list[int]:
        """The processes that are in the middle of a callback."""
        rows = await self.connection.fetch(RUNNING, [process.pid for process in self.processes])
        return [row["pid"] for row in rows]

    async def is_over(self) -> bool:
        # A failed callback waits for its next try on the same clock.
        self.move_to(self.now + 1)
        return bool(await self.connection.fetchval(OVER, START + WEEKS * WEEK))

    async def runs(self, board: Board) -> list[Run]:
        sql = "select * from diary where board = $1 order by id"
        runs: dict[tuple[int, int], Run] = {}
        for row in await self.connection.fetch(sql, board.id):
            run = runs.setdefault(
                (row["pid"], row["run"]), Run(row["pid"], (row["kind"], row["instant"]), "")
            )
            run.outcome = row["what"]
        return list(runs.values())

    async def traces(self, board: Board) -> list[tuple[str, int]]:
        rows = await self.connection.fetch("select * from trace where board = $1 order by id", board.key)
        return [(row["what"], row["instant"]) for row in rows]


@asynccontextmanager
async def year_of(world: World, folder: Path) -> AsyncIterator[Year]:
    boards = [
        await world.create("cup", "0 0 * * 1", duration=2 * DAY, max_size=8),
        await world.create("open all week", "0 12 * * 3", duration=WEEK, max_size=8),
    ]
    connection = await asyncpg.connect(world.database.url)
    await connection.execute(DIARY)
    await connection.execute(TRACES)
    log = (folder / "processes.log").open("wb")
    year = Year(world.database.url, folder / "clock", log, connection, boards)
    year.move_to(START)
    try:
        yield year
    finally:
        for process in list(year.processes):
            end(process)
        log.close()
        await connection.close()


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


async def kill_some(year: Year, kill: int) -> None:
    """Kill one or both, now at any moment, now one that runs a callback; others take their place."""
    victims = random.sample(year.processes, random.choice([1, 2]))
    if kill % 2:
        while not (pids := await year.running()):
            await year.pass_until(year.now + DAY)
        victims = [process for process in year.processes if process.pid == pids[0]]
    for victim in victims:
        year.kill(victim)
        year.start_process()


async def check_effects(year: Year, board: Board, expected: list[tuple[str, int]]) -> None:
    traces = await year.traces(board)
    # Resets that are caught up together free the places of their periods in one statement, in any order.
    assert sorted(instant for what, instant in traces if what == "reset") == [
        instant for kind, instant in expected if kind == RESET
    ]
    assert [trace for trace in traces if trace[0] != "reset"] == expected


async def check_callbacks(year: Year, board: Board, expected: list[tuple[str, int]]) -> Counter[str]:
    """None is missing, each comes in its turn, and a repetition has a reason; how often which."""
    reasons: Counter[str] = Counter()
    runs = await year.runs(board)
    assert list(dict.fromkeys(run.event for run in runs)) == expected
    last_run_of_process = {run.pid: run for run in runs}
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        if following is None or following.event != run.event:
            assert run.outcome == "finished", run
        elif run.outcome == "failed":
            reasons["failed"] += 1
        else:
            assert run.pid in year.killed, f"{run} is repeated without a reason"
            assert last_run_of_process[run.pid] is run
            reasons["killed"] += 1
    return reasons


async def test_a_year_of_weekly_tournaments(world: World, tmp_path: Path) -> None:
    async with year_of(world, tmp_path) as year, asyncio.timeout(LONGEST):
        for _ in range(2):
            year.start_process()
        for kill in range(KILLS):
            moment = START + WEEKS * WEEK * (kill + 1) // (KILLS + 1)
            await year.pass_until(moment - 2 * WEEK)  # with one process or none, others are starting
            await year.all_work()
            await year.pass_until(moment)
            await kill_some(year, kill)
        await year.pass_until(START + WEEKS * WEEK)
        await wait_until_async(year.is_over, what="an end of the year")

        cup, open_all_week = year.boards
        weeks = [START + n * WEEK for n in range(WEEKS)]
        expected = [event for w in weeks for event in ((END, w + 2 * DAY), (RESET, w + WEEK))]
        noon = 2 * DAY + 12 * HOUR
        expected_open = [event for w in weeks for event in ((END, w + noon), (RESET, w + noon))]
        await check_effects(year, cup, expected)
        await check_effects(year, open_all_week, expected_open)
        reasons = await check_callbacks(year, cup, expected)
        reasons += await check_callbacks(year, open_all_week, expected_open)
        assert reasons["killed"] >= 1
        assert reasons["failed"] >= 1
