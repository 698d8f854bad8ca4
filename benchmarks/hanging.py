"""What sign-ins that wait for a provider cost everybody else: `python -m benchmarks.hanging`.

The identity provider is a server that accepts connections and never answers. Accounts are read on 32
connections, by turns with nothing else going on and beside sign-ins that all hang.
"""

import argparse
import asyncio
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import NamedTuple

from benchmarks import server
from benchmarks.cpu import Processes
from benchmarks.load import drivers
from benchmarks.players import sign_in
from benchmarks.requests import Address, Client, Request, basic

_KEY = "defaultkey"
_PLAYERS = 50

#: How much longer others may take beside the sign-ins that hang, at the median and in the slowest hundredth.
_GOAL_P50, _GOAL_P99 = 1.25, 1.5

#: Seconds that the provider may take to be asked: longer than a run.
_PATIENCE = 60


class _Turn(NamedTuple):
    rate: float
    p50: float
    p99: float
    cpu: float
    failures: int


def main() -> int:
    """Measure; 1 if a request failed, or with --check if a goal was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.hanging", description=__doc__)
    parser.add_argument("--sign-ins", type=int, default=32, help="that hang at once (default 32)")
    parser.add_argument("--seconds", type=int, default=4, help="of each turn (default 4)")
    parser.add_argument("--turns", type=int, default=5, help="of each kind (default 5)")
    parser.add_argument("--check", action="store_true", help="fail when a goal is missed")
    options = parser.parse_args()
    with _provider() as (provider, loop), server.data_directory() as data:
        settings = {
            "social.http_timeout_ms": _PATIENCE * 1000,
            "social.steam.app_id": 480,
            "social.steam.base_url": f"http://{provider.address}",
            "social.steam.publisher_key": "benchmark",
        }
        with server.kizuna(data, 1, settings) as running:
            sign_ins = partial(_sign_ins, running.address, options.sign_ins, provider, loop)
            alone, beside = _measured(running.address, running.processes, sign_ins, options)
    return _told(alone, beside, options)


def _measured(
    address: Address,
    processes: Processes,
    sign_ins: Callable[[], AbstractContextManager[None]],
    options: argparse.Namespace,
) -> tuple[list[_Turn], list[_Turn]]:
    with closing(Client(address)) as client:
        players = [sign_in(client, _KEY, f"hanging-device-{number}") for number in range(_PLAYERS)]
    drive = next(iter(drivers().values()))
    requests = [Request("GET", "/v2/account", player.authorization) for player in players]

    def turn() -> _Turn:
        before = processes.cpu()
        load = drive(address, requests, 32, options.seconds)
        cpu = processes.cpu().since(before).per(load.requests).total
        return _Turn(load.rate, load.p50, load.p99, cpu, load.failures)

    turn()  # the warm-up
    alone, beside = [], []
    for _ in range(options.turns):
        alone.append(turn())
        with sign_ins():
            beside.append(turn())
    return alone, beside


def _told(alone: list[_Turn], beside: list[_Turn], options: argparse.Namespace) -> int:
    print(f"{'':24}{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}")
    for name, turns in (("alone", alone), (f"beside {options.sign_ins} that hang", beside)):
        rate, p50, p99, cpu = (statistics.median(column) for column in list(zip(*turns, strict=True))[:4])
        print(f"{name:24}{rate:8.0f}{p50:9.2f}{p99:9.2f}{cpu:9.0f}")
    p50 = _ratio(alone, beside, "p50")
    p99 = _ratio(alone, beside, "p99")
    print(f"median ratios: p50 {p50:.2f} (goal {_GOAL_P50}), p99 {p99:.2f} (goal {_GOAL_P99})")
    failures = sum(turn.failures for turn in (*alone, *beside))
    if failures:
        print(f"{failures} requests failed")
    return int(failures > 0 or (options.check and (p50 > _GOAL_P50 or p99 > _GOAL_P99)))


def _ratio(alone: list[_Turn], beside: list[_Turn], name: str) -> float:
    """The median of the ratios of neighbouring turns, which the machine's noise hits alike."""
    pairs = zip(alone, beside, strict=True)
    ratios = [float(getattr(after, name) / getattr(before, name)) for before, after in pairs]
    return statistics.median(ratios)


# The provider, and those who wait for it


class _Provider:
    """A server that accepts, reads and never answers. `held` are the connections that wait for it."""

    def __init__(self) -> None:
        self.address = Address(server.HOST, 0)
        self.held: set[asyncio.StreamWriter] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.held.add(writer)
        try:
            await reader.read(-1)
        except OSError:
            pass
        finally:
            self.held.discard(writer)
            writer.close()

    def release(self) -> None:
        """Give up whoever waits."""
        for writer in self.held:
            writer.close()


@contextmanager
def _provider() -> Iterator[tuple[_Provider, asyncio.AbstractEventLoop]]:
    provider = _Provider()
    loop = asyncio.new_event_loop()
    serving = loop.run_until_complete(asyncio.start_server(provider.serve, server.HOST, 0))
    provider.address = Address(server.HOST, serving.sockets[0].getsockname()[1])
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield provider, loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@contextmanager
def _sign_ins(
    address: Address, count: int, provider: _Provider, loop: asyncio.AbstractEventLoop
) -> Iterator[None]:
    """So many sign-ins that wait for the provider, until the block ends: then it gives them up."""
    sockets = [socket.create_connection(address, timeout=_PATIENCE) for _ in range(count)]
    for number, waiting in enumerate(sockets):
        waiting.sendall(_sign_in_request(number).render(address))
    _wait_for(provider, count)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(provider.release)
        for waiting in sockets:
            waiting.recv(1)
            waiting.close()


def _wait_for(provider: _Provider, count: int) -> None:
    end = time.monotonic() + server.PATIENCE
    while len(provider.held) < count:
        if time.monotonic() > end:
            raise SystemExit(f"only {len(provider.held)} of {count} sign-ins hang")
        time.sleep(0.01)


def _sign_in_request(number: int) -> Request:
    path = "/v2/account/authenticate/steam?create=true"
    return Request("POST", path, basic(_KEY), {"token": f"{number:032x}"})


if __name__ == "__main__":
    sys.exit(main())
