"""A process that looks after boards on a clock that is read from a file, and writes down each callback.

    python -m tests.scheduler.year_process DATABASE_URL CLOCK_FILE

It runs until it is killed. Now and then its game code fails.
"""

import asyncio
import os
import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from kizuna.db.engine import Database
from kizuna.db.statements import Command
from kizuna.scheduler.service import BoardEvent, Scheduler
from tests.scheduler.support import ALL_KINDS, Boards

DIARY = """
    create table diary (id bigint generated always as identity, pid int, run int, board text, kind text,
        instant bigint, attempt int, what text)
"""
NOTE = Command(
    "test.note",
    "Write into the diary.",
    "insert into diary (pid, run, board, kind, instant, attempt, what) values ($1, $2, $3, $4, $5, $6, $7)",
)


class FileClock:
    """Tells the time that stands in a file: seconds since 1970."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def unix(self) -> float:
        return float(self._file.read_text())

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.unix(), UTC)


class DiaryGame:
    """Game code that notes when a call begins and how it ends."""

    kinds = ALL_KINDS

    def __init__(self, database: Database) -> None:
        self._database = database
        self._runs = 0

    async def call(self, event: BoardEvent) -> None:
        self._runs += 1
        run = (os.getpid(), self._runs, event.board.id, event.kind, event.instant, event.attempt)
        await self._database.write(NOTE, *run, "begun")
        await asyncio.sleep(random.uniform(0, 0.03))
        fails = random.random() < 0.1
        await self._database.write(NOTE, *run, "failed" if fails else "finished")
        if fails:
            raise RuntimeError("now and then")


async def run(url: str, clock: FileClock) -> None:
    database = Database(url)
    game = DiaryGame(database)
    scheduler = Scheduler(database, clock, Boards(database, clock), game, look_every=0.01)
    await scheduler.start()
    await database.write(NOTE, os.getpid(), 0, "", "", 0, 0, "started")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], FileClock(Path(sys.argv[2]))))
