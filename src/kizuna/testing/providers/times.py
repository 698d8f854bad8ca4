"""Times as the stores write them. A `Moment` is an aware datetime, or RFC 3339 text as developers give it."""

from datetime import UTC, datetime, timedelta

Moment = datetime | str

MONTH = timedelta(days=30)


def instant(moment: Moment) -> datetime:
    """The moment as an aware datetime. ValueError for a text that is none, or a time without a zone."""
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if found.tzinfo is None:
        raise ValueError(f"{moment} needs a time zone, such as Z for UTC")
    return found


def milliseconds(moment: Moment) -> int:
    """Milliseconds since 1970."""
    return (instant(moment) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def rfc3339(moment: Moment) -> str:
    """RFC 3339 in UTC with milliseconds."""
    text = instant(moment).astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
