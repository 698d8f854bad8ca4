"""The data directory: made whole or not at all, and never opened by another major version."""

import os
import pwd
import subprocess

from kizuna.db.embedded import binaries as programs
from kizuna.db.embedded.binaries import Binaries
from kizuna.db.embedded.endpoint import DATABASE, USER
from kizuna.db.embedded.errors import EmbeddedError
from kizuna.db.embedded.home import Home, sync_directory
from kizuna.db.embedded.log import ServerLog
from kizuna.db.embedded.privileges import Account, hand_over
from kizuna.db.embedded.spawn import spawn


def check(home: Home, binaries: Binaries) -> bool:
    """Whether there is a data directory that these programs can open.

    Raises EmbeddedError for one that is not PostgreSQL's, or of another major version.
    """
    if not home.pgdata.exists():
        return False
    try:
        made_by = (home.pgdata / "PG_VERSION").read_text(errors="replace").strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{home.pgdata} is not a PostgreSQL data directory (it has no PG_VERSION). "
            "Restore it from a backup, or move it away to start with an empty database."
        ) from None
    if made_by != str(binaries.major):
        raise _other_major(home, made_by, binaries)
    return True


def _other_major(home: Home, made_by: str, binaries: Binaries) -> EmbeddedError:
    old = programs.of_major(int(made_by)) if made_by.isdecimal() else None
    directory = old.directory if old else f"<bin directory of PostgreSQL {made_by}>"
    return EmbeddedError(
        f"The data in {home.pgdata} was made by PostgreSQL {made_by}, the one in {binaries.directory} is "
        f"{binaries.version}; nothing was changed. To carry the data over: "
        f"{programs.VARIABLE}={directory} kizuna db dump kizuna.dump, move {home.pgdata} away, "
        "kizuna db restore kizuna.dump."
    )


def create(home: Home, binaries: Binaries, account: Account | None, log: ServerLog, *, fsync: bool) -> None:
    """Make the data directory with an empty database, beside its final place, and then move it there."""
    _require_passwd_entry(account)
    home.unfinished.mkdir(mode=0o700)
    if account is not None:
        hand_over(home.unfinished, account)
    _run(home, log, account, _initdb(home, binaries, fsync=fsync))
    _run(home, log, account, _single_user(home, binaries, fsync=fsync), f"create database {DATABASE}\n")
    home.unfinished.rename(home.pgdata)
    sync_directory(home.path)


def _require_passwd_entry(account: Account | None) -> None:
    uid = account.uid if account else os.geteuid()
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedError(
            f"The user id {uid} has no passwd entry, without which PostgreSQL cannot make a database. "
            "Add one for it, or set DATABASE_URL."
        ) from None


def _initdb(home: Home, binaries: Binaries, *, fsync: bool) -> list[str]:
    """Order and character classes are by code point, the same on every platform."""
    locale = (
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if binaries.major >= 17
        else ["--locale=C.UTF-8"]
    )
    return [
        binaries.tool("initdb"),
        f"--pgdata={home.unfinished}",
        f"--username={USER}",
        "--auth=trust",
        "--encoding=UTF8",
        *locale,
        "--no-instructions",
        *([] if fsync else ["--no-sync"]),
    ]


def _single_user(home: Home, binaries: Binaries, *, fsync: bool) -> list[str]:
    """The server without a network or other processes, for one statement read from stdin."""
    return [
        binaries.tool("postgres"),
        "--single",
        *("-D", str(home.unfinished)),
        *("-c", "exit_on_error=on"),
        *("-c", f"fsync={'on' if fsync else 'off'}"),
        "postgres",
    ]


def _run(home: Home, log: ServerLog, account: Account | None, command: list[str], text: str = "") -> None:
    """Run one step to its end; its output goes to the log."""
    process = spawn(command, directory=home.path, output=log.open(), account=account, stdin=subprocess.PIPE)
    try:
        process.communicate(text.encode())
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise EmbeddedError(
            f"The database in {home.path} could not be made: {os.path.basename(command[0])} failed with "
            f"status {process.returncode}. Its last words, in {home.log}:\n{log.tail(5)}"
        )
