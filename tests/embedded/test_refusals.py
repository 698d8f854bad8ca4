"""Homes that cannot be used are refused in plain words, and left as they are."""

import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from kizuna.db.embedded import EmbeddedError, EmbeddedPostgres, attach, default_home
from kizuna.db.embedded import home as home_module
from kizuna.db.embedded.binaries import find
from kizuna.db.embedded.home import Home
from kizuna.db.embedded.privileges import first_closed, server_account

Start = Callable[..., EmbeddedPostgres]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another user")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


@as_root
def test_a_closed_parent_is_named_and_nothing_written(base: Path, start: Start) -> None:
    closed = base / "closed"
    (closed / "between").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(EmbeddedError, match=rf"cannot enter {closed} on the way to"):
        start(closed / "between" / "deep" / "home")
    assert os.listdir(closed / "between") == []
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_closed_directory_with_other_things_is_refused(home: Path, start: Start) -> None:
    home.mkdir(mode=0o700)
    (home / "letters").touch()
    with pytest.raises(EmbeddedError, match=rf"cannot enter {home} on"):
        start(home)
    assert os.listdir(home) == ["letters"]


@as_root
def test_an_empty_closed_directory_is_taken(home: Path) -> None:
    home.mkdir(mode=0o700)
    Home(home).prepare(server_account(home))
    assert home.stat().st_mode & 0o777 == 0o711


@as_root
def test_missing_parents_are_made_passable_whatever_the_umask(base: Path) -> None:
    account = server_account(base)
    assert account is not None
    before = os.umask(0o077)
    try:
        Home(base / "a" / "b" / "home").prepare(account)
    finally:
        os.umask(before)
    assert first_closed(base / "a" / "b" / "home", account) is None


@as_user
def test_a_parent_without_the_right_to_write(base: Path, start: Start) -> None:
    base.chmod(0o500)
    with pytest.raises(EmbeddedError, match="Permission denied"):
        start(base / "home")
    base.chmod(0o755)


def test_a_file_in_place_of_the_home(home: Path, start: Start) -> None:
    home.write_text("something")
    with pytest.raises(EmbeddedError, match=f"{home} cannot be used"):
        start(home)
    with pytest.raises(EmbeddedError, match=f"{home} cannot be used"):
        attach(home)
    assert home.read_text() == "something"


def test_data_of_another_major_version(made: Path, start: Start) -> None:
    server = start(made)
    server.stop()
    version = made / "pgdata" / "PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(
        EmbeddedError, match=rf"made by PostgreSQL 14.* {find().version}; nothing was changed"
    ):
        server.start()
    assert version.read_text() == "14\n"
    version.write_text(f"{find().major}\n")
    server.start()


def test_a_data_directory_that_is_none(home: Path, start: Start) -> None:
    (home / "pgdata").mkdir(parents=True)
    (home / "pgdata" / "letters").touch()
    with pytest.raises(EmbeddedError, match="no PG_VERSION"):
        start(home)
    assert os.listdir(home / "pgdata") == ["letters"]


def test_a_network_file_system(base: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted = [("/", "ext4"), (str(base), "nfs4")]
    partitions = [type("Partition", (), {"mountpoint": path, "fstype": kind}) for path, kind in mounted]
    monkeypatch.setattr(home_module.psutil, "disk_partitions", lambda all: partitions)
    with pytest.raises(EmbeddedError, match=r"network file system \(nfs4\)"):
        start(base / "deep" / "home")
    assert os.listdir(base) == []


def test_a_lock_that_is_a_link(base: Path, home: Path, start: Start) -> None:
    home.mkdir()
    (base / "precious").write_text("kept")
    (home / "lock").symlink_to(base / "precious")
    with pytest.raises(EmbeddedError, match="lock"):
        start(home)
    assert (base / "precious").read_text() == "kept"


def test_the_programs_last_words_are_told(made: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    server = start(made)
    server.stop()
    control = made / "pgdata" / "global" / "pg_control"
    control.rename(f"{control}.away")
    with pytest.raises(EmbeddedError, match="pg_control"):
        server.start()
    Path(f"{control}.away").rename(control)


def test_looking_for_a_server_where_there_is_none(base: Path) -> None:
    assert attach(base / "missing") is None
    assert attach(base) is None


def test_the_default_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_home() == Path("/home/somebody/.local/share/kizuna")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_home() == Path("/var/lib/kizuna")


def test_file_systems_are_known_here() -> None:
    assert any(partition.mountpoint == "/" for partition in psutil.disk_partitions(all=True))
