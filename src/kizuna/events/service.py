"""Events: what clients and game code report, handed to the game's handlers in the background."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kizuna.caller import Caller

log = logging.getLogger(__name__)

#: Seconds between two lines about dropped events.
_REPORT_EVERY = 1.0

#: Seconds that events which still wait have when the server stops.
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at the UTC time that the reporter says; `external`: reported by a client."""

    name: str
    properties: Mapping[str, str]
    timestamp: datetime | None
    external: bool


@dataclass(frozen=True, slots=True)
class Sender:
    """The player who reported an event, and from where; the port is "" where a proxy hides it."""

    caller: Caller
    client_ip: str
    client_port: str


class Handlers(Protocol):
    """The game's event handlers, all of them."""

    def __bool__(self) -> bool:
        """Whether there is any."""

    async def __call__(self, event: Event, sender: Sender | None) -> None:
        """Run them in their order. Never raises."""


_Waiting = tuple[Event, Sender | None]


class Events:
    """A bounded queue and its workers. An event that finds the queue full is dropped: nobody waits for room.

    `queue_size` events may wait and `workers` be handled at a time; at the end those that wait have `grace`
    seconds.
    """

    def __init__(self, *, queue_size: int, workers: int, grace: float = _GRACE) -> None:
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(queue_size)
        #: How many events wait or are being handled.
        self.unfinished = 0
        self._worker_count = workers
        self._grace = grace
        self._handlers: Handlers | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._drops = _Drops(queue_size)

    @property
    def handled(self) -> bool:
        """Whether anybody handles events; nothing is queued otherwise."""
        return bool(self._handlers)

    @property
    def dropped(self) -> int:
        """The number of events that found the queue full, since the process began."""
        return self._drops.total

    def emit(self, event: Event, sender: Sender | None = None) -> None:
        """Have the event handled soon, if anybody handles events. Never waits or raises.

        `sender` is None for what game code reports.
        """
        if not self.handled:
            return
        try:
            self._queue.put_nowait((event, sender))
        except asyncio.QueueFull:
            self._drops.add()
        else:
            self.unfinished += 1

    async def start(self, handlers: Handlers) -> None:
        """Begin to hand events to the handlers."""
        self._handlers = handlers
        self._workers = [asyncio.create_task(self._work(handlers)) for _ in range(self._worker_count)]

    async def stop(self) -> None:
        """Take no more events, and end when those that wait are handled or their time is over."""
        self._handlers = None
        if self._workers:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._queue.join(), self._grace)
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []
        self._drops.report()
        if waiting := self._clear():
            log.warning("%d events were not handled before the server stopped", waiting)

    async def _work(self, handlers: Handlers) -> None:
        while True:
            event, sender = await self._queue.get()
            try:
                await handlers(event, sender)
            except Exception:
                log.exception("handling the event %r failed", event.name)
            finally:
                self._done()

    def _clear(self) -> int:
        """Forget what waits; its number."""
        waiting = self._queue.qsize()
        for _ in range(waiting):
            self._queue.get_nowait()
            self._done()
        return waiting

    def _done(self) -> None:
        self.unfinished -= 1
        self._queue.task_done()


class _Drops:
    """Counts dropped events, and says so in the log at once but not again before a second has passed."""

    def __init__(self, queue_size: int) -> None:
        self.total = 0
        self._queue_size = queue_size
        self._unreported = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self) -> None:
        self.total += 1
        self._unreported += 1
        if self._timer is None:
            self._report_and_wait()

    def report(self) -> None:
        """Say what has not been said yet, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._unreported:
            log.warning(
                "the event queue is full (runtime.event_queue_size: %d): %d events dropped",
                self._queue_size,
                self._unreported,
            )
            self._unreported = 0

    def _report_and_wait(self) -> None:
        """Report, and look again later unless there was nothing to say."""
        news = self._unreported
        self.report()
        if news:
            self._timer = asyncio.get_running_loop().call_later(_REPORT_EVERY, self._report_and_wait)
