"""What every test may ask for.

One PostgreSQL cluster for the whole session, one migrated database for each test module, and on them either
the application inside the test process (`app`, `api`, `clock`) or a real server in a process of its own
(`server`, `client`, `player`, `serve`).

kizuna is imported by the fixtures that need it: the tests of a single part need no more than that part.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import settings

from tests.support.environment import WISHES
from tests.support.players import Player, sign_in
from tests.support.processes import RUNNING, Serve, Server, start_server

if TYPE_CHECKING:
    from kizuna.app import Application
    from kizuna.clock import ShiftedClock
    from kizuna.testing.providers import Providers
    from tests.support.databases import Databases

CONFORMANCE = Path(__file__).parent / "conformance"

# How long an example takes is up to whatever else the machine does.
settings.register_profile("kizuna", deadline=None)
settings.load_profile("kizuna")


# --- PostgreSQL ---


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The PostgreSQL of this session: an embedded one, or the one that the environment names."""
    from tests.support.databases import Databases, embedded_server

    if WISHES.database_url is None:
        with embedded_server() as url:
            yield Databases(url)
    else:
        databases = Databases(WISHES.database_url)
        yield databases
        databases.close()


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> str:
    """A migrated database that the tests of one module share."""
    return databases.migrated()


# --- the application in this process ---


@pytest.fixture(scope="module")
def app_clock() -> ShiftedClock:
    """The clock of `app`, which begins on a Wednesday at noon; tests that move it ask for `clock`."""
    from tests.support.clocks import SteadyClock

    return SteadyClock()


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """The settings of `app`, for folders and modules to override: `{"session": {"token_expiry_sec": 60}}`."""
    return {}


@pytest_asyncio.fixture(scope="module")
async def app(
    database_url: str, app_clock: ShiftedClock, app_settings: dict[str, Any]
) -> AsyncIterator[Application]:
    """An application that the tests of one module share."""
    from tests.support.applications import running_application

    async with running_application(database_url, app_clock, app_settings) as application:
        yield application


@pytest_asyncio.fixture
async def api(app: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app`."""
    from tests.support.applications import client_of

    async with client_of(app) as client:
        yield client


@pytest.fixture
def clock(app_clock: ShiftedClock) -> Iterator[ShiftedClock]:
    """The clock of `app`; it tells the present again after the test."""
    yield app_clock
    app_clock.offset = timedelta(0)


# --- other companies ---


@pytest.fixture(scope="module")
def providers(app_clock: ShiftedClock) -> Iterator[Providers]:
    """Fakes of the identity providers and stores, which share the time of `app`."""
    from kizuna.testing.providers import Providers

    with Providers(app_clock) as providers:
        yield providers


@pytest.fixture(scope="module")
def provider_settings(providers: Providers) -> dict[str, Any]:
    """Settings for `running_application` with which it believes the fakes."""
    from tests.support.providers import nested

    return nested(providers.settings)


# --- servers in processes of their own ---


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A home for an embedded PostgreSQL of the test's own, where the user that it drops to can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="kizuna-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def serve(data_dir: Path, database_url: str, tmp_path: Path) -> Iterator[Serve]:
    """`serve("--workers", "2", env=…, …)` starts a server on the module's database; it ends with the test.

    The arguments are those of `start_server`; with `database_url=None, data_dir=data_dir` it runs its own
    PostgreSQL.
    """
    started: list[Server] = []

    def start(*args: str, **options: Any) -> Server:
        options = {"database_url": database_url, "log": tmp_path / f"server-{len(started)}.log", **options}
        started.append(start_server(*args, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with default settings that the tests of one module share."""
    server = start_server(database_url=database_url, log=tmp_path_factory.mktemp("server") / "server.log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def conformance_server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that the recorded conversations expect."""
    server = start_server(
        database_url=databases.migrated(),
        config=CONFORMANCE / "server.yaml",
        modules=CONFORMANCE / "modules",
        log=tmp_path_factory.mktemp("conformance") / "server.log",
    )
    yield server
    server.stop()


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of `server`."""
    with httpx.Client(base_url=server.base_url, timeout=30) as client:
        yield client


@pytest.fixture
def player(client: httpx.Client) -> Player:
    """A new player of `server`."""
    return sign_in(client)


# --- what a failed test shows, and what is left at the end ---


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the logs of the servers that a test used to its report when it failed."""
    report = yield
    used = getattr(item, "funcargs", {})
    for server in RUNNING if report.failed else ():
        if server in used.values() or "serve" in used:
            report.sections.append((f"kizuna serve on port {server.port}", server.output))
    return report


def pytest_sessionfinish() -> None:
    """Leave no server behind, however the session ended."""
    for server in list(RUNNING):
        server.kill()
