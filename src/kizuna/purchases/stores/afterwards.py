"""What is done for a store when its answer is on the way already."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

#: How much may be under way; a store that hangs shall not collect it without end.
_MOST = 64

#: Seconds that it has to finish when the server stops.
_GRACE = 2.0


class Afterwards:
    """Does what nobody waits for, and can be left out: too much at a time is."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        """Begin some work; the log calls it by `name`."""
        if len(self._under_way) >= _MOST:
            log.warning("The %s is left out: %d of the kind are under way", name, _MOST)
            return
        task = asyncio.create_task(_caught(work, name), name=name)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self, grace: float = _GRACE) -> None:
        """Wait for what is under way, not for long, and end what is left."""
        under_way = list(self._under_way)
        if not under_way:
            return
        _, left = await asyncio.wait(under_way, timeout=grace)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _caught(work: Callable[[], Awaitable[None]], name: str) -> None:
    try:
        await work()
    except Exception:
        log.exception("The %s has failed", name)
