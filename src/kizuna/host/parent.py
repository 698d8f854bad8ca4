"""`kizuna serve`: from settings to a running server and back.

The order: bind the port, open the database, start the application, listen, print the banner. One worker
runs in this very process; with more, this process only watches over them. Either way it owns the embedded
database, which outlives the last request.
"""

import logging
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from kizuna.db.embedded import EmbeddedError
from kizuna.host import banner, hangups, listener, logs, process, teams
from kizuna.host.database import OpenDatabase, open_database
from kizuna.host.errors import HostError, tell
from kizuna.host.server import GRACE, SETTLE, SETTLE_MOST, shutdown_most
from kizuna.host.signals import SignalInbox
from kizuna.host.workers import WorkerPool
from kizuna.runtime.errors import ModuleLoadError
from kizuna.settings import Settings
from kizuna.teams.config.errors import ConfigError

log = logging.getLogger(__name__)

#: What is served unless somebody wants something else.
APPLICATION = "kizuna.app:Application"

#: The signals that end a server.
_ENDS = frozenset((signal.SIGTERM, signal.SIGINT))

#: Seconds that a worker has, when its application is shut down, to clear away what game code has left.
_LEAVING = 8.0

OpensDatabase = Callable[..., AbstractContextManager[OpenDatabase]]


def serve(
    settings: Settings,
    *,
    application: str | process.Factory = APPLICATION,
    migrate: bool = False,
    reload: bool = False,
    warnings: Sequence[str] = (),
    announcement: banner.Announcement = banner.silence,
    open_database: OpensDatabase = open_database,
) -> int:
    """Serve until told to stop; the process's exit status. Main thread only.

    `application` is a factory or its place "module:name" (needed for several workers); see `process.Factory`.
    `warnings` are logged first, the `announcement` stands at the end of the banner.
    """
    logs.configure(settings.logger.level, settings.logger.format)
    for warning in warnings:
        log.warning(warning)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until there is something to drain
    if settings.teams.config:
        hangups.outlast()
    else:
        hangups.heed()  # there is nothing to read again
    leftovers = process.Leftovers()
    return leftovers.leave(
        _serve(settings, application, migrate, reload, announcement, open_database, leftovers)
    )


def _serve(
    settings: Settings,
    application: str | process.Factory,
    migrate: bool,
    reload: bool,
    announcement: banner.Announcement,
    open_database: OpensDatabase,
    leftovers: process.Leftovers,
) -> int:
    try:
        if reload:
            require_loopback(settings, "--reload")
        _refuse_missing(settings.runtime.modules)
        teams_file = settings.teams.config
        teams_config = teams.checked(teams_file) if teams_file else None
        with (
            listener.bind(settings.socket.address, settings.socket.port) as bound,
            open_database(settings, migrate=migrate) as database,
        ):
            if teams_file and teams_config is not None:
                teams.start_with(teams_file, database.url, teams_config)
            _Run(settings, application, bound, database, reload, announcement, leftovers).run()
    except (HostError, EmbeddedError, ModuleLoadError, ConfigError) as error:
        tell(error)
        return 1
    except KeyboardInterrupt:
        return 0
    except Exception:
        tell(f"failed.\n{traceback.format_exc()}")
        return 1
    log.info("Stopped.")
    return 0


def require_loopback(settings: Settings, option: str) -> None:
    """HostError if others than this machine could connect to a server that has a dangerous option."""
    if not settings.socket.is_loopback:
        raise HostError(
            f"{option} is for development and refused on {settings.socket.address or '0.0.0.0'}, "
            "where others could connect. Listen on 127.0.0.1."
        )


def _refuse_missing(folders: Sequence[Path]) -> None:
    """Before the database starts: that takes a while."""
    for folder in folders:
        if not folder.is_dir():
            reason = "is no folder" if folder.exists() else "does not exist"
            raise HostError(f"Game code cannot be loaded: {folder} {reason}.")


class _Run:
    """One run of a server whose port and database are ready."""

    def __init__(
        self,
        settings: Settings,
        application: str | process.Factory,
        bound: socket.socket,
        database: OpenDatabase,
        reload: bool,
        announcement: banner.Announcement,
        leftovers: process.Leftovers,
    ) -> None:
        self._settings = settings
        self._announcement = announcement
        self._leftovers = leftovers
        self._application = application
        self._listener = bound
        self._database = database
        self._reload = reload
        self._workers = 1 if reload else settings.workers  # only a single one can reload
        # Without a configuration to read again the signal does what it does to every program.
        file = settings.teams.config if hasattr(signal, "SIGHUP") else None
        self._hangup = teams.Hangup(file, database.url) if file else None

    def run(self) -> None:
        if self._workers == 1:
            self._run_here()
        else:
            self._run_workers()

    def _run_here(self) -> None:
        factory = process.load_factory(self._application)
        process.run(
            lambda: factory(
                self._settings, database_url=self._database.url, single_process=True, reload=self._reload
            ),
            self._listener,
            self._settings,
            owns_listener=True,
            on_ready=self._announce,
            leftovers=self._leftovers,
            failure=self._database.failure,
            on_hangup=self._hangup.heard if self._hangup else None,
        )

    def _announce(self) -> None:
        host = self._settings.socket.address
        port = self._listener.getsockname()[1]
        place = self._database.place
        text = banner.render(self._settings, host, port, place, self._workers, self._announcement)
        sys.stdout.write(text)
        sys.stdout.flush()

    # Several workers

    def _run_workers(self) -> None:
        brief = {
            "settings": self._settings.model_dump_json(),
            "database_url": self._database.url,
            "application": self._application,
            "ignores_hangup": self._hangup is not None,
        }
        pool = WorkerPool(self._workers, self._listener, brief)
        heard = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, *([signal.SIGHUP] if self._hangup else []))
        with SignalInbox(*heard) as inbox:
            try:
                pool.start()
                self._watch(pool, inbox)
                self._drain(pool, inbox)
            finally:
                pool.kill()

    def _watch(self, pool: WorkerPool, inbox: SignalInbox) -> None:
        """Until a signal to stop comes. Raises HostError when a start or the database fails."""
        announced = False
        while not (came := inbox.wait(process.WATCH_PERIOD, pool.descriptors())) & _ENDS:
            if self._hangup and signal.SIGHUP in came:
                self._hangup.heard(lambda: signal.raise_signal(signal.SIGTERM))
            pool.tend()
            if pool.complete and not announced:
                self._announce()
                announced = True
            if reason := self._database.failure():
                raise HostError(reason)

    def _drain(self, pool: WorkerPool, inbox: SignalInbox) -> None:
        """What `kizuna.host.server` does at the end, for all workers: they share one queue of connections."""
        pool.signal(signal.SIGTERM)
        announce = self._settings.shutdown_announce_ms / 1000
        grace = max(GRACE, self._settings.shutdown_grace_sec)
        started = time.monotonic()
        most = announce + SETTLE + SETTLE_MOST + grace + shutdown_most(self._settings) + _LEAVING
        steps = [(announce, self._turn_away), (announce + SETTLE, self._listener.close)]
        while not pool.reap():
            passed = time.monotonic() - started
            if steps and passed >= steps[0][0]:
                steps.pop(0)[1]()
            elif passed > most:
                log.error("Workers did not end in time and are killed.")
                return
            else:
                # Again: it is theirs to know whether that is a hurry.
                again = inbox.wait((steps[0][0] if steps else most) - passed)
                for number in _ENDS & again:
                    pool.signal(number)

    def _turn_away(self) -> None:
        listener.turn_away(self._listener)
