"""The database a server runs on: the embedded one, started and migrated, or an external one, checked."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from kizuna.db import migrate as migrations
from kizuna.db.embedded import EmbeddedPostgres, attach, default_home
from kizuna.host.errors import HostError
from kizuna.settings import INVALID_URL, Settings

if TYPE_CHECKING:
    import asyncpg

log = logging.getLogger(__name__)

#: Oldest PostgreSQL that is served from.
OLDEST = 15

#: The encoding that a database must have: players write in every script.
ENCODING = "UTF8"


@dataclass(frozen=True)
class OpenDatabase:
    """A database that is ready: its URL, and where it is, in words and without secrets.

    `failure` answers with a sentence once the database is gone for good.
    """

    url: str
    place: str
    failure: Callable[[], str | None] = lambda: None


def data_directory(settings: Settings) -> Path:
    """Where the embedded database lives."""
    return settings.data_dir or default_home()


@contextmanager
def open_database(settings: Settings, *, migrate: bool) -> Iterator[OpenDatabase]:
    """The configured database for the time of the block, with the schema of this release.

    An external database is brought up to date only with `migrate`. Main thread only. Raises HostError, or
    EmbeddedError, with a sentence.
    """
    if url := settings.database.url:
        check_external(url, migrate=migrate)
        yield OpenDatabase(url, f"PostgreSQL at {place_of(url)}")
        return
    with EmbeddedPostgres(data_directory(settings), settings=settings.database.embedded.settings) as server:
        upgrade(server.url)
        place = f"{server.home} (embedded PostgreSQL, for a single node)"
        yield OpenDatabase(server.url, place, lambda: _death(server))


def _death(server: EmbeddedPostgres) -> str | None:
    status = server.poll()
    if status is None:
        return None
    how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
    return f"The embedded PostgreSQL ended by itself {how}. Its last words:\n{server.log_tail()}"


def check_external(url: str, *, migrate: bool) -> None:
    """Refuse a database that is not as `require_server` wants it, or has another schema than this release."""
    require_server(url)
    if migrate:
        upgrade(url)
        return
    current, wanted = migrations.status(url)
    if problem := schema_problem(current, wanted):
        raise HostError(problem)


def running_database(settings: Settings) -> str:
    """The URL of the configured database, which must run already and have the schema of this release."""
    url = settings.database.url or attach(home := data_directory(settings))
    if url is None:
        raise HostError(f"The embedded database in {home} is not running; `kizuna serve` starts it.")
    check_external(url, migrate=False)
    return url


def require_server(url: str) -> None:
    """Refuse a database that is out of reach, too old, or cannot hold every text."""
    version, encoding = asyncio.run(_version_and_encoding(url))
    if version < OLDEST:
        raise HostError(
            f"PostgreSQL {version} at {place_of(url)} is too old; kizuna needs {OLDEST} or newer."
        )
    if problem := encoding_problem(url, encoding):
        raise HostError(problem)


def encoding_problem(url: str, encoding: str) -> str | None:
    """What is wrong with a database's encoding, in a sentence; None when it is right."""
    if encoding == ENCODING:
        return None
    return (
        f"The database at {place_of(url)} has the encoding {encoding} and kizuna needs {ENCODING}. "
        f"Make one with: create database NAME encoding '{ENCODING}' template template0"
    )


def schema_problem(current: str | None, wanted: str) -> str | None:
    """What is wrong with a database's schema version, in a sentence; None when it is right."""
    if current == wanted:
        return None
    if current is None:
        state = "has no schema yet"
    elif current > wanted:
        return (
            f"The database is at version {current}, which is newer than this release knows ({wanted}). "
            "Start the newer release."
        )
    else:
        state = f"is at version {current} and this release needs {wanted}"
    return f"The database {state}. Run `kizuna migrate` first, or start with `kizuna serve --migrate`."


def upgrade(url: str) -> list[str]:
    """Apply the migrations that are missing; their versions."""
    try:
        applied = migrations.upgrade(url)
    except RuntimeError as error:
        raise HostError(str(error)) from None
    if applied:
        log.info("The database's schema was brought up to date: %s", ", ".join(applied))
    return applied


async def _version_and_encoding(url: str) -> tuple[int, str]:
    async with connected(url) as connection:
        return connection.get_server_version().major, connection.get_settings().server_encoding


@asynccontextmanager
async def connected(url: str, patience: float = 10) -> "AsyncIterator[asyncpg.Connection[Any]]":
    """A connection for the time of the block, made within `patience` seconds.

    Raises HostError, without secrets, when there can be none.
    """
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=patience)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise HostError(f"The database at {place_of(url)} cannot be used: {reason}") from None
    except ValueError:  # it quotes what it could not read
        raise HostError(f"database.url {INVALID_URL}.") from None
    try:
        yield connection
    finally:
        await connection.close()


def place_of(url: str) -> str:
    """Host, port and name of a database, or its socket's directory and name, without user and password."""
    # A password may hold what ends the host elsewhere, so only the last @ is sure to be behind it.
    parts = urlsplit("//" + url.partition("://")[2].rpartition("@")[2])
    query = parse_qs(parts.query)
    host = unquote(parts.netloc) or query.get("host", ["localhost"])[0]
    return f"{host} ({parts.path[1:]})" if host.startswith("/") else f"{host}{parts.path}"
