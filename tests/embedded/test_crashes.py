"""Owners that die, and what they leave behind."""

import asyncio
import itertools
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import asyncpg
import psutil
import pytest

from kizuna.db import tools
from kizuna.db.embedded import EmbeddedPostgres, attach, binaries, leftovers
from kizuna.db.embedded.leftovers import living_in
from kizuna.db.embedded.privileges import server_account
from tests.embedded.support import PATH, kill, processes_in, query, start_owner, wait_ready
from tests.support.waiting import wait_until

Start = Callable[..., EmbeddedPostgres]

_WITHOUT_PTRACE = ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace")
_SEEN = """
import os, sys
from pathlib import Path
from kizuna.db.embedded.leftovers import living_in
pid, pgdata = sys.argv[1:]
try:
    os.readlink(f"/proc/{pid}/cwd")
except PermissionError:
    print(*[process.pid for process in living_in(Path(pgdata))])
"""


@pytest.fixture
def ownerless(made: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server that runs in the made although nobody owns it."""
    pgdata = made / "pgdata"
    process = subprocess.Popen(
        [binaries.find().tool("postgres"), "-D", pgdata, "-h", "", "-k", pgdata],
        cwd="/",
        stderr=subprocess.DEVNULL,
        **as_server(made),
    )
    wait_until(lambda: attach(made), what="the server")
    yield process
    process.kill()
    process.wait()


def as_server(made: Path) -> dict[str, int]:
    """Arguments of Popen for a process of the user that PostgreSQL runs as."""
    account = server_account(made / "pgdata")
    return {"user": account.uid, "group": account.gid} if account else {}


def test_the_server_ends_with_its_owner(made: Path) -> None:
    owner = start_owner(made, "--unsafe")
    wait_ready(owner)
    assert len(processes_in(made)) > 1
    kill(owner)
    wait_until(lambda: not processes_in(made), what="the end of the server")
    assert "database system is shut down" in (made / "postgres.log").read_text().splitlines()[-1]


def test_killed_while_making_the_database(home: Path, start: Start) -> None:
    """At any moment after it took the home, each time over what the one before left: initdb, first start."""
    for moment in range(5):
        owner = start_owner(home, "--unsafe")
        wait_until(lambda pid=owner.pid: _noted_owner(home) == str(pid), what="the owner")
        time.sleep(random.uniform(0.12 * moment, 0.12 * (moment + 1)))
        kill(owner)
    server = start(home)
    assert query(server.url, "select 1") == 1
    assert not (home / "pgdata.new").exists()
    server.stop()
    assert processes_in(home) == []


def _noted_owner(home: Path) -> str:
    with suppress(FileNotFoundError):
        return (home / "lock").read_text().strip()
    return ""


def test_killed_under_load(made: Path, start: Start) -> None:
    """Every acknowledged row is there afterwards, and the restart takes less than three seconds."""
    server = start(made, fsync=True)
    query(server.url, "drop table if exists rows")
    query(server.url, "create table rows (id int primary key)")
    server.stop()
    last = 0
    for _ in range(3):
        owner = start_owner(made)
        wait_ready(owner)
        acknowledged: list[int] = []
        with ThreadPoolExecutor(1) as thread:
            lost = thread.submit(asyncio.run, _insert(attach(made) or "", last + 1, acknowledged))
            wait_until(acknowledged.copy, what="the first row")
            time.sleep(random.uniform(0, 0.2))
            kill(owner)
            lost.result(20)
        begun = time.monotonic()
        server.start()
        assert time.monotonic() - begun < 3
        assert query(server.url, "select count(*) from rows where id = any($1)", acknowledged) == len(
            acknowledged
        )
        last = query(server.url, "select max(id) from rows")
        server.stop()
        assert processes_in(made) == []


async def _insert(url: str, first: int, acknowledged: list[int]) -> None:
    """Insert one number after the other until the server is lost; note each after its commit."""
    connection = await asyncpg.connect(url)
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        for number in itertools.count(first):
            await connection.execute("insert into rows values ($1)", number)
            acknowledged.append(number)
    connection.terminate()


def test_a_server_without_owner_is_ended_first(
    made: Path, start: Start, ownerless: subprocess.Popen[bytes]
) -> None:
    """It stays a zombie until this test collects it, as in a container; that must not be waited for."""
    begun = time.monotonic()
    server = start(made)
    assert time.monotonic() - begun < leftovers.FAST
    assert ownerless.wait(10) == 0
    assert server.pid != ownerless.pid
    assert query(server.url, "select 1") == 1


def test_a_server_without_owner_serves_those_who_attach(
    made: Path, ownerless: subprocess.Popen[bytes]
) -> None:
    with tools.database(made) as url:
        assert query(url, "select 1") == 1
    assert ownerless.poll() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lose the right to look at others' processes")
def test_leftovers_are_seen_without_the_right_to_trace(
    made: Path, ownerless: subprocess.Popen[bytes]
) -> None:
    """As in a container, where root may not look into another user's processes."""
    seen = subprocess.run(
        [*_WITHOUT_PTRACE, sys.executable, "-c", _SEEN, str(ownerless.pid), str(made / "pgdata")],
        env={**os.environ, "PYTHONPATH": PATH},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert str(ownerless.pid) in seen
    assert len(seen) > 1


def test_pid_files_that_name_a_foreign_process(made: Path, start: Start) -> None:
    """A pid is soon given to somebody else; PostgreSQL on its own would refuse to start."""
    server = start(made)
    noted = (made / "pgdata" / "postmaster.pid").read_text()
    stale = {name: made / "pgdata" / name for name in ("postmaster.pid", ".s.PGSQL.5432.lock")}
    pid = str(server.pid)
    server.stop()
    with subprocess.Popen(["sleep", "60"], cwd="/", **as_server(made)) as foreign:
        try:
            for path in stale.values():
                path.write_text(noted.replace(pid, str(foreign.pid), 1))
            assert attach(made) is None
            server.start()
            assert query(server.url, "select 1") == 1
            assert foreign.poll() is None
        finally:
            foreign.kill()


def test_a_zombie_is_not_a_server(made: Path, start: Start) -> None:
    server = start(made)
    pid = server.pid
    noted = (made / "pgdata" / "postmaster.pid").read_text()
    server.stop()
    zombie = subprocess.Popen([binaries.find().tool("postgres"), "--version"], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE, what="the zombie")
        (made / "pgdata" / "postmaster.pid").write_text(noted.replace(str(pid), str(zombie.pid), 1))
        assert attach(made) is None
        assert living_in(made / "pgdata") == []
        server.start()
        assert query(server.url, "select 1") == 1
    finally:
        zombie.wait()


def test_a_forgotten_initdb_is_ended_first(base: Path, made: Path, start: Start) -> None:
    (made / "pgdata.new").mkdir()
    shutil.copy("/bin/sleep", base / "initdb")
    with subprocess.Popen([base / "initdb", "60"], cwd=made / "pgdata.new") as forgotten:
        try:
            start(made)
            forgotten.wait(10)
            assert not (made / "pgdata.new").exists()
        finally:
            forgotten.kill()


def test_a_reset_that_was_interrupted_is_finished(made: Path, start: Start) -> None:
    (made / "pgdata.removed" / "base").mkdir(parents=True)
    start(made)
    assert not (made / "pgdata.removed").exists()
