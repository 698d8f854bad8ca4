"""One request and its answer on a connection: uvicorn's, sending a whole answer at once."""

from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_CLOSE = (b"connection", b"close")


class AnswerCycle(RequestResponseCycle):
    """Waits with the head of an answer for its body, and writes both together.

    Uvicorn writes twice and searches each header for characters that have no place there. What kizuna sends
    is made of clean parts, so a whole answer skips that; one that comes in pieces goes uvicorn's way.
    """

    head: Any = None

    async def send(self, message: Any) -> None:
        if self.head is None:
            if message["type"] != "http.response.start" or self.response_started:
                await super().send(message)
            else:
                self.head = message
            return
        head, self.head = self.head, None
        if self.disconnected:
            return
        if message.get("more_body") or self.flow.write_paused or not _has_length(head["headers"]):
            await super().send(head)
            await super().send(message)
            return
        self._send_whole(head["status"], head["headers"], message.get("body", b""))

    def _send_whole(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        if _CLOSE in headers:
            self.keep_alive = False
        elif not self.keep_alive:
            headers = [*headers, _CLOSE]
        lines = [b"%b: %b\r\n" % header for header in (*self.default_headers, *headers)]
        if self.scope["method"] == "HEAD":
            body = b""
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", body)))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _has_length(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-length" for name, _ in headers)
