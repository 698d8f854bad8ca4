"""How httpx connects to other companies' servers: to addresses that `Names` has looked up.

httpx itself has no setting for that; httpcore below it has. Behind a proxy httpx connects by itself: the one
name that is looked up there is the proxy's.
"""

import ssl
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any
from urllib.request import getproxies

import httpcore
import httpx

from kizuna.outside.names import Names

#: Connections without work are kept this long, in seconds, and no more of them.
_KEEP_ALIVE = 30.0
_MOST_IDLE = 20

#: Seconds that an address has to accept a connection while there is another one to try, and how many are.
_ADDRESS_PATIENCE = 0.5
_MOST_ADDRESSES = 6


def connecting(trusted: ssl.SSLContext) -> Mapping[str, Any]:
    """The arguments of an `httpx.AsyncClient` that say how it connects. Nobody waits for a connection that
    somebody else holds."""
    if getproxies().keys() & {"http", "https", "all"}:
        limits = httpx.Limits(
            max_connections=None, max_keepalive_connections=_MOST_IDLE, keepalive_expiry=_KEEP_ALIVE
        )
        return {"verify": trusted, "limits": limits}
    pool = httpcore.AsyncConnectionPool(
        trusted,
        max_connections=None,
        max_keepalive_connections=_MOST_IDLE,
        keepalive_expiry=_KEEP_ALIVE,
        network_backend=_Network(Names()),
    )
    return {"transport": _Transport(pool)}


class _Network(httpcore.AnyIOBackend):
    """Connects to hosts by the addresses that `Names` knows; TLS goes on to ask for the host."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        *others, last = (await self._names.addresses(host))[:_MOST_ADDRESSES]
        for address in others:
            try:
                return await super().connect_tcp(
                    address, port, _ADDRESS_PATIENCE, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await super().connect_tcp(last, port, timeout, local_address, socket_options)


class _Transport(httpx.AsyncBaseTransport):
    """A pool of httpcore for httpx."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer, piece by piece."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._answer.aiter_stream():
            yield piece

    async def aclose(self) -> None:
        await self._answer.aclose()
