"""PostgreSQL processes that an earlier owner of a home left behind.

Every PostgreSQL process has its data directory as working directory, and that, not a pid noted in a file,
says whom it belongs to: a pid is soon given to somebody else.
"""

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from kizuna.db.embedded.home import Home
from kizuna.db.embedded.privileges import Account, run_as

PROGRAMS = frozenset({"postgres", "postmaster", "initdb"})

#: Seconds for a fast shutdown, then for an immediate one, then for the kernel to bury the dead.
FAST, IMMEDIATE, KILLED = 15.0, 5.0, 5.0


def clear(home: Home) -> int:
    """End whatever still runs in the home, then remove the `postmaster.pid` it may have left.

    A server refuses to start when that file names a live process, even one that has nothing to do with it.
    Only for the owner of the home. Returns the number of processes found.
    """
    makers = living_in(home.path, home.unfinished)
    _signal_all(makers, signal.SIGKILL)
    _outlast(makers, KILLED)
    servers = living_in(home.pgdata)
    end(servers)
    (home.pgdata / "postmaster.pid").unlink(missing_ok=True)
    return len(makers) + len(servers)


def living_in(*directories: Path) -> list[psutil.Process]:
    """The live PostgreSQL processes whose working directory is one of these; zombies have none."""
    places = {os.path.realpath(directory) for directory in directories}
    return [
        process
        for process in psutil.process_iter(["name"])
        if process.info["name"] in PROGRAMS and working_directory(process) in places
    ]


def working_directory(process: psutil.Process) -> str | None:
    """Where a process works, or None when it is gone or hidden from us."""
    try:
        return process.cwd()
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return _asked_as_itself(process) if os.geteuid() == 0 else None


def _asked_as_itself(process: psutil.Process) -> str | None:
    """In a container even root may not look at another user's process; that user may."""
    try:
        account = Account.of_uid(process.uids().real, process.gids().real)
        answer = run_as(account, ["readlink", f"/proc/{process.pid}/cwd"])
    except (psutil.Error, OSError):
        return None
    return answer.stdout.removesuffix("\n") or None


def end(processes: list[psutil.Process]) -> None:
    """End the processes of one server: a fast shutdown, and less gently the longer it takes.

    SIGINT goes to those that have no parent among them. For the postmaster it is the shutdown, for a backend
    whose postmaster is dead it cancels the statement, after which the backend notices and goes.
    """
    pids = {process.pid for process in processes}
    orphans = [process for process in processes if _parent(process) not in pids]
    _signal_all(orphans, signal.SIGINT)
    alive = _outlast(processes, FAST)
    _signal_all(alive, signal.SIGQUIT)
    alive = _outlast(alive, IMMEDIATE)
    _signal_all(alive, signal.SIGKILL)
    _outlast(alive, KILLED)


def _outlast(processes: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Wait until all have ended, at most so many seconds; those that have not.

    A zombie has ended: in a container nobody may ever collect it.
    """
    deadline = time.monotonic() + patience
    while (alive := [process for process in processes if _alive(process)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return alive


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def _signal_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue
