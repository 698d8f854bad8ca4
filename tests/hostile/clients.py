"""Many keep-alive clients at once against a real server, cheap enough to keep it busy."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.hostile.raw import request


class Refused(Exception):
    """The server answered with an error: its status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


class ServerError(Refused):
    """The server, or its database, could not."""


class Client:
    """One connection. What breaks it (OSError, EOFError) passes through; `close` ends it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.closing = False

    @classmethod
    async def connect(cls, port: int) -> "Client":
        """A connection to this machine's port."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @property
    def port(self) -> int:
        """The client's own port."""
        port: int = self._writer.get_extra_info("sockname")[1]
        return port

    async def ask(self, method: str, target: str, body: Any = None, *, authorization: str = "") -> Any:
        """The content of a good answer, `Refused` for any other; `closing` if it is the connection's last."""
        content = b"" if body is None else json.dumps(body).encode()
        headers = [f"Authorization: {authorization}"] if authorization else []
        self._writer.write(request(method, target, content, *headers))
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        answer = json.loads(await self._reader.readexactly(int(fields[b"content-length"])) or b"null")
        self.closing = fields.get(b"connection") == b"close"
        status = int(head.split(b" ", 2)[1])
        if status != 200:
            raise (ServerError if status >= 500 else Refused)(status, answer["message"])
        return answer

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


@asynccontextmanager
async def clients(port: int, number: int) -> AsyncIterator[list[Client]]:
    """Open connections, closed afterwards."""
    connected = await asyncio.gather(*(Client.connect(port) for _ in range(number)))
    try:
        yield connected
    finally:
        for client in connected:
            client.close()
