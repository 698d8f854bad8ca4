"""One process that answers requests: the application, its HTTP server, and how both end.

The end comes in steps, so that no request fails that a client could believe to be under way:
1. Announce: every answer says `Connection: close`, new connections are still accepted.
2. Turn away: no new connection begins, those in the queue are accepted. (`listener.turn_away`)
3. Stop listening; idle connections are closed, requests under way are awaited, up to the grace time.
4. The application shuts down.
"""

import asyncio
import contextlib
import gc
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any, Protocol

import uvicorn
from uvicorn.server import ServerState

from kizuna import cancellation
from kizuna.host import listener as listening
from kizuna.host.acceptor import Acceptor
from kizuna.host.errors import HostError
from kizuna.host.protocol import GameProtocol, Limits
from kizuna.host.watchdog import Watchdog
from kizuna.runtime.lifecycle import GRACE as GAME_GRACE
from kizuna.settings import Settings

log = logging.getLogger(__name__)

#: Longest wait for requests under way, unless the settings grant more. Seconds.
GRACE = 10.0

#: Time in which handshakes under way are completed before listening ends, and the most that emptying the
#: queue of connections may take beyond it. Seconds.
SETTLE = 0.2
SETTLE_MOST = 1.0

#: Longest wait for the application to put its things away, besides what the game has for its end. Seconds.
_SHUTDOWN_MOST = 10.0

#: Longest wait for a start-up to end that is told to. Seconds.
_START_UP_END = 5.0


def shutdown_most(settings: Settings) -> float:
    """Longest wait for the application to shut down, the game's own functions for that included. Seconds."""
    return _SHUTDOWN_MOST + (settings.shutdown_grace_sec or GAME_GRACE)


class Application(Protocol):
    """What is served: an ASGI application with a beginning and an end."""

    async def startup(self) -> None:
        """Get ready; raises when that is impossible."""

    async def shutdown(self) -> None:
        """Put everything away; no request comes any more."""

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[None]:
        """Answer a request."""


