"""Measuring one scenario against one server."""

from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from typing import NamedTuple

from benchmarks.cpu import Cpu, Processes
from benchmarks.load import Driver, Load
from benchmarks.players import World
from benchmarks.requests import Address, Client, Refused, Request
from benchmarks.scenarios import Scenario

#: Seconds of load before what counts: connections, caches and prepared statements are there then.
WARM_UP = 1


@dataclass(frozen=True)
class Plan:
    """How to measure: `seconds` of load on so many connections, the best of so many runs."""

    driver: Driver
    seconds: int
    connections: int
    best_of: int

    @property
    def short(self) -> int:
        """Seconds of the runs beside the main one: the unit's, and those of a single connection."""
        return max(1, self.seconds // 2)


@dataclass(frozen=True)
class Result:
    """What came of a scenario. CPU time is per request; None where no process was named.

    `units` is that CPU time in multiples of the unit. `failures` are those of all runs; `problem` is the
    sentence for a scenario that was not run because its first request failed already.
    """

    name: str
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    failures: int
    problem: str | None
    server_us: float | None
    postgresql_us: float | None
    units: float | None
    goal_units: float
    reference_units: float | None
    one_connection_p50_ms: float
    goal_one_connection_p50_ms: float | None
    reference_one_connection_p50_ms: float | None

    @property
    def total_us(self) -> float | None:
        """CPU time of server and PostgreSQL together."""
        if self.server_us is None or self.postgresql_us is None:
            return None
        return self.server_us + self.postgresql_us


class _Run(NamedTuple):
    load: Load
    cpu: Cpu | None


_NOTHING = Load(requests=0, seconds=0, p50=0, p99=0, refused=0, broken=0)


def measure(
    scenario: Scenario, address: Address, processes: Processes | None, world: World, plan: Plan
) -> Result:
    """Try the scenario's first request, warm the server up, and measure."""
    requests = scenario.requests(world)
    if problem := _problem(address, requests[0], scenario.proof):
        return _result(scenario, [_Run(_NOTHING, None)], _NOTHING, 1, problem)
    warm_up = plan.driver(address, requests, plan.connections, WARM_UP)
    runs = [_run(address, processes, requests, plan, plan.seconds) for _ in range(plan.best_of)]
    alone = plan.driver(address, requests, 1, plan.short)
    failures = sum(load.failures for load in (warm_up, alone, *(run.load for run in runs)))
    return _result(scenario, runs, alone, failures, None)


def measure_unit(address: Address, processes: Processes, plan: Plan) -> float:
    """CPU microseconds of the bare application's answer, at the moment."""
    cpu = _run(address, processes, [Request("GET", "/")], plan, plan.short).cpu
    assert cpu
    return cpu.total


def _run(
    address: Address, processes: Processes | None, requests: list[Request], plan: Plan, seconds: int
) -> _Run:
    before = processes.cpu() if processes else None
    load = plan.driver(address, requests, plan.connections, seconds)
    used = processes.cpu().since(before).per(load.requests) if processes and before else None
    return _Run(load, used)


def _problem(address: Address, request: Request, proof: str) -> str | None:
    with closing(Client(address)) as client:
        try:
            answer = client.ask(request).decode()
        except (Refused, HTTPException, OSError) as error:
            return str(error)
    return None if proof in answer else f"{proof} is missing in the answer {answer[:200]}"


def _result(scenario: Scenario, runs: list[_Run], alone: Load, failures: int, problem: str | None) -> Result:
    best = min(runs, key=_cost)
    return Result(
        name=scenario.name,
        requests_per_second=best.load.rate,
        p50_ms=best.load.p50,
        p99_ms=best.load.p99,
        failures=failures,
        problem=problem,
        server_us=best.cpu.server if best.cpu else None,
        postgresql_us=best.cpu.postgresql if best.cpu else None,
        units=None,
        goal_units=scenario.goal,
        reference_units=scenario.reference,
        one_connection_p50_ms=alone.p50,
        goal_one_connection_p50_ms=scenario.p50_goal,
        reference_one_connection_p50_ms=scenario.p50_reference,
    )


def _cost(run: _Run) -> float:
    """Makes one run worse than another: more CPU time per request, or a lower rate where that is unknown."""
    if not run.load.requests:
        return float("inf")
    return run.cpu.total if run.cpu else -run.load.rate
