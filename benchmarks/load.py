"""Sending requests as fast as a server answers them: through wrk, or where it is missing by ourselves."""

import asyncio
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.requests import UNIQUE, UNIQUE_DIGITS, Address, Request, new_tag, unique

#: Seconds after which a request counts as failed.
TIMEOUT = 10


@dataclass(frozen=True)
class Load:
    """What came of a run. Latencies are in milliseconds.

    `refused` counts the answers that were no success, `broken` the requests that got no answer.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    refused: int
    broken: int

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds if self.seconds else 0.0

    @property
    def failures(self) -> int:
        """Requests that did not get what they asked for."""
        return self.refused + self.broken


#: Sends the requests over and over, in their order, on so many connections at once for so many seconds.
Driver = Callable[[Address, Sequence[Request], int, int], Load]


def drivers() -> dict[str, Driver]:
    """The drivers that this machine has, by their names, the best one first."""
    return ({"wrk": wrk} if shutil.which("wrk") else {}) | {"asyncio": own_client}


def _parts(requests: Sequence[Request], address: Address) -> list[tuple[bytes, bytes | None]]:
    """What stands in each request before its unique text and behind it; None where there is no such text."""
    parts = (request.render(address).partition(UNIQUE.encode()) for request in requests)
    return [(head, tail if mark else None) for head, mark, tail in parts]


# wrk

_SCRIPT = """\
local heads = {%(heads)s}
local tails = {%(tails)s}
local place, number = 0, 0

request = function()
  place = place %% #heads + 1
  local tail = tails[place]
  if not tail then return heads[place] end
  number = number + 1
  return heads[place] .. string.format("%(tag)s%%0%(digits)dd", number) .. tail
end

done = function(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests":%%d,"us":%%d,"p50":%%f,"p99":%%f,"refused":%%d,"broken":%%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
"""


def wrk(address: Address, requests: Sequence[Request], connections: int, seconds: int) -> Load:
    """Load a server through wrk. It counts answers from 400 on as refused."""
    with tempfile.TemporaryDirectory(prefix="kizuna-wrk-") as directory:
        script = Path(directory, "requests.lua")
        script.write_text(_script(_parts(requests, address)))
        limits = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", f"{TIMEOUT}s"]
        command = ["wrk", *limits, "-s", str(script), f"http://{address}"]
        output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = json.loads(output.splitlines()[-1])
    return Load(
        requests=found["requests"],
        seconds=found["us"] / 1e6,
        p50=found["p50"] / 1000,
        p99=found["p99"] / 1000,
        refused=found["refused"],
        broken=found["broken"],
    )


def _script(parts: Sequence[tuple[bytes, bytes | None]]) -> str:
    heads = ",\n".join(_lua(head) for head, _ in parts)
    tails = ",\n".join("false" if tail is None else _lua(tail) for _, tail in parts)
    return _SCRIPT % {"heads": heads, "tails": tails, "tag": new_tag(), "digits": UNIQUE_DIGITS}


def _lua(text: bytes) -> str:
    """A string literal of Lua: letters and digits as they are, everything else by its number."""
    return '"' + "".join(chr(c) if chr(c).isalnum() and c < 128 else f"\\{c:03d}" for c in text) + '"'


# Our own client


@dataclass
class _Tally:
    """What the connections have seen so far. Latencies are in seconds."""

    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    broken: int = 0


def own_client(address: Address, requests: Sequence[Request], connections: int, seconds: int) -> Load:
    """Load a server from this process. Answers outside of 200 to 299 count as refused."""
    tally = _Tally()
    begun = time.perf_counter()
    _run(_load(address, _endless(_parts(requests, address)), connections, begun + seconds, tally))
    took = time.perf_counter() - begun
    ordered = sorted(tally.latencies)
    return Load(
        requests=len(ordered),
        seconds=took,
        p50=_percentile(ordered, 0.50) * 1000,
        p99=_percentile(ordered, 0.99) * 1000,
        refused=tally.refused,
        broken=tally.broken,
    )


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        asyncio.run(work)
    else:
        uvloop.run(work)


def _endless(parts: Sequence[tuple[bytes, bytes | None]]) -> Iterator[bytes]:
    tag = new_tag()
    for number, (head, tail) in enumerate(itertools.cycle(parts)):
        yield head if tail is None else head + unique(tag, number).encode() + tail


async def _load(
    address: Address, requests: Iterator[bytes], connections: int, end: float, tally: _Tally
) -> None:
    clients = [asyncio.create_task(_client(address, requests, end, tally)) for _ in range(connections)]
    left = end - time.perf_counter() + TIMEOUT
    _, stuck = await asyncio.wait(clients, timeout=left)
    tally.broken += len(stuck)
    for client in stuck:
        client.cancel()


async def _client(address: Address, requests: Iterator[bytes], end: float, tally: _Tally) -> None:
    """One client, which connects again whenever its connection breaks."""
    while time.perf_counter() < end:
        try:
            reader, writer = await asyncio.open_connection(address.host, address.port)
            try:
                await _converse(reader, writer, requests, end, tally)
            finally:
                writer.close()
        except (OSError, EOFError, ValueError):
            tally.broken += 1
            await asyncio.sleep(0.01)


async def _converse(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    requests: Iterator[bytes],
    end: float,
    tally: _Tally,
) -> None:
    """Request after request on one connection, until the time is over or the server closes."""
    while (sent := time.perf_counter()) < end:
        writer.write(next(requests))
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        _, _, length = head.partition(b"content-length: ")
        await reader.readexactly(int(length.partition(b"\r")[0]))
        tally.latencies.append(time.perf_counter() - sent)
        tally.refused += not head.startswith(b"http/1.1 2")
        if b"connection: close" in head:
            return


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
