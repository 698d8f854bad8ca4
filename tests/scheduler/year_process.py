"""A server without its HTTP side, on a clock that is read from a file and with game code that keeps a diary.

    python -m tests.scheduler.year_process DATABASE_URL CLOCK_FILE

It says `ready` when it has started, and runs until it is killed.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from kizuna.app import Application
from kizuna.settings import Settings

MODULES = Path(__file__).with_name("modules")


class FileClock:
    """Tells the time that stands in a file: seconds since 1970."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def unix(self) -> float:
        return float(self._file.read_text())

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.unix(), UTC)


async def run(url: str, clock: FileClock) -> None:
    settings = {"runtime": {"modules": [str(MODULES)]}, "bus": "postgres"}
    application = Application(Settings.model_validate(settings), database_url=url, clock=clock)
    # A week passes within a tenth of a second here.
    application.scheduler._look_every = 0.01
    await application.startup()
    print("ready", flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], FileClock(Path(sys.argv[2]))))
