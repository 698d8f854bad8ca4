"""Two servers on one database, and 32 players in one team."""

import asyncio
import uuid
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.hostile.clients import Client, Refused
from tests.support.environment import WISHES
from tests.support.players import SERVER_KEY, claims
from tests.support.processes import Server, start_server

PLAYERS = 32
ENVIRONMENT = {
    "KIZUNA_TEAMS__CONFIG": str(Path(__file__).parent / "config.yaml"),
    "KIZUNA_SESSION__TOKEN_EXPIRY_SEC": "3600",
    "KIZUNA_BUS": "postgres",
}


@dataclass
class Member:
    """A player with a connection of his own."""

    id: str
    token: str
    client: Client

    async def post(self, path: str, body: Any = None) -> Any:
        """The answer; `Refused` for any but a good one."""
        return await self.client.ask("POST", path, body or {}, authorization=f"Bearer {self.token}")

    async def get(self, path: str) -> Any:
        return await self.client.ask("GET", path, authorization=f"Bearer {self.token}")


@dataclass
class Crowd:
    """A team whose members, all of them admins, are spread over the servers."""

    members: list[Member]
    team: str
    database: asyncpg.Connection

    @property
    def path(self) -> str:
        return f"/v2/team/{self.team}"

    async def keep_at_it(self, work: Callable[[Member], Awaitable[None]]) -> None:
        """Let all members do something again and again, as long as a soak lasts."""
        loop = asyncio.get_running_loop()
        end = loop.time() + WISHES.soak_seconds

        async def one(member: Member) -> None:
            while loop.time() < end:
                await work(member)

        await asyncio.gather(*map(one, self.members))

    async def balance(self, currency: str, start: int = 0) -> int:
        """A balance as the database has it; it must be what the ledger says."""
        stored = await self.database.fetchval(
            "select balance from team_currency where team_id = $1 and currency = $2", self.team, currency
        )
        booked = await self.database.fetchval(
            "select coalesce(sum((currencies ->> $2)::numeric), 0) from team_ledger where team_id = $1",
            self.team,
            currency,
        )
        assert (stored if stored is not None else start) == start + booked
        return int(start + booked)

    async def count(self, item: str) -> int:
        """How many of an item the team has; that must be what the ledger says, too."""
        stored = await self.database.fetchval(
            "select coalesce(sum(count), 0) from team_item where team_id = $1 and item_id = $2",
            self.team,
            item,
        )
        booked = await self.database.fetchval(
            "select coalesce(sum((items ->> $2)::numeric), 0) from team_ledger where team_id = $1",
            self.team,
            item,
        )
        assert stored == booked
        return int(stored)


@pytest.fixture(scope="package")
def soaked(databases: Any) -> str:
    """A database for all soaks."""
    url: str = databases.migrated()
    return url


@pytest.fixture(scope="package")
def servers(soaked: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two processes that have nothing in common but the database."""
    folder = tmp_path_factory.mktemp("soak")
    started = [
        start_server(database_url=soaked, log=folder / f"server-{number}.log", env=ENVIRONMENT)
        for number in range(2)
    ]
    yield started
    for server in started:
        server.stop()


@pytest_asyncio.fixture
async def crowd(servers: list[Server], soaked: str) -> AsyncIterator[Crowd]:
    """A new team of 32."""
    members = await asyncio.gather(*(join(servers[number % 2]) for number in range(PLAYERS)))
    leader, *others = members
    team = (await leader.post("/v2/team", {"name": f"team {uuid.uuid4()}"}))["id"]
    ids = "&".join(f"user_ids={member.id}" for member in others)
    for act in ("add", "promote"):
        await leader.post(f"/v2/team/{team}/{act}?{ids}")
    database = await asyncpg.connect(soaked)
    yield Crowd(members, team, database)
    await database.close()
    for member in members:
        member.client.close()


async def join(server: Server) -> Member:
    """A new player of a server."""
    client = await Client.connect(server.port)
    token = await sign_in(client, f"device-{uuid.uuid4()}")
    return Member(claims(token)["uid"], token, client)


async def sign_in(client: Client, device: str) -> str:
    """The token of a device's player."""
    key = b64encode(f"{SERVER_KEY}:".encode()).decode()
    path = "/v2/account/authenticate/device?create=true"
    answer = await client.ask("POST", path, {"id": device}, authorization=f"Basic {key}")
    token: str = answer["token"]
    return token


async def outcome(work: Awaitable[Any]) -> Any:
    """What somebody gets: an answer, or the text of a refusal."""
    try:
        return await work
    except Refused as refusal:
        return refusal.message
