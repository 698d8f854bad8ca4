"""A worker lives as long as its parent, whatever ends the parent."""

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def hold_on_to(parent: int) -> None:
    """End this process as soon as the process `parent`, which must be the one that started it, is gone.

    Linux does it itself, at once and even if this process hangs. Elsewhere standard input must be a pipe that
    the parent holds open: its end is the sign.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the kernel knew our wish
            os._exit(1)
    else:
        threading.Thread(target=_exit_at_end_of_input, name="lifeline", daemon=True).start()


def _exit_at_end_of_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)
