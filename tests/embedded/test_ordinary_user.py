"""The same as an ordinary user, when the tests run as root."""

import os
import pwd
import signal
import subprocess
import sys
import sysconfig
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


@pytest.fixture
def owned(home: Path) -> Path:
    """A home's parent that nobody owns."""
    home.mkdir(mode=0o700)
    os.chown(home, _user()["user"], _user()["group"])
    return home


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
    for starter in (_start, lambda home, _: start_owner(home, "--unsafe"), _start):
        owner = starter(owned, python)
        wait_ready(owner)
        end(owner)
        assert owner.returncode == 0


def test_data_of_somebody_else_is_refused(home: Path, python: str) -> None:
    owner = start_owner(home, "--unsafe")
    wait_ready(owner)
    end(owner)
    intruder = _start(home, python)
    _, message = intruder.communicate(timeout=20)
    assert intruder.returncode == 1
    assert "cannot be used: Permission denied" in message
    assert "Traceback" not in message


def test_ctrl_c_while_starting_leaves_nothing(owned: Path, python: str) -> None:
    owner = _start(owned, python)
    wait_until((owned / "pgdata.new").exists, what="the data directory in the making")
    owner.send_signal(signal.SIGINT)
    owner.communicate(timeout=20)
    wait_until(lambda: not processes_in(owned), what="the end of all processes")
    owner = _start(owned, python)
    wait_ready(owner)
    end(owner)
