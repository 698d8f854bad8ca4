"""Real servers for the tests: `kizuna serve` in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from tests.support.providers import NOWHERE
from tests.support.waiting import wait_until

HOST = "127.0.0.1"
#: The command line of this checkout.
KIZUNA = (sys.executable, "-m", "kizuna")
_LOG_TAIL = 20_000

#: What the fixture `serve` is.
Serve = Callable[..., "Server"]

#: Servers that have been started and not ended: their logs are shown with a test that fails.
RUNNING: list["Server"] = []


class Server:
    """A running `kizuna serve`, its standard output and error in `log`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.host = HOST
        self.port = port
        self.log = log

    @property
    def base_url(self) -> str:
        """`http://…` without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    @property
    def output(self) -> str:
        """The end of what it has printed so far."""
        return self.log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")

    def answers(self) -> bool:
        """Whether the health check says yes; an AssertionError with the log when the process has ended."""
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.output}"
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.base_url}/healthcheck", timeout=5).status_code == 200
        return False

    def stop(self, timeout: float = 30) -> int:
        """End it as a service manager does, with SIGTERM; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server did not end within {timeout} s:\n{self.output}") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """End it without warning, if it has not ended already."""
        self.process.kill()
        self.process.wait()
        if self in RUNNING:
            RUNNING.remove(self)


def start_server(
    *args: str,
    log: Path,
    database_url: str | None = None,
    config: Path | None = None,
    modules: Path | None = None,
    data_dir: Path | None = None,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    command: Sequence[str] = KIZUNA,
    cwd: Path | None = None,
    wait: bool = True,
) -> Server:
    """Start `kizuna serve ARGS` on a free port and wait until it answers.

    `env` is added to the environment; `command` is another installation's `kizuna`; `wait=False` returns at
    once.
    """
    port = port or free_port()
    options = {
        "--host": HOST,
        "--port": port,
        "--database-url": database_url,
        "--config": config,
        "--modules": modules,
        "--data-dir": data_dir,
    }
    given = [text for name, value in options.items() if value is not None for text in (name, str(value))]
    # Of two files the later counts, and so does everything else that a test says.
    nowhere = log.with_suffix(".nowhere.yaml")
    nowhere.write_text("".join(f"{key}: {url}\n" for key, url in NOWHERE.items()))
    given = ["--config", str(nowhere), *given]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "serve", *given, *args],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
        )
    server = Server(process, port, log)
    RUNNING.append(server)
    if wait:
        try:
            wait_until(server.answers, within=30, what="the server's health check")
        except BaseException:
            server.kill()
            raise
    return server


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
