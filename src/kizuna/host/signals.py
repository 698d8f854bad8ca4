"""Signals as something to wait for, instead of something that interrupts."""

import contextlib
import os
import select
import signal
from collections.abc import Iterable
from types import TracebackType


class SignalInbox:
    """Collects the given signals of this process while it is open. Main thread only."""

    def __init__(self, *signals: signal.Signals) -> None:
        self._signals = signals

    def __enter__(self) -> "SignalInbox":
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._previous = {number: signal.signal(number, _nothing) for number in self._signals}
        self._previous_fd = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._previous_fd)
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        os.close(self._reader)
        os.close(self._writer)

    def wait(self, seconds: float, others: Iterable[int] = ()) -> set[int]:
        """The signals that came; returns early also when one of the descriptors `others` can be read."""
        select.select([self._reader, *others], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            return set(os.read(self._reader, 4096))
        return set()


def _nothing(number: int, frame: object) -> None:
    """The wake-up descriptor tells."""
