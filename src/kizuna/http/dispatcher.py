"""The one entrance: what happens to a request before and after its operation.

The order is the reference's and clients can see it: cross-origin rules, path cleaning, routing, decoding,
and only then authentication. Everything an operation raises becomes an error body here.
"""

import asyncio
import logging
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Protocol

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from kizuna.caller import Caller
from kizuna.cancellation import is_end_of_task
from kizuna.db.engine import LOCKED, REFUSED, UNREACHABLE
from kizuna.errors import ApiError, Code, internal, invalid, not_found
from kizuna.http import compression, cors, forms
from kizuna.http.body import CONNECTION_CLOSE, Body, ClientGone, TooLarge, read_body
from kizuna.http.call import Answer, Call, EmptyReply, Limits
from kizuna.http.contract import OPERATIONS, Auth, BodyKind, Operation, decode_request
from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.http.hooks import Hooks
from kizuna.http.routes import Endpoint, Handler, Reply
from kizuna.http.routing import RoutingTable, cleaned
from kizuna.http.webhooks import Webhook, Webhooks
from kizuna.wire.encode import camel_case, without_surrogates

log = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]

_RPC = "/v2/rpc/"
_BASE: Headers = [
    (b"cache-control", b"no-store, no-cache, must-revalidate"),
    (b"vary", b"Accept-Encoding"),
]
_METADATA = (b"grpc-metadata-content-type", b"application/grpc")
_JSON = (b"content-type", b"application/json")
_NO_BODY = Body(b"", False)
_BODY_METHODS = frozenset(("POST", "PUT"))


class Authenticator(Protocol):
    """What the dispatcher needs of the sessions feature; both raise `ApiError` 401."""

    async def session(self, authorization: Sequence[bytes]) -> Caller:
        """The caller by the values of the Authorization headers."""

    def server_key(self, authorization: Sequence[bytes]) -> None:
        """Check that they carry the server key."""


