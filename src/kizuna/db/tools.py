"""What `kizuna db` does: PostgreSQL's own tools on whichever database is configured.

    with tools.database(home, database_url) as url:
        status = tools.dump(url, Path("kizuna.dump"))

`database` gives the URL of an external database as it is, that of a running embedded one, or starts the
embedded one for the time of the block. The tools return an exit status for the command line to end with: 0,
or that of the PostgreSQL program, which has then told the reason on stderr. What is refused before a tool
runs is an `EmbeddedError`. `path` and `reset` concern the embedded database only.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from kizuna.db.embedded import EmbeddedError, EmbeddedPostgres, attach, binaries, leftovers
from kizuna.db.embedded.errors import unusable_as_embedded_error
from kizuna.db.embedded.home import Home, OwnerLock

#: Parameters of a URL that speak to the Python driver; PostgreSQL's tools refuse what they do not know.
_DRIVER_PARAMETERS = frozenset(
    {"prepared_statement_cache_size", "statement_cache_size", "command_timeout", "async_fallback"}
)
_TLS_REQUIRED = frozenset({"require", "verify-ca", "verify-full"})

#: One line `t` or `f`: whether anything was made outside PostgreSQL's own schemas.
_HOLDS_ANYTHING = """
select exists (
  select from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
"""

#: How many others are connected. An ordinary role is not told what the connections of other roles are for;
#: those that belong to no role are PostgreSQL's own.
_OTHER_CLIENTS = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
  and usesysid is not null and coalesce(backend_type, 'client backend') = 'client backend'
"""

#: Time for a connection that was closed just now to disappear. Seconds.
_FAREWELL = 2.0

#: Everything goes, also extensions, which the dump brings back; `public` is left as a new database has it.
_DROP_EVERYTHING = b"""
set local lock_timeout = '10s';
set local client_min_messages = 'warning';
do $$
declare name text;
begin
  for name in
    select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  loop
    execute format('drop schema %I cascade', name);
  end loop;
end $$;
create schema public authorization pg_database_owner;
grant usage on schema public to public;
"""


def path(home: Path) -> Path:
    """The data directory as an absolute path, whether it exists or not."""
    return Home.at(home).path


@contextmanager
def database(home: Path, database_url: str | None = None) -> Iterator[str]:
    """The URL of the configured database, which answers for the time of the block.

    Without `database_url` it is the embedded one in `home`: attached to if it runs, otherwise started and
    stopped again, from the main thread. Raises EmbeddedError when it can be neither.
    """
    if database_url:
        yield database_url
    elif running := attach(home):
        yield running
    else:
        with EmbeddedPostgres(home) as server:
            yield server.url


def url(home: Path, database_url: str | None = None) -> str | None:
    """The URL of the configured database; None when it is the embedded one and does not run."""
    return database_url or attach(home)


def psql(url: str, args: Sequence[str] = ()) -> int:
    """Run psql in the terminal, with further arguments for it. Ctrl-C is psql's."""
    client = _Client(url)
    inherited = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(
            [client.tool("psql"), *client.connection, *args], env=client.environment, check=False
        ).returncode
    finally:
        signal.signal(signal.SIGINT, inherited)


def dump(url: str, file: Path) -> int:
    """Write the whole database to a file in pg_dump's custom format, readable by its owner only.

    An existing file is replaced once the dump is complete, and kept if it fails.
    """
    client = _Client(url)
    unfinished = file.with_name(f"{file.name}.partial")
    with _about_file(file):
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            command = [client.tool("pg_dump"), *client.connection, "--format=custom", f"--file={unfinished}"]
            status = subprocess.run(command, env=client.environment, check=False).returncode
            if status == 0:
                unfinished.replace(file)
            return status
        finally:
            unfinished.unlink(missing_ok=True)


def restore(url: str, file: Path, *, clean: bool = False) -> int:
    """Load a dump into an empty database, completely or not at all.

    With `clean` everything that the database holds is deleted first, in the same transaction; without it a
    database that holds anything is refused, and with it one that others are connected to. Roles and
    privileges of the dumped database are not carried over.
    """
    client = _Client(url)
    with _about_file(file), open(file, "rb"):
        pass
    if not clean and _holds_anything(client):
        raise EmbeddedError(
            "The database is not empty, and restoring would mix two sets of data. "
            "Add --clean to delete everything in it first."
        )
    if clean and _is_in_use(client):
        raise EmbeddedError("The database is in use: stop the servers that are connected to it first.")
    status = _load(client, file, clean=clean)
    if status == 0:
        # Tables that this role may not analyze are PostgreSQL's own, and it would warn of each.
        status = _psql_quietly(client, "set client_min_messages = error", "analyze").returncode
    return status


def reset(home: Path) -> bool:
    """Delete the embedded database for good; whether there was one. The caller has asked the operator.

    Raises EmbeddedError while it runs.
    """
    place = Home.at(home)
    with unusable_as_embedded_error(place.path):
        if not place.pgdata.exists():
            return False
        lock = OwnerLock(place)
        lock.acquire()
        try:
            leftovers.clear(place)
            place.remove_cluster()
        finally:
            lock.release()
    return True


class _Client:
    """PostgreSQL's client programs and how they reach one database.

    The password travels in the environment: arguments can be read by every user of the machine.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        if "ssl" in query:
            query["sslmode"] = {"true": "require", "false": "disable"}.get(query["ssl"].lower(), query["ssl"])
        parameters = {name: query[name] for name in query.keys() - _DRIVER_PARAMETERS - {"ssl", "password"}}
        user, _, hosts = parts.netloc.rpartition("@")
        name, _, password = user.partition(":")
        where = f"{name}@{hosts}" if user else hosts
        self.connection = [f"--dbname=postgresql://{where}{parts.path}?{urlencode(parameters)}"]
        self.environment = dict(os.environ)
        if secret := query.get("password") or unquote(password):
            self.environment["PGPASSWORD"] = secret
        self._programs = binaries.find()
        if parameters.get("sslmode") in _TLS_REQUIRED and self._programs.package is not None:
            self._programs = _with_tls()

    def tool(self, name: str) -> str:
        """The path of one program."""
        return self._programs.tool(name)


def _with_tls() -> binaries.Binaries:
    found = binaries.outside_wheels()
    if found is None:
        raise EmbeddedError(
            "This database wants an encrypted connection, which the bundled PostgreSQL tools cannot make. "
            f"Install your system's PostgreSQL client and name its bin directory in {binaries.VARIABLE}."
        )
    return found


@contextmanager
def _about_file(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as refused:
        raise EmbeddedError(f"The dump {file} cannot be used: {refused.strerror or refused}.") from refused


def _quiet(client: _Client, *more: str) -> list[str]:
    """psql that reads no start-up file, prints no rows' decoration and stops at the first error."""
    return [client.tool("psql"), *client.connection, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *more]


def _psql_quietly(client: _Client, *statements: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _quiet(client, *(part for statement in statements for part in ("-c", statement))),
        env=client.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


def _holds_anything(client: _Client) -> bool:
    return _ask(client, _HOLDS_ANYTHING) == "t"


def _is_in_use(client: _Client) -> bool:
    """Whether others are connected, and stay so."""
    deadline = time.monotonic() + _FAREWELL
    while _ask(client, _OTHER_CLIENTS) != "0":
        if time.monotonic() >= deadline:
            return True
        time.sleep(0.1)
    return False


def _ask(client: _Client, question: str) -> str:
    """The one value that a query answers with."""
    answer = _psql_quietly(client, question)
    if answer.returncode != 0:
        raise EmbeddedError("The database cannot be reached. Check that it runs and that its URL is right.")
    return answer.stdout.strip()


def _load(client: _Client, file: Path, *, clean: bool) -> int:
    """Restore in one transaction; the exit status. Raises EmbeddedError when the dump cannot be read."""
    with tempfile.TemporaryFile() as complaints:
        loaded, read = _feed(client, file, clean=clean, complaints=complaints)
        complaints.seek(0)
        said = complaints.read().decode(errors="replace")
    if read > 0:  # negative, it was only cut off because psql had ended
        reason = " ".join(said.split())
        raise EmbeddedError(f"The dump {file} cannot be read, and nothing was changed. {reason}")
    sys.stderr.write(said)
    return loaded or abs(read)


def _feed(client: _Client, file: Path, *, clean: bool, complaints: BinaryIO) -> tuple[int, int]:
    """Feed the dump to psql as a script; committed only when pg_restore has written all. Both exit statuses.

    (pg_restore on its own would stop at settings that an older server does not know, and could not delete in
    the same transaction.)
    """
    loader = subprocess.Popen(_quiet(client, "-o", os.devnull), env=client.environment, stdin=subprocess.PIPE)
    writer = subprocess.Popen(
        [client.tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)],
        stdout=subprocess.PIPE,
        stderr=complaints,
    )
    assert loader.stdin is not None
    assert writer.stdout is not None
    with suppress(BrokenPipeError):
        loader.stdin.write(b"begin;\n" + (_DROP_EVERYTHING if clean else b""))
        loader.stdin.writelines(_for_any_version(writer.stdout))
        if writer.wait() == 0:
            loader.stdin.write(b"\ncommit;\n")
    with suppress(BrokenPipeError):
        loader.stdin.close()
    writer.stdout.close()
    return loader.wait(), writer.wait()


def _for_any_version(script: BinaryIO | Iterable[bytes]) -> Iterator[bytes]:
    """The script without the settings that came after PostgreSQL 15, all of them before the first object."""
    heading = True
    for line in script:
        if heading and line.startswith(b"SET transaction_timeout"):
            continue
        heading = heading and line.startswith((b"SET", b"SELECT", b"--", b"\\restrict", b"\n"))
        yield line
