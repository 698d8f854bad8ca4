"""Runs game code in a task of its own, where it can neither end nor hold up the server's tasks."""

import asyncio
from collections.abc import Awaitable, Callable

from kizuna import cancellation

#: Seconds that game code has to clean up when it is told to end.
PATIENCE = 1.0


class TookTooLong(Exception):
    """The time that was granted was over first, and the work has been told to end."""


async def outcome(
    work: Callable[[], Awaitable[object]], name: str, within: float | None = None
) -> BaseException | None:
    """How work that runs game code ends: by any exception, even its own cancellation; None for success.

    `TookTooLong` when it takes more than `within` seconds. When the running task is ended, so is the work.
    Work that does not end though it is told to is left to itself; the log calls it by `name`.
    """
    task = asyncio.create_task(_caught(work), name=name)
    try:
        await asyncio.wait({task}, timeout=within)
    except asyncio.CancelledError:
        await cancellation.end([task], PATIENCE)
        raise
    if not task.done():
        await cancellation.end([task], PATIENCE)
        return TookTooLong()
    return asyncio.CancelledError() if task.cancelled() else task.result()


async def _caught(work: Callable[[], Awaitable[object]]) -> BaseException | None:
    # Nothing may pass: out of a task, some exceptions would end the event loop.
    try:
        await work()
    except BaseException as error:
        return error
    return None
