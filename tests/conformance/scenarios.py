"""The recorded conversations of this folder, and the answers of ours that are meant to be others."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
Step = dict[str, Any]


@dataclass(frozen=True)
class Scenario:
    """One conversation; `steps` are as FORMAT.md describes them. `name` begins with the file's."""

    name: str
    steps: list[Step]


@dataclass(frozen=True)
class Difference:
    """A recorded answer that this server gives otherwise, and means to."""

    scenario: str
    step: int
    answer: dict[str, Any]


def load_scenarios() -> dict[str, Scenario]:
    """Every scenario by its name, e.g. `rpc/who may call`."""
    scenarios = [
        Scenario(name=f"{file.stem}/{recorded['name']}", steps=recorded["steps"])
        for file in sorted(FOLDER.glob("*.yaml"))
        for recorded in yaml.load(file.read_text(), yaml.CSafeLoader).get("scenarios", ())
    ]
    by_name = {scenario.name: scenario for scenario in scenarios}
    assert len(by_name) == len(scenarios), "two scenarios share a name"
    return by_name


def load_differences() -> list[Difference]:
    """The answers that take the place of recorded ones, from differences.md."""
    return [
        Difference(scenario, int(step), json.loads(answer))
        for scenario, step, answer, _reason in _rows(FOLDER / "differences.md", columns=4)
    ]


def with_differences(scenario: Scenario, differences: list[Difference]) -> Scenario:
    """The scenario with our answers where we differ knowingly."""
    steps = list(scenario.steps)
    for difference in differences:
        if difference.scenario == scenario.name:
            steps[difference.step] = {**steps[difference.step], "expect": difference.answer}
    return Scenario(scenario.name, steps)


def _rows(file: Path, columns: int) -> Iterator[list[str]]:
    """The cells of a Markdown table's body, without their code quotes; `\\|` stands for a bar."""
    for line in file.read_text().splitlines():
        if not line.startswith("| `"):
            continue
        cells = [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        assert len(cells) == columns, f"{file.name}: {columns} cells wanted: {line}"
        yield [re.sub(r"^`(.*)`$", r"\1", cell) for cell in cells]
