"""What can be wrong with a provider, wherever a test wants it: it is down, slow, hostile or mad."""

import json as _json
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from kizuna.testing.providers.part import Response

_NOTHING: Any = object()


@dataclass
class Fault:
    """What happens to requests for a path; see `Faults.add`."""

    path: str
    answer: Response | None = None
    delay: float = 0.0
    body_delay: float = 0.0
    truncated: bool = False
    reset: bool = False
    huge: int = 0
    after: int = 0
    times: int | None = None
    hits: int = field(default=0, init=False)

    def concerns(self, *paths: str) -> bool:
        """Whether a request is concerned, by its path or that of its route."""
        return self.times != 0 and (self.path == "*" or self.path in paths)

    @property
    def replaces(self) -> bool:
        """Whether the provider itself never gets to see the request."""
        return self.answer is not None or self.reset or bool(self.huge)


class Faults:
    """The faults of a fake, which stay until they have happened as often as they should, or are cleared."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(
        self,
        path: str,
        *,
        status: int | None = None,
        delay: float = 0.0,
        body_delay: float = 0.0,
        body: bytes | None = None,
        json: Any = _NOTHING,
        content_type: str = "application/json",
        redirect: str | None = None,
        truncated: bool = False,
        reset: bool = False,
        huge: int = 0,
        after: int = 0,
        times: int | None = None,
    ) -> Fault:
        """Let requests for a path go wrong, the next `times` of them or all, after `after` that go well.

        `path` is that of the request, that of its route ("/public-key/{name}.cer"), or "*" for any. What can
        go wrong, also together: another `status`, `body` (bytes) or `json`, with a `content_type`; a
        `redirect` to a URL; a `delay` in seconds before the answer, a `body_delay` between its head and its
        body; a body that is `truncated`, less than the head says; a connection that is `reset` in place of an
        answer; a `huge` body of that many bytes. Of several faults for one path the first is taken, the next
        when that is over. With nothing but delays and truncation, the answer is the provider's own.
        """
        answer = _answer(status, body, json, content_type, redirect)
        fault = Fault(path, answer, delay, body_delay, truncated, reset, huge, after, times)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Everything is well again."""
        with self._lock:
            self._faults.clear()

    def take(self, *paths: str) -> Fault | None:
        """What happens to a request, by its path and that of its route, which counts as one of its times."""
        with self._lock:
            fault = next((each for each in self._faults if each.concerns(*paths)), None)
            if fault is None:
                return None
            if fault.after > 0:
                fault.after -= 1
                return None
            fault.hits += 1
            if fault.times is not None:
                fault.times -= 1
            return fault


def _answer(
    status: int | None, body: bytes | None, json: Any, content_type: str, redirect: str | None
) -> Response | None:
    if redirect is not None:
        return Response(status or 302, body or b"", content_type, {"location": redirect})
    if json is not _NOTHING:
        return Response(status or 200, _json.dumps(json).encode(), content_type)
    if body is not None or status is not None:
        return Response(status or 200, b"" if body is None else body, content_type)
    return None
