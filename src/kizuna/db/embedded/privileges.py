"""Running PostgreSQL as somebody other than root.

PostgreSQL refuses to run as root, so as root its processes, and only those, run under an ordinary account
that exists already. Nothing outside the data directory is changed for it: no account is made, no permission
is widened.
"""

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kizuna.db.embedded.errors import EmbeddedError

#: In this order; the first that exists is taken.
ACCOUNTS = ("kizuna", "postgres", "nobody")

_FIRST_CLOSED = 'for d do test -x "$d" || { printf %s "$d"; exit; }; done'


@dataclass(frozen=True)
class Account:
    """A user of the operating system."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of_uid(cls, uid: int, gid: int) -> "Account":
        """The account with this uid; one without a passwd entry is called by its number."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return cls(str(uid), uid, gid)
        return cls(entry.pw_name, uid, entry.pw_gid)


def server_account(pgdata: Path) -> Account | None:
    """The account that PostgreSQL must run under, or None when it is the present one.

    As root: the owner of an existing data directory, since PostgreSQL accepts no other; for a new one the
    first of `ACCOUNTS` that exists.
    """
    if os.geteuid() != 0:
        return None
    if pgdata.exists() and (owner := pgdata.stat()).st_uid != 0:
        return Account.of_uid(owner.st_uid, owner.st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL refuses to run as root, and none of the users kizuna, postgres and nobody exists. "
        "Create a user named kizuna, run kizuna as an ordinary user, or set DATABASE_URL."
    )


def run_as(account: Account, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command as that account, its output captured.

    Raises OSError when the account cannot even execute it.
    """
    return subprocess.run(
        command,
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def first_closed(path: Path, account: Account) -> Path | None:
    """The outermost directory on the way to `path`, itself included, that the account may not enter.

    The account itself tries, so access control lists count. What does not exist yet is not looked at.
    """
    existing = [str(step) for step in (*reversed(path.parents), path) if step.exists()]
    closed = run_as(account, ["/bin/sh", "-c", _FIRST_CLOSED, "sh", *existing]).stdout
    return Path(closed) if closed else None


def hand_over(tree: Path, account: Account) -> None:
    """Make the account the owner of a directory and everything in it."""
    os.chown(tree, account.uid, account.gid)
    for folder, folders, files in os.walk(tree):
        for name in folders + files:
            os.chown(os.path.join(folder, name), account.uid, account.gid, follow_symlinks=False)
