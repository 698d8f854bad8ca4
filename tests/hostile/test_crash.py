"""The server is ended in the worst ways while players are at work: what they were promised is kept.

It runs its own PostgreSQL, with all the durability that players get.
"""

import asyncio
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import psutil
import pytest

from tests.hostile.clients import Client, ServerError, clients
from tests.hostile.conftest import MODULES
from tests.hostile.diary import LOST, Diary
from tests.support.environment import WISHES
from tests.support.processes import Server, start_server
from tests.support.waiting import wait_until, wait_until_async

CROWD = 8

#: What every player must have been promised before the blow, so that it hits something.
ENOUGH = 15

#: How many times the usual start, from the command to the first answer, a start after a blow may take. There
#: is a little to recover; what waits for something that died takes five times as long and more.
LONGER = 3.0

KILLS = max(5, round(WISHES.soak_seconds))


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One data directory for all: what the tests before have done to it is no excuse."""
    folder = Path(tempfile.mkdtemp(prefix="kizuna-test-"))
    yield folder
    shutil.rmtree(folder)


class House:
    """A server that is started again and again on one port and one data directory."""

    def __init__(self, data_dir: Path, log: Path, *args: str) -> None:
        self._data_dir = data_dir
        self._log = log
        self._args = args
        self.server = self._start(None)
        self.restarts: list[float] = []

    def _start(self, port: int | None) -> Server:
        return start_server(
            *self._args,
            log=self._log,
            data_dir=self._data_dir,
            modules=MODULES,
            port=port,
            env={"KIZUNA_SESSION__TOKEN_EXPIRY_SEC": "3600"},
        )

    def start_again(self) -> None:
        began = time.monotonic()
        self.server = self._start(self.server.port)
        self.restarts.append(time.monotonic() - began)

    def usual_start(self) -> float:
        """Seconds that a start takes now after a proper end, with nothing to recover."""
        before, self.restarts = self.restarts, []
        for _ in range(3):
            assert self.server.stop() == 0
            self.start_again()
        usual, self.restarts = median(self.restarts), before
        return usual

    def processes(self) -> list[psutil.Process]:
        """The server and everything it has started."""
        process = psutil.Process(self.server.process.pid)
        return [process, *process.children(recursive=True)]

    def postmaster(self) -> psutil.Process:
        """The PostgreSQL that all its backends are children of."""
        return next(p for p in self.processes() if p.name() == "postgres")

    def port_is_free(self) -> bool:
        """Whether nobody listens any more."""
        with socket.socket() as probe:
            return probe.connect_ex((self.server.host, self.server.port)) != 0


@asynccontextmanager
async def at_work(house: House, diaries: list[Diary]) -> AsyncIterator[None]:
    """The players act, each on a connection of his own, until the block ends and the server with it."""

    async def play(diary: Diary) -> None:
        client = await Client.connect(house.server.port)
        try:
            while True:
                await diary.act(client)
        except LOST:
            pass
        except ServerError:
            pass  # PostgreSQL is a child of the server: it may be gone a moment before it.
        finally:
            client.close()

    players = [asyncio.create_task(play(diary)) for diary in diaries]
    before = [diary.promises for diary in diaries]

    async def busy() -> bool:
        return all(d.promises >= b + ENOUGH for d, b in zip(diaries, before, strict=True))

    await wait_until_async(busy, within=20, what="work")
    yield
    await asyncio.wait_for(asyncio.gather(*players), 20)


async def begin(house: House) -> list[Diary]:
    diaries = [Diary() for _ in range(CROWD)]
    async with clients(house.server.port, CROWD) as crowd:
        await asyncio.gather(*(d.begin(c) for d, c in zip(diaries, crowd, strict=True)))
    return diaries


async def check(house: House, diaries: list[Diary]) -> None:
    async with clients(house.server.port, CROWD) as crowd:
        await asyncio.gather(*(d.check(c) for d, c in zip(diaries, crowd, strict=True)))


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_the_server_is_killed(home: Path, tmp_path: Path, workers: str) -> None:
    house = House(home, tmp_path / "server.log", "--workers", workers)
    try:
        diaries = await begin(house)
        for _ in range(KILLS):
            family = house.processes()
            async with at_work(house, diaries):
                house.server.kill()
                wait_until(house.port_is_free, within=2, what="the end of everybody who listens")
            house.start_again()
            left = [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
            assert not left, "processes of the killed server live on"
            await check(house, diaries)
        assert median(house.restarts) < LONGER * house.usual_start(), house.restarts
        assert house.server.stop() == 0
    finally:
        house.server.kill()


async def test_postgresql_is_killed(home: Path, tmp_path: Path) -> None:
    """The server ends with a sentence about it, and the next start recovers."""
    house = House(home, tmp_path / "server.log")
    try:
        diaries = await begin(house)
        async with at_work(house, diaries):
            house.postmaster().kill()
        assert house.server.process.wait(10) == 1
        assert "PostgreSQL ended by itself by SIGKILL" in house.server.output
        house.server.kill()
        house.start_again()
        await check(house, diaries)
        assert house.restarts[0] < LONGER * house.usual_start(), house.restarts
    finally:
        house.server.stop()


async def test_a_backend_of_postgresql_is_killed(home: Path, tmp_path: Path) -> None:
    """PostgreSQL throws everybody out and recovers; the server stays and finds its way back."""
    house = House(home, tmp_path / "server.log")
    try:
        diaries = await begin(house)
        async with at_work(house, diaries):
            backends = [p for p in house.postmaster().children() if " kizuna" in " ".join(p.cmdline())]
            assert backends
            os.kill(backends[0].pid, signal.SIGKILL)

        async def works_again() -> bool:
            try:
                await begin(house)
            except ServerError:
                return False
            return True

        await wait_until_async(works_again, within=10, what="the server's recovery")
        await check(house, diaries)
    finally:
        assert house.server.stop() == 0


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_the_server_is_told_to_end(home: Path, tmp_path: Path, workers: str) -> None:
    """No request that a client could believe to be under way fails, and everything answered is there."""
    house = House(home, tmp_path / "server.log", "--workers", workers)
    try:
        diaries = await begin(house)

        async def play(diary: Diary) -> None:
            while True:
                try:
                    client = await Client.connect(house.server.port)
                except OSError:
                    return
                try:
                    while not client.closing:
                        await diary.act(client)
                finally:
                    client.close()

        players = [asyncio.create_task(play(diary)) for diary in diaries]

        async def busy() -> bool:
            return all(diary.promises >= ENOUGH for diary in diaries)

        await wait_until_async(busy, within=20, what="work")
        house.server.process.terminate()
        await asyncio.wait_for(asyncio.gather(*players), 20)
        assert await asyncio.to_thread(house.server.process.wait, 20) == 0
        assert not any(diary.doubtful_writes or diary.doubtful_batches for diary in diaries)
        assert all(diary.counted == diary.most_counted for diary in diaries)
        house.server.kill()
        house.start_again()
        await check(house, diaries)
    finally:
        house.server.stop()
