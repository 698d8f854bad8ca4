"""The queue before a group's lock."""

import asyncio
from contextvars import copy_context

import asyncpg
import pytest

from kizuna.groups.turns import ReentryError, Turns


async def test_first_come_first_served() -> None:
    """T-027, T-429."""
    queue, done = Turns(), []

    async def work(number: int) -> None:
        async with queue.of("team"):
            done.append(("begins", number))
            await asyncio.sleep(0)
            done.append(("ends", number))

    await asyncio.gather(*(work(number) for number in range(20)))
    assert done == [(what, number) for number in range(20) for what in ("begins", "ends")]
    assert not queue._waiting


async def test_teams_do_not_wait_for_each_other() -> None:
    """T-027."""
    queue = Turns()
    async with queue.of("one"), asyncio.timeout(5), queue.of("other"):
        pass


async def test_nobody_waits_for_himself() -> None:
    """A hook that calls back would wait until the end of its own call."""
    queue = Turns()
    async with queue.of("team"):
        with pytest.raises(ReentryError):
            async with queue.of("team"):
                pass
    async with asyncio.timeout(5), queue.of("team"):
        pass


async def test_what_a_call_left_behind_may_come_back() -> None:
    """A task that was begun within a turn has nothing of it any more when it is over."""
    queue, over = Turns(), asyncio.Event()

    async def later() -> None:
        with pytest.raises(ReentryError):
            async with queue.of("team"):
                pass
        await over.wait()
        async with asyncio.timeout(5), queue.of("team"):
            pass

    async with queue.of("team"):
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
    over.set()
    await task


async def test_patience_ends() -> None:
    """T-029."""
    queue = Turns()

    async def wait() -> None:
        async with queue.of("team", patience=0.01):
            raise AssertionError("it is not free")

    elsewhere = copy_context()
    async with queue.of("team"):
        with pytest.raises(asyncpg.LockNotAvailableError):
            await asyncio.create_task(wait(), context=elsewhere)
    async with asyncio.timeout(5), queue.of("team"):
        pass


async def test_whoever_leaves_the_queue_holds_nobody_up() -> None:
    """T-109: clients go away while they wait."""
    queue, served = Turns(), []
    release = asyncio.Event()

    async def hold() -> None:
        async with queue.of("team"):
            await release.wait()

    async def work(number: int) -> None:
        async with queue.of("team"):
            served.append(number)

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(work(number)) for number in range(6)]
    await asyncio.sleep(0)
    for number in (0, 2, 5):
        waiting[number].cancel()
    release.set()
    # One more at the very moment when its turn has come.
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.wait([holder, *waiting], timeout=5)
    assert set(served) >= {3, 4}
    assert not queue._waiting
