"""One team whose members all submit scores at once: `python -m benchmarks.crowd`.

Whatever changes a team waits for its turn. The goal is that nobody waits much longer than the others.
"""

import argparse
import sys
from contextlib import closing

from benchmarks import server
from benchmarks.load import drivers
from benchmarks.players import Team, assemble, sign_in
from benchmarks.requests import Client, Request

_KEY = "defaultkey"

#: How much longer the slowest hundredth may take than half of them.
_GOAL = 8.0


def main() -> int:
    """Measure; 1 if a request failed, or with --check if the goal was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.crowd", description=__doc__)
    parser.add_argument("--members", type=int, default=100, help="of the team (default 100)")
    parser.add_argument("--seconds", type=int, default=5, help="of each run (default 5)")
    parser.add_argument("--runs", type=int, default=3, help="how many (default 3)")
    parser.add_argument("--workers", type=int, default=1, help="server processes (default 1)")
    parser.add_argument("--check", action="store_true", help="fail when the goal is missed")
    options = parser.parse_args()
    drive = next(iter(drivers().values()))
    missed = False
    with server.data_directory() as data, server.kizuna(data, options.workers) as running:
        with closing(Client(running.address)) as client:
            devices = [f"crowd-device-{number}" for number in range(options.members)]
            team = assemble(client, [sign_in(client, _KEY, device) for device in devices])
        requests = _scores(team)
        drive(running.address, requests, options.members, 1)  # the warm-up
        print(f"{'req/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'p99/p50':>9}{'CPU µs':>9}   goal {_GOAL:g}")
        for _ in range(options.runs):
            before = running.processes.cpu()
            load = drive(running.address, requests, options.members, options.seconds)
            cpu = running.processes.cpu().since(before).per(load.requests).total
            ratio = load.p99 / load.p50
            print(f"{load.rate:8.0f}{load.p50:9.1f}{load.p99:9.1f}{ratio:9.2f}{cpu:9.0f}", flush=True)
            missed |= load.failures > 0 or (options.check and ratio > _GOAL)
    return int(missed)


def _scores(team: Team) -> list[Request]:
    path = f"/v2/team/{team.id}/event/siege"
    return [Request("POST", path, member.authorization, {"score": "1"}) for member in team.members]


if __name__ == "__main__":
    sys.exit(main())
