"""What contributors are told is so."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.shell import blocks

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
BENCHMARKS = (ROOT / "benchmarks" / "README.md").read_text()


def section(page: str, title: str) -> str:
    return page.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder like this one, in which a migration can be written."""
    for name in ("alembic.ini", "pyproject.toml", "src"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    return tmp_path


def test_a_migration_is_written_by_the_commands_of_the_page(checkout: Path, database_url: str) -> None:
    """And it is an empty one: the tables are what all migrations make."""
    versions = checkout / "migrations" / "versions"
    number = f"{len(list(versions.glob('*.py'))) + 1:04}"
    [commands] = blocks(section(PAGE, "Adding a feature"))
    script = (
        commands.replace("NNNN", number)
        .replace("$(.venv/bin/kizuna db url)", '"$1"')
        .replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    )
    command = ["bash", "-euc", script.replace("   ", ""), "bash", database_url]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True, timeout=60)
    [written] = versions.glob(f"{number}_*.py")
    assert re.search(r"def upgrade\(\) -> None:\n(    #.*\n)*    pass\n", written.read_text())


def test_every_part_is_described() -> None:
    """Files and folders of the package in CONTRIBUTING.md, those of the benchmarks in theirs."""
    described = set(re.findall(r"[\w.]+\.py|\w+/", section(PAGE, "Where things are").split("```")[1]))
    assert parts(ROOT / "src" / "kizuna") <= described
    assert parts(ROOT / "benchmarks") <= set(
        re.findall(r"`([\w.]+/?)", section(BENCHMARKS, "Where things are"))
    )


def parts(folder: Path) -> set[str]:
    """Everything in a folder but what every package has; folders end in a slash."""
    names = {entry.name + "/" * entry.is_dir() for entry in os.scandir(folder)}
    return names - {"__init__.py", "__pycache__/", "py.typed", "README.md"}
