"""The file with the Teams configuration: read and checked here, and stored for every process to take up."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from pathlib import Path

from kizuna.clock import SystemClock
from kizuna.db.engine import UNREACHABLE, Database
from kizuna.host.database import place_of
from kizuna.host.errors import HostError
from kizuna.host.hangups import has_terminal
from kizuna.teams.config.errors import ConfigError
from kizuna.teams.config.loading import read_checked
from kizuna.teams.config.versions import Published, publish

log = logging.getLogger(__name__)


def checked(file: Path, warn: Callable[[str], object] = log.warning) -> str:
    """What is to be stored of a file. Raises ConfigError with everything that is wrong with it."""
    content, warnings = read_checked(file)
    for warning in warnings:
        warn(warning)
    return content


def store(database_url: str, content: str) -> Published:
    """Make a checked content the configuration in force. Raises HostError; not where an event loop runs."""
    try:
        return asyncio.run(put(database_url, content))
    except UNREACHABLE as error:
        reason = str(error) or type(error).__name__
        place = place_of(database_url)
        raise HostError(f"The Teams configuration cannot be stored in {place}: {reason}") from None


async def put(database_url: str, content: str) -> Published:
    """The same inside an event loop; raises what the database raises."""
    database = Database(database_url, pool_size=1)
    try:
        return await publish(database, SystemClock(), content)
    finally:
        await database.close()


def start_with(file: Path, database_url: str, content: str) -> None:
    """What `store` does at the start of a server, and what its log says about it."""
    published = store(database_url, content)
    log.info("The Teams configuration is version %d, read from %s.", published.version, file.absolute())
    if published.replaces is not None:
        log.warning(
            "Version %d of the Teams configuration replaces version %d, which other nodes may play by.",
            published.version,
            published.replaces,
        )
    _warn_of_loss(published)


def _warn_of_loss(published: Published) -> None:
    if published.loss:
        log.warning("%s", published.loss)


class Hangup:
    """What SIGHUP means to a server: read the Teams configuration again. Its terminal closing means the end.

    Make it before the signal can come. A server that was started with `nohup` outlives its terminal.
    """

    def __init__(self, file: Path, database_url: str) -> None:
        self._file = file
        self._database_url = database_url
        self._turn = threading.Lock()
        self._ends_with_terminal = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and has_terminal()

    def heard(self, stop: Callable[[], object]) -> None:
        """The signal has come. Returns at once: files and databases may be slow."""
        if self._ends_with_terminal and not has_terminal():
            stop()
        else:
            threading.Thread(
                target=self.reload, name="reload of the Teams configuration", daemon=True
            ).start()

    def reload(self) -> None:
        """Store what the file says now; what is wrong with it is logged, and the one in force stays."""
        with self._turn:
            try:
                published = store(self._database_url, checked(self._file))
                _warn_of_loss(published)
                log.info("%s", published)
            except ConfigError as error:
                log.error("The Teams configuration is refused, the one in force stays:\n%s", error)
            except HostError as error:
                log.error("%s", error)
            except Exception:
                log.exception("The Teams configuration could not be read again")
