"""Games made of a few lines, run without clients; and the server API on a real database."""

import asyncio
import logging
import textwrap
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kizuna.app import Application
from kizuna.caller import Caller
from kizuna.clock import SystemClock
from kizuna.db.statements import Command
from kizuna.runtime import Nakama
from kizuna.runtime.host import Runtime
from kizuna.runtime.nakama import Services
from kizuna.settings import Runtime as RuntimeSettings
from kizuna.tournaments.service import Tournaments
from tests.support.waiting import wait_until_async

PLAYER = Caller("7b9a6f4e-0000-4000-8000-000000000001", "ada", {"team": "red"}, "", 1_000, 2_000)
PREAMBLE = "import kizuna.runtime as rt\n"


@dataclass
class FakeOrigin:
    """A call that came from nowhere in particular."""

    headers: dict[str, list[str]] = field(default_factory=dict)
    query_params: dict[str, list[str]] = field(default_factory=dict)
    client_ip: str = "192.0.2.1"
    client_port: str = "4711"


class Folder:
    """A folder of game modules."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, code: str) -> Path:
        """A module of this name, indented as the test is."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PREAMBLE + textwrap.dedent(code))
        return path


@dataclass
class Game:
    """A loaded game."""

    runtime: Runtime

    async def call(
        self, id: str, payload: str = "", caller: Caller | None = None, origin: FakeOrigin | None = None
    ) -> str:
        """What the function answers."""
        function = self.runtime.rpc(id)
        assert function is not None, f"no function {id}"
        return await self.runtime.call(function, caller, origin or FakeOrigin(), payload)


def runtime_of(*folders: Path, reload: bool = False, **settings: Any) -> Runtime:
    """The game of these folders, not started. Its functions have no server API; tournaments are described
    as ever."""
    nothing: Any = None
    tournaments = Tournaments(nothing, nothing, nothing, nothing, nothing)
    return Runtime(
        RuntimeSettings(modules=folders, **settings),
        cast(Services, SimpleNamespace(tournaments=tournaments, clock=SystemClock())),
        node="node-1",
        reload=reload,
        look_every=0.02,
    )


@asynccontextmanager
async def started(*folders: Path, reload: bool = False, **settings: Any) -> AsyncIterator[Game]:
    """The same, started."""
    runtime = runtime_of(*folders, reload=reload, **settings)
    await runtime.start()
    try:
        yield Game(runtime)
    finally:
        await runtime.stop()


async def turns_of_the_end(game: Game) -> None:
    """Let an old game that is about to end have its turns of the loop, enough to end in if it could."""

    async def begun() -> bool:
        return bool(game.runtime._ending)

    await wait_until_async(begun, what="the beginning of the old game's end")
    for _ in range(100):
        await asyncio.sleep(0)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty folder for game modules."""
    path = tmp_path / "game"
    path.mkdir()
    return Folder(path)


def nakama_of(app: Application) -> Nakama:
    """The server API of an application."""
    return app.runtime.nk


@pytest.fixture(scope="module")
def services(app: Application) -> Services:
    """The features of an application on the module's database; their clock is `clock`."""
    return nakama_of(app)._services


@pytest.fixture
def nk(services: Services) -> Nakama:
    """The server API."""
    return Nakama(services)


def assert_tells_of_the_time_limit(record: logging.LogRecord, frame: str) -> None:
    """That an entry of the log says why a call has ended, with one traceback, down to the game's `frame`."""
    text = logging.Formatter().format(record)
    assert record.levelno == logging.ERROR
    assert record.getMessage().endswith("it took longer than runtime.call_timeout_ms and was ended")
    assert text.count("Traceback (most recent call last):") == 1
    assert frame in text
    assert "Overdue" not in text


CREATE = Command(
    "test.create_user",
    "A user.",
    "insert into users (id, username, create_time, update_time) values ($1, $2, now(), now())",
)


@pytest.fixture
def new_user(services: Services) -> Callable[[], Awaitable[str]]:
    """Makes a user; the id."""

    async def create() -> str:
        user_id = str(uuid.uuid4())
        await services.database.write(CREATE, user_id, f"user-{user_id}")
        return user_id

    return create
