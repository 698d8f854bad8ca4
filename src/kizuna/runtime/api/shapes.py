"""What a message's class says of its fields."""

from dataclasses import dataclass, fields
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from kizuna.runtime.api.message import Message
from kizuna.wire.messages import Kind

_KINDS: dict[Any, Kind] = {str: Kind.STRING, bool: Kind.BOOL, datetime: Kind.TIMESTAMP}


@dataclass(frozen=True, slots=True)
class Shape:
    """A field: what it holds, whether several of it, whether None besides, and a part's class."""

    name: str
    kind: Kind
    repeated: bool = False
    optional: bool = False
    message: type[Message] | None = None


def shapes_of(cls: type[Message]) -> tuple[Shape, ...]:
    """The fields of a message in their order. TypeError for an annotation that is none of those known."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_shape(field.name, hints[field.name]) for field in fields(cls))  # type: ignore[arg-type]


def _shape(name: str, annotation: Any) -> Shape:
    optional = get_origin(annotation) in (Union, UnionType) and NoneType in get_args(annotation)
    if optional:
        (annotation,) = (each for each in get_args(annotation) if each is not NoneType)
    repeated = get_origin(annotation) is list
    if repeated:
        (annotation,) = get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Message):
        return Shape(name, Kind.MESSAGE, repeated, optional, annotation)
    return Shape(name, _kind(annotation), repeated, optional)


def _kind(annotation: Any) -> Kind:
    if get_origin(annotation) is Annotated:
        return Kind(annotation.__metadata__[0])
    if annotation == dict[str, str]:
        return Kind.STRING_MAP
    try:
        return _KINDS[annotation]
    except KeyError:
        raise TypeError(f"no field of a message can be {annotation!r}") from None
