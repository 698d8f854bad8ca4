"""The directory that the embedded database lives in.

lock            held by the one process that owns the directory; holds its pid
pgdata          PostgreSQL's data directory
pgdata.new      a data directory in the making
pgdata.removed  a data directory in the course of being deleted
postgres.log    PostgreSQL's log, and `postgres.log.1` before it
bin-<version>   a copy of the programs, where they would be out of reach
"""

import fcntl
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from kizuna.db.embedded.errors import EmbeddedError
from kizuna.db.embedded.privileges import Account, first_closed

#: File systems on which neither the owner lock nor PostgreSQL's fsync can be trusted.
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afpfs", "afs"})

#: How long a new owner waits for one that is just going, in seconds.
PATIENCE = 1.0


def default_home() -> Path:
    """Where the data lives unless the operator says otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/kizuna")
    try:
        return Path.home() / ".local" / "share" / "kizuna"
    except RuntimeError:
        raise EmbeddedError(
            "The present user has no home directory. Choose a data directory with --data-dir."
        ) from None


@dataclass(frozen=True)
class Home:
    """The layout of the directory."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Home":
        """The home at a path, which may be relative or a symbolic link."""
        try:
            return cls(path.expanduser().resolve())
        except (OSError, RuntimeError) as refused:
            raise EmbeddedError(
                f"The data directory {path} cannot be found: {refused}. Choose another one with --data-dir."
            ) from refused

    @property
    def pgdata(self) -> Path:
        return self.path / "pgdata"

    @property
    def unfinished(self) -> Path:
        return self.path / "pgdata.new"

    @property
    def removed(self) -> Path:
        return self.path / "pgdata.removed"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"

    def prepare(self, account: Account | None) -> None:
        """Make the directory usable for PostgreSQL under that account (None: the present user).

        Raises EmbeddedError, before anything is written, on a network file system or when the account could
        not reach the directory.
        """
        _refuse_network(self.path)
        if account is not None:
            self._refuse_closed(account)
        missing = [step for step in (self.path, *self.path.parents) if not step.exists()]
        for step in reversed(missing):
            step.mkdir(mode=0o700 if step == self.path else 0o777)
            if account is not None:
                # The account passes through whatever our umask says. What is worth hiding is in pgdata: 0700.
                step.chmod(0o711 if step == self.path else 0o755)

    def _refuse_closed(self, account: Account) -> None:
        closed = first_closed(self.path, account)
        if closed == self.path and self._may_be_opened():
            self.path.chmod(self.path.stat().st_mode | 0o011)
            closed = first_closed(self.path, account)
        if closed is not None:
            raise EmbeddedError(
                f"PostgreSQL must run as the user {account.name}, who cannot enter {closed} on the way to "
                f"the data directory {self.path}. Choose one that this user can reach with --data-dir, "
                "or run kizuna as an ordinary user."
            )

    def _may_be_opened(self) -> bool:
        """Whether the closed directory is nothing but ours: made by root, and empty or in use as a home."""
        return self.path.stat().st_uid == 0 and (self.lock.exists() or not any(self.path.iterdir()))

    def sweep(self) -> None:
        """Delete what an interrupted `initdb` or reset left. Only for the owner, with no process left."""
        for debris in (self.unfinished, self.removed):
            if debris.exists():
                shutil.rmtree(debris)

    def remove_cluster(self) -> None:
        """Delete the data directory; an interruption leaves it whole or gone. Only for the owner."""
        self.sweep()
        self.pgdata.rename(self.removed)
        sync_directory(self.path)
        self.sweep()


def sync_directory(path: Path) -> None:
    """Make a rename inside the directory outlast a power failure."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_network(path: Path) -> None:
    kind = _file_system(path)
    if kind in NETWORK_FILE_SYSTEMS:
        raise EmbeddedError(
            f"The data directory {path} is on a network file system ({kind}), which can lose data. "
            "Choose one on a local disk with --data-dir, or set DATABASE_URL."
        )


def _file_system(path: Path) -> str:
    """The type of the file system that holds a path, or will hold it."""
    mounted = {Path(partition.mountpoint): partition.fstype for partition in psutil.disk_partitions(all=True)}
    return next((mounted[step].lower() for step in (path, *path.parents) if step in mounted), "")


def open_private(path: Path, flags: int) -> int:
    """Open or create a 0600 file of the home; what root creates belongs to the owner of the home.

    A symbolic link is refused: the home may belong to somebody with fewer rights than we have.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0 and os.fstat(descriptor).st_nlink == 1:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


class OwnerLock:
    """The right to run a server in a home. It ends with the process that holds it, however that ends."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise EmbeddedError when another process holds it."""
        descriptor = open_private(self._home.lock, os.O_RDWR)
        try:
            self._take(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def _take(self, descriptor: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise self._refusal(descriptor) from None
            time.sleep(0.05)

    def _refusal(self, descriptor: int) -> EmbeddedError:
        pid = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        holder = f" (pid {pid})" if pid else ""
        return EmbeddedError(
            f"The data directory {self._home.path} is in use by another kizuna{holder}. "
            "Stop that one first, or choose another directory with --data-dir."
        )

    def release(self) -> None:
        """Give the lock back. Harmless when it is not held."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            # Explicitly, because a forked child may hold the descriptor too.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None
