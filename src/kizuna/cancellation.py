"""Tells the end of a task from what game code does to the task it runs in.

A cancelled task does not know who has cancelled it. Whoever of the server ends a task in which game code may
run does it by `cancel` or `end`; any other cancellation of such a task is an accident of the game's, and no
end. Game code may also refuse to end: nobody waits for it without a limit.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Any
from weakref import WeakKeyDictionary

log = logging.getLogger(__name__)

Task = asyncio.Task[Any]

#: Seconds that a task which was told to end has for that.
PATIENCE = 2.0

#: How many times the server has cancelled a task and not taken that back.
_cancelled: WeakKeyDictionary[Task, int] = WeakKeyDictionary()


def cancel(task: Task) -> None:
    """Cancel a task in the server's name."""
    _cancelled[task] = _cancelled.get(task, 0) + 1
    task.cancel()


def take_back(task: Task) -> int:
    """Undo one `cancel`; how many others of the server's remain."""
    task.uncancel()
    remaining = _cancelled[task] - 1
    if remaining:
        _cancelled[task] = remaining
    else:
        del _cancelled[task]
    return remaining


async def end(tasks: Collection[Task], within: float = PATIENCE) -> Collection[Task]:
    """Cancel tasks and wait for their end, `within` seconds at most; the log tells of those that are left."""
    for task in tasks:
        cancel(task)
    if not tasks:
        return ()
    _, left = await asyncio.wait(tasks, timeout=within)
    for task in left:
        log.error("It was told to end and goes on all the same: %s.", described(task))
    return left


def described(task: Task) -> str:
    """A task's name, and the innermost functions that it is in."""
    names: list[str] = []
    work: Any = task.get_coro()
    while (code := getattr(work, "cr_code", None)) is not None:
        names.append(code.co_name)
        work = work.cr_await
    return f"{task.get_name()} (in {' > '.join(names[-3:])})"


def is_end_of_task(error: BaseException) -> bool:
    """Whether the server ends the running task; otherwise game code has cancelled something of its own."""
    return isinstance(error, asyncio.CancelledError) and asyncio.current_task() in _cancelled


async def keep_running() -> None:
    """Take back every cancellation of the running task that is not the server's, raised already or not.

    To be called when game code has run in it.
    """
    task = asyncio.current_task()
    if task is None or task.cancelling() <= _cancelled.get(task, 0):
        return
    while task.cancelling() > _cancelled.get(task, 0):
        task.uncancel()
    try:
        await asyncio.sleep(0)  # one that has not been raised yet is raised here
    except asyncio.CancelledError:
        if task in _cancelled:
            raise
