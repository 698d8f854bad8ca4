"""Setting up from a bare checkout: which Python is taken, what is said when none will do, what is locked."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from kizuna import __version__

ROOT = Path(__file__).parents[1]


def make_venv(path: Path, *pythons: Path) -> subprocess.CompletedProcess[str]:
    """scripts/venv.sh with nothing but these interpreters to choose from."""
    return subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "venv.sh", path],
        env={"PATH": "/usr/bin:/bin", "PYTHON": " ".join(map(str, pythons))},
        capture_output=True,
        text=True,
        timeout=120,
    )


def fake_python(folder: Path, *, version: str = "3.11", venv: bool = True) -> Path:
    """An interpreter that claims a version, and makes environments by noting so in the folder it is given."""
    script = folder / f"python{version}{'' if venv else '-without-venv'}"
    new_enough = "true" if version >= "3.11" else "false"
    script.write_text(
        f"""#!/bin/sh
        case "$*" in
            *"%d.%d"*) echo {version} ;;
            *version_info*) {new_enough} ;;
            *ensurepip*) {"true" if venv else "exit 1"} ;;
            "-m venv "*) mkdir "$3" && echo {version} > "$3/made-by" ;;
            *) exit 9 ;;
        esac
        """
    )
    script.chmod(0o755)
    return script


def test_the_first_python_that_will_do_is_taken(tmp_path: Path) -> None:
    pythons = [
        tmp_path / "missing",
        fake_python(tmp_path, version="3.10"),
        fake_python(tmp_path, version="3.13", venv=False),
        fake_python(tmp_path, version="3.12"),
        fake_python(tmp_path, version="3.11"),
    ]
    made = make_venv(tmp_path / "venv", *pythons)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "venv" / "made-by").read_text() == "3.12\n"


def test_a_missing_venv_module_is_named_in_one_sentence(tmp_path: Path) -> None:
    made = make_venv(tmp_path / "venv", fake_python(tmp_path, venv=False))
    assert made.returncode == 1
    assert made.stderr.count("\n") == 1
    assert "python3-venv" in made.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_that_is_too_old_is_named_in_one_sentence(tmp_path: Path) -> None:
    made = make_venv(tmp_path / "venv", fake_python(tmp_path, version="3.10"))
    assert made.returncode == 1
    assert made.stderr.count("\n") == 1
    assert "3.11 or newer" in made.stderr
    assert "3.10" in made.stderr


def test_this_python_makes_an_environment(tmp_path: Path) -> None:
    made = make_venv(tmp_path / "venv", Path(sys.executable))
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "venv" / "bin" / "python").exists()


def locked(name: str) -> dict[str, str]:
    """Package → version and marker, from a lock file."""
    return dict(re.findall(r"^([\w.-]+)==(.+?)(?: \\)?$", (ROOT / name).read_text(), re.MULTILINE))


def test_what_developers_install_contains_what_users_install() -> None:
    users = locked("requirements.txt")
    assert users
    assert users.items() <= locked("requirements-dev.txt").items()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_has_a_hash_for_everything_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.findall(r"^[\w.-]+==.*(?:\n    .*)*", text, re.MULTILINE)
    assert len(entries) == len(locked(name))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index-url" not in text


def test_make_passes_options_on() -> None:
    # The environment of this run may come from a make of its own, with options of its own.
    dry = subprocess.run(
        ["make", "-n", "serve", "ARGS=--port 7360"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert dry.returncode == 0, dry.stderr
    assert shlex.split(dry.stdout.splitlines()[-1])[-4:] == ["kizuna", "serve", "--port", "7360"]


def test_locking_without_uv_is_one_sentence() -> None:
    locking = subprocess.run(
        ["/bin/sh", ROOT / "scripts" / "lock.sh"],
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert locking.returncode == 1
    assert locking.stderr.count("\n") == 1
    assert "uv is needed" in locking.stderr


def test_the_version_stands_once() -> None:
    metadata = subprocess.run(
        [sys.executable, "-m", "hatchling", "metadata", "version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert metadata.stdout.strip() == __version__, metadata.stderr
