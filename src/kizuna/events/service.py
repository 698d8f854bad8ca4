"""Events: what clients and game code report, handed to the game's handlers in the background."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from sys import getsizeof
from typing import Generic, NamedTuple, Protocol, TypeVar

from kizuna import cancellation
from kizuna.caller import Caller

log = logging.getLogger(__name__)

#: Bytes of memory that all events which wait may take up together, as `Event.size` estimates them. As many as
#: may wait by default have room if they have a handful of properties each.
_LARGEST_QUEUE = 128 * 2**20

#: Bytes that an event takes up besides its texts: it and its sender, and the place of each property.
_EVENT_SIZE, _PROPERTY_SIZE = 1000, 80

#: Seconds between two lines about dropped events.
_REPORT_EVERY = 1.0

#: Seconds that events which still wait have when the server stops.
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `external`: reported by a client.

    `timestamp` is the UTC time that the reporter says, None for a client that says none.
    """

    name: str
    properties: Mapping[str, str]
    timestamp: datetime | None
    external: bool

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes up."""
        places = _EVENT_SIZE + _PROPERTY_SIZE * len(self.properties)
        texts = chain((self.name,), self.properties.keys(), self.properties.values())
        return places + sum(map(getsizeof, texts))


@dataclass(frozen=True, slots=True)
class Sender:
    """The player who reported an event, and from where; the port is "" where a proxy hides it."""

    caller: Caller
    client_ip: str
    client_port: str


class Queueable(Protocol):
    """What can wait to be handled."""

    @property
    def name(self) -> str:
        """For the log."""

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes up."""


E = TypeVar("E", bound=Queueable)
E_contra = TypeVar("E_contra", bound=Queueable, contravariant=True)


class Handlers(Protocol[E_contra]):
    """The game's event handlers, all of them."""

    def __bool__(self) -> bool:
        """Whether there is any."""

    async def __call__(self, event: E_contra, sender: Sender | None) -> None:
        """Run them in their order. Never raises, and does nothing to the running task."""


class _Waiting(NamedTuple, Generic[E]):
    event: E
    sender: Sender | None
    size: int


class EventQueue(Generic[E]):
    """A bounded queue and its workers. An event that finds the queue full is dropped: nobody waits for room.

    `queue_size` events, of `largest` bytes together, may wait and `workers` be handled at a time; at the end
    those that wait have `grace` seconds.
    """

    def __init__(
        self, *, queue_size: int, workers: int, grace: float = _GRACE, largest: int = _LARGEST_QUEUE
    ) -> None:
        self._queue: asyncio.Queue[_Waiting[E]] = asyncio.Queue(queue_size)
        self._queued_bytes = 0
        self._largest = largest
        #: How many events wait or are being handled.
        self.unfinished = 0
        self._worker_count = workers
        self._grace = grace
        self._handlers: Handlers[E] | None = None
        self._workers: list[asyncio.Task[None]] = []
        self._drops = _Drops()

    @property
    def handled(self) -> bool:
        """Whether anybody handles events; nothing is queued otherwise."""
        return bool(self._handlers)

    @property
    def dropped(self) -> int:
        """The number of events that found the queue full, since the process began."""
        return self._drops.total

    def emit(self, event: E, sender: Sender | None = None) -> None:
        """Have the event handled soon, if anybody handles events. Never waits or raises.

        `sender` is None for what game code reports.
        """
        if not self.handled:
            return
        if self._queue.full():
            self._drops.add(f"runtime.event_queue_size: {self._queue.maxsize}")
        elif self._queued_bytes + (size := event.size) > self._largest:
            self._drops.add(f"{self._largest} bytes")
        else:
            self._queue.put_nowait(_Waiting(event, sender, size))
            self._queued_bytes += size
            self.unfinished += 1

    async def start(self, handlers: Handlers[E]) -> None:
        """Begin to hand events to the handlers."""
        self._handlers = handlers
        self._workers = [
            asyncio.create_task(self._work(handlers), name=f"event worker {number}")
            for number in range(self._worker_count)
        ]

    async def stop(self) -> None:
        """Take no more events, and end when those that wait are handled or their time is over."""
        self._handlers = None
        if self._workers:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._queue.join(), self._grace)
        await cancellation.end(self._workers)
        self._workers = []
        self._drops.report()
        if waiting := self._clear():
            log.warning("%d events were not handled before the server stopped", waiting)

    async def _work(self, handlers: Handlers[E]) -> None:
        while True:
            event, sender, size = await self._queue.get()
            self._queued_bytes -= size
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
            self._queued_bytes -= self._queue.get_nowait().size
            self._done()
        return waiting

    def _done(self) -> None:
        self.unfinished -= 1
        self._queue.task_done()


class Events(EventQueue[Event]):
    """The queue of what clients and game code report."""


class _Drops:
    """Counts dropped events, and says so in the log at once but not again before a second has passed."""

    def __init__(self) -> None:
        self.total = 0
        self._unreported: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, bound: str) -> None:
        """Count one that this bound of the queue left no room for."""
        self.total += 1
        self._unreported[bound] += 1
        if self._timer is None:
            self._report_and_wait()

    def report(self) -> None:
        """Say what has not been said yet, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for bound, count in self._unreported.items():
            log.warning("the event queue is full (%s): %d events dropped", bound, count)
        self._unreported.clear()

    def _report_and_wait(self) -> None:
        """Report, and look again later unless there was nothing to say."""
        news = bool(self._unreported)
        self.report()
        if news:
            self._timer = asyncio.get_running_loop().call_later(_REPORT_EVERY, self._report_and_wait)
