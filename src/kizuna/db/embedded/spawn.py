"""Child processes that do not outlive their parent.

On Linux the kernel sends SIGINT, PostgreSQL's clean fast shutdown, to a child whose parent dies, even by
SIGKILL. The signal is tied to the thread that made the child, so only the main thread, which lives as long as
the process, may make one. Elsewhere leftovers are ended at the next start.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from kizuna.db.embedded.privileges import Account

_PR_SET_PDEATHSIG = 1

# Looked up here, because a child must not import or resolve anything between fork and exec.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def environment() -> dict[str, str]:
    """Ours without what would redirect PostgreSQL's programs, and with messages in English."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return inherited | {"LC_ALL": "C", "TZ": "UTC"}


def spawn(
    command: Sequence[str],
    *,
    directory: Path,
    output: int,
    account: Account | None,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a server-side program in a session of its own, so that Ctrl-C in a terminal does not reach it.

    `output` is the descriptor that receives stdout and stderr; an account other than None is switched to.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("the embedded database must be started from the main thread")
    return subprocess.Popen(
        command,
        cwd=directory,
        env=environment(),
        stdin=stdin,
        stdout=output,
        stderr=output,
        umask=0o077,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_tied_to(os.getpid()),
    )


def _tied_to(parent: int) -> Callable[[], None]:
    """What the child does right before exec, its user already changed (that change would clear the tie)."""

    def tie() -> None:
        # Python's own SIGINT handler, inherited until exec, would swallow the parent's death.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie
