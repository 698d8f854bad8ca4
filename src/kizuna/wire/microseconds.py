"""Times as whole numbers, exact to what the database stores: for positions in cursors and lists."""

from datetime import UTC, datetime, timedelta

#: The beginning of 1970: where times are counted from, and what stands for a time that is not set.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_MICROSECOND = timedelta(microseconds=1)
_LATEST = (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // _MICROSECOND


def to_microseconds(time: datetime) -> int:
    """The microseconds from 1970 to an aware time."""
    return (time - EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime | None:
    """The time so many microseconds after 1970, or None for one before it or after the year 9999."""
    return EPOCH + count * _MICROSECOND if 0 <= count <= _LATEST else None
