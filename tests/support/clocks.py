"""The time that applications under test tell: the same day whenever the tests run."""

import time
from datetime import UTC, datetime
from typing import Final

from kizuna.clock import ShiftedClock

#: What applications under test take for the present at first: a Wednesday noon in the middle of a month, far
#: from the ends of everything that is daily, weekly or monthly.
BEGINNING: Final = datetime(2027, 3, 10, 12, tzinfo=UTC)


class SteadyClock(ShiftedClock):
    """A clock that begins at BEGINNING and goes on from there, moved by its offset."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.unix(), UTC)

    def unix(self) -> float:
        return BEGINNING.timestamp() + (time.monotonic() - self._began) + self.offset.total_seconds()
