"""The kinds of values that a configuration holds, and the bounds of each."""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from kizuna.scheduler.cron import CronError, Schedule
from kizuna.teams.rewards.rolling import MOST_DRAWS
from kizuna.wire.integers import INT32_MAX, INT64_MAX, INT64_MIN

#: The last second that a calendar has.
LAST_SECOND = 253_402_300_799

LONGEST_ID = 128

#: What sizes of teams are refused with; other servers are known by these very texts.
INITIAL_SIZE_INVALID = "teams initial max size invalid"
MAX_SIZE_INVALID = "teams max size invalid"


class Document(BaseModel):
    """A map with these keys and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _id(text: str) -> str:
    if not 1 <= len(text.encode()) <= LONGEST_ID:
        raise ValueError(f"must have 1 to {LONGEST_ID} bytes")
    return text


def _stat_name(text: str) -> str:
    if not (text.isascii() and text.replace("_", "a").isalnum()):
        raise ValueError("must have letters from A to Z in capitals or not, digits and _ only")
    return _id(text)


def _tier(text: str) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and text == str(int(text))):
        raise ValueError('must be the number of a tier, such as "0"')
    return text


def _size(message: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number and value < 1:
            raise ValueError(f"must be at least 1, not {value} ({message})")
        if is_number and value > INT32_MAX:
            raise ValueError(f"must be at most {INT32_MAX}, not {value} ({message})")
        return value

    return check


def schedule(text: Any) -> Schedule | None:
    """The schedule of an expression; None for "". Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("must be a CRON expression, such as 0 0 * * 1")
    if not text:
        return None
    try:
        return _parsed(text)
    except CronError as error:
        raise ValueError(f"must be a CRON expression, such as 0 0 * * 1, not {text!r}: {error}") from None


_parsed = lru_cache(maxsize=256)(Schedule.parse)


def _ticking(text: Any) -> Schedule:
    parsed = schedule(text)
    if parsed is None or parsed.never:
        raise ValueError(f"must be a CRON expression with a next time, not {text!r}")
    return parsed


Switch = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True, ge=INT64_MIN, le=INT64_MAX)]
Count = Annotated[int, Field(strict=True, ge=0, le=INT64_MAX)]
Positive = Annotated[int, Field(strict=True, ge=1, le=INT64_MAX)]
SmallCount = Annotated[int, Field(strict=True, ge=0, le=INT32_MAX)]
SmallWhole = Annotated[int, Field(strict=True, ge=-INT32_MAX, le=INT32_MAX)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=LAST_SECOND)]
Draws = Annotated[int, Field(strict=True, ge=0, le=MOST_DRAWS)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]

Id = Annotated[str, AfterValidator(_id)]
StatName = Annotated[str, AfterValidator(_stat_name)]
Tier = Annotated[str, AfterValidator(_tier)]
Cron = Annotated[Schedule | None, PlainValidator(schedule)]
TickingCron = Annotated[Schedule, PlainValidator(_ticking)]

Texts = dict[str, str]
Json = dict[str, Any]

InitialTeamSize = Annotated[int, BeforeValidator(_size(INITIAL_SIZE_INVALID)), Field(strict=True)]
TeamSize = Annotated[int, BeforeValidator(_size(MAX_SIZE_INVALID)), Field(strict=True)]
