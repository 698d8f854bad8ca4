"""A server that answers with whatever bytes a test wants, when it wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.support.waiting import wait_until_async

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Origin:
    """Counts requests, and answers them with `answer`; `heard` holds their heads."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[str] = []
        self.answer: Answer = says(b"{}")

    async def has_heard(self, count: int) -> None:
        """Return once there have been so many requests."""

        async def heard() -> bool:
            return len(self.heard) >= count

        await wait_until_async(heard, what=f"{count} requests")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heard.append(head.decode())
                await self.answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def says(body: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """A complete answer."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()

    return answer


def sends(data: bytes, *, close: bool = False) -> Answer:
    """Bytes that need not be an answer; then the connection stays as it is, or closes."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if close:
            writer.close()

    return answer


async def hangs(writer: asyncio.StreamWriter) -> None:
    """No answer, until the client has had enough."""


@asynccontextmanager
async def origin_server() -> AsyncIterator[Origin]:
    origin = Origin()
    server = await asyncio.start_server(origin.serve, "127.0.0.1", 0)
    origin.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield origin
    finally:
        server.close()
