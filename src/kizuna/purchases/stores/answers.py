"""What stores and clients have sent, member by member: of the right type, and such as can be kept."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import orjson

from kizuna.outside.checks import Checks, Refused, quoted
from kizuna.outside.client import Reply, Unavailable
from kizuna.setting_types import CONTROL
from kizuna.wire.microseconds import EPOCH
from kizuna.wire.timestamps import parse_timestamp

T = TypeVar("T")

#: What the columns for ids hold, in characters.
LONGEST_ID = 512

#: The longest id of a notification that is taken, in characters; its column has room for the store's name.
LONGEST_NOTIFICATION_ID = 200

#: The times that are taken, the last one excluded: at the ends of what a datetime holds, PostgreSQL's driver
#: writes infinity, which nothing can read again.
_EARLIEST, _TOO_LATE = datetime(2, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

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


def json_text(value: dict[str, Any], name: str, checks: Checks) -> str:
    """What was read from JSON, as JSON. `Refused` for what is nested so deeply that it can be read alone."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        raise checks.refused(name, "it is nested too deeply") from None


def identifier(
    value: object, name: str, checks: Checks, *, longest: int = LONGEST_ID, shown: bool = False
) -> str:
    """An id: text of 1 to `longest` characters without control characters. `name` is the check's, which says
    what it is if it is `shown`: purchase tokens are nobody else's business."""
    problem = _problem(value, longest)
    checks.require(name, not problem, problem, detail=quoted(value) if shown else "")
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
    """So many units after the beginning of 1970. `Refused` for a time beyond the years 2 to 9998."""
    try:
        time = EPOCH + count * unit
    except OverflowError:
        raise _beyond(count, name, checks) from None
    return _kept_time(time, count, name, checks)


def time_of_text(value: object, name: str, checks: Checks) -> datetime:
    """A time in the form of RFC 3339. `Refused` for anything else, and beyond the years 2 to 9998."""
    try:
        time = parse_timestamp(value) if isinstance(value, str) else None
    except OverflowError:
        raise _beyond(value, name, checks) from None
    if time is None:
        raise checks.refused(name, f"{quoted(value)} is no time")
    return _kept_time(time, value, name, checks)


def _kept_time(time: datetime, said: object, name: str, checks: Checks) -> datetime:
    if not _EARLIEST <= time < _TOO_LATE:
        raise _beyond(said, name, checks)
    checks.passed(name, time.isoformat())
    return time


def _beyond(said: object, name: str, checks: Checks) -> Refused:
    return checks.refused(name, f"{quoted(said)} is not within the years 2 to 9998")
