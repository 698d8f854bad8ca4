"""SIGHUP until somebody is there who knows what to do with it. Quick to import: it may come at any time."""

import os
import signal
from types import FrameType

_TERMINAL = "/dev/tty"


def outlast() -> None:
    """Let SIGHUP not end a server that is still starting: it reads what it goes by in a moment anyway.

    Where there is a terminal, it may be that which closes: then the start ends with it, as by SIGINT. Whoever
    ignores the signal, as `nohup` does, goes on ignoring it.
    """
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _end_with_terminal if has_terminal() else _go_on)


def heed() -> None:
    """Undo `outlast`: the signal does what it does to every program."""
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) in {_end_with_terminal, _go_on}:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def has_terminal() -> bool:
    """Whether this process belongs to a terminal that is still open."""
    try:
        os.close(os.open(_TERMINAL, os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _go_on(number: int, frame: FrameType | None) -> None:
    """Nothing to do."""


def _end_with_terminal(number: int, frame: FrameType | None) -> None:
    if not has_terminal():
        raise KeyboardInterrupt
