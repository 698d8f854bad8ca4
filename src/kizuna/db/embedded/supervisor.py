"""`EmbeddedPostgres`: a PostgreSQL server as a child of this process."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from kizuna.db.embedded import binaries, cluster, endpoint, leftovers
from kizuna.db.embedded.errors import EmbeddedError, unusable_as_embedded_error
from kizuna.db.embedded.home import Home, OwnerLock
from kizuna.db.embedded.log import ServerLog
from kizuna.db.embedded.privileges import Account, hand_over, server_account
from kizuna.db.embedded.spawn import spawn

log = logging.getLogger(__name__)

#: Seconds that recovery after a crash may take before the start counts as failed.
START_TIMEOUT = 300.0

DEFAULTS: Mapping[str, str] = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Parallel workers share memory through /dev/shm, of which a container has 64 MB.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}

#: For tests: a crash of the machine may destroy the data.
WITHOUT_FSYNC: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

#: What reaching the server, its safety and its log depend on, and who decides it: nobody but us.
RESERVED = frozenset(
    {
        "listen_addresses",
        "port",
        "unix_socket_directories",
        "unix_socket_permissions",
        "unix_socket_group",
        "data_directory",
        "config_file",
        "hba_file",
        "ident_file",
        "external_pid_file",
        "logging_collector",
        "log_destination",
    }
)


class EmbeddedPostgres:
    """The owner of a home directory and of the PostgreSQL server in it.

    The server listens on a Unix socket in a private directory only. If this process dies, however suddenly,
    the server shuts down cleanly (on Linux; elsewhere the next owner sees to it).

    `settings` are PostgreSQL's, by name, over `DEFAULTS`. `fsync=False` is for tests: faster, and unsafe when
    the machine fails.
    """

    def __init__(self, home: Path, *, settings: Mapping[str, str] | None = None, fsync: bool = True) -> None:
        self._home = Home.at(home)
        self._fsync = fsync
        self._settings = {**DEFAULTS, **({} if fsync else WITHOUT_FSYNC), **_allowed(settings or {})}
        self._lock = OwnerLock(self._home)
        self._log = ServerLog(self._home.log)
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_directory = self._home.pgdata

    def start(self) -> None:
        """Take the home, make the database if there is none, and return when it answers.

        Blocks; must be called from the main thread. Raises EmbeddedError, and then nothing is left running.
        """
        if self._process is not None:
            raise RuntimeError("the embedded database has been started already")
        begun = time.monotonic()
        with unusable_as_embedded_error(self._home.path):
            account = server_account(self._home.pgdata)
            found = binaries.find()
            self._home.prepare(account)
            self._lock.acquire()
            try:
                self._start(found, account)
            except BaseException:
                self.stop()
                raise
        seconds = time.monotonic() - begun
        log.info("PostgreSQL %s ready in %s after %.2f s", found.version, self._home.path, seconds)

    def _start(self, found: binaries.Binaries, account: Account | None) -> None:
        exists = cluster.check(self._home, found)
        if count := leftovers.clear(self._home):
            log.warning("ended %d processes that an earlier owner had left in %s", count, self._home.path)
        self._home.sweep()
        found = binaries.reachable(found, account, self._home.path)
        if not exists:
            cluster.create(self._home, found, account, self._log, fsync=self._fsync)
        elif account is not None and self._home.pgdata.stat().st_uid == 0:
            hand_over(self._home.pgdata, account)
        self._launch(found, account)

    def _launch(self, found: binaries.Binaries, account: Account | None) -> None:
        self._socket_directory = endpoint.socket_directory(self._home, account)
        endpoint.remove_socket(self._socket_directory)
        settings = {
            **self._settings,
            "listen_addresses": "",
            "port": str(endpoint.PORT),
            "unix_socket_directories": str(self._socket_directory),
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "log_destination": "stderr",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [found.tool("postgres"), "-D", str(self._home.pgdata), *options]
        self._process = spawn(command, directory=self._home.path, output=self._log.open(), account=account)
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not ((told := endpoint.read(self._home.pgdata)) and told.pid == process.pid and told.ready):
            if process.poll() is not None:
                raise EmbeddedError(
                    f"PostgreSQL ended with status {process.returncode} while starting. "
                    f"Its last words, in {self._home.log}:\n{self._log.tail(8)}"
                )
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"PostgreSQL in {self._home.path} was not ready after {START_TIMEOUT:.0f} s. "
                    f"Its last words, in {self._home.log}:\n{self._log.tail(8)}"
                )
            time.sleep(0.005)

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def home(self) -> Path:
        """The directory as an absolute path without symbolic links."""
        return self._home.path

    @property
    def url(self) -> str:
        """The address for asyncpg; SQLAlchemy takes it with the scheme `postgresql+asyncpg`."""
        self._running()
        return endpoint.url(str(self._socket_directory))

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._running().pid

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the embedded database is not running")
        return self._process

    def poll(self) -> int | None:
        """The exit status of a server that died by itself, minus the signal's number if one killed it.

        None while it runs and before start and after stop. Also keeps the server's log within its bounds, so
        it should be called every few seconds.
        """
        if self._process is None:
            return None
        self._log.rotate()
        return self._process.poll()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of PostgreSQL's log."""
        return self._log.tail(lines)

    def stop(self) -> None:
        """Shut the server down and give the home back. Harmless when it is not running.

        Clients are disconnected; a server that does not end in 15 s is ended less gently, at the price of a
        recovery at the next start.
        """
        if self._process is not None:
            _shut_down(self._process)
            leftovers.end(leftovers.living_in(self._home.pgdata))
            self._process = None
            self._remove_socket_directory()
        self._log.close()
        self._lock.release()

    def _remove_socket_directory(self) -> None:
        if self._socket_directory != self._home.pgdata:
            with suppress(OSError):
                endpoint.remove_socket(self._socket_directory)
                self._socket_directory.rmdir()


def _allowed(settings: Mapping[str, str]) -> Mapping[str, str]:
    for name in settings:
        if name.lower() in RESERVED:
            raise EmbeddedError(
                f"The setting {name} of the embedded database is fixed. "
                "Remove it, or set DATABASE_URL to a server of your own."
            )
    return settings


def _shut_down(process: subprocess.Popen[bytes]) -> None:
    """End the postmaster: fast, then immediately, then by force."""
    for number, patience in ((signal.SIGINT, leftovers.FAST), (signal.SIGQUIT, leftovers.IMMEDIATE)):
        if process.poll() is None:
            os.kill(process.pid, number)
        try:
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    process.wait()
