"""Databases for the tests: one migrated template, cloned for whoever needs one of his own."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from kizuna.db import migrate
from kizuna.db.embedded import EmbeddedPostgres
from tests.support.waiting import run_apart


class Databases:
    """The databases that a test session makes on one PostgreSQL server; `close` drops them all.

    `server_url` names any database of that server; it is only connected to, never changed.
    """

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._made: list[str] = []
        self._template: str | None = None

    def empty(self) -> str:
        """The URL of a new database without a schema."""
        return self._url(self._create(""))

    def migrated(self) -> str:
        """The URL of a new database with the current schema."""
        if self._template is None:
            self._template = self._create("")
            with ThreadPoolExecutor(1) as thread:
                thread.submit(migrate.upgrade, self._url(self._template)).result()
        return self._url(self._create(f'template "{self._template}" strategy file_copy'))

    def close(self) -> None:
        """Drop everything that was made here, whoever is still connected."""
        while self._made:
            self._run(f'drop database if exists "{self._made.pop()}" with (force)')

    def _create(self, options: str) -> str:
        name = f"kizuna_test_{uuid.uuid4().hex[:12]}"
        self._run(f'create database "{name}" {options}')
        self._made.append(name)
        return name

    def _url(self, database: str) -> str:
        return urlunsplit(urlsplit(self._server_url)._replace(path=f"/{database}"))

    def _run(self, statement: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self._server_url)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        run_apart(execute())


@contextmanager
def embedded_server() -> Iterator[str]:
    """The URL of an embedded PostgreSQL that forgets durability for speed and is gone afterwards.

    Its home lies directly under the system's temporary directory, where the user that PostgreSQL runs as can
    reach it even when the tests run as root.
    """
    home = Path(tempfile.mkdtemp(prefix="kizuna-test-"))
    try:
        with EmbeddedPostgres(home, fsync=False) as postgres:
            yield postgres.url
    finally:
        shutil.rmtree(home)
