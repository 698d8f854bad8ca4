"""The command line of the benchmarks, and their order."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import SubprocessError
from typing import NamedTuple

import psutil

from benchmarks import report, server
from benchmarks.cpu import Memory, Processes
from benchmarks.load import drivers
from benchmarks.measure import Plan, Result, measure, measure_unit
from benchmarks.players import prepare
from benchmarks.report import Footprint, Report, Start
from benchmarks.requests import Address, Refused
from benchmarks.scenarios import SCENARIOS, Scenario
from kizuna.testing.providers import Providers

#: Starts with a database in place, of which the quickest counts.
WARM_STARTS = 3

#: The options that a report tells.
_SETTINGS = ("driver", "seconds", "connections", "workers", "best_of")

#: What is said in one line instead of a traceback.
_PLAIN = (server.StartFailed, Refused, psutil.Error, SubprocessError, OSError, ValueError)


def main() -> int:
    """Measure or compare; 1 if a request failed, or with --check if a goal was missed."""
    options = _parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are ended with us
    try:
        if options.compare:
            print(report.compare(*options.compare))
            return 0
        return _benchmark(options)
    except KeyboardInterrupt:
        return 130
    except _PLAIN as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure what requests cost.")
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--seconds", type=_positive, default=5, help="of load for each scenario (default 5)")
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--connections", type=_positive, default=32, help="at once (default 32)")
    parser.add_argument("--workers", type=_positive, default=1, help="server processes (default 1)")
    parser.add_argument("--best-of", type=_positive, default=1, metavar="N", help="runs of each scenario")
    parser.add_argument("--driver", choices=drivers(), default=next(iter(drivers())), help="what sends")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report to a file, too")
    parser.add_argument("--check", action="store_true", help="fail when a goal is missed")
    parser.add_argument("--compare", nargs=2, type=Path, metavar="FILE", help="two reports; measures nothing")
    running = parser.add_argument_group("a server that is running already")
    running.add_argument("--base-url", type=_address, metavar="URL", help="http://host:port")
    running.add_argument("--server-key", default="defaultkey", metavar="KEY")
    running.add_argument("--pid", action="append", type=int, help="whose CPU time to measure (repeatable)")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 1 on")
    return int(text)


def _address(text: str) -> Address:
    try:
        return Address.of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _benchmark(options: argparse.Namespace) -> int:
    found = _measured(options)
    print(report.render(found))
    if options.json:
        options.json.write_text(json.dumps(report.document(found), indent=2) + "\n")
    missed = found.missed()
    if missed:
        print("\nGoals missed:", *missed, sep="\n  ")
    return int(found.failures() > 0 or (options.check and bool(missed)))


class _Target(NamedTuple):
    """The server that is measured. If it is our own, it believes the providers, and its start and its idle
    memory are known."""

    address: Address
    processes: Processes | None
    providers: Providers | None = None
    start: Start | None = None
    idle: Memory | None = None


def _measured(options: argparse.Namespace) -> Report:
    plan = Plan(drivers()[options.driver], options.seconds, options.connections, options.best_of)
    with ExitStack() as stack:
        target = _running(options) if options.base_url else stack.enter_context(_own(options.workers))
        units, results = _scenarios(target, plan, options)
        loaded = target.processes.worker() if target.processes else None
    return Report(
        settings={name: getattr(options, name) for name in _SETTINGS},
        unit=units,
        results=results,
        start=target.start,
        memory=Footprint(target.idle, loaded) if target.idle and loaded else None,
    )


def _running(options: argparse.Namespace) -> _Target:
    return _Target(options.base_url, Processes(options.pid) if options.pid else None)


@contextmanager
def _own(workers: int) -> Iterator[_Target]:
    """A server of our own, after a first start that makes its database and some more for their time."""
    _tell("starting the server")
    with server.data_directory() as data, Providers() as providers:
        with server.kizuna(data, workers) as first:
            pass
        starts = []
        for _ in range(WARM_STARTS - 1):
            with server.kizuna(data, workers) as again:
                starts.append(again.started_in)
        with server.kizuna(data, workers, providers.settings) as last:
            start = Start(first.started_in, min(*starts, last.started_in))
            yield _Target(last.address, last.processes, providers, start, last.processes.worker())


def _scenarios(target: _Target, plan: Plan, options: argparse.Namespace) -> tuple[list[float], list[Result]]:
    """The unit's measurements, before, between and after the scenarios, and the scenarios' results."""
    world = prepare(target.address, options.server_key, target.providers)
    chosen = [
        scenario
        for scenario in SCENARIOS
        if (not options.only or scenario.name in options.only)
        and (target.providers is not None or not scenario.of_providers)
    ]

    def run(scenario: Scenario) -> Result:
        _tell(scenario.name)
        return measure(scenario, target.address, target.processes, world, plan)

    if target.processes is None:
        return [], [run(scenario) for scenario in chosen]
    with server.unit() as bare:
        measure_unit(bare.address, bare.processes, plan)  # its warm-up
        units = [measure_unit(bare.address, bare.processes, plan)]
        results = []
        for scenario in chosen:
            results.append(run(scenario))
            units.append(measure_unit(bare.address, bare.processes, plan))
    return units, results


def _tell(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
