"""The one source of time.

Everything that needs the present asks a `Clock`, and SQL receives it as a parameter, so a test can move it.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time."""

    def now(self) -> datetime:
        """The present as an aware UTC datetime with microseconds."""

    def unix(self) -> float:
        """The present in seconds since 1970, the same instant that `now` tells."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def unix(self) -> float:
        return time.time()


class ShiftedClock:
    """The machine's clock moved by an offset that may be changed while the server runs."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def unix(self) -> float:
        return time.time() + self.offset.total_seconds()
