"""Starts the stand-in server as a program and talks to it over plain sockets."""

import errno
import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"

PATIENCE = 15.0


def until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """The first true answer of `condition`; fails the test when there is none in time."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"never happened: {what}")


def is_free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.1)
        return probe.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def environment(**extra: str) -> dict[str, str]:
    """Ours without settings, with the package and the stand-in importable."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KIZUNA_") and k != "DATABASE_URL"}
    path = [str(SOURCE), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(path), **extra}


class Program:
    """A child process whose output is collected line by line."""

    def __init__(self, *command: str, **extra: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(**extra),
            text=True,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._news: queue.Queue[None] = queue.Queue()
        streams = ((self.process.stdout, self.out), (self.process.stderr, self.err))
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in streams]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))
        stream.close()

    def end(self, number: int = signal.SIGTERM, patience: float = PATIENCE) -> int:
        """Send a signal and wait; the exit status."""
        self.process.send_signal(number)
        return self.wait(patience)

    def wait(self, patience: float = PATIENCE) -> int:
        status = self.process.wait(patience)
        for reader in self._readers:
            reader.join(patience)
        return status

    @property
    def errors(self) -> str:
        return "\n".join(self.err)


class Running(Program):
    """The stand-in server, ready to answer."""

    def __init__(self, settings: dict[str, Any] | None = None, **extra: str) -> None:
        merged: dict[str, Any] = {"shutdown_announce_ms": 50, **(settings or {})}
        merged["socket"] = {"port": 0, **merged.get("socket", {})}
        super().__init__(str(HERE / "standin.py"), json.dumps(merged), **extra)

    def wait_ready(self) -> "Running":
        until(lambda: self.curl_line or self.process.poll() is not None, "the banner")
        assert self.curl_line, self.errors
        return self

    @property
    def curl_line(self) -> str | None:
        return next((line for line in self.out if line.startswith("curl ")), None)

    @property
    def port(self) -> int:
        assert self.curl_line
        found = re.search(r":(\d+)/", self.curl_line)
        assert found
        return int(found[1])

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def get(self, path: str = "/") -> bytes:
        """The body of an answer, over a connection of its own."""
        with self.connect() as client:
            client.sendall(request(path, close=True))
            return read_all(client).partition(b"\r\n\r\n")[2]

    def workers(self) -> set[int]:
        """Process ids that answer now."""
        return {int(self.get("/pid")) for _ in range(20)}


@contextmanager
def running(settings: dict[str, Any] | None = None, **extra: str) -> Iterator[Running]:
    server = Running(settings, **extra)
    try:
        yield server.wait_ready()
    finally:
        if server.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                server.end()
        if server.process.poll() is None:
            server.process.kill()
            server.wait()


def request(path: str = "/", *, close: bool = False, body: bytes = b"", headers: str = "") -> bytes:
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: test\r\n{headers}"
    if body:
        head += f"Content-Length: {len(body)}\r\n"
    if close:
        head += "Connection: close\r\n"
    return head.encode() + b"\r\n" + body


def read_all(client: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def read_answer(client: socket.socket) -> tuple[int, bytes, bytes]:
    """Status, head in lower case and body of one answer with a Content-Length; status 0 if none came."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return 0, data, b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.lower()
    length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
    while len(body) < length:
        part = client.recv(65536)
        if not part:
            break
        body += part
    return int(head.split()[1]), head, body
