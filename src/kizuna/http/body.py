"""Reading a request's body, up to a limit."""

from collections.abc import Mapping
from typing import NamedTuple

from starlette.types import Receive

from kizuna.errors import ApiError, Code
from kizuna.http import compression

CONNECTION_CLOSE = (b"connection", b"close")


class ClientGone(Exception):
    """The client closed the connection before its request was complete; nobody waits for an answer."""


class TooLarge(ApiError):
    """The body is longer than the limit. Its rest is not read, so the connection ends with the answer."""

    def __init__(self) -> None:
        super().__init__(Code.INVALID_ARGUMENT, "http: request body too large")

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return [CONNECTION_CLOSE]


class Body(NamedTuple):
    """A body as far as it is within the limit, unpacked; `cut` if there is more."""

    data: bytes
    cut: bool


async def read_body(receive: Receive, limit: int, headers: Mapping[bytes, bytes]) -> Body:
    """The body, cut at `limit` bytes as received. A packed one is refused beyond it, with 429 if unpacked."""
    event = await receive()
    if event["type"] == "http.disconnect":
        raise ClientGone
    data: bytes = event.get("body", b"")
    if event.get("more_body", False):
        data = await _rest(receive, data, limit)
    cut = len(data) > limit
    if b"content-encoding" in headers:
        if cut:
            raise TooLarge
        return Body(compression.decompress(data, headers[b"content-encoding"], limit), False)
    return Body(data[:limit], cut)


async def _rest(receive: Receive, start: bytes, limit: int) -> bytes:
    """The body up to its end, or to where it is known to be too long."""
    parts, size, more = [start], len(start), True
    while more and size <= limit:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientGone
        part = event.get("body", b"")
        parts.append(part)
        size += len(part)
        more = event.get("more_body", False)
    return b"".join(parts)
