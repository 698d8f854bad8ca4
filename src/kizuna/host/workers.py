"""The worker processes as their parent sees them: started, watched, replaced, stopped."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kizuna
from kizuna.host.errors import HostError

log = logging.getLogger(__name__)

#: Shortest and longest pause before a dead worker is replaced; it doubles with each death in a row. Seconds.
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0

#: A worker that has lived this long died of something new. Seconds.
LONG_LIFE = 60.0


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    status: int  # readable when it says "ready" and when it is dead
    started: float
    ready: bool = False


@dataclass
class _Place:
    """One of the wanted workers: who fills it, or when it is to be filled."""

    worker: _Worker | None = None
    due: float = 0.0
    pause: float = FIRST_PAUSE


@dataclass
class WorkerPool:
    """Keeps `count` workers alive that accept from `listener` and do what `brief` says.

    A worker that dies before all have been ready once is a failed start: `tend` raises HostError.
    """

    count: int
    listener: socket.socket
    brief: dict[str, Any]
    complete: bool = False
    places: list[_Place] = field(default_factory=list)

    def start(self) -> None:
        """Start all of them; `complete` becomes true once all are ready."""
        self.places = [_Place(worker=self._spawn()) for _ in range(self.count)]

    def descriptors(self) -> list[int]:
        """What becomes readable when `tend` has something to do."""
        return [place.worker.status for place in self.places if place.worker]

    def tend(self) -> None:
        """Take note of workers that are ready or dead, and replace those whose time has come."""
        for place in self.places:
            if place.worker:
                self._look_at(place, place.worker)
            elif time.monotonic() >= place.due:
                place.worker = self._spawn()
        self.complete = self.complete or all(p.worker and p.worker.ready for p in self.places)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to each."""
        for place in self.places:
            if place.worker:
                place.worker.process.send_signal(number)

    def reap(self) -> bool:
        """Take note of workers that have ended; whether all have."""
        for place in self.places:
            if place.worker and place.worker.process.poll() is not None:
                self._bury(place, place.worker)
        return not any(place.worker for place in self.places)

    def kill(self) -> None:
        """End what is left of them."""
        self.signal(signal.SIGKILL)
        for place in self.places:
            if place.worker:
                place.worker.process.wait()
                self._bury(place, place.worker)

    def _look_at(self, place: _Place, worker: _Worker) -> None:
        said = _read_now(worker.status)
        if said:
            worker.ready = True
        elif said is not None:
            status = worker.process.wait()
            self._bury(place, worker)
            self._replace(place, worker, status)

    def _replace(self, place: _Place, worker: _Worker, status: int) -> None:
        if not self.complete:
            raise HostError(f"A worker failed while it started ({_reason(status)}).")
        lived = time.monotonic() - worker.started
        place.pause = FIRST_PAUSE if lived > LONG_LIFE else min(LONGEST_PAUSE, place.pause * 2)
        place.due = time.monotonic() + place.pause
        log.error(
            "Worker %d ended (%s); another one starts in %.1f s.",
            worker.process.pid,
            _reason(status),
            place.pause,
        )

    def _bury(self, place: _Place, worker: _Worker) -> None:
        os.close(worker.status)
        if worker.process.stdin:
            worker.process.stdin.close()
        place.worker = None

    def _spawn(self) -> _Worker:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "kizuna.host.worker"],
            stdin=subprocess.PIPE,
            pass_fds=(self.listener.fileno(), writer),
            env=_environment(),
            start_new_session=True,  # Ctrl-C is the parent's to hear
        )
        os.close(writer)
        brief = {**self.brief, "parent": os.getpid(), "listener": self.listener.fileno(), "status": writer}
        assert process.stdin
        process.stdin.write(json.dumps(brief).encode() + b"\n")
        process.stdin.flush()  # and stays open: where the system offers nothing better, its end is our death
        return _Worker(process, reader, time.monotonic())


def _read_now(descriptor: int) -> bytes | None:
    """What can be read without waiting: None for nothing yet, b"" at the end."""
    try:
        return os.read(descriptor, 4096)
    except BlockingIOError:
        return None


def _environment() -> dict[str, str]:
    """Ours, with this very package in reach of a Python that does not look into the working directory."""
    home = str(Path(kizuna.__file__).parents[1])
    path = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def _reason(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
