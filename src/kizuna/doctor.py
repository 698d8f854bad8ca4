"""`kizuna doctor`: looks at what a server needs and says in plain sentences what is wrong."""

import asyncio
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Literal, NamedTuple

import asyncpg

from kizuna import doctor_providers
from kizuna.clock import Clock, SystemClock
from kizuna.db import migrate
from kizuna.db.embedded import EmbeddedError, attach
from kizuna.db.embedded.privileges import first_closed, server_account
from kizuna.db.engine import Database
from kizuna.host import listener
from kizuna.host.banner import base_url
from kizuna.host.database import (
    OLDEST,
    connected,
    data_directory,
    encoding_problem,
    place_of,
    schema_problem,
)
from kizuna.host.errors import HostError
from kizuna.runtime import ModuleLoadError, modules
from kizuna.runtime.functions import TEAM_EVENT
from kizuna.scheduler.service import failing
from kizuna.settings import Settings
from kizuna.teams.config.errors import ConfigError
from kizuna.teams.config.loading import read_checked

#: No release is older than this; a clock that says otherwise is wrong.
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)

#: How far the clocks of this machine and the database may be apart, in seconds.
CLOCKS_APART = 5.0

#: Free space below which writes will soon fail, in bytes.
LITTLE_SPACE = 1 << 30

#: Connections that functions for Teams need, the calls that they are part of included.
ENOUGH_TO_WRITE, ENOUGH_TO_CHANGE_TEAMS = 3, 5

#: Failing callbacks that are named.
_MOST_CALLBACKS = 10

#: How long a server on our port may take to answer, in seconds.
ANSWER_MOST = 3.0


class Finding(NamedTuple):
    """One result, a sentence."""

    verdict: Literal["ok", "warning", "problem"]
    sentence: str


class DatabaseFacts(NamedTuple):
    """What a database says about itself."""

    version: int
    encoding: str
    may_create: bool
    time: datetime


def examine(settings: Settings, warnings: Sequence[str] = ()) -> list[Finding]:
    """All findings for a server with these settings; `warnings` came up while they were read."""
    clock = SystemClock()
    return [
        *(Finding("warning", warning) for warning in warnings),
        *_guarded("data directory", lambda: check_data_directory(settings)),
        *_guarded("database", lambda: check_database(settings, clock)),
        *check_modules(settings),
        *check_teams(settings),
        *check_port(settings),
        *check_clock(clock),
        *check_keys(settings),
        *check_providers(settings),
    ]