class Server:
    """An application behind a listening socket, in the running event loop."""

    def __init__(
        self, application: Application, listener: socket.socket, settings: Settings, *, owns_listener: bool
    ) -> None:
        """`owns_listener` is false where other processes accept from the same socket."""
        self._application = application
        self._listener = listener
        self._settings = settings
        self._owns_listener = owns_listener
        self._limits = Limits.of(settings.socket)
        self._state = ServerState()
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._starting = True

    def stop(self) -> None:
        """Begin to end; if that has begun during the start-up, wait for that no longer."""
        if self._starting:
            self.stop_or_hurry()
        self._stop.set()

    def stop_or_hurry(self) -> None:
        """Begin to end; if that has begun, wait for nobody any more."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    def abandon(self) -> None:
        """End at once."""
        self._stop.set()
        self._hurry.set()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Serve until `stop`. Raises what the application raises in its start-up."""
        await self._start_up_application()
        try:
            if not self._stop.is_set():
                await self._serve(on_ready)
        finally:
            await self._shut_down_application()

    async def _start_up_application(self) -> None:
        """Start the application up; `stop` ends that, for game code may take as long as it wants."""
        starting = asyncio.create_task(self._application.startup(), name="the start of the application")
        await _ended_or(starting, self._stop)
        if not starting.done():
            await self._give_up(starting)
        elif starting.cancelled():
            raise HostError("The application has cancelled its own start.")
        else:
            starting.result()
        self._starting = False

    async def _give_up(self, starting: asyncio.Task[None]) -> None:
        """End a start-up, and wait for that if there is no hurry."""
        cancellation.cancel(starting)
        await _ended_or(starting, self._hurry, _START_UP_END)
        if not starting.done():
            log.error("The start of the application was told to stop and goes on all the same.")
        elif not starting.cancelled() and (error := starting.exception()):
            log.error("The application failed while its start was stopped.", exc_info=error)

    async def _serve(self, on_ready: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        self._tell_date()
        listening.listen(self._listener)
        server = await self._accept()
        upkeep = loop.create_task(self._keep_up())
        watchdog = Watchdog()
        watchdog.start()
        _spare_long_lived_objects()
        on_ready()
        try:
            await self._stop.wait()
            await self._drain(server)
        finally:
            watchdog.stop()
            upkeep.cancel()

    async def _accept(self) -> Acceptor | asyncio.AbstractServer:
        loop = asyncio.get_running_loop()
        config = self._uvicorn_config()

        def connection() -> GameProtocol:
            return GameProtocol(config, self._state, loop, self._limits)

        if self._owns_listener:
            return await loop.create_server(connection, sock=self._listener, backlog=listening.BACKLOG)
        acceptor = Acceptor(self._listener, connection)
        acceptor.start()
        return acceptor

    def _uvicorn_config(self) -> uvicorn.Config:
        config = uvicorn.Config(
            self._application,
            interface="asgi3",
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
        )
        config.load()
        return config

    async def _keep_up(self) -> None:
        """What recurs: the Date header, and a look at every connection for time limits."""
        loop = asyncio.get_running_loop()
        limits = self._limits
        pause = max(0.02, min(0.5, limits.read / 4, limits.write / 4, limits.idle / 4))
        while True:
            await asyncio.sleep(pause)
            self._tell_date()
            now = loop.time()
            for connection in self._connections():
                connection.sweep(now)

    def _tell_date(self) -> None:
        date = formatdate(time.time(), usegmt=True).encode()
        self._state.default_headers = [(b"date", date)]

    def _connections(self) -> list[GameProtocol]:
        return [c for c in self._state.connections if isinstance(c, GameProtocol)]

    # The end

    async def _drain(self, server: Acceptor | asyncio.AbstractServer) -> None:
        log.info("Stopping: requests under way are finished.")
        self._limits.closing = True
        for connection in self._connections():
            connection.announce_end()
        await self._wait(self._settings.shutdown_announce_ms / 1000)
        await self._empty_queue()
        server.close()  # and with it the socket
        await self._finish_connections(max(GRACE, self._settings.shutdown_grace_sec))

    async def _empty_queue(self) -> None:
        if self._owns_listener:
            listening.turn_away(self._listener)
        await self._wait(SETTLE)
        for _ in range(int(SETTLE_MOST / 0.02)):
            if self._hurry.is_set() or not listening.has_waiting(self._listener):
                return
            await asyncio.sleep(0.02)

    async def _finish_connections(self, grace: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        while self._state.connections and loop.time() < deadline and not self._hurry.is_set():
            for connection in self._connections():
                connection.finish(loop.time())
            await self._wait(0.02)
        if self._state.tasks:
            log.warning("%d requests were cut short.", len(self._state.tasks))
            await cancellation.end(tuple(self._state.tasks), within=1)
        for connection in self._connections():
            connection.transport.abort()

    async def _wait(self, seconds: float) -> None:
        """Wait, or not if there is a hurry."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)

    async def _shut_down_application(self) -> None:
        ending = asyncio.create_task(self._application.shutdown(), name="the end of the application")
        await asyncio.wait({ending}, timeout=(most := shutdown_most(self._settings)))
        if not ending.done():
            log.warning("The application did not shut down within %.0f s.", most)
            await cancellation.end([ending])
        elif ending.cancelled():
            log.error("The application has cancelled its own end.")
        elif error := ending.exception():
            log.error("The application failed while it shut down.", exc_info=error)


async def _ended_or(task: asyncio.Task[None], event: asyncio.Event, seconds: float | None = None) -> None:
    """Wait until a task has ended or something else has happened, `seconds` at most."""
    happening = asyncio.create_task(event.wait())
    try:
        await asyncio.wait((task, happening), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        happening.cancel()


#: How many new objects make the garbage collector look, and how often it looks at older ones. One request
#: makes hundreds, nearly all of which are gone without it; Python's own 700 have it look all the time.
_COLLECTED_AT = (10_000, 50, 50)


def _spare_long_lived_objects() -> None:
    """What start-up made stays: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AT)
