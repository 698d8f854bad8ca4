"""What functions of game code must look like: how they are called, and what their annotations may say.

Annotations are optional. Where there is one, it must leave room for what the server passes: its class, a base
of it, `Any`, or a union with one of these. What cannot be judged, such as a protocol or a type variable,
passes.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from kizuna.runtime import api
from kizuna.runtime.context import Context
from kizuna.runtime.errors import RegistrationError

AnyFunction = Callable[..., Awaitable[Any]]

_EMPTY = inspect.Parameter.empty


def signature_of(what: str, arguments: Mapping[str, type | None], function: AnyFunction) -> inspect.Signature:
    """The signature, annotations resolved, of a function that takes a context and these arguments.

    `arguments` are their names and classes, None for one that may be anything; `what` is what the function is
    for. `RegistrationError` for one that cannot be called so.
    """
    where = f"the function {name_of(function)} for {what}"
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
    arguments = {"context": Context, **arguments}
    if not _takes(signature, len(arguments)):
        raise RegistrationError(f"{where} must take {_listed(list(arguments))}")
    for parameter, wanted in zip(signature.parameters.values(), arguments.values(), strict=False):
        if wanted is not None and not _has_room(parameter.annotation, wanted):
            told = f"takes {_shown(parameter.annotation)} where {_shown(wanted)} comes"
            raise RegistrationError(f"{where} {told}")
    return signature


def check_result(what: str, wanted: type, function: AnyFunction, annotation: Any) -> None:
    """`RegistrationError` for a function that announces anything but a `wanted` or None."""
    some = [each for each in _members(annotation) if each not in (None, NoneType)]
    if some and not any(_has_room(each, wanted) for each in some):
        raise RegistrationError(
            f"the function {name_of(function)} for {what} returns {_shown(annotation)} "
            f"where {_shown(wanted)} or None is wanted"
        )


def name_of(function: Any) -> str:
    """What a function is called."""
    return getattr(function, "__qualname__", None) or repr(function)


def place_of(function: AnyFunction) -> str:
    """Its name, file and line."""
    code = getattr(function, "__code__", None)
    return f"{name_of(function)} in {code.co_filename}:{code.co_firstlineno}" if code else name_of(function)


def _takes(signature: inspect.Signature, count: int) -> bool:
    """Whether so many arguments are enough and not too many, for named parameters, which can be annotated."""
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    kinds = [parameter.kind for parameter in signature.parameters.values()][:count]
    allowed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return len(kinds) == count and all(kind in allowed for kind in kinds)


def _listed(arguments: list[str]) -> str:
    """`two arguments, context and payload`."""
    if len(arguments) == 1:
        return f"one argument, {arguments[0]}"
    *most, last = arguments
    return f"{('two', 'three')[len(arguments) - 2]} arguments, {', '.join(most)} and {last}"


def _has_room(annotation: Any, wanted: type) -> bool:
    """Whether an annotation can mean an object of this class."""
    return any(_may_be(each, wanted) for each in _members(annotation))


def _may_be(annotation: Any, wanted: type) -> bool:
    if annotation is None:
        return False
    origin = get_origin(annotation) or annotation
    if origin in (_EMPTY, Any) or not isinstance(origin, type) or getattr(origin, "_is_protocol", False):
        return True
    return issubclass(wanted, origin)


def _members(annotation: Any) -> tuple[Any, ...]:
    """The types that a union is made of; a type itself."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(member for each in get_args(annotation) for member in _members(each))
    return (annotation,)


def _shown(annotation: Any) -> str:
    """A type as game code spells it."""
    if get_origin(annotation) in (Union, UnionType):
        return " | ".join(_shown(each) for each in get_args(annotation))
    if not isinstance(annotation, type) or get_origin(annotation):
        return "None" if annotation is None else inspect.formatannotation(annotation)
    if annotation is NoneType:
        return "None"
    package = annotation.__module__.partition(".")[0]
    prefix = "api." if issubclass(annotation, api.Message) else "rt." if package == "kizuna" else ""
    return prefix + annotation.__qualname__
