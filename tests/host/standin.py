"""A tiny application and a server that serves it without a database, for tests of the host alone.

Run as a program it takes settings as JSON, and acts up as the environment says:
STANDIN_FAIL (raise at start-up), STANDIN_DATABASE_DIES (a file whose appearance is the database's death).
It adds a line to the file STANDIN_SLOW when a slow request begins, to STANDIN_SHUTDOWN when a process ends.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kizuna.host.database import OpenDatabase
from kizuna.host.parent import serve
from kizuna.settings import Settings


class Standin:
    """Answers `{}`; other paths answer late, tell something, or misbehave."""

    def __init__(self, settings: Settings, **_: Any) -> None:
        self.finished = 0

    async def startup(self) -> None:
        if text := os.environ.get("STANDIN_FAIL"):
            raise RuntimeError(text)

    async def shutdown(self) -> None:
        if file := os.environ.get("STANDIN_SHUTDOWN"):
            _note(file, f"{os.getpid()}\n")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        body = b"{}"
        if path == "/slow":
            if file := os.environ.get("STANDIN_SLOW"):
                _note(file, "begun\n")
            await asyncio.sleep(float(scope["query_string"] or b"0.5"))
        elif path == "/finished":
            body = str(self.finished).encode()
        elif path == "/pid":
            body = str(os.getpid()).encode()
        elif path == "/block":
            time.sleep(1.4)  # noqa: ASYNC251 (that is the point)
        elif path == "/refuse":
            body = b"no"
        elif path == "/echo":
            body = await _whole_body(receive)
        headers = [(b"content-length", str(len(body)).encode())]
        if path == "/refuse":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        self.finished += path == "/slow"


def _note(file: str, text: str) -> None:
    with open(file, "a") as log:
        log.write(text)


async def _whole_body(receive: Any) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        body += message["body"]
        more = message["more_body"]
    return body


@contextmanager
def no_database(settings: Settings, *, migrate: bool) -> Iterator[OpenDatabase]:
    """Stands where a database would."""
    sign = os.environ.get("STANDIN_DATABASE_DIES")

    def failure() -> str | None:
        return "The database died. Its last words: farewell" if sign and Path(sign).exists() else None

    yield OpenDatabase("postgresql://nowhere", "nowhere", failure)


if __name__ == "__main__":
    sys.exit(
        serve(
            Settings.model_validate(json.loads(sys.argv[1])),
            application="standin:Standin",
            open_database=no_database,
        )
    )
