"""Players at two server processes on one database, and boards for them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.conftest import CONFORMANCE
from tests.hostile.clients import Client, Refused, clients
from tests.support.players import HTTP_KEY, Player, sign_in_async
from tests.support.processes import Server, start_server
from tests.support.waiting import wait_until, wait_until_async

#: So that no token expires, and so that the processes hear of each other.
ENVIRONMENT = {"KIZUNA_SESSION__TOKEN_EXPIRY_SEC": "3600", "KIZUNA_BUS": "postgres"}


def start(database_url: str, log: Path, *args: str, **options: Any) -> Server:
    """A server whose game code makes boards."""
    ours: dict[str, Any] = {"modules": CONFORMANCE / "modules", "env": ENVIRONMENT}
    return start_server(*args, database_url=database_url, log=log, **ours, **options)


@contextmanager
def two_servers(database_url: str, folder: Path) -> Iterator[list[Server]]:
    """Two servers that have nothing in common but the database."""
    servers = [start(database_url, folder / f"server-{number}.log", wait=False) for number in range(2)]
    try:
        for server in servers:
            wait_until(server.answers, within=30)
        yield servers
    finally:
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
    """Signed-in players, and connections spread over the processes."""

    players: list[Player]
    clients: list[Client]
    #: One of the connections to each process, by its number.
    witnesses: dict[int, Client]


@asynccontextmanager
async def crowd(servers: Sequence[Server], players: int, connections: int = 32) -> AsyncIterator[Crowd]:
    """So many players and connections."""
    async with httpx.AsyncClient(base_url=servers[0].base_url, timeout=30) as client:
        signed_in = await asyncio.gather(*(sign_in_async(client) for _ in range(players)))
    async with connected(servers, connections) as (spread, witnesses):
        yield Crowd(list(signed_in), spread, witnesses)


@asynccontextmanager
async def connected(
    servers: Sequence[Server], connections: int
) -> AsyncIterator[tuple[list[Client], dict[int, Client]]]:
    """Connections spread over the processes, and one of them for each process."""
    async with AsyncExitStack() as stack:

        async def spread_over_both() -> tuple[list[Client], dict[int, Client]] | None:
            attempt = await stack.enter_async_context(AsyncExitStack())
            with suppress(OSError, EOFError):  # a process that has just been killed
                each = [
                    await attempt.enter_async_context(clients(server.port, connections // 2))
                    for server in (servers[0], servers[-1])
                ]
                spread = [client for pair in zip(*each, strict=True) for client in pair]
                witnesses = await _witnesses(servers, spread)
                if len(witnesses) == 2:
                    return spread, witnesses
            await attempt.aclose()
            return None

        found = await wait_until_async(spread_over_both, 30, "connections to both processes")
        assert found is not None
        yield found


async def _witnesses(servers: Sequence[Server], spread: Sequence[Client]) -> dict[int, Client]:
    found: dict[int, Client] = {}
    for client in spread:
        if len(found) < 2:
            await client.ask("GET", "/healthcheck")
            found.setdefault(_process_of(servers, client), client)
    return found


def _process_of(servers: Sequence[Server], client: Client) -> int:
    """The process at the other end of a connection."""
    for server in servers:
        process = psutil.Process(server.process.pid)
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
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
