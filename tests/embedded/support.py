"""Owners in processes of their own, and looks at a home from outside."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg

import kizuna
from tests.support.waiting import run_apart

SOURCES = Path(kizuna.__file__).parents[1]
PATH = os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")])
OWNER = Path(__file__).with_name("owner.py")


def query(url: str, statement: str, *args: object) -> Any:
    """The first value of a statement's result, through a connection of its own."""

    async def fetch() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement, *args)
        finally:
            await connection.close()

    return run_apart(fetch())


def processes_in(home: Path) -> list[int]:
    """The pids of all processes, whatever they are called, that work in the home or below."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and Path(os.readlink(entry / "cwd")).is_relative_to(home):
                found.append(int(entry.name))
    return found


def start_owner(
    home: Path,
    *options: str,
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    **popen: Any,
) -> subprocess.Popen[str]:
    """A process that starts to own the home; it prints `ready`."""
    return subprocess.Popen(
        [*prefix, python, str(OWNER), str(home), *options],
        env={**os.environ, "PYTHONPATH": PATH, **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **popen,
    )


def wait_ready(owner: subprocess.Popen[str]) -> None:
    """Return when the owner's database answers; fail with its message when it ends instead."""
    assert owner.stdout is not None
    if owner.stdout.readline() != "ready\n":
        raise AssertionError(f"the owner ended: {owner.communicate()[1]}")


def end(owner: subprocess.Popen[str]) -> None:
    """Let the owner stop its database and wait for it; kill it when it does not."""
    with suppress(ValueError):  # its pipes are closed: it has been ended before
        try:
            owner.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            kill(owner)
            raise


def kill(owner: subprocess.Popen[str]) -> None:
    """SIGKILL."""
    owner.kill()
    owner.communicate()
