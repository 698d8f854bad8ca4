"""The recorded conversations of this folder, and the lists of those that cannot or will not agree yet."""

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

    def asks(self, operation: str) -> bool:
        """Whether a step's request is this one, e.g. `GET /v2/friend`, whatever its query."""
        return any(step.get("request", "").split("?")[0] == operation for step in self.steps)


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


def load_pending() -> dict[str, str]:
    """Scenario → the operation it waits for, from pending.md."""
    return dict(_rows(FOLDER / "pending.md", columns=2))


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
