"""A build of a leaderboard's ranks as the process that makes it sees it. The server must be one process."""

import asyncio
import json
import sys
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import kizuna.runtime as rt

#: Seconds between two looks at how long the event loop was held.
_TICK = 0.001

#: What builds ranks, by the name of its coroutine.
_BUILD = "Ranks._build"


class _Build:
    """A build under way."""

    def __init__(self, ctx: rt.Context, board: str, records: int) -> None:
        self.work = asyncio.create_task(self._measured(ctx, board, records))
        self._longest = 0.0

    async def _measured(self, ctx: rt.Context, board: str, records: int) -> dict[str, float]:
        watch = asyncio.create_task(self._watch())
        try:
            seconds = await _seconds(_built(ctx, board))
        finally:
            watch.cancel()
        # By counting this would take far longer than by the index, if there is one indeed.
        last = await _seconds(_place(ctx, board, records))
        peak = _peak_memory()
        return {"seconds": seconds, "held": self._longest, "last": last, "peak": peak}

    async def _watch(self) -> None:
        """Find the most CPU time that the loop's thread takes between two turns: others' does not count."""
        before = time.thread_time()
        while True:
            await asyncio.sleep(_TICK)
            now = time.thread_time()
            self._longest = max(self._longest, now - before)
            before = now


async def _built(ctx: rt.Context, board: str) -> None:
    """Want a rank, and wait until the index that is then made is there."""
    with suppress(rt.ApiError):  # it takes longer than a request may wait
        await _place(ctx, board, 1)
    under_way = (
        task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__qualname__", "") == _BUILD
    )
    await asyncio.gather(*under_way)


async def _place(ctx: rt.Context, board: str, rank: int) -> None:
    """Ask who has a rank."""
    await ctx.nk.leaderboard_records_list_cursor_from_rank(board, rank + 1)


async def _seconds(work: Coroutine[Any, Any, None]) -> float:
    begun = time.perf_counter()
    await work
    return time.perf_counter() - begun


_builds: list[_Build] = []


def register(app: rt.App) -> None:
    """Register both functions."""
    app.rpc("build_begin", begin)
    app.rpc("build_outcome", outcome)


async def begin(ctx: rt.Context, payload: str) -> str:
    """{id, records}: want a rank of a leaderboard with so many records; measure until the index answers."""
    wanted = json.loads(payload)
    _builds.append(_Build(ctx, wanted["id"], wanted["records"]))
    return "{}"


async def outcome(ctx: rt.Context, payload: str) -> str:
    """What was measured, in seconds and bytes; empty while the build is under way.

    `seconds` until the index answers, the longest time that the build `held` the event loop, the time of an
    answer about the `last` rank afterwards, and the `peak` of the process's memory.
    """
    work = _builds[-1].work
    return json.dumps(work.result()) if work.done() else "{}"


def _peak_memory() -> int:
    """The most bytes that this process has had in memory."""
    import resource  # which Windows does not have

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
