"""Times as the stores write them.

A `Moment` is an aware datetime, or what developers give: RFC 3339 text, a bare date, which begins at midnight
in UTC, or seconds since 1970.
"""

from datetime import UTC, date, datetime, time, timedelta

Moment = datetime | str | float

MONTH = timedelta(days=30)

#: What is said to whoever writes it in another way.
FORMS = 'a time such as "2030-01-31T12:00:00Z", a date such as "2030-01-31", or seconds since 1970'


def instant(moment: Moment) -> datetime:
    """The moment as an aware datetime. ValueError for what is none, or a time without a zone."""
    found = _found(moment)
    if found is None:
        raise ValueError(f"{moment!r} is not {FORMS}")
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


def _found(moment: object) -> datetime | None:
    if isinstance(moment, str):
        return _of_text(moment)
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        return _of_seconds(moment)
    return moment if isinstance(moment, datetime) else None


def _of_seconds(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):  # milliseconds are no year that there is
        return None


def _of_text(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
