"""Requests straight into the application, byte for byte as a server would hand them over.

An HTTP client would mend what is meant to be broken: paths, header values, bodies in pieces.
"""

import json
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from kizuna.app import Application
from kizuna.errors import HTTP_STATUS

Headers = Sequence[tuple[bytes, bytes]]

#: Answers that are not in time count as hanging. Seconds, on a machine with other things to do.
PATIENCE = 5.0


@dataclass(frozen=True)
class Answer:
    """What came back. `seconds` is how long it took, `work` how much of that this process has computed."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    seconds: float
    work: float

    def header(self, name: str) -> str | None:
        """A header's value, the values of a repeated one with commas; None without one."""
        values = [value.decode("latin-1") for key, value in self.headers if key == name.encode()]
        return ", ".join(values) if values else None

    @property
    def content(self) -> bytes:
        """The body without its coding."""
        coding = self.header("content-encoding")
        return zlib.decompress(self.body, {"gzip": 31, "deflate": -15}[coding]) if coding else self.body

    def json(self) -> Any:
        """The content as JSON."""
        return json.loads(self.content)


async def ask(
    app: Application,
    method: str,
    target: str,
    body: bytes | Iterable[bytes] = b"",
    headers: Headers = (),
) -> Answer:
    """Send a request; `target` is path and query as they stand on the wire, a body may come in pieces."""
    path, _, query = target.partition("?")
    pieces = [body] if isinstance(body, bytes) else list(body)
    start: dict[str, Any] = {}
    content = bytearray()

    async def receive() -> dict[str, Any]:
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(event: Any) -> None:
        if event["type"] == "http.response.start":
            assert not start, "answered twice"
            start.update(event)
        else:
            content.extend(event.get("body", b""))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in headers],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 7350),
        "state": {},
    }
    began, worked = time.perf_counter(), time.thread_time()
    await app(scope, receive, send)
    assert start, f"{method} {target[:100]}: no answer"
    seconds, work = time.perf_counter() - began, time.thread_time() - worked
    return Answer(start["status"], list(start["headers"]), bytes(content), seconds, work)


def is_recorded_500(answer: Answer) -> bool:
    """The one server error that clients can cause: recorded from the reference, and kept."""
    return answer.status == 500 and answer.json() == {
        "code": 15,
        "message": "Error extracting the Facebook Instant Game player ID or validating the signature",
    }


def check(answer: Answer, what: str) -> None:
    """In time, and either good or refused with a proper error body; 501 only for what is not served."""
    told = f"{what[:300]}: {answer.status} {answer.body[:200]!r}"
    assert answer.seconds < PATIENCE, f"{told} took {answer.seconds:.1f} s"
    if answer.status == 501:
        assert answer.json() in (
            {"code": 12, "message": "Not implemented."},
            {"code": 12, "message": "Method Not Allowed"},
        ), told
        return
    assert answer.status < 500 or is_recorded_500(answer), told
    if answer.status < 400:
        return
    error = answer.json()
    assert set(error) in ({"code", "message"}, {"code", "message", "error"}), told
    assert isinstance(error["message"], str), told
    assert HTTP_STATUS[error["code"]] == answer.status, told
