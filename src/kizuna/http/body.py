"""Reading a request's body, up to a limit."""

from collections.abc import Mapping

from starlette.types import Receive

from kizuna.errors import invalid
from kizuna.http import compression

CONNECTION_CLOSE = (b"connection", b"close")


class ClientGone(Exception):
    """The client closed the connection before its request was complete; nobody waits for an answer."""


async def read_body(receive: Receive, limit: int, headers: Mapping[bytes, bytes]) -> bytes:
    """The whole body, unpacked. 400 beyond `limit` bytes as received, 429 beyond it unpacked."""
    event = await receive()
    if event["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = event.get("body", b"")
    if event.get("more_body", False):
        body = await _rest(receive, body, limit)
    if len(body) > limit:
        raise invalid("http: request body too large")
    if b"content-encoding" in headers:
        return compression.decompress(body, headers[b"content-encoding"], limit)
    return body


async def _rest(receive: Receive, start: bytes, limit: int) -> bytes:
    parts, size, more = [start], len(start), True
    while more:
        if size > limit:
            # The rest is never read: the connection ends with the answer.
            raise invalid("http: request body too large")
        event = await receive()
        if event["type"] == "http.disconnect":
            raise ClientGone
        part = event.get("body", b"")
        parts.append(part)
        size += len(part)
        more = event.get("more_body", False)
    return b"".join(parts)