def _guarded(what: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """A check that fails itself is a finding, and the others go on."""
    try:
        yield from check()
    except (EmbeddedError, HostError) as error:
        yield Finding("problem", str(error))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        yield Finding("problem", f"The {what} cannot be used: {error or type(error).__name__}")


# The data directory


def check_data_directory(settings: Settings) -> Iterator[Finding]:
    """Whether the embedded database can keep its data; nothing when there is another database."""
    if settings.database.url:
        return
    home = data_directory(settings)
    nearest = next(step for step in (home, *home.absolute().parents) if step.exists())
    account = server_account(home / "pgdata")
    if not os.access(nearest, os.W_OK | os.X_OK):
        yield Finding("problem", f"The data directory {home} cannot be written: {nearest} belongs to others.")
    elif account and (closed := first_closed(home.parent, account)):
        yield Finding(
            "problem", f"PostgreSQL runs as {account.name}, who cannot enter {closed} above {home}."
        )
    elif nearest == home:
        yield Finding("ok", f"The data directory {home} can be written.")
    else:
        yield Finding("ok", f"The data directory {home} does not exist yet and can be made.")
    yield from _check_space(nearest)


def _check_space(directory: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(directory).free
    if free < LITTLE_SPACE:
        yield Finding("warning", f"Only {free >> 20} MB are free in {directory}.")


# The database


def check_database(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Version, encoding, rights, schema and clock of the database."""
    url = settings.database.url or attach(data_directory(settings))
    if url is None:
        yield Finding("ok", "The embedded PostgreSQL is not running; `kizuna serve` starts it.")
        return
    facts = asyncio.run(_ask(url))
    place = f"at {place_of(url)}" if settings.database.url else "in the data directory"
    if facts.version < OLDEST:
        yield Finding("problem", f"PostgreSQL {facts.version} {place} is too old; {OLDEST} is needed.")
    else:
        yield Finding("ok", f"PostgreSQL {facts.version} answers {place}.")
    if problem := encoding_problem(url, facts.encoding):
        yield Finding("problem", problem)
    if not facts.may_create:
        yield Finding("problem", "The database's user may not create tables in the schema public.")
    problem = schema_problem(*migrate.status(url))
    yield Finding("problem", problem) if problem else Finding("ok", "The schema is up to date.")
    if not problem:
        yield from asyncio.run(_callbacks(url))
    yield _compare_clocks(facts.time, clock.now())


async def _ask(url: str) -> DatabaseFacts:
    async with connected(url, patience=5) as connection:
        row = await connection.fetchrow(
            "select has_schema_privilege('public', 'create') as may_create, clock_timestamp() as time"
        )
        assert row is not None
        version, encoding = connection.get_server_version().major, connection.get_settings().server_encoding
        return DatabaseFacts(version, encoding, row["may_create"], row["time"])


async def _callbacks(url: str) -> list[Finding]:
    """Callbacks of game code that fail again and again."""
    database = Database(url, pool_size=1)
    try:
        found = await failing(database)
    finally:
        await database.close()
    return [
        Finding(
            "warning",
            f"{one.kind} of {one.board_id} at {datetime.fromtimestamp(one.instant, UTC):%Y-%m-%d %H:%M:%S} "
            f"has failed {one.attempts} times and is tried again: {_last_line(one.error)}",
        )
        for one in found[:_MOST_CALLBACKS]
    ]


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _compare_clocks(database: datetime, here: datetime) -> Finding:
    apart = abs((database - here).total_seconds())
    if apart > CLOCKS_APART:
        return Finding("warning", f"The clocks of this machine and the database differ by {apart:.0f} s.")
    return Finding("ok", "The clocks of this machine and the database agree.")


# The game


def check_modules(settings: Settings) -> Iterator[Finding]:
    """Whether the game's code can be loaded: that is done, but none of its functions runs."""
    if not settings.runtime.modules:
        return
    folders = [Path(folder).absolute() for folder in settings.runtime.modules]
    with _warnings_of("kizuna.runtime") as warnings:
        try:
            game = modules.load(folders)
        except ModuleLoadError as error:
            yield Finding("problem", str(error))
            return
        game.forget()
    yield from (Finding("warning", warning) for warning in warnings)
    if game.functions:
        yield Finding("ok", f"The game code can be loaded: {game.functions}.")
    yield from _check_connections(settings, [kind for kind in game.functions.of_teams if kind != TEAM_EVENT])


def _check_connections(settings: Settings, deciding: Sequence[str]) -> Iterator[Finding]:
    """Whether functions that are asked within calls of Teams find connections beside those calls'."""
    size = settings.database.pool_size
    if settings.teams.config is None or not deciding or size >= ENOUGH_TO_CHANGE_TEAMS:
        return
    what = "write anything" if size < ENOUGH_TO_WRITE else "change other teams"
    yield Finding(
        "warning",
        f"With a database.pool_size of {size} these functions cannot {what}: {', '.join(deciding)}.",
    )


@contextmanager
def _warnings_of(name: str) -> Iterator[list[str]]:
    """What a logger warns of, which goes nowhere else meanwhile."""
    told: list[str] = []
    logger, listener = logging.getLogger(name), logging.Handler(logging.WARNING)
    listener.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(listener)
    try:
        yield told
    finally:
        logger.removeHandler(listener)
        logger.propagate = propagated


def check_teams(settings: Settings) -> Iterator[Finding]:
    """Whether the Teams configuration can be used."""
    if settings.teams.config is None:
        return
    try:
        _, warnings = read_checked(settings.teams.config)
    except ConfigError as error:
        yield from (Finding("problem", problem) for problem in error.problems)
        return
    yield from (Finding("warning", warning) for warning in warnings)
    yield Finding("ok", f"The Teams configuration {settings.teams.config} can be used.")


# The surroundings


def check_port(settings: Settings) -> Iterator[Finding]:
    """Whether the port is free, or taken by a server that answers as ours."""
    host, port = settings.socket.address, settings.socket.port
    try:
        listener.bind(host, port).close()
    except HostError as error:
        if _is_served(host, port):
            yield Finding("ok", f"A server is healthy at {base_url(host, port)}.")
        else:
            yield Finding("problem", str(error))
    else:
        yield Finding("ok", f"Port {port} on {host or 'every interface'} is free.")


def _is_served(host: str, port: int) -> bool:
    url = base_url(host, port)
    connection = HTTPConnection(url.removeprefix("http://"), timeout=ANSWER_MOST)
    try:
        connection.request("GET", "/healthcheck")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def check_clock(clock: Clock) -> Iterator[Finding]:
    """Whether this machine knows the time; tokens and schedules depend on it."""
    now = clock.now()
    if now < RELEASED:
        yield Finding("problem", f"The clock of this machine is wrong: it says {now:%Y-%m-%d %H:%M} UTC.")
    else:
        yield Finding("ok", f"The clock of this machine says {now:%Y-%m-%d %H:%M} UTC.")


def check_keys(settings: Settings) -> Iterator[Finding]:
    """Keys that everybody knows."""
    for key in settings.default_keys():
        yield Finding("warning", f"{key} has its public default value.")


def check_providers(settings: Settings) -> Iterator[Finding]:
    """Identity providers and stores. What their settings cannot be was refused when they were read."""
    for sentence in doctor_providers.switched(settings):
        yield Finding("ok", sentence)
    for sentence in doctor_providers.half_set_up(settings):
        yield Finding("problem", sentence)
    for sentence in doctor_providers.open_to_others(settings):
        yield Finding("warning", sentence)
