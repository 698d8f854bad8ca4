"""Databases for tests: one is made with the present schema, and copied for whoever needs one of their own."""

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from kizuna.db import migrate
from kizuna.db.embedded import EmbeddedPostgres
from kizuna.host.database import require_server
from kizuna.testing.loop import LoopThread, apart

_EMPTY = "template template0 encoding 'UTF8'"


class Databases:
    """Databases on one PostgreSQL server, whose URL names any other database of it.

    `disposable` tells that the server is nobody else's and soon gone, which makes copies cheaper.
    """

    def __init__(self, server_url: str, loop: LoopThread, *, disposable: bool) -> None:
        self._server_url = server_url
        self._loop = loop
        # Copying files forces a checkpoint, which is for free only where nothing is written to disk for good.
        self._strategy = "file_copy" if disposable else "wal_log"
        self._prefix = f"kizuna_test_{uuid.uuid4().hex[:12]}"
        self._template = ""
        self._made: list[str] = []

    def new(self) -> str:
        """The URL of a new database with the schema of this release."""
        if not self._template:
            self._template = self._migrated()
        return self._url(self._create(f'template "{self._template}" strategy {self._strategy}'))

    def drop(self, url: str) -> None:
        """Drop a database that was made here, whoever is still connected to it."""
        self._drop(urlsplit(url).path[1:])

    def drop_all(self) -> None:
        """Drop whatever was made here and is still there."""
        for name in reversed(tuple(self._made)):
            self._drop(name)

    def _migrated(self) -> str:
        name = self._create(_EMPTY)
        apart(migrate.upgrade, self._url(name))
        return name

    def _create(self, options: str) -> str:
        name = f"{self._prefix}_{len(self._made)}_{uuid.uuid4().hex[:6]}"
        self._made.append(name)  # first: an interruption must not leave it behind
        self._loop.run(self._execute(f'create database "{name}" {options}'))
        return name

    def _drop(self, name: str) -> None:
        self._loop.run(self._execute(f'drop database if exists "{name}" with (force)'))
        self._made.remove(name)

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server_url)._replace(path=f"/{name}"))

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@contextmanager
def open_databases(server_url: str | None) -> Iterator[Databases]:
    """Databases on an existing server, or on an embedded one that exists for the time of the block.

    Nothing is left of either. Main thread only. Raises HostError or EmbeddedError, with a sentence, when
    there can be none.
    """
    with LoopThread("kizuna-databases") as loop:
        if server_url is None:
            with _embedded_server() as url:
                yield Databases(url, loop, disposable=True)
            return
        apart(require_server, server_url)
        databases = Databases(server_url, loop, disposable=False)
        try:
            yield databases
        finally:
            databases.drop_all()


@contextmanager
def _embedded_server() -> Iterator[str]:
    """The URL of a PostgreSQL that forgets durability for speed.

    Its home lies in the system's folder for such things, where the user that PostgreSQL runs as can reach it
    even when the tests run as root. It goes with the process at the latest, however the block ends.
    """
    with (
        tempfile.TemporaryDirectory(prefix="kizuna-test-", ignore_cleanup_errors=True) as home,
        EmbeddedPostgres(Path(home), fsync=False) as postgres,
    ):
        yield postgres.url