class Dispatcher:
    """A pure ASGI application over the table of operations.

    `endpoints` are the operations that are served; the contract's others answer 501 once their input and
    their authentication are right. `rpc` takes everything below /v2/rpc/, `webhooks` their own paths, `pages`
    what is not the API's: the documentation. `hooks` come around whatever is served and has a request
    message, after decoding and authentication; a message that a hook has put in the client's place is checked
    as the client's would be.
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        operations: tuple[Operation, ...] = OPERATIONS,
        rpc: Handler,
        webhooks: Webhooks,
        pages: ASGIApp,
        hooks: Hooks,
        authenticator: Authenticator,
        deadlines: Deadlines,
        body_limit: int,
        response_headers: Mapping[str, str],
        camel_case_names: bool,
        proxy_count: int,
    ) -> None:
        self._table = RoutingTable(operations)
        self._endpoints = {endpoint.operation.name: endpoint for endpoint in endpoints}
        self._rpc = rpc
        self._webhooks = webhooks
        self._pages = pages
        self._hooks = hooks
        self._authenticator = authenticator
        self._deadlines = deadlines
        self._limits = Limits(body_limit, proxy_count)
        self._extra = [(name.lower().encode(), value.encode()) for name, value in response_headers.items()]
        self._camel_case_names = camel_case_names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"cannot serve {scope['type']}")
        headers: dict[bytes, bytes] = dict(scope["headers"])
        besides = [cors.ALLOW_ORIGIN] if b"origin" in headers else []
        if scope["method"] == "OPTIONS":
            status, answer = cors.preflight(headers)
            await self._send(send, status, answer, b"")
        elif (clean := cleaned(scope["path"])) is not None:
            location = (b"location", forms.location(clean, scope["query_string"]))
            await self._send(send, 301, [*besides, location], b"")
        elif scope["path"] == "/" and scope["method"] == "GET":
            await self._send(send, 200, besides, b"")
        elif scope["path"] in DOCUMENTATION and scope["method"] == "GET":
            await self._pages(scope, receive, self._adding(besides, send))
        elif (webhook := self._webhooks.find(scope["path"])) is not None:
            await self._webhook(webhook, scope, receive, send, headers)
        else:
            await self._operation(scope, receive, send, headers, besides)

    async def _webhook(
        self, webhook: Webhook, scope: Scope, receive: Receive, send: Send, headers: Mapping[bytes, bytes]
    ) -> None:
        """Answer another company's server, without a body."""
        try:
            status, answer = await self._webhooks.answer(webhook, scope, receive, headers)
        except ClientGone:
            return
        await self._send(send, status, [*_BASE, *answer], b"")

    async def _operation(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[bytes, bytes], besides: Headers
    ) -> None:
        """Answer a request of the API; `besides` are headers that go with whatever the answer is."""
        try:
            answer = await self._answer(scope, receive, headers, besides)
        except ApiError as error:
            answer = _error(error)
        except Overdue:
            answer = _error(ApiError(Code.DEADLINE_EXCEEDED, "context deadline exceeded"))
        except ClientGone:
            return
        except (Exception, asyncio.CancelledError) as error:
            if is_end_of_task(error):
                raise
            log.exception("%s %s failed", scope["method"], scope["path"])
            answer = _error(internal("Internal error."))
        if isinstance(answer, dict):
            accept = headers.get(b"accept", b"")
            if (b"names=camel" in accept) if b"names=" in accept else self._camel_case_names:
                answer = camel_case(answer)
            body, status = orjson.dumps(answer), 200
            top: Headers = [*besides, *_BASE, _JSON, _METADATA]
        else:
            body, status = answer.body, answer.status
            top = [*besides, *_BASE, (b"content-type", answer.content_type), *answer.headers]
        if b"accept-encoding" in headers and b"upgrade" not in headers:
            coding = compression.accepted(headers[b"accept-encoding"])
            if coding:
                body = compression.compress(body, coding)
                top.append((b"content-encoding", coding))
        await self._send(send, status, top, body)

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Mapping[bytes, bytes], besides: Headers
    ) -> Reply:
        if scope["path"].startswith(_RPC):
            return await self._answer_rpc(scope, receive)
        form = scope["method"] == "POST" and headers.get(b"content-type") == forms.CONTENT_TYPE
        operation, values = self._routed(scope, headers, form)
        try:
            return await self._asked(operation, values, form, scope, receive, headers, besides)
        except ApiError as error:
            if operation.repeats_error:
                return _error(error, repeated=True)
            raise

    async def _asked(
        self,
        operation: Operation,
        values: Sequence[str],
        form: bool,
        scope: Scope,
        receive: Receive,
        headers: Mapping[bytes, bytes],
        besides: Headers,
    ) -> Reply:
        """What an operation answers."""
        query, body = scope["query_string"], _NO_BODY
        if operation.reads_body or form:
            body = await read_body(receive, self._limits.body, headers)
            if form and not operation.reads_body:
                query, body = _form_as_query(query, body), _NO_BODY
        if scope["method"] in _BODY_METHODS and not operation.ignores_query:
            forms.check_media_type(headers.get(b"content-type", b""))
        message = _decoded(operation, values, query, body)
        if body.cut:
            besides.append(CONNECTION_CLOSE)
        if operation.auth is Auth.NONE:
            return await self._run(operation, message, None, scope, receive)
        with self._deadlines:
            caller = await self._authenticate(operation, scope)
            return await self._run(operation, message, caller, scope, receive)

    def _routed(
        self, scope: Scope, headers: Mapping[bytes, bytes], form: bool
    ) -> tuple[Operation, list[str]]:
        """The operation that is asked for, and the values of its path parameters."""
        path, method = scope["path"], scope["method"]
        if form:
            method = forms.overridden_method(headers, method)
        operation, values, known = self._table.find(method, path)
        if operation is None and form and method == "POST":
            operation, values, _ = self._table.find("GET", path)
        if operation is not None:
            return operation, values
        raise ApiError(Code.UNIMPLEMENTED, "Method Not Allowed") if known else not_found("Not Found")

    async def _authenticate(self, operation: Operation, scope: Scope) -> Caller | None:
        authorization = [value for name, value in scope["headers"] if name == b"authorization"]
        if operation.auth is Auth.SERVER_KEY:
            self._authenticator.server_key(authorization)
            return None
        return await self._authenticator.session(authorization)

    async def _run(
        self,
        operation: Operation,
        message: dict[str, Any],
        caller: Caller | None,
        scope: MutableMapping[str, Any],
        receive: Receive,
    ) -> Reply:
        endpoint = self._endpoints.get(operation.name)
        if endpoint is None:
            raise ApiError(Code.UNIMPLEMENTED, "Not implemented.")
        call = Call(scope, receive, message, caller, self._limits)
        hook = self._hooks.of(operation.name)
        if hook is None:
            return await _handled(operation, endpoint, call)
        with hook:
            call.input = await hook.before(call)
            reply = await _handled(operation, endpoint, call)
            return reply if isinstance(reply, EmptyReply) else await hook.after(call, reply)

    async def _answer_rpc(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] not in ("GET", "POST"):
            raise ApiError(Code.UNIMPLEMENTED, "Method Not Allowed")
        message = {"id": scope["path"][len(_RPC) :]}
        return await self._rpc(Call(scope, receive, message, None, self._limits))

    async def _send(self, send: Send, status: int, headers: Headers, body: bytes) -> None:
        headers = self._completed([*headers, (b"content-length", b"%d" % len(body))])
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _completed(self, headers: Headers) -> Headers:
        """The headers of an answer, and those configured for every answer that it does not set itself."""
        if not self._extra:
            return headers
        own = {name for name, _ in headers}
        return [*(header for header in self._extra if header[0] not in own), *headers]

    def _adding(self, besides: Headers, send: Send) -> Send:
        """`send` for an application that does not know of our headers."""

        async def complete(event: MutableMapping[str, Any]) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = self._completed([*besides, *event["headers"]])
            await send(event)

        return complete


