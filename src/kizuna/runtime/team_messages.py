"""Messages of Teams between their two forms: the dicts of the wire and the objects of game code.

On the wire 64-bit integers are text, and what is false, zero or empty is left out, except among the entries
of maps and lists.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from kizuna.runtime.api.message import Message
from kizuna.wire.integers import RANGES
from kizuna.wire.messages import Kind

M = TypeVar("M", bound=Message)
Convert = Callable[[Any], Any]


def read(kind: type[M], message: Mapping[str, Any]) -> M:
    """The object that a message of the wire stands for."""
    annotation: Any = kind
    read_it: M = _reader(annotation)(message)
    return read_it


def read_list(kind: type[M], messages: Any) -> list[M]:
    """The same for the messages of a list, None for none."""
    return [read(kind, message) for message in messages or ()]


def read_map(kind: type[M], messages: Any) -> dict[str, M]:
    """The same for those of a map."""
    return {key: read(kind, message) for key, message in (messages or {}).items()}


def write(message: Message) -> dict[str, Any]:
    """The same back. TypeError or ValueError, naming the field, for what the wire cannot hold."""
    written: dict[str, Any] = _write_message(type(message), message)
    return written


# --- reading ---


@cache
def _reader(annotation: Any) -> Convert:
    """What makes a value of game code of one of the wire."""
    annotation = _without_none(annotation)
    origin = get_origin(annotation)
    if origin is list:
        return partial(_read_all, _reader(*get_args(annotation)))
    if origin is dict:
        return partial(_read_entries, _reader(get_args(annotation)[1]))
    if _is_message(annotation):
        return partial(_read_message, annotation, _fields(annotation))
    if origin is Annotated:
        return int
    return float if annotation is float else _as_it_is


def _read_message(kind: type[Message], known: Mapping[str, Any], message: Mapping[str, Any]) -> Message:
    return kind(**{name: _reader(known[name])(value) for name, value in message.items()})


def _read_all(convert: Convert, values: list[Any]) -> list[Any]:
    return [convert(value) for value in values]


def _read_entries(convert: Convert, values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: convert(value) for key, value in values.items()}


def _as_it_is(value: Any) -> Any:
    return value


# --- writing ---


@cache
def _writer(annotation: Any) -> Convert:
    """The way back. TypeError or ValueError for a value of another kind."""
    annotation = _without_none(annotation)
    origin = get_origin(annotation)
    if origin is list:
        return partial(_write_all, _writer(*get_args(annotation)))
    if origin is dict:
        return partial(_write_entries, _writer(get_args(annotation)[1]))
    if _is_message(annotation):
        return partial(_write_message, annotation)
    if origin is Annotated:
        return partial(_write_integer, get_args(annotation)[1])
    return {str: _write_text, bool: _write_flag, float: _write_number}.get(annotation, _as_it_is)


def _write_message(kind: Any, message: Any) -> dict[str, Any]:
    _check(message, kind)
    written: dict[str, Any] = {}
    for name, annotation in _fields(kind).items():
        value = getattr(message, name)
        if value or (value is not None and _is_message(_without_none(annotation))):
            written[name] = _placed(f".{name}", _writer(annotation), value)
    return written


def _write_all(convert: Convert, values: Any) -> list[Any]:
    _check(values, list)
    return [_placed(f"[{index}]", convert, value) for index, value in enumerate(values)]


def _write_entries(convert: Convert, values: Any) -> dict[str, Any]:
    _check(values, dict)
    return {_write_text(key): _placed(f"[{key!r}]", convert, value) for key, value in values.items()}


def _write_integer(kind: Kind, value: Any) -> str | int:
    if type(value) is not int:
        raise TypeError(f" must be an int, not {type(value).__name__}")
    low, high = RANGES[kind]
    if not low <= value <= high:
        raise ValueError(f" must be {low} to {high}")
    return str(value) if kind is Kind.INT64 else value


def _write_text(value: Any) -> str:
    _check(value, str)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(" must be text without surrogates") from None
    return str(value)


def _write_flag(value: Any) -> bool:
    _check(value, bool)
    return bool(value)


def _write_number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(" must be a finite number")
    return float(value)


def _placed(place: str, convert: Convert, value: Any) -> Any:
    """The same conversion; its complaint tells the place."""
    try:
        return convert(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{place}{error}") from None


def _check(value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise TypeError(f" must be {kind.__name__}, not {type(value).__name__}")


# --- annotations ---


@cache
def _fields(kind: Any) -> dict[str, Any]:
    """Annotations by the names of a message's fields."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in fields(kind)}


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (each for each in get_args(annotation) if each is not NoneType)
    return annotation


def _is_message(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Message)
