"""One timer for all requests, instead of one each."""

import asyncio
from types import TracebackType


class Overdue(Exception):
    """The request was not answered in time and has been cancelled."""


class Deadlines:
    """Cancels requests that take longer than `seconds`; a `with` block around each one marks its time.

    `sweep` must run as a background task.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        self._running[task] = loop.time()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.pop(task, None)
        if task in self._late:
            self._late.discard(task)
            if isinstance(error, asyncio.CancelledError):
                task.uncancel()
                raise Overdue from error

    async def sweep(self) -> None:
        """Cancel what is overdue, for ever; no later than half a second after its time."""
        while True:
            await asyncio.sleep(0.5)
            limit = asyncio.get_running_loop().time() - self._seconds
            for task, started in list(self._running.items()):
                if started > limit:
                    break
                del self._running[task]
                self._late.add(task)
                task.cancel()
