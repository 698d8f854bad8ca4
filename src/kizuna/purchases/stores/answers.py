"""What stores and clients have sent, member by member: of the right type, and such as can be kept."""

import re
from datetime import datetime, timedelta
from typing import TypeVar

from kizuna.outside.checks import Checks, quoted
from kizuna.outside.client import Reply, Unavailable
from kizuna.purchases.stores.interface import EPOCH
from kizuna.setting_types import CONTROL
from kizuna.wire.timestamps import parse_timestamp

T = TypeVar("T")

#: What the columns for ids hold, in characters.
LONGEST_ID = 512

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,20}")


class Answer:
    """What a store has answered, which is a JSON object (`Unavailable` if not); `text` is all of it."""

    def __init__(self, reply: Reply) -> None:
        self.host = reply.host
        self.members = reply.json()
        self.text = reply.body.decode()

    def member(self, name: str, kind: type[T]) -> T:
        """A member that every answer has. `Unavailable` if it is not there or of another type."""
        value = self.members.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise Unavailable(f"{self.host} answered without a usable {name}")
        return value

    def storable(self, checks: Checks) -> str:
        """Its text, as `storable` has it."""
        return storable(self.text, checks)


def storable(text: str, checks: Checks) -> str:
    """A JSON text that PostgreSQL's jsonb can hold. `Refused` for one with a NUL character in it."""
    # A backslash that is escaped itself begins no escape.
    has_nul = "\\u0000" in text.replace("\\\\", "")
    checks.require("characters", not has_nul, "there is a NUL character among them")
    return text


def identifier(value: object, name: str, checks: Checks, *, longest: int = LONGEST_ID) -> str:
    """An id: text of 1 to `longest` characters without control characters. `name` is the check's."""
    problem = _problem(value, longest)
    checks.require(name, not problem, problem)
    return str(value)


def _problem(value: object, longest: int) -> str:
    if not isinstance(value, str) or not value:
        return "it is missing, or no text"
    if len(value) > longest:
        return f"it has {len(value)} characters, and {longest} are the most"
    return "it has a control character" if CONTROL.search(value) else ""


def whole_number(value: object) -> int | None:
    """A whole number, which JSON may carry as text; None for anything else."""
    if isinstance(value, str):
        return int(value) if _WHOLE_NUMBER.fullmatch(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def time_of_milliseconds(value: object, name: str, checks: Checks) -> datetime:
    """A time in milliseconds since 1970, a whole number. `Refused` for anything else."""
    number = whole_number(value)
    if number is None:
        raise checks.refused(name, f"{quoted(value)} is no whole number")
    return time_after_epoch(timedelta(milliseconds=1), number, name, checks)


def time_after_epoch(unit: timedelta, count: int, name: str, checks: Checks) -> datetime:
    """So many units after the beginning of 1970. `Refused` for a time beyond the years 1 to 9999."""
    try:
        time = EPOCH + count * unit
    except OverflowError:
        raise checks.refused(name, f"{quoted(count)} is not within the years 1 to 9999") from None
    checks.passed(name, time.isoformat())
    return time


def time_of_text(value: object, name: str, checks: Checks) -> datetime:
    """A time in the form of RFC 3339. `Refused` for anything else."""
    try:
        time = parse_timestamp(value) if isinstance(value, str) else None
    except OverflowError:
        time = None
    if time is None:
        raise checks.refused(name, f"{quoted(value)} is no time")
    checks.passed(name, time.isoformat())
    return time
