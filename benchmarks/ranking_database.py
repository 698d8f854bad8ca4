"""What it takes to build a leaderboard's ranks from PostgreSQL, and how requests are answered meanwhile.

A server with a database of its own is started on a board of so many records, each time without an
index. First nobody asks for anything but the index; then there are requests of each kind all the time, on
one connection each. A third start finds a table as a board in use leaves it: one record in twenty has been
written since PostgreSQL's last vacuum, so that nearly every page must be looked at for what is visible.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from http.client import HTTPException
from itertools import cycle
from pathlib import Path
from threading import Event

import asyncpg

from benchmarks.figures import Figure
from benchmarks.players import WRITTEN_LARGE, Player, World, prepare
from benchmarks.requests import Address, Client, Refused, Request
from benchmarks.scenarios import SCENARIOS
from benchmarks.server import Running, data_directory, kizuna
from kizuna.db.tools import url

#: The board whose ranks are built.
BOARD = WRITTEN_LARGE

#: Seconds between two looks whether the index is there, and between an answer and the next request of a kind.
_LOOK = 0.05
_PAUSE = 0.005

#: How long a build may take at all.
_PATIENCE = 600

#: Rows come without their indices and without looking at the board that each refers to.
_FAST = """
    set session_replication_role = replica; set synchronous_commit = off;
    set maintenance_work_mem = '512MB'; set max_parallel_maintenance_workers = 0;
"""

_INDICES = """
    select format('alter table leaderboard_record drop constraint %I', conname) as drop,
        format('alter table leaderboard_record add constraint %I %s', conname, pg_get_constraintdef(oid))
            as make
    from pg_constraint where conrelid = 'leaderboard_record'::regclass and contype = 'p'
    union all
    select format('drop index %I', c.relname), pg_get_indexdef(c.oid)
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = 'leaderboard_record'::regclass and not i.indisprimary
"""

#: Scores in no order: neighbours on the board do not lie together in the table.
_FILL = """
    insert into leaderboard_record (owner_id, board, expiry, username, score, subscore, num_score,
        max_num_score, create_time, update_time, rule, prev_score, prev_subscore)
    select gen_random_uuid(), l.key, 0, 'owner-' || n, floor(random() * 1000000), 0, 1,
        l.max_num_score, now(), now(), 2, 0, 0
    from leaderboard l, generate_series(1,
        $2 - (select count(*) from leaderboard_record r where r.board = l.key)) n
    where l.id = $1 and not l.deleted
"""


_CHURN = """
    set synchronous_commit = off;
    update leaderboard_record set score = floor(random() * 1000000), prev_score = score where random() < 0.05
"""


def from_postgresql(records: int) -> list[Figure]:
    """The build on its own, and with requests meanwhile."""
    with data_directory() as data:
        with kizuna(data, workers=1) as running:
            world = prepare(running.address, "defaultkey", providers=None)
            asyncio.run(_fill(data, records))
        with kizuna(data, workers=1) as running:
            alone = _alone(running, world.players[0], records)
        with kizuna(data, workers=1) as running:
            meanwhile = _with_requests(running.address, world, records)
            asyncio.run(_execute(data, _CHURN))
        with kizuna(data, workers=1) as running:
            churned = _build(running.address, world.players[0], records)
    return [*alone, *meanwhile, Figure("build from a table in use", churned["seconds"], "s")]


async def _fill(data: Path, records: int) -> None:
    async with _connected(data) as connection:
        await connection.execute(_FAST)
        indices = await connection.fetch(_INDICES)
        for index in indices:
            await connection.execute(index["drop"])
        await connection.execute(_FILL, BOARD, records)
        for index in indices:
            await connection.execute(index["make"])
        await connection.execute("vacuum analyze leaderboard_record")
        await connection.execute("checkpoint")


async def _execute(data: Path, statements: str) -> None:
    async with _connected(data) as connection:
        await connection.execute(statements)


@asynccontextmanager
async def _connected(data: Path) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection to the database of the server that runs there."""
    address = url(data)
    assert address, "the server runs"
    connection = await asyncpg.connect(address)
    try:
        yield connection
    finally:
        await connection.close()


# The build on its own


