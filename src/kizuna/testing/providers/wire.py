"""HTTP, with everything that can be wrong about it: an ASGI application and the server around it."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from kizuna.testing.providers.faults import Fault
from kizuna.testing.providers.part import Response

#: Seconds that an idle connection is kept: longer than clients keep it, so that they never send into its end.
_KEEP_ALIVE = 120

#: The longest request line and headers, in bytes: tokens of any length come in queries.
_LONGEST_HEAD = 1 << 20

#: Seconds that a connection which is given up may take to end.
_END = 2.0

_PIECE = b" " * 65536

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Protocol(H11Protocol):
    """Logs no requests, whatever the process does with its loggers: there are tokens in their queries."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.access_log = False


class HttpServer:
    """Serves an ASGI application in the running loop, and gives up its connections at once."""

    def __init__(self, app: App) -> None:
        self._config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            interface="asgi3",
            proxy_headers=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            h11_max_incomplete_event_size=_LONGEST_HEAD,
        )
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Serve whoever connects to a bound socket."""
        self._config.load()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Protocol(self._config, self._state, {}), sock=listener
        )

    async def stop(self) -> None:
        """End, whoever waits for an answer."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._state.connections):
            connection.transport.abort()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=_END)

    def transport(self, scope: Scope) -> asyncio.Transport:
        """The connection that a request came by."""
        connections: set[Any] = self._state.connections
        found: asyncio.Transport = next(
            each.transport for each in connections if each.client == tuple(scope["client"])
        )
        return found


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def answer(send: Send, response: Response) -> None:
    """Answer as it should be."""
    await _head(send, response, len(response.body))
    await send({"type": "http.response.body", "body": response.body})


async def go_wrong(
    send: Send, receive: Receive, response: Response, fault: Fault, transport: asyncio.Transport
) -> None:
    """Answer as a fault wants it; its `delay` has passed."""
    if fault.reset:
        _reset(transport)
        await pause(_END, receive)
    elif fault.huge:
        await _answer_at_length(send, response, fault.huge, transport)
    elif fault.truncated:
        await _answer_by_half(send, response, fault.body_delay, receive)
        transport.close()
        await pause(_END, receive)
    elif fault.body_delay:
        await _head(send, response, len(response.body))
        await pause(fault.body_delay, receive)
        await send({"type": "http.response.body", "body": response.body})
    else:
        await answer(send, response)


async def pause(seconds: float, receive: Receive) -> bool:
    """Wait, for as long as the client does; whether it still does."""
    try:
        await asyncio.wait_for(receive(), seconds)
    except TimeoutError:
        return True
    return False


async def _head(send: Send, response: Response, length: int) -> None:
    headers = {"content-type": response.content_type, **response.headers, "content-length": str(length)}
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": encoded})


async def _answer_by_half(send: Send, response: Response, delay: float, receive: Receive) -> None:
    body = response.body
    await _head(send, response, max(len(body), 2))
    await pause(delay, receive)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


async def _answer_at_length(send: Send, response: Response, size: int, transport: asyncio.Transport) -> None:
    await _head(send, response, size)
    left = size
    while left > 0 and not transport.is_closing():
        piece = _PIECE[:left]
        left -= len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": left > 0})


def _reset(transport: asyncio.Transport) -> None:
    """End a connection as a machine does that knows nothing of it."""
    with contextlib.suppress(OSError):
        descriptor = os.dup(transport.get_extra_info("socket").fileno())
        with socket.socket(fileno=descriptor) as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
