"""Times as clients write and read them: RFC 3339."""

import re
from datetime import UTC, datetime, timedelta

import orjson

from kizuna.wire.microseconds import EPOCH

# orjson prints times three times as fast as `isoformat`.
_WHOLE_SECONDS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS

_LATEST = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH).total_seconds())

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)


def parse_timestamp(text: str) -> datetime | None:
    """The UTC time, or None if it is malformed. Digits beyond the microsecond are cut off, not rounded.

    Raises OverflowError for a time that its offset carries out of the years 1 to 9999.
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    clock, fraction, sign, hours, minutes = match.groups("")
    try:
        time = datetime.fromisoformat(clock).replace(tzinfo=UTC)
    except ValueError:
        return None
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    time = time + offset if sign == "-" else time - offset
    return time.replace(microsecond=int(fraction[:6].ljust(6, "0")))


def rfc3339_seconds(time: datetime) -> str:
    """An aware time as UTC in whole seconds, the rest cut off: `2026-11-21T04:19:17Z`."""
    return orjson.dumps(_utc(time), option=_WHOLE_SECONDS)[1:-1].decode()


def rfc3339_unix(seconds: int) -> str:
    """Seconds since 1970 as `rfc3339_seconds` prints them, bounded by what a datetime can say."""
    return rfc3339_seconds(EPOCH + timedelta(seconds=min(max(seconds, 0), _LATEST)))


def rfc3339(time: datetime) -> str:
    """An aware time as UTC with the fewest of 0, 3 or 6 fraction digits that are exact."""
    text = orjson.dumps(_utc(time), option=orjson.OPT_UTC_Z)[1:-1].decode()
    return text if time.microsecond % 1000 or not time.microsecond else text[: -len("000Z")] + "Z"


def _utc(time: datetime) -> datetime:
    if time.tzinfo is UTC:
        return time
    if time.tzinfo is None:
        raise ValueError("a time without a time zone")
    return time.astimezone(UTC)
