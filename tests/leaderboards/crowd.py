"""Players at two server processes on one database, and boards for them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.conftest import CONFORMANCE
from tests.hostile.clients import Client, Refused, clients
from tests.support.players import HTTP_KEY, Player, sign_in_async
from tests.support.processes import Server, start_server

#: So that no token expires, and so that the processes hear of each other.
ENVIRONMENT = {"KIZUNA_SESSION__TOKEN_EXPIRY_SEC": "3600", "KIZUNA_BUS": "postgres"}


def start(database_url: str, log: Path, *args: str) -> Server:
    """A server whose game code makes boards."""
    options: dict[str, Any] = {"modules": CONFORMANCE / "modules", "env": ENVIRONMENT}
    return start_server(*args, database_url=database_url, log=log, **options)


@contextmanager
def two_servers(database_url: str, folder: Path) -> Iterator[list[Server]]:
    """Two servers that have nothing in common but the database."""
    servers = [start(database_url, folder / f"server-{number}.log") for number in range(2)]
    yield servers
    for server in servers:
        server.stop()


@contextmanager
def two_workers(database_url: str, folder: Path) -> Iterator[list[Server]]:
    """One server of two processes."""
    server = start(database_url, folder / "server.log", "--workers", "2")
    yield [server]
    server.stop()


@dataclass
class Crowd:
    """Signed-in players, connections spread over the processes, and one of these for each process."""

    players: list[Player]
    clients: list[Client]
    witnesses: list[Client] = field(default_factory=list)


@asynccontextmanager
async def crowd(servers: Sequence[Server], players: int, connections: int = 32) -> AsyncIterator[Crowd]:
    """So many players and connections."""
    async with httpx.AsyncClient(base_url=servers[0].base_url, timeout=30) as client:
        signed_in = await asyncio.gather(*(sign_in_async(client) for _ in range(players)))
    each = connections // len(servers)
    async with clients(servers[0].port, each) as first, clients(servers[-1].port, each) as second:
        spread = [client for pair in zip(first, second, strict=True) for client in pair]
        yield Crowd(list(signed_in), spread, await _witnesses(servers, spread))


async def _witnesses(servers: Sequence[Server], spread: Sequence[Client]) -> list[Client]:
    found: dict[int, Client] = {}
    for client in spread:
        await client.ask("GET", "/healthcheck")
        found.setdefault(_process_of(servers, client), client)
    assert len(found) == 2, "every process has taken connections"
    return list(found.values())


def _process_of(servers: Sequence[Server], client: Client) -> int:
    """The process at the other end of a connection."""
    for server in servers:
        process = psutil.Process(server.process.pid)
        for one in (process, *process.children(recursive=True)):
            if any(end.raddr and end.raddr.port == client.port for end in one.net_connections("tcp")):
                return one.pid
    raise AssertionError("nobody has taken this connection")


def bearer(player: Player) -> str:
    """The header of a player's requests."""
    return f"Bearer {player.token}"


async def call(client: Client, function: str, **payload: Any) -> None:
    """Call a function of the game."""
    target = f"/v2/rpc/{function}?http_key={HTTP_KEY}&unwrap"
    await client.ask("POST", target, payload)


async def new_leaderboard(client: Client, **settings: Any) -> str:
    """The id of a leaderboard that anybody may write to."""
    id = f"leaderboard-{uuid.uuid4()}"
    await call(client, "conf_leaderboard_create", id=id, enable_ranks=True, authoritative=False, **settings)
    return id


async def new_tournament(client: Client, **settings: Any) -> str:
    """The id of a tournament that anybody may write to, and that goes on for an hour."""
    id = f"tournament-{uuid.uuid4()}"
    await call(client, "conf_tournament_create", id=id, enable_ranks=True, **settings)
    return id


def _path(board: str) -> str:
    return f"/v2/{board.partition('-')[0]}/{board}"


async def write(client: Client, player: Player, board: str, score: int = 0, **record: Any) -> Any:
    """The record as it is answered."""
    return await client.ask("POST", _path(board), {"score": score, **record}, authorization=bearer(player))


async def delete(client: Client, player: Player, board: str) -> None:
    """Delete the player's record."""
    await client.ask("DELETE", _path(board), authorization=bearer(player))


async def join(client: Client, player: Player, tournament: str) -> None:
    """Enter a tournament."""
    await client.ask("POST", f"/v2/tournament/{tournament}/join", authorization=bearer(player))


async def leave_for_good(client: Client, player: Player) -> None:
    """Delete the player's account."""
    await client.ask("DELETE", "/v2/account", authorization=bearer(player))


async def told(client: Client, reader: Player, board: str, owners: Sequence[Player]) -> dict[str, int]:
    """Ranks by owner, and under "" the number of records, as a process tells them."""
    query = "&".join(f"owner_ids={owner.id}" for owner in owners)
    target = f"/v2/leaderboard/{board}?{query}"
    answer = await client.ask("GET", target, authorization=bearer(reader))
    ranks = {record["owner_id"]: int(record.get("rank", 0)) for record in answer.get("owner_records", ())}
    return ranks | {"": int(answer.get("rank_count", 0))}


async def outcome(asked: Any) -> Any:
    """The answer, or the refusal as a value."""
    try:
        return await asked
    except Refused as refusal:
        return refusal


async def all_at_once(
    crowd: Crowd, players: Sequence[Player], ask: Callable[[Client, Player], Any]
) -> list[Any]:
    """Each player asks for something, over all connections; the outcomes in the players' order."""
    free: asyncio.Queue[Client] = asyncio.Queue()
    for client in crowd.clients:
        free.put_nowait(client)

    async def one(player: Player) -> Any:
        client = await free.get()
        try:
            return await outcome(ask(client, player))
        finally:
            free.put_nowait(client)

    return await asyncio.gather(*(one(player) for player in players))


def repeated(players: Sequence[Player], times: int) -> list[Player]:
    """Everybody so many times, in turns."""
    return list(islice(cycle(players), len(players) * times))

