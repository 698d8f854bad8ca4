"""Homes for embedded databases."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from kizuna.db.embedded import EmbeddedPostgres, binaries
from tests.embedded.support import processes_in
from tests.support.waiting import wait_until


@pytest.fixture
def base() -> Iterator[Path]:
    """An empty directory that every user may enter, directly under the temporary directory.

    (pytest's own `tmp_path` lies below a directory that only its owner may enter.)
    """
    path = Path(tempfile.mkdtemp(prefix="kizuna-test-")).resolve()
    path.chmod(0o755)
    yield path
    _kill_all(path)
    shutil.rmtree(path)


def _kill_all(home: Path) -> None:
    """Leave no process behind, whatever the test found out about those who should have."""
    for pid in processes_in(home):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not processes_in(home), what="the end of all processes")


@pytest.fixture
def home(base: Path) -> Path:
    """The path of a home that does not exist yet."""
    return base / "home"


@pytest.fixture(scope="session")
def shared() -> Iterator[Path]:
    """A home with a database in it, made once because that takes long."""
    path = Path(tempfile.mkdtemp(prefix="kizuna-test-")).resolve()
    with EmbeddedPostgres(path, fsync=False):
        pass
    yield path
    shutil.rmtree(path)


@pytest.fixture
def made(shared: Path) -> Iterator[Path]:
    """A home with a database in it, in which nothing runs. A test leaves it so that it can be started."""
    yield shared
    _kill_all(shared)


@pytest.fixture(scope="session")
def system() -> binaries.Binaries:
    """The operating system's PostgreSQL."""
    found = binaries.outside_wheels()
    if found is None:
        pytest.skip("the operating system has no PostgreSQL")
    return found


@pytest.fixture(scope="session")
def system_home(system: binaries.Binaries) -> Iterator[Path]:
    """A home with a database made by `system`, in which nothing runs."""
    path = Path(tempfile.mkdtemp(prefix="kizuna-test-")).resolve()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(binaries.VARIABLE, str(system.directory))
        with EmbeddedPostgres(path, fsync=False):
            pass
    yield path
    _kill_all(path)
    shutil.rmtree(path)


@pytest.fixture
def start() -> Iterator[Callable[..., EmbeddedPostgres]]:
    """`start(home, …)` starts a database without fsync that is stopped with the test."""
    with ExitStack() as stack:
        yield lambda home, **options: stack.enter_context(
            EmbeddedPostgres(home, **{"fsync": False, **options})
        )
