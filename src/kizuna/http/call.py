"""One request on its way to an operation's handler, and what the handler may answer with."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope

from kizuna.caller import Caller
from kizuna.http.address import client_address
from kizuna.http.body import TooLarge, read_body


class Call(Request):
    """A decoded, authenticated request.

    `input` is the operation's request message: snake_case names, present fields only. It is a Starlette
    `Request` besides, so whatever FastAPI knows to do with one works.
    """

    def __init__(
        self, scope: Scope, receive: Receive, message: dict[str, Any], caller: Caller | None, limits: "Limits"
    ) -> None:
        super().__init__(scope, receive)
        self.input = message
        self._caller = caller
        self._limits = limits

    @property
    def caller(self) -> Caller:
        """The player who asks; only operations with session authentication have one."""
        if self._caller is None:
            raise RuntimeError("this operation is not authenticated by a session")
        return self._caller

    @property
    def player(self) -> Caller | None:
        """The caller, None where the operation is not authenticated by a session."""
        return self._caller

    @property
    def client_endpoint(self) -> tuple[str, str]:
        """The client's (address, port), found behind `socket.proxy_count` trusted proxies."""
        return client_address(self.scope, self._limits.proxy_count)

    async def whole_body(self) -> bytes:
        """The body of an operation that decodes it itself. 400 or 429 when it is too large."""
        body = await read_body(self.receive, self._limits.body, dict(self.scope["headers"]))
        if body.cut:
            raise TooLarge
        return body.data


class EmptyReply(dict[str, Any]):
    """`{}` for a request that asked for nothing, so that nothing was done: no hook comes after it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What every request is read with: the largest body in bytes, and the proxies to be trusted."""

    body: int
    proxy_count: int


@dataclass(slots=True)
class Answer:
    """A response that is not simply a message: its own status, type and bytes."""

    body: bytes
    status: int = 200
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()
