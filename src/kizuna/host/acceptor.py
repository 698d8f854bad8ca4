"""Accepts connections where several processes share the listening socket.

An event loop's own server takes all that wait at once, and with them sometimes every connection there is,
while the other processes idle. Taken one at a time, each by whoever is free first, they spread evenly.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

log = logging.getLogger(__name__)

#: Pause after the system had no room for another connection. Seconds.
PAUSE = 0.5


class Acceptor:
    """Hands the connections of a listening socket to new protocols, in the running event loop."""

    def __init__(self, listener: socket.socket, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._make_protocol = make_protocol
        self._loop = asyncio.get_running_loop()
        self._beginnings: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self) -> None:
        """Accept from now on."""
        if not self._closed:
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def close(self) -> None:
        """Accept no more and close the socket; connections go on."""
        self._closed = True
        self._loop.remove_reader(self._listener.fileno())
        self._listener.close()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # somebody else was faster, or the client has gone
        except OSError as error:
            log.error("No connection can be accepted: %s", error.strerror)
            self._loop.remove_reader(self._listener.fileno())
            self._loop.call_later(PAUSE, self.start)
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        beginning = self._loop.create_task(self._begin(client))
        self._beginnings.add(beginning)
        beginning.add_done_callback(self._beginnings.discard)

    async def _begin(self, client: socket.socket) -> None:
        await self._loop.connect_accepted_socket(self._make_protocol, client)