#: Paths that FastAPI answers itself.
DOCUMENTATION = frozenset(("/docs", "/openapi.json"))


def _error(error: ApiError, *, repeated: bool = False) -> Answer:
    # Many refusals are one object each, raised again and again: it would keep the frames of all times alive.
    error.__traceback__ = error.__context__ = error.__cause__ = None
    message = without_surrogates(error.message)
    value = {"code": error.code, "message": message} | ({"error": message} if repeated else {})
    return Answer(orjson.dumps(value), status=error.status, headers=tuple(error.headers))


async def _handled(operation: Operation, endpoint: Endpoint, call: Call) -> Reply:
    """What the operation answers. `ApiError` where it does not."""
    try:
        return await endpoint.handler(call)
    except (ApiError, asyncio.CancelledError):
        raise
    except REFUSED as error:
        # The reference answers 500 to values its database cannot store; the fault is the client's.
        log.info("%s refused by the database: %s", operation.name, error)
        raise invalid(endpoint.failure) from error
    except LOCKED as error:
        # The reference waits for ever. Nothing was done, and it can be tried again: no 500.
        log.warning("%s waited too long for a row that somebody else holds", endpoint.operation.name)
        raise ApiError(Code.UNAVAILABLE, endpoint.failure) from error
    except UNREACHABLE as error:
        # One line each: while the database is away, there are many of them.
        log.error("%s failed: %s: %s", operation.name, type(error).__name__, error)
        raise internal(endpoint.failure) from error
    except Exception as error:
        log.exception("%s failed", operation.name)
        raise internal(endpoint.failure) from error


def _form_as_query(query: bytes, body: Body) -> bytes:
    """The query of a request whose fields came as a form."""
    if body.cut:
        raise TooLarge
    return forms.merged(query, body.data)


def _decoded(operation: Operation, values: Sequence[str], query: bytes, body: Body) -> dict[str, Any]:
    """The request message. What follows a complete JSON value does not count, not even against the limit."""
    if body.cut and (operation.body_kind is BodyKind.RAW or not body.data.strip(b" \t\r\n")):
        raise TooLarge
    try:
        return decode_request(operation, values, query, body.data)
    except ApiError as error:
        if body.cut and error.message.endswith("unexpected EOF"):
            raise TooLarge from error
        raise
