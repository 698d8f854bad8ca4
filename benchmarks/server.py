"""The processes under measurement: a server of kizuna, and the bare application that gives the unit."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any, NamedTuple

from benchmarks.cpu import Processes
from benchmarks.requests import Address

HOST = "127.0.0.1"
HERE = Path(__file__).parent

#: Seconds that a start or a stop may take. The first start makes a database.
PATIENCE = 120

#: Passwords are not what is measured; and players must stay signed in to the end.
_SETTINGS = {
    "KIZUNA_PASSWORD__BCRYPT_COST": "4",
    "KIZUNA_SESSION__TOKEN_EXPIRY_SEC": "86400",
    "KIZUNA_TEAMS__CONFIG": str(HERE / "teams.yaml"),
}


class Running(NamedTuple):
    """A server that answers."""

    address: Address
    processes: Processes
    started_in: float = 0.0


class StartFailed(Exception):
    """A server did not start; the text is its output."""


@contextmanager
def data_directory() -> Iterator[Path]:
    """A directory for a database, gone afterwards. Its path is short, as a socket's path must be."""
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as directory:
        yield Path(directory)


@contextmanager
def kizuna(data: Path, workers: int, settings: Mapping[str, Any] | None = None) -> Iterator[Running]:
    """`kizuna serve` with a database of its own; what its environment says about kizuna is left out.

    `settings` are those that it has besides, by dotted keys; lists are of texts.
    """
    port = _free_port()
    options = f"--host {HOST} --port {port} --workers {workers} --log-level warn".split()
    places = ["--data-dir", str(data), "--modules", str(HERE / "modules")]
    ours = {name: value for name, value in os.environ.items() if not _is_kizunas(name)}
    command = [sys.executable, "-m", "kizuna", "serve", *options, *places]
    with _running(command, port, "/healthcheck", ours | _SETTINGS | _variables(settings or {})) as running:
        yield running


def _variables(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as the environment has them."""
    return {
        f"KIZUNA_{key.upper().replace('.', '__')}": ",".join(value) if isinstance(value, list) else str(value)
        for key, value in settings.items()
    }


@contextmanager
def unit() -> Iterator[Running]:
    """The bare application under uvicorn, with the same event loop and parser as kizuna."""
    port = _free_port()
    options = f"--host {HOST} --port {port} --loop uvloop --http httptools --ws none --lifespan off"
    quiet = "--no-access-log --log-level warning"
    command = [sys.executable, "-m", "uvicorn", "benchmarks.unit:app", *f"{options} {quiet}".split()]
    path = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    with _running(command, port, "/", os.environ | {"PYTHONPATH": path}) as running:
        yield running


@contextmanager
def _running(command: Sequence[str], port: int, path: str, environment: dict[str, str]) -> Iterator[Running]:
    address = Address(HOST, port)
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, address, path, output)
            yield Running(address, Processes([process.pid]), time.perf_counter() - begun)
        finally:
            _end(process)


def _wait(process: subprocess.Popen[bytes], address: Address, path: str, output: IO[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while not _answers(address, path):
        if process.poll() is not None or time.monotonic() > end:
            output.seek(0)
            raise StartFailed(output.read().decode(errors="replace"))
        time.sleep(0.01)


def _answers(address: Address, path: str) -> bool:
    connection = HTTPConnection(address.host, address.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _is_kizunas(name: str) -> bool:
    return name == "DATABASE_URL" or name.startswith("KIZUNA_")
