"""What kind of value belongs at a place of a configuration."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from kizuna.teams.config.documents import ConfigDocument
from kizuna.teams.config.errors import Place


def keys_at(place: Place) -> list[str]:
    """The keys that the map at a place may have; its keys must be of our choosing, not ids."""
    return list(kind_at(place).model_fields)


def kind_at(place: Place) -> Any:
    """The type of what belongs at a place, which must be one that a configuration can have."""
    kind: Any = ConfigDocument
    for part in place:
        kind = _below(kind, part)
    return kind


def bare(kind: Any) -> Any:
    """A type without what is said about it, and without None."""
    if get_origin(kind) is Annotated:
        return bare(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return bare(next(one for one in get_args(kind) if one is not type(None)))
    return kind


def _below(kind: Any, part: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return bare(kind.model_fields[str(part)].annotation)
    return bare(get_args(kind)[1 if get_origin(kind) is dict else 0])
