"""Servers as `kizuna.testing` makes them, for games of a few lines."""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.databases import Databases as SuiteDatabases

if TYPE_CHECKING:
    from kizuna.clock import ShiftedClock
    from kizuna.settings import Settings
    from kizuna.testing import Servers
    from kizuna.testing.databases import Databases


class Game:
    """A folder of game code."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, code: str, name: str = "game.py") -> None:
        """A module, indented as the test is."""
        (self.folder / name).write_text("import kizuna.runtime as rt\n" + textwrap.dedent(code))


@pytest.fixture(scope="module")
def app_clock() -> "ShiftedClock":
    """The machine's time, by which other people's libraries judge what the fakes sign."""
    from kizuna.clock import ShiftedClock

    return ShiftedClock()


@pytest.fixture
def game(tmp_path: Path) -> Game:
    """The game of `server`: empty until something is written."""
    folder = tmp_path / "modules"
    folder.mkdir()
    return Game(folder)


@pytest.fixture(scope="package")
def copies(databases: SuiteDatabases) -> "Iterator[Databases]":
    """Databases as the plugin makes them, on the PostgreSQL of this session."""
    from kizuna.testing.databases import open_databases

    with open_databases(databases.empty()) as copies:
        yield copies


@pytest.fixture
def servers(copies: "Databases", game: Game) -> "Iterator[Servers]":
    """Starts servers of the test's own, with its game."""
    from kizuna.testing import Servers
    from kizuna.testing.options import settings_for_tests

    def options(own: Any) -> "Settings":
        return settings_for_tests([], {"runtime.modules": [game.folder], **own}, Path())

    servers = Servers(copies, options)
    try:
        yield servers
    finally:
        servers.stop()


@pytest.fixture
def start(servers: "Servers") -> "Servers":
    """The same by the name of what it does: `server = start()`."""
    return servers
