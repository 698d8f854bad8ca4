"""How the running server is reached: socket directory, URL, and the `postmaster.pid` that tells of them."""

import hashlib
import os
import re
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from kizuna.db.embedded.errors import EmbeddedError, unusable_as_embedded_error
from kizuna.db.embedded.home import Home
from kizuna.db.embedded.leftovers import PROGRAMS, working_directory
from kizuna.db.embedded.privileges import Account, first_closed

USER = DATABASE = "kizuna"
PORT = 5432

#: Longest path of a Unix socket in bytes, which leaves room for the terminating zero.
LONGEST_SOCKET_PATH = 103 if sys.platform == "darwin" else 107

#: Characters that a URL, a list of hosts and PostgreSQL's settings all take as they are.
_PLAIN = re.compile(r"[A-Za-z0-9/._+~-]+")

#: Seconds that `attach` waits for a server which is just starting.
ATTACH_TIMEOUT = 15.0


def url(socket_directory: str) -> str:
    """The address of the database behind a socket directory; the port keeps PGPORT from changing it."""
    return f"postgresql://{USER}@/{DATABASE}?host={socket_directory}&port={PORT}"


def socket_directory(home: Home, account: Account | None) -> Path:
    """Where the socket goes: the data directory, or a private one elsewhere if that path is unsuitable."""
    if _suitable(home.pgdata):
        return home.pgdata
    owner = account.uid if account else os.geteuid()
    name = f"kizuna-{owner}-{hashlib.sha256(os.fsencode(home.pgdata)).hexdigest()[:12]}"
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
        if base and os.path.isdir(base) and _suitable(fallback := Path(base) / name):
            if account is not None and first_closed(Path(base), account) is not None:
                continue
            return _private_directory(fallback, account)
    raise EmbeddedError(
        f"The path of the data directory {home.path} is too long for a socket. "
        "Choose a shorter one with --data-dir."
    )


def _suitable(directory: Path) -> bool:
    socket = f"{directory}/.s.PGSQL.{PORT}"
    return len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH and _PLAIN.fullmatch(str(directory)) is not None


def _private_directory(path: Path, account: Account | None) -> Path:
    """Make a directory in a public place, or take it if it is there and nobody else's."""
    owner = account.uid if account else os.geteuid()
    try:
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    except FileExistsError:
        found = path.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid in (owner, os.geteuid())
        if not ours or found.st_mode & 0o077:
            raise EmbeddedError(
                f"The socket directory {path} belongs to somebody else. "
                "Remove it, or choose a data directory with a shorter path with --data-dir."
            ) from None
        os.chown(path, owner, account.gid if account else -1, follow_symlinks=False)
    return path


def remove_socket(directory: Path) -> None:
    """Remove the socket and its lock file. Only for the owner of the home, while no server runs in it."""
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (directory / name).unlink(missing_ok=True)


@dataclass(frozen=True)
class Postmaster:
    """What a server says about itself in `postmaster.pid`."""

    pid: int
    socket_directory: str
    ready: bool


def read(pgdata: Path) -> Postmaster | None:
    """The content of `postmaster.pid`, or None while it is missing or incomplete."""
    try:
        lines = (pgdata / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8 or not lines[0].isdigit():
        return None
    return Postmaster(int(lines[0]), lines[4], lines[7].strip() == "ready")


def attach(path: Path) -> str | None:
    """The URL of the server that runs in a home, or None when none does.

    A server that is just starting is waited for. Raises EmbeddedError when the home may not be looked into.
    """
    home = Home.at(path)
    deadline = time.monotonic() + ATTACH_TIMEOUT
    with unusable_as_embedded_error(home.path):
        while (pid := _running(home.pgdata)) is not None:
            server = read(home.pgdata)
            if server is not None and server.pid == pid and server.ready:
                return url(server.socket_directory)
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"The database in {home.path} (pid {pid}) is neither ready nor gone. "
                    f"Look at {home.log} and try again."
                )
            time.sleep(0.05)
    return None


def _running(pgdata: Path) -> int | None:
    """The pid of the live server that `postmaster.pid` names; any other process under that pid is not it."""
    try:
        pid = int((pgdata / "postmaster.pid").read_text(errors="replace").partition("\n")[0])
        process = psutil.Process(pid)
        if process.name() in PROGRAMS and working_directory(process) == os.path.realpath(pgdata):
            return pid
    except (FileNotFoundError, ValueError, psutil.Error):
        pass
    return None
