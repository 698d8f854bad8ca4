"""The pytest plugin: fixtures for the tests of a game.

Whoever has kizuna installed has them; elsewhere `pytest -p kizuna.testing.plugin` does it. What they need is
imported when they are used, so that other tests do not pay for it.

In the configuration of pytest:

    kizuna_config          configuration files of the game, relative to that of pytest
    kizuna_modules         folders of game code, in place of those that the files name
    kizuna_database_url    a PostgreSQL server on which databases may be made, in place of one that comes and
                           goes with the tests; the environment's KIZUNA_TEST_DATABASE_URL wins over it
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kizuna.settings import Settings
    from kizuna.testing import MovableClock, Player, Providers, Server, Servers
    from kizuna.testing.databases import Databases


def pytest_addoption(parser: pytest.Parser) -> None:
    """The keys of pytest's configuration."""
    parser.addini("kizuna_config", "configuration files of the game", type="paths", default=[])
    parser.addini("kizuna_modules", "folders of game code", type="paths", default=[])
    parser.addini("kizuna_database_url", "PostgreSQL server for databases of tests", default="")


@pytest.fixture(scope="session")
def kizuna_databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """Where the servers' databases are made."""
    from kizuna.testing.databases import open_databases

    url = os.environ.get("KIZUNA_TEST_DATABASE_URL") or pytestconfig.getini("kizuna_database_url") or None
    with _in_plain_words(), open_databases(url) as databases:
        yield databases


@pytest.fixture
def kizuna_settings() -> Mapping[str, Any]:
    """Settings of `kizuna_server` over those of the game, by dotted keys. To be overridden."""
    return {}


@pytest.fixture
def kizuna_clock() -> MovableClock:
    """The clock of `kizuna_server`. To be overridden by one that begins at another time."""
    from kizuna.testing import MovableClock

    return MovableClock()


@pytest.fixture
def kizuna_providers(kizuna_clock: MovableClock) -> Iterator[Providers]:
    """Identity providers and stores that are fakes and share the clock of `kizuna_server`.

    It believes them once `kizuna_settings` includes their `settings`.
    """
    from kizuna.testing import Providers

    with Providers(kizuna_clock) as providers:
        yield providers


@pytest.fixture
def kizuna_servers(kizuna_databases: Databases, pytestconfig: pytest.Config) -> Iterator[Servers]:
    """Starts servers of the test's own, each with its database: `kizuna_servers({"name": "second"})`."""
    from kizuna.testing import Servers
    from kizuna.testing.options import settings_for_tests

    files, modules = pytestconfig.getini("kizuna_config"), pytestconfig.getini("kizuna_modules")
    of_pytest = {"runtime.modules": modules} if modules else {}

    def options(settings: Mapping[str, Any]) -> Settings:
        return settings_for_tests(files, {**of_pytest, **settings}, pytestconfig.rootpath)

    servers = Servers(kizuna_databases, options)
    try:
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def kizuna_server(
    kizuna_servers: Servers, kizuna_settings: Mapping[str, Any], kizuna_clock: MovableClock
) -> Server:
    """The server of this test, with the game's code, on a database where nobody has been before."""
    with _in_plain_words():
        return kizuna_servers(kizuna_settings, kizuna_clock)


@pytest.fixture
def kizuna_player(kizuna_server: Server) -> Player:
    """A player of `kizuna_server`, signed in."""
    return kizuna_server.player()


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Report what is meant for the game's developer without the server's own stack around it."""
    from kizuna.configuration import SettingsError
    from kizuna.db.embedded import EmbeddedError
    from kizuna.host.errors import HostError
    from kizuna.runtime import ModuleLoadError

    try:
        yield
    except (SettingsError, EmbeddedError, HostError, ModuleLoadError) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
