"""A clock that a test can move."""

from datetime import UTC, datetime, timedelta

from kizuna.clock import ShiftedClock


class MovableClock(ShiftedClock):
    """The time as a server under test knows it: it goes on as the machine's does, and leaps when told to.

    It begins at `start`, an aware datetime, or at the present. Moving it changes nothing else:
    `Server.settle` waits until the server has done what became due.
    """

    def __init__(self, start: datetime | None = None) -> None:
        super().__init__()
        if start is not None:
            self.offset = _aware(start) - datetime.now(UTC)

    def advance(
        self, *, weeks: float = 0, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Let so much time pass at once; the new time. ValueError for less than none."""
        step = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        if step < timedelta(0):
            raise ValueError(f"a server's time does not go backwards, as {step} would")
        self.offset += step
        return self.now()

    def advance_to(self, instant: datetime) -> datetime:
        """Let time pass until an instant, an aware datetime; the new time. ValueError for the past."""
        step = _aware(instant) - self.now()
        return self.advance(seconds=step.total_seconds())


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} needs a time zone, such as tzinfo=UTC")
    return instant
