"""Registered functions: checked when they are registered, an RPC's payload and result translated when called.

Annotations say what is translated:

    payload annotation                       what the function receives
    none, `str`, `str | None`, `Any`         the text as the client sent it
    a dataclass, a pydantic model, …         that, decoded from JSON; what does not decode is a 400

    result annotation                        what the client receives
    none, `None`, `str`, `str | None`, `Any` the text; nothing is ""
    a dataclass, a pydantic model, …         its JSON

Other types than these two kinds (a TypedDict, `dict[str, int]`, …) do as well, if pydantic knows them.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import PydanticSerializationError

from kizuna.runtime.context import Context
from kizuna.runtime.errors import INVALID_RESULT, RegistrationError, refused_payload

log = logging.getLogger(__name__)

Function = Callable[[Context, Any], Awaitable[Any]]
Callback = Callable[[Context, Any], Awaitable[None]]


class InvalidResult(Exception):
    """The function answered with what is no text. The message is for clients, `advice` for the log."""

    def __init__(self, advice: str) -> None:
        super().__init__(INVALID_RESULT)
        self.advice = advice


class RpcFunction:
    """A function of game code that clients call by its id. RegistrationError if it cannot be one."""

    __slots__ = ("_payload", "_result", "call", "id")

    def __init__(self, id: str, function: Function) -> None:
        self.id = id
        self.call = function
        signature = _signature(f"RPC {id!r}", "payload", function)
        payload = list(signature.parameters.values())[1].annotation
        self._payload = _adapter(id, "payload", payload)
        self._result = _adapter(id, "result", signature.return_annotation)

    def decode(self, payload: str) -> Any:
        """The payload as the function wants it. `CallFailed` (400) for one that is not of that form."""
        if self._payload is None:
            return payload
        try:
            # As everywhere, an empty body is an object without fields.
            return self._payload.validate_json(payload or "{}")
        except ValidationError as error:
            raise refused_payload(_sentence(error)) from error

    def encode(self, result: Any) -> str:
        """The function's result as text. `InvalidResult` for anything but text and what was declared."""
        if type(result) is str:
            return result
        if result is None:
            return ""
        if self._result is None:
            if isinstance(result, str):
                return str(result)
            raise InvalidResult(f"it returned {_kind(result)}; annotate the result or return json.dumps(…)")
        try:
            return self._result.dump_json(result, by_alias=True, warnings="error").decode()
        except (PydanticSerializationError, UnicodeError) as error:
            raise InvalidResult(f"it returned {_kind(result)}, not what it declares: {error}") from None


class CallbackFunction:
    """A function of game code that the server calls when something has happened. RegistrationError if it
    cannot be one."""

    __slots__ = ("call", "kind")

    def __init__(self, kind: str, function: Callback) -> None:
        _signature(kind, "event", function)
        self.kind = kind
        self.call = function


@dataclass(frozen=True, slots=True)
class Functions:
    """What modules have registered: RPCs by their lower-case ids, callbacks by their kinds."""

    rpcs: dict[str, RpcFunction] = field(default_factory=dict)
    callbacks: dict[str, CallbackFunction] = field(default_factory=dict)

    def update(self, later: "Functions") -> None:
        """Add functions; where there are two, the later counts."""
        self.rpcs.update(later.rpcs)
        for callback in later.callbacks.values():
            self.add_callback(callback)

    def add_callback(self, callback: CallbackFunction) -> None:
        """Add a callback; there is one of each kind, so another before it is never called."""
        earlier = self.callbacks.get(callback.kind)
        if earlier is not None:
            log.warning(
                "There are two functions for %s, and only the later one is called: %s, not %s.",
                callback.kind,
                _where(callback.call),
                _where(earlier.call),
            )
        self.callbacks[callback.kind] = callback

    def __bool__(self) -> bool:
        return bool(self.rpcs or self.callbacks)

    def __str__(self) -> str:
        callbacks = [f"{kind} (callback)" for kind in sorted(self.callbacks)]
        return ", ".join([*sorted(self.rpcs), *callbacks]) or "no functions"


def _where(function: Function) -> str:
    code = getattr(function, "__code__", None)
    return f"{_name(function)} in {code.co_filename}" if code else _name(function)


def _signature(what: str, argument: str, function: Function) -> inspect.Signature:
    """The signature, annotations resolved, of a function that can be called with context and argument."""
    where = f"the function {_name(function)} for {what}"
    if not callable(function):
        raise RegistrationError(f"{where} is no function")
    if not inspect.iscoroutinefunction(function) and not inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004
    ):
        raise RegistrationError(f"{where} must be defined with async def")
    try:
        signature = inspect.signature(function, eval_str=True)
    except Exception as error:  # whatever evaluating the annotations may raise
        raise RegistrationError(f"{where} has an annotation that cannot be resolved: {error}") from None
    if not _takes_two(signature):
        raise RegistrationError(f"{where} must take two arguments, context and {argument}")
    return signature


def _takes_two(signature: inspect.Signature) -> bool:
    """Whether two arguments are enough and not too many, for named parameters, which can be annotated."""
    try:
        signature.bind(None, None)
    except TypeError:
        return False
    kinds = [parameter.kind for parameter in signature.parameters.values()][:2]
    allowed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return len(kinds) == 2 and all(kind in allowed for kind in kinds)


def _adapter(id: str, what: str, annotation: Any) -> TypeAdapter[Any] | None:
    """What translates values of this type, None where the text itself is meant."""
    if _is_text(annotation):
        return None
    try:
        return TypeAdapter(annotation)
    except (PydanticUserError, NameError, TypeError) as error:
        raise RegistrationError(f"the {what} type of RPC {id!r} cannot be translated: {error}") from None


def _is_text(annotation: Any) -> bool:
    if annotation in (inspect.Parameter.empty, str, None, NoneType, Any):
        return True
    return get_origin(annotation) in (Union, UnionType) and all(map(_is_text, get_args(annotation)))


def _sentence(error: ValidationError) -> str:
    """The first thing that is wrong with a payload, with the field's name where it is about one."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    about = f"Payload field {name!r}" if name else "Payload"
    return f"{about}: {first['msg'].removesuffix('.')}."


def _kind(value: object) -> str:
    return type(value).__qualname__


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
