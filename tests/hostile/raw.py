"""Bytes to a server and back, without an HTTP client in between."""

import contextlib
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass

#: How long an answer may take. Seconds.
PATIENCE = 10.0


@dataclass(frozen=True)
class Reply:
    """One answer on a connection."""

    status: int
    head: bytes
    body: bytes


class Line:
    """A connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._received = b""

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send one piece after the other, with pauses; a server that has hung up is no error here."""
        with contextlib.suppress(OSError):
            for piece in pieces:
                self._socket.sendall(piece)
                if pause:
                    time.sleep(pause)

    def send_at_once(self, data: bytes) -> None:
        """Send as much as goes without waiting; nothing is received on this line any more."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self._socket.send(data)

    def reply(self, *, head_only: bool = False) -> Reply | None:
        """The next answer, None where the server has hung up. TimeoutError when nothing comes."""
        while b"\r\n\r\n" not in self._received:
            if not self._receive():
                assert not self._received, f"half an answer: {self._received!r}"
                return None
        head, _, rest = self._received.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = 0 if head_only or status == 100 else _length(head)
        while len(rest) < length:
            self._received = rest
            assert self._receive(), f"the answer ends early: {head!r}"
            rest = self._received
        self._received = rest[length:]
        return Reply(status, head.lower(), rest[:length])

    def replies(self, most: int = 100_000) -> Iterable[Reply]:
        """Answers until the server hangs up."""
        for _ in range(most):
            answer = self.reply()
            if answer is None:
                return
            yield answer

    def _receive(self) -> bool:
        try:
            more = self._socket.recv(1 << 16)
        except ConnectionError:
            return False
        self._received += more
        return bool(more)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def request(method: str, target: str, body: bytes = b"", *headers: str) -> bytes:
    """A request with its length."""
    lines = [f"{method} {target} HTTP/1.1", "Host: kizuna.test", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
