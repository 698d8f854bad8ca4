"""A clock that goes to times of a day."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from kizuna.clock import ShiftedClock

#: Moves the clock to a second of the day after the one on which the test began.
MoveTo = Callable[[int], None]


@pytest.fixture
def move_to(clock: ShiftedClock) -> MoveTo:
    """Time by the second of a day, which the test's own length does not bring near the day's end."""
    tomorrow = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)

    def move(second: int) -> None:
        clock.offset += tomorrow + timedelta(seconds=second) - clock.now()

    return move
