"""What others publish at a URL, fetched when it is needed and kept for a while."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Generic, TypeVar

from kizuna.clock import Clock
from kizuna.outside.client import LARGEST_ANSWER, Outside, Reply, Unavailable

log = logging.getLogger(__name__)

#: How long what was fetched is fresh, in seconds, unless the server says so, and within what it may say so.
_FRESH = 3600.0
_FRESH_LEAST, _FRESH_MOST = 60.0, 24 * 3600.0

#: How long serves what could not be fetched anew, in seconds after it was fetched.
STALE_MOST = 24 * 3600.0

#: Seconds between two fetches that were not due, and after one that failed while something serves.
RELOAD_EVERY = 60.0
_RETRY_EVERY = 5.0

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])", re.IGNORECASE)

Value = TypeVar("Value")


class Published(Generic[Value]):
    """The one thing at a URL; `read` makes it of an answer with status 200, or raises `Unavailable`.

    `name` is what the log calls it.
    It is fetched anew when it is no longer fresh (Cache-Control of the answer, between a minute and a day),
    and at most once a minute when it does not suffice. However many ask, there is one request. When a fetch
    fails, what is less than a day old goes on serving.
    """

    def __init__(
        self,
        outside: Outside,
        url: str,
        read: Callable[[Reply], Value],
        clock: Clock,
        *,
        name: str,
        largest: int = LARGEST_ANSWER,
    ) -> None:
        self._outside = outside
        self._url = url
        self._read = read
        self._clock = clock
        self._name = name
        self._largest = largest
        self._kept: list[Value] = []
        self._fetched = float("-inf")
        self._fresh_until = float("-inf")
        self._reloaded = float("-inf")
        self._failed = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, suffices: Callable[[Value], bool] = lambda _: True) -> Value:
        """What is published: what is kept, if it `suffices`, else what is there now. `Unavailable` if neither
        can be had.
        """
        now = self._clock.unix()
        if now >= self._fresh_until:
            await self._refresh(now)
        elif not suffices(self._kept[0]):
            await self._reload(now)
        return self._kept[0]

    async def _reload(self, now: float) -> None:
        """Fetch it although it is fresh: there may be more by now. Not often, whoever asks for what."""
        if self._fetching is None:
            if now - self._reloaded < RELOAD_EVERY:
                return
            self._reloaded = now
        await self._refresh(now)

    async def _refresh(self, now: float) -> None:
        """Fetch it, or wait for whoever does. `Unavailable` if there is nothing that can serve."""
        if self._fetching is None:
            if self._serves(now) and now - self._failed < _RETRY_EVERY:
                return
            self._fetching = asyncio.create_task(self._fetch(), name=f"fetch {self._name}")
            self._fetching.add_done_callback(self._done)
        try:
            await asyncio.shield(self._fetching)
        except Unavailable:
            if not self._serves(self._clock.unix()):
                raise

    def _serves(self, now: float) -> bool:
        return now - self._fetched < STALE_MOST

    async def _fetch(self) -> None:
        try:
            reply = await self._outside.get(self._url, largest=self._largest)
            if reply.status != 200:
                raise Unavailable(f"{reply.host} answered {reply.status}")
            value = self._read(reply)
        except Unavailable as error:
            self._failed = self._clock.unix()
            log.warning("The %s could not be fetched: %s", self._name, error)
            raise
        now = self._clock.unix()
        self._kept, self._fetched, self._fresh_until = [value], now, now + _freshness(reply)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody else needs to hear of it


def _freshness(reply: Reply) -> float:
    said = _MAX_AGE.search(reply.headers.get("cache-control", ""))
    return min(max(float(said[1]), _FRESH_LEAST), _FRESH_MOST) if said else _FRESH
