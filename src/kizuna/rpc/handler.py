"""GET and POST /v2/rpc/{id}: clients, and other servers of the studio, call functions of the game.

This has its own authentication and its own error bodies, with three keys.
"""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import orjson

from kizuna.caller import Caller
from kizuna.errors import ApiError, Code, invalid, not_found
from kizuna.http.call import Answer, Call
from kizuna.http.deadlines import Deadlines
from kizuna.http.origin import HttpOrigin
from kizuna.rpc.payload import unwrap, wrap
from kizuna.runtime.errors import CallFailed
from kizuna.runtime.host import Runtime
from kizuna.sessions.authentication import basic_user, bearer
from kizuna.sessions.service import Sessions
from kizuna.wire.encode import without_surrogates

#: A function of the server's own: the caller and the payload in, the answer's payload out.
BuiltIn = Callable[[Caller | None, str], Awaitable[str]]

#: Any function, once it is found.
_Run = Callable[[Caller | None, HttpOrigin, str], Awaitable[str]]


class RpcHandler:
    """Answers calls of functions; `http_key` is what servers prove themselves by.

    `built_in` finds the server's own functions by id, None for every other; the game's go before them.
    """

    def __init__(
        self,
        runtime: Runtime,
        sessions: Sessions,
        http_key: str,
        built_in: Callable[[str], BuiltIn | None],
        deadlines: Deadlines,
    ) -> None:
        self._runtime = runtime
        self._sessions = sessions
        self._http_key = http_key.encode()
        self._built_in = built_in
        self._deadlines = deadlines

    async def __call__(self, call: Call) -> Answer:
        """The function's answer, or why there is none. Raises `ApiError` for a body that is too large."""
        origin = HttpOrigin(call)
        try:
            caller = await self._caller(origin)
            run = self._function(call.input["id"])
        except ApiError as error:
            return _refusal(error)
        body = await call.whole_body() if call.method == "POST" else b""
        try:
            return await self._answer(run, caller, origin, body)
        except ApiError as error:
            return _refusal(error)

    async def _answer(self, run: _Run, caller: Caller | None, origin: HttpOrigin, body: bytes) -> Answer:
        if "unwrap" not in origin.parameters:
            return Answer(wrap(await run(caller, origin, unwrap(body))))
        # Bytes that are not UTF-8 go in as surrogate escapes, and out again as the same bytes.
        result = await run(caller, origin, body.decode("utf-8", "surrogateescape"))
        return Answer(_bytes(result), content_type=origin.header(b"content-type") or b"text/plain")

    async def _caller(self, origin: HttpOrigin) -> Caller | None:
        """The player, or None for a server with the HTTP key. 401 for anybody else."""
        if key := origin.http_key:
            self._check_key(key.encode())
            return None
        authorization = origin.header(b"authorization")
        if authorization is None:
            raise _unauthenticated("Auth token or HTTP key required")
        if (key_as_user := basic_user(authorization)) is not None:
            self._check_key(key_as_user)
            return None
        token = bearer(authorization)
        if token is None:
            raise _unauthenticated("Auth token invalid")
        return await self._sessions.check(token)

    def _check_key(self, key: bytes) -> None:
        if not hmac.compare_digest(key, self._http_key):
            raise _unauthenticated("HTTP key invalid")

    def _function(self, id: str) -> _Run:
        if not id:
            raise invalid("RPC ID must be set")
        if (function := self._runtime.rpc(id)) is not None:
            return partial(self._runtime.call, function)
        if (built_in := self._built_in(id)) is not None:
            return partial(self._run_built_in, built_in)
        raise not_found("RPC function not found")

    async def _run_built_in(
        self, function: BuiltIn, caller: Caller | None, origin: HttpOrigin, payload: str
    ) -> str:
        try:
            with self._deadlines:
                return await function(caller, payload)
        except ApiError as error:
            # As a function of the game tells of its errors.
            raise CallFailed(error.code, error.message, deliberate=True) from error


def _unauthenticated(message: str) -> ApiError:
    return ApiError(Code.UNAUTHENTICATED, message)


def _refusal(error: ApiError) -> Answer:
    """The error body of RPC. `error` repeats the message, or holds the error value of the game's function."""
    message = without_surrogates(error.message)
    value: Any = message
    if isinstance(error, CallFailed):
        value = {"Message": message, "Code": error.code} if error.deliberate else {}
    return Answer(orjson.dumps({"code": error.code, "error": value, "message": message}), status=error.status)


def _bytes(result: str) -> bytes:
    try:
        return result.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return without_surrogates(result).encode()
