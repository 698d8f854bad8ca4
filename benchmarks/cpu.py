"""What a server's processes have used: CPU time and memory, PostgreSQL's told apart from ours."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import psutil

_POSTGRESQL = "postgres"


class Cpu(NamedTuple):
    """CPU time in microseconds."""

    server: float
    postgresql: float

    @property
    def total(self) -> float:
        return self.server + self.postgresql

    def since(self, earlier: "Cpu") -> "Cpu":
        """What was used between two readings."""
        return Cpu(self.server - earlier.server, self.postgresql - earlier.postgresql)

    def per(self, requests: int) -> "Cpu":
        """The share of one request; nothing where there was none."""
        return Cpu(self.server / requests, self.postgresql / requests) if requests else Cpu(0, 0)


class Memory(NamedTuple):
    """Memory of one process in megabytes: resident, and with shared pages divided among their users."""

    rss: float
    pss: float


class Processes:
    """Process trees by the ids of their roots. PostgreSQL's processes are known by their name."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._roots = [psutil.Process(pid) for pid in pids]

    def cpu(self) -> Cpu:
        """All CPU time so far, that of ended children included. Exact to a clock tick, 10 ms as a rule."""
        server = postgresql = 0.0
        for process in self._all():
            with suppress(psutil.NoSuchProcess):
                if process.name() == _POSTGRESQL:
                    postgresql += _microseconds(process)
                else:
                    server += _microseconds(process)
        return Cpu(server, postgresql)

    def worker(self) -> Memory:
        """The memory of the largest process that serves requests."""
        return max(_memory(process) for process in self._all() if process.name() != _POSTGRESQL)

    def _all(self) -> Iterator[psutil.Process]:
        for root in self._roots:
            yield root
            yield from root.children(recursive=True)


def _microseconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return (times.user + times.system + times.children_user + times.children_system) * 1e6


def _memory(process: psutil.Process) -> Memory:
    found = process.memory_full_info()
    return Memory(found.rss / 1e6, getattr(found, "pss", found.rss) / 1e6)
