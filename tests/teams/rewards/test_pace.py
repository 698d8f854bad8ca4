"""Rolling leaves room for whatever else the process has to do."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kizuna.teams.rewards.earning import Pace


def work() -> None:
    """Two milliseconds in which nobody else has a turn."""
    time.sleep(0.002)


@asynccontextmanager
async def others() -> AsyncIterator[list[float]]:
    """When others had a turn meanwhile."""
    turns: list[float] = []

    async def go_on() -> None:
        while True:
            turns.append(time.monotonic())
            await asyncio.sleep(0)

    task = asyncio.create_task(go_on())
    try:
        yield turns
    finally:
        task.cancel()


async def test_slow_rounds_leave_room() -> None:
    """T-370: others have a turn every few of them."""
    async with others() as turns:
        async for _ in Pace().rounds(100):
            work()
        assert len(turns) >= 20


async def test_quick_rounds_go_on() -> None:
    """T-370: there is no turn for others after every one of them."""
    async with others() as turns:
        assert [number async for number in Pace().rounds(10_000)] == list(range(10_000))
        assert len(turns) < 1000


async def test_many_short_series_leave_room() -> None:
    """T-370: also where none takes long by itself, as for a call about many items."""
    pace = Pace()
    async with others() as turns:
        for _ in range(100):
            async for _ in pace.rounds(1):
                work()
        assert len(turns) >= 20
