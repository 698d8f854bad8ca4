"""Tells when something keeps the event loop busy, and what.

While one call holds the loop, no other request is served. Usually it is game code that blocks: a
`time.sleep`, a request with a synchronous client, a long computation.
"""

import asyncio
import logging
import sys
import threading
import time
import traceback

log = logging.getLogger(__name__)

#: How long the loop may stand still before it is worth a line in the log, in seconds.
LIMIT = 1.0

#: Time between heartbeats, and between looks at them, in seconds.
PERIOD = 0.25


class Watchdog:
    """Watches the running event loop of the current thread from a thread of its own.

    Each blockage is logged once with the stack that caused it, and once more when it is over.
    """

    def __init__(self, *, limit: float = LIMIT, period: float = PERIOD) -> None:
        self._limit = limit
        self._period = period
        self._loop = asyncio.get_running_loop()
        self._watched = threading.get_ident()
        self._beat = time.monotonic()
        self._blocked = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._heartbeat()
        self._thread.start()

    def stop(self) -> None:
        """End the thread; it may take one period to notice."""
        self._stopped.set()

    def _heartbeat(self) -> None:
        now = time.monotonic()
        if self._blocked:
            log.warning("The event loop runs again after %.1f s.", now - self._beat)
            self._blocked = False
        self._beat = now
        if not self._stopped.is_set():
            self._loop.call_later(self._period, self._heartbeat)

    def _watch(self) -> None:
        while not self._stopped.wait(self._period):
            stood_still = time.monotonic() - self._beat
            if stood_still > self._limit and not self._blocked:
                self._blocked = True
                self._report(stood_still)

    def _report(self, seconds: float) -> None:
        frame = sys._current_frames().get(self._watched)
        stack = "".join(traceback.format_stack(frame)) if frame else "(no stack)"
        log.warning("The event loop has been blocked for %.1f s, no request is served:\n%s", seconds, stack)
