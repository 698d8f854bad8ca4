"""Which test names which requirement of Teams: `python -m tests.teams.requirements` lists them.

A test covers the requirements that its docstring names, as T-453 or as a row of them, T-039 to T-066.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Where the requirements are stated.
PAGE = ROOT / "docs" / "teams-requirements.md"

#: The numbers of all requirements.
ALL = range(1, 471)

#: Where the acceptance cases are listed.
CASES = ROOT / "tests" / "teams" / "acceptance" / "README.md"

_NAMED = re.compile(r"T-(\d{3})(?:(?: to |-|–)T-(\d{3}))?")
_CASES = re.compile(r"cases?[ _](\d+(?:(?:, | and |_)\d+)*)")


def named_in(text: str) -> set[int]:
    """The requirements that a text names."""
    found: set[int] = set()
    for first, last in _NAMED.findall(text):
        found.update(range(int(first), int(last or first) + 1))
    return found


def covering_tests() -> dict[int, list[str]]:
    """The tests that cover each requirement, as pytest names them."""
    covering: dict[int, list[str]] = defaultdict(list)
    for name, docstring in _tests():
        for number in named_in(docstring):
            covering[number].append(name)
    return covering


def cases() -> set[int]:
    """The acceptance cases that tests name in their docstrings or names: case 31, cases 30 and 31."""
    found: set[int] = set()
    for name, docstring in _tests():
        if name.startswith("tests/teams/"):
            for numbers in _CASES.findall(f"{name.partition('::')[2]} {docstring}"):
                found.update(map(int, re.findall(r"\d+", numbers)))
    return found


@cache
def _tests() -> tuple[tuple[str, str], ...]:
    """Every test with its docstring."""
    return tuple(_found())


def _found() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield f"{path.relative_to(ROOT)}::{node.name}", ast.get_docstring(node) or ""


def main() -> None:
    """Print every requirement with its tests."""
    covering = covering_tests()
    for number in ALL:
        sys.stdout.write(" ".join((f"T-{number:03}", *covering.get(number, ["-"]))) + "\n")


if __name__ == "__main__":
    main()
