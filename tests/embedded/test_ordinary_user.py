"""The same as an ordinary user, when the tests run as root."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kizuna.db.embedded import attach
from tests.embedded.support import SOURCES, end, kill, processes_in, query, start_owner, wait_ready
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")

PATH = {"PYTHONPATH": f"{SOURCES}:{sysconfig.get_path('purelib')}"}
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def _user() -> dict[str, int]:
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter that the user nobody can run kizuna with."""
    check = f"import sys, psutil, kizuna.db.embedded; sys.exit(sys.version[:{len(VERSION)}] != {VERSION!r})"
    for candidate in (sys.executable, f"/usr/bin/python{VERSION}", "/usr/bin/python3"):
        try:
            command = [candidate, "-c", check]
            if not subprocess.run(
                command, cwd="/", env=PATH, capture_output=True, check=False, extra_groups=[], **_user()
            ).returncode:
                return candidate
        except OSError:
            continue
    pytest.skip("the user nobody can run no Python with these packages")


@pytest.fixture(scope="module")
def owned() -> Iterator[Path]:
    """A private directory of nobody's."""
    path = Path(tempfile.mkdtemp(prefix="kizuna-test-"))
    os.chown(path, _user()["user"], _user()["group"])
    yield path
    shutil.rmtree(path)


def _start(home: Path, python: str) -> subprocess.Popen[str]:
    return start_owner(home, "--unsafe", python=python, environment=PATH, cwd="/", extra_groups=[], **_user())


def test_start_kill_and_start_again(owned: Path, python: str) -> None:
    home = owned / "made" / "here"
    for ending in (kill, end):
        owner = _start(home, python)
        wait_ready(owner)
        url = attach(home)
        assert url is not None
        assert query(url, "select 1") == 1
        assert {psutil.Process(pid).uids().real for pid in processes_in(home)} == {_user()["user"]}
        ending(owner)
    assert home.stat().st_mode & 0o777 == 0o700
    assert processes_in(home) == []


def test_root_may_take_over_and_give_back(owned: Path, python: str) -> None:
    """Root runs the server as the owner of the data and leaves no file that this user cannot open."""
    home = owned / "made" / "here"
    for as_root in (False, True, False):
        if as_root:
            (home / "lock").unlink()
            (home / "postgres.log").unlink()
        owner = start_owner(home, "--unsafe") if as_root else _start(home, python)
        wait_ready(owner)
        end(owner)
        assert owner.returncode == 0


def test_data_of_somebody_else_is_refused(made: Path, python: str) -> None:
    intruder = _start(made, python)
    _, message = intruder.communicate(timeout=20)
    assert intruder.returncode == 1
    assert "cannot be used: Permission denied" in message
    assert "Traceback" not in message


def test_a_user_without_a_name_is_told_so(home: Path, python: str) -> None:
    """As in a container that was started under any number as user."""
    home.mkdir()
    os.chown(home, 54321, 54321)
    nameless = start_owner(
        home, python=python, environment=PATH, cwd="/", extra_groups=[], user=54321, group=54321
    )
    _, message = nameless.communicate(timeout=20)
    assert nameless.returncode == 1
    assert message.startswith("The user id 54321 has no passwd entry")


def test_ctrl_c_while_starting_leaves_nothing(owned: Path, python: str) -> None:
    home = owned / "other"
    owner = _start(home, python)
    wait_until((home / "pgdata.new").exists, what="the data directory in the making")
    owner.send_signal(signal.SIGINT)
    owner.communicate(timeout=20)
    wait_until(lambda: not processes_in(home), what="the end of all processes")
