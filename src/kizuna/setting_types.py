"""The kinds of values that settings hold, and how what a configuration says becomes one of them."""

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

#: Characters that no line of text has.
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _pairs(value: Any) -> Any:
    """`["A=1", "B=2"]` as `{"A": "1", "B": "2"}`; what is a map already passes through."""
    if not isinstance(value, list | tuple):
        return value
    for entry in value:
        if not isinstance(entry, str) or not entry.partition("=")[1]:
            raise ValueError(f"must hold NAME=value entries, which {entry!r} is not")
    return dict(entry.split("=", 1) for entry in value)


def _paths(value: Any) -> Any:
    """One folder, or several with the system's path separator between them, as a list."""
    return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


def _empty_is_none(value: Any) -> Any:
    return None if value == "" else value


def _texts(value: Any) -> Any:
    """A map whose numbers and switches are written as PostgreSQL reads them."""
    if not isinstance(value, dict):
        return value
    return {name: ("on" if v else "off") if isinstance(v, bool) else str(v) for name, v in value.items()}


def _line(value: Any) -> Any:
    if isinstance(value, str) and CONTROL.search(value):
        raise ValueError("must have no control character")
    return value


def _unix_time(value: Any) -> Any:
    """A time with a zone, which YAML writes 2026-01-31T12:00:00Z, as whole seconds since 1970."""
    if isinstance(value, datetime) and value.tzinfo:
        return int(value.timestamp())
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be seconds since 1970 or a time such as 2026-01-31T12:00:00Z, not {value}")
    return value


def _json_object(value: Any) -> Any:
    """What clients will read of a map: JSON has no dates, for example, so they become texts."""
    if not isinstance(value, dict):
        return value
    try:
        data = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None
    if b"\\u0000" in data.replace(b"\\\\", b""):
        raise ValueError("must hold no NUL character")
    return orjson.loads(data)


Pairs = Annotated[dict[str, str], BeforeValidator(_pairs)]
Texts = Annotated[dict[str, str], BeforeValidator(_texts)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_paths)]
OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_none)]
OptionalText = Annotated[str | None, BeforeValidator(_empty_is_none)]
Secret = Annotated[str, Field(repr=False)]

SortOrder = Literal["asc", "ascending", "desc", "descending"]
OperatorName = Literal["best", "set", "incr", "increment", "decr", "decrement"]

# In entries of lists: YAML tells numbers, switches and texts apart, so nothing needs to be converted.
Count = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]
Switch = Annotated[bool, Field(strict=True)]
Line = Annotated[str, BeforeValidator(_line)]
Time = Annotated[int, BeforeValidator(_unix_time), Field(ge=0, le=2**53)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(_json_object)]


#: Marks a setting that is taken and that nothing is done with: whoever sets it is warned.
WITHOUT_EFFECT: JsonDict = {"without_effect": True}


class Section(BaseModel):
    """A group of settings. Values do not change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
