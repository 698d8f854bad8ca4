"""Runs the game's functions before and after operations of the API."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

import orjson

from kizuna.caller import Caller
from kizuna.cancellation import is_end_of_task, keep_running
from kizuna.http.call import Answer, Call
from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.http.origin import HttpOrigin
from kizuna.http.routes import Reply
from kizuna.runtime.context import Context, Surroundings
from kizuna.runtime.errors import TOO_LONG, CallFailed, disabled, ended, failure, nonsense, overdue
from kizuna.runtime.functions import HookFunction, OperationHooks
from kizuna.runtime.nakama import Services
from kizuna.runtime.translation import decode_request, decode_response, encode_request, encode_response

#: Seconds between two looks at what `settled` waits for.
_LOOK_EVERY = 0.05


class Nonsense(Exception):
    """A function returned or left what is no message of the operation. The text is for the log."""


class GameHooks:
    """The hooks of the game, as the dispatcher wants them. `functions` gives those of the present game."""

    def __init__(
        self,
        functions: Callable[[], Mapping[str, OperationHooks]],
        surroundings: Surroundings,
        deadlines: Deadlines,
        services: Services,
    ) -> None:
        self._functions = functions
        self._surroundings = surroundings
        self._deadlines = deadlines
        self._services = services
        self._open: set[RequestHook] = set()

    def of(self, operation_name: str) -> "RequestHook | None":
        """What goes with a request of this operation: the present game's functions, also after a reload."""
        functions = self._functions().get(operation_name)
        if functions is None:
            return None
        return RequestHook(functions, self._surroundings, self._deadlines, self._services, self._open)

    async def settled(self) -> None:
        """Wait until every request is over that hooks stand around now."""
        open_now = set(self._open)
        while open_now:
            await asyncio.sleep(_LOOK_EVERY)
            open_now &= self._open


class RequestHook:
    """The functions around one request; their contexts share its trace id.

    A `with` block around the request has it among the `open` ones.
    """

    __slots__ = ("_deadlines", "_functions", "_open", "_services", "_surroundings", "_trace_id")

    def __init__(
        self,
        functions: OperationHooks,
        surroundings: Surroundings,
        deadlines: Deadlines,
        services: Services,
        open: "set[RequestHook]",
    ) -> None:
        self._functions = functions
        self._surroundings = surroundings
        self._deadlines = deadlines
        self._services = services
        self._open = open
        self._trace_id = str(uuid.uuid4())

    def __enter__(self) -> None:
        self._open.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.discard(self)

    async def before(self, call: Call) -> dict[str, Any]:
        """The request to go on with. `ApiError` where the function refuses, fails or answers nonsense."""
        hook = self._functions.before
        if hook is None:
            return call.input
        ctx = self._context(hook, call, call.player)
        try:
            return await self._replaced(hook, ctx, call.input)
        except BaseException as error:
            if is_end_of_task(error):
                raise
            refusal = _refusal(error)
            # That a function refuses is no news: the client is told of it.
            _log(ctx, hook, logging.DEBUG if refusal.deliberate else logging.ERROR, refusal, error)
            raise refusal from error
        finally:
            await keep_running()

    async def after(self, call: Call, reply: Reply) -> Reply:
        """The reply to send: the operation's own, unless the function has changed it and nothing failed."""
        hook = self._functions.after
        if hook is None:
            return reply
        message = _message(reply)
        # Who signs in becomes the caller by that.
        caller = call.player or self._services.sessions.issued_to(message)
        ctx = self._context(hook, call, caller)
        try:
            touched = await self._touched(hook, ctx, call.input, message)
            return reply if touched is None else touched
        except BaseException as error:
            if is_end_of_task(error):
                raise
            refusal = _refusal(error)
            # Nobody else is told, even if it is deliberate.
            _log(ctx, hook, logging.WARNING if refusal.deliberate else logging.ERROR, refusal, error)
            return reply
        finally:
            await keep_running()

    def _context(self, hook: HookFunction, call: Call, caller: Caller | None) -> "HookContext":
        return HookContext(self._surroundings, hook, caller, HttpOrigin(call), self._trace_id)

    async def _replaced(self, hook: HookFunction, ctx: Context, message: dict[str, Any]) -> dict[str, Any]:
        """The message as a function before the operation wants it."""
        operation = hook.operation
        if not operation.has_input:
            with self._deadlines:
                await hook.call(ctx)
            return message
        request = decode_request(operation.request, message)
        with self._deadlines:
            result = await hook.call(ctx, request)
        if result is None:
            raise disabled()
        if not isinstance(result, operation.request):
            raise Nonsense(f"it returned {type(result).__qualname__}, not {operation.request.__qualname__}")
        return _encoded(encode_request, result)

    async def _touched(
        self, hook: HookFunction, ctx: Context, request: dict[str, Any], message: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Run a function after the operation; the response if it has changed it."""
        operation = hook.operation
        arguments = [decode_request(operation.request, request)] if operation.has_input else []
        if not operation.has_response:
            with self._deadlines:
                await hook.call(ctx, *arguments)
            return None
        response = decode_response(operation.response, message)
        untouched = encode_response(response)
        with self._deadlines:
            await hook.call(ctx, response, *arguments)
        touched = _encoded(encode_response, response)
        return touched if touched != untouched else None


class HookContext(Context):
    """The context of a hook: before signing in without a user, afterwards with the one who has signed in."""

    def __init__(
        self,
        surroundings: Surroundings,
        hook: HookFunction,
        caller: Caller | None,
        origin: HttpOrigin,
        trace_id: str,
    ) -> None:
        super().__init__(surroundings, hook.operation.name, caller, origin)
        self.execution_mode = hook.mode
        self._trace_id = trace_id

    def _log_fields(self) -> dict[str, Any]:
        player = {"user_id": self.user_id} if self._caller else {}
        return {"api_id": self.function_id, "mode": self.execution_mode, **player}


def _message(reply: Reply) -> dict[str, Any]:
    """The response message of a reply, as a copy."""
    message: dict[str, Any] = orjson.loads(reply.body if isinstance(reply, Answer) else orjson.dumps(reply))
    return message


def _encoded(encode: Callable[[Any], dict[str, Any]], value: object) -> dict[str, Any]:
    try:
        return encode(value)
    except (TypeError, ValueError) as error:
        raise Nonsense(str(error)) from error


def _refusal(error: BaseException) -> CallFailed:
    """What the client is told of the failure of a function before an operation."""
    if isinstance(error, CallFailed):
        return error
    if isinstance(error, Overdue):
        return overdue()
    return nonsense() if isinstance(error, Nonsense) else failure(error)


def _log(ctx: Context, hook: HookFunction, level: int, refusal: CallFailed, error: BaseException) -> None:
    text = "The function %s (%s, trace %s) failed with code %d: %s"
    call = (hook.kind, hook.place, ctx.trace_id, refusal.code)
    if isinstance(error, Nonsense):  # its traceback would show this server's code, none of the game's
        ctx.logger.log(level, text, *call, error)
    elif isinstance(error, Overdue):
        ctx.logger.log(level, text, *call, TOO_LONG, exc_info=ended(error))
    else:
        ctx.logger.log(level, text, *call, refusal.message, exc_info=error)
