"""What others publish at a URL, fetched when it is needed and kept for a while."""

import asyncio
import logging
import re
from collections.abc import Callable
from math import inf
from typing import Generic, TypeVar

from kizuna.clock import Clock
from kizuna.outside.client import LARGEST_ANSWER, Outside, Reply, Unavailable

log = logging.getLogger(__name__)

#: How long what was fetched is fresh, in seconds, unless the server says so, and within what it may say so.
_FRESH = 3600.0
_FRESH_LEAST, _FRESH_MOST = 60.0, 24 * 3600.0

#: How long serves what could not be fetched anew, in seconds after it ceased to be fresh.
STALE_MOST = 24 * 3600.0

#: Seconds between two fetches that were not due, and after one that failed while something serves.
RELOAD_EVERY = 60.0
_RETRY_EVERY = 5.0

#: Seconds for which a fetch is waited for although the value from the last one could still be used. Most
#: servers answer within that, and then what they have withdrawn is no longer accepted.
_PATIENCE = 0.5

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])", re.IGNORECASE)

Value = TypeVar("Value")


class Published(Generic[Value]):
    """The one thing at a URL; `read` makes it of an answer with status 200, or raises `Unavailable`.

    `name` is what the log calls it. `ends` tells the time, in seconds since 1970, after which it is not fresh
    whatever the answer says.
    It is fetched anew when it is no longer fresh (Cache-Control of the answer, between a minute and a day),
    and at most once a minute when it does not suffice. However many ask, there is one request. What is kept
    serves for a day after it ceased to be fresh: whom it suffices hardly waits for a server that hangs.
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
        ends: Callable[[Value], float] = lambda _: inf,
    ) -> None:
        self._outside = outside
        self._url = url
        self._read = read
        self._clock = clock
        self._name = name
        self._largest = largest
        self._ends = ends
        self._kept: list[Value] = []
        self._fresh_until = -inf
        self._reloaded = -inf
        self._failed = -inf
        self._fetching: asyncio.Task[None] | None = None
        self._begun = -inf  # of the event loop's time, for it is about those who wait

    async def get(self, suffices: Callable[[Value], bool] = lambda _: True) -> Value:
        """What is published: what is kept, if it `suffices`, else what is there now. `Unavailable` if neither
        can be had.
        """
        joins, now = self._fetching is not None, self._clock.unix()
        if now >= self._fresh_until:
            if self._serves(now) and suffices(self._kept[0]):
                await self._refresh_soon(now)
            else:
                await self._refresh()
        elif not suffices(self._kept[0]):
            await self._reload()
        if joins and not suffices(self._kept[0]):
            await self._reload()  # the fetch was under way already, perhaps since before there was more
        return self._kept[0]

    async def _reload(self) -> None:
        """Fetch it although it is fresh: there may be more by now. Not often, whoever asks for what."""
        now = self._clock.unix()
        if self._fetching is None:
            if now - self._reloaded < RELOAD_EVERY:
                return
            self._reloaded = now
        await self._refresh()

    async def _refresh(self) -> None:
        """Fetch it, or wait for whoever does. `Unavailable` if there is nothing that can serve."""
        fetching = self._begin(self._clock.unix())
        if fetching is None:
            return
        try:
            await asyncio.shield(fetching)
        except Unavailable:
            if not self._serves(self._clock.unix()):
                raise

    async def _refresh_soon(self, now: float) -> None:
        """Fetch it, and wait for that only as long as a server takes that is well."""
        fetching = self._begin(now)
        if fetching is not None:
            left = self._begun + _PATIENCE - asyncio.get_running_loop().time()
            await asyncio.wait({fetching}, timeout=max(0.0, left))

    def _begin(self, now: float) -> asyncio.Task[None] | None:
        """The fetch under way, or one that begins; none soon after one that failed while something serves."""
        if self._fetching is None:
            if self._serves(now) and now - self._failed < _RETRY_EVERY:
                return None
            self._begun = asyncio.get_running_loop().time()
            self._fetching = asyncio.create_task(self._fetch(), name=f"fetch {self._name}")
            self._fetching.add_done_callback(self._done)
        return self._fetching

    def _serves(self, now: float) -> bool:
        return now < self._fresh_until + STALE_MOST

    async def _fetch(self) -> None:
        try:
            reply = await self._outside.get(self._url, largest=self._largest)
            if reply.status != 200:
                raise Unavailable(f"{reply.host} answered {reply.status}")
            value = self._read(reply)
        except Unavailable as error:
            self._failed = self._clock.unix()
            if self._serves(self._failed):  # else those who wait for it tell
                log.warning("The %s could not be fetched: %s", self._name, error)
            raise
        fresh_until = self._clock.unix() + _freshness(reply)
        self._kept, self._fresh_until = [value], min(fresh_until, self._ends(value))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # whoever waited has it; nobody else needs to hear of it


def _freshness(reply: Reply) -> float:
    said = _MAX_AGE.search(reply.headers.get("cache-control", ""))
    return min(max(float(said[1]), _FRESH_LEAST), _FRESH_MOST) if said else _FRESH