def _alone(running: Running, player: Player, records: int) -> list[Figure]:
    before = running.processes.cpu()
    outcome = _build(running.address, player, records)
    used = running.processes.cpu().since(before)
    return [
        Figure("build from PostgreSQL", outcome["seconds"], "s"),
        Figure("  CPU time of the server", used.server / 1e6, "s"),
        Figure("  CPU time of PostgreSQL", used.postgresql / 1e6, "s"),
        Figure("  event loop held, longest", outcome["held"] * 1e3, "ms"),
        Figure("  last rank afterwards", outcome["last"] * 1e3, "ms"),
        Figure("  peak memory of the server", outcome["peak"] / 1e6, "MB"),
    ]


def _build(address: Address, player: Player, records: int) -> dict[str, float]:
    """Want a rank, and wait until the index answers: what `modules/builds.py` measured."""
    with closing(Client(address)) as client:
        client.ask(_rpc("build_begin", player, {"id": BOARD, "records": records}))
        look = _rpc("build_outcome", player, {})
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            outcome: dict[str, float] = json.loads(json.loads(client.ask(look))["payload"])
            if outcome:
                return outcome
            time.sleep(_LOOK)
    raise TimeoutError(f"there is no index after {_PATIENCE} seconds")


def _rpc(name: str, player: Player, payload: Mapping[str, object]) -> Request:
    return Request("POST", f"/v2/rpc/{name}", player.authorization, json.dumps(payload))


# The build with requests meanwhile


class _Kind:
    """Requests of one kind, one after the other, and how long each took until its answer, in seconds."""

    def __init__(self, name: str, requests: Sequence[Request]) -> None:
        self._name = name
        self._requests = cycle(requests)
        self._took: list[float] = []
        self.failed = 0
        #: Told to try again in a moment, because ranks were being read.
        self.put_off = 0

    def run(self, address: Address, over: Event) -> None:
        """Go on until it is over."""
        with closing(Client(address)) as client:
            while not over.wait(_PAUSE):
                begun = time.perf_counter()
                try:
                    client.ask(next(self._requests))
                except (Refused, OSError, HTTPException) as error:
                    if "answered with 503" in str(error):
                        self.put_off += 1
                    else:
                        self.failed += 1
                    client.close()  # and connect again
                self._took.append(time.perf_counter() - begun)

    def figures(self) -> list[Figure]:
        ordered = sorted(self._took)
        return [
            Figure(f"  {self._name}, p50", _percentile(ordered, 0.50) * 1e3, "ms"),
            Figure(f"  {self._name}, p99", _percentile(ordered, 0.99) * 1e3, "ms"),
            Figure(f"  {self._name}, longest", ordered[-1] * 1e3, "ms"),
        ]


def _with_requests(address: Address, world: World, records: int) -> list[Figure]:
    kinds = [_Kind(name, requests) for name, requests in _requests(world).items()]
    over = Event()
    with ThreadPoolExecutor(len(kinds)) as clients:
        running = [clients.submit(kind.run, address, over) for kind in kinds]
        try:
            outcome = _build(address, world.players[0], records)
        finally:
            over.set()
    for client in running:
        client.result()
    return [
        Figure("build with requests meanwhile", outcome["seconds"], "s"),
        Figure("  peak memory of the server", outcome["peak"] / 1e6, "MB"),
        Figure("  requests failed", sum(kind.failed for kind in kinds), ""),
        Figure("  requests put off", sum(kind.put_off for kind in kinds), ""),
        *(figure for kind in kinds for figure in kind.figures()),
    ]


def _requests(world: World) -> dict[str, list[Request]]:
    """What is asked for meanwhile by its names: other things, and the board itself."""
    of = {scenario.name: scenario.requests(world) for scenario in SCENARIOS}
    path = f"/v2/leaderboard/{BOARD}"
    players = world.players
    return {
        "healthcheck": of["healthcheck"],
        "account": of["account-get"],
        "write to another board": of["board-write"],
        "list": [Request("GET", f"{path}?limit=100", player.authorization) for player in players],
        "around": [
            Request("GET", f"{path}/owner/{player.user_id}?limit=10", player.authorization)
            for player in players
        ],
        "write": of["board-write-100k"],
    }


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[int(len(ordered) * share)]
