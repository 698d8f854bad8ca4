"""One timer for all requests, instead of one each."""

import asyncio
from types import TracebackType

from kizuna import cancellation

#: Seconds between two looks at what `settled` waits for.
_LOOK_EVERY = 0.05


class Overdue(Exception):
    """The request was not answered in time and has been cancelled."""


class Deadlines:
    """Cancels requests that take longer than `seconds`; a `with` block around each one marks its time.

    `sweep` must run as a background task. Blocks of several `Deadlines` may stand in each other, those of one
    may not.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()

    @property
    def seconds(self) -> float:
        """How long a block may take."""
        return self._seconds

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
            # Our own request to cancel is taken back, whatever has become of it. If there is another one, by
            # a block around this one or by whoever ends the task, that one decides.
            if not cancellation.take_back(task) and isinstance(error, asyncio.CancelledError):
                raise Overdue from error

    async def settled(self) -> None:
        """Wait until every block that is open now has been left."""
        open_now = dict(self._running)
        while open_now:
            await asyncio.sleep(_LOOK_EVERY)
            open_now = {task: began for task, began in open_now.items() if self._running.get(task) == began}

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
                cancellation.cancel(task)
