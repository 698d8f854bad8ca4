"""A server that is killed in the middle of claims: each is paid once or not at all, and never twice."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg

from tests.hostile.clients import Client
from tests.support.processes import Server, start_server
from tests.teams.soak.conftest import ENVIRONMENT, Member, join

ROUNDS, CLAIMS = 3, 24
DICE = random.Random(9)

CONFIG = {
    "wallet": {"currencies": {"gold": 0}},
    "store_items": {
        "parcel": {
            "reward": {"guaranteed": {"currencies": {"gold": {"min": 7}}}, "to_mailbox_expiry_sec": -1}
        }
    },
    "achievements": {
        # Complete from the beginning.
        "achievements": {
            f"trophy_{number}": {
                "name": "Trophy",
                "max_count": 0,
                "reward": {"guaranteed": {"currencies": {"gold": {"min": 1, "max": 1000}}}},
            }
            for number in range(ROUNDS * CLAIMS)
        }
    },
}

Claim = Callable[[Member, str], Awaitable[Any]]


class Scene:
    """A server that dies and comes back, and one team that goes on claiming."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._database_url = database_url
        self._folder = folder
        (folder / "teams.json").write_text(json.dumps(CONFIG))
        self._starts = 0
        self._member: Member | None = None
        self._clients: list[Client] = []

    def start(self) -> Server:
        self._starts += 1
        env = ENVIRONMENT | {"KIZUNA_TEAMS__CONFIG": str(self._folder / "teams.json")}
        log = self._folder / f"server-{self._starts}.log"
        return start_server(database_url=self._database_url, log=log, env=env)

    async def player(self, server: Server) -> Member:
        """The same player at each server."""
        if self._member is None:
            self._member = await join(server)
            self._member.client.close()
        client = await Client.connect(server.port)
        self._clients.append(client)
        return Member(self._member.id, self._member.token, client)

    def hang_up(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()
        self._clients.clear()


async def _killed_while_claiming(
    scene: Scene, claim: Claim, prepare: Callable[[Member], Awaitable[list[str]]]
) -> dict[str, Any]:
    """Claim everything while the server dies, and once more at another; what the first answers were.

    Whatever was answered before the server died is what its successor answers.
    """
    server = scene.start()
    clients = [await scene.player(server) for _ in range(6)]
    ids = await prepare(clients[0])
    told: dict[str, Any] = {}

    async def work(member: Member, share: list[str]) -> None:
        for id in share:
            told[id] = await claim(member, id)

    shares = [ids[number::6] for number in range(6)]
    works = [asyncio.create_task(work(member, share)) for member, share in zip(clients, shares, strict=True)]
    await asyncio.sleep(DICE.uniform(0.005, 0.12))
    server.kill()
    await asyncio.wait(works)
    for task in works:
        assert task.exception() is None or isinstance(task.exception(), OSError | EOFError)
    after = scene.start()
    member = await scene.player(after)
    again = {id: await claim(member, id) for id in ids}
    scene.hang_up()
    after.stop()
    assert {id: again[id] for id in told} == told
    assert again.keys() == set(ids)
    return again


async def _paid(database_url: str, team: str, source: str) -> tuple[int, int]:
    """What the ledger says a team was paid by claims, and its balance."""
    connection = await asyncpg.connect(database_url)
    paid = await connection.fetchval(
        "select coalesce(sum((currencies ->> 'gold')::numeric), 0) from team_ledger "
        "where team_id = $1 and source = $2",
        team,
        source,
    )
    balance = await connection.fetchval("select balance from team_currency where team_id = $1", team)
    await connection.close()
    return int(paid), int(balance)


async def test_parcels(database_url: str, tmp_path: Path) -> None:
    """T-026, T-401, T-402: also of those that were deleted by their claim."""
    scene, team, parcels = Scene(database_url, tmp_path), "", 0

    async def prepare(member: Member) -> list[str]:
        nonlocal team, parcels
        team = team or (await member.post("/v2/team", {"name": "Phoenix"}))["id"]
        for _ in range(CLAIMS):
            await member.post(f"/v2/team/{team}/store/parcel/purchase")
        page = await member.get(f"/v2/team/{team}/mailbox?limit={CLAIMS}")
        parcels += CLAIMS
        return [entry["id"] for entry in page["entries"]]

    async def claim(member: Member, id: str) -> Any:
        return await member.post(f"/v2/team/{team}/mailbox/{id}/claim")

    for _ in range(ROUNDS):
        for entry in (await _killed_while_claiming(scene, claim, prepare)).values():
            assert entry["reward"]["currencies"] == {"gold": "7"}
        assert await _paid(database_url, team, "mailbox_claim") == (7 * parcels, 7 * parcels)


async def test_achievements(database_url: str, tmp_path: Path) -> None:
    """T-026, T-236, T-237: the reward that is answered is the one that was paid, whatever the dice."""
    scene, team, total, begun = Scene(database_url, tmp_path), "", 0, 0

    async def prepare(member: Member) -> list[str]:
        nonlocal team, begun
        team = team or (await member.post("/v2/team", {"name": "Second Phoenix"}))["id"]
        begun += CLAIMS
        return [f"trophy_{number}" for number in range(begun - CLAIMS, begun)]

    async def claim(member: Member, id: str) -> Any:
        path = f"/v2/team/{team}/achievement/claim"
        claimed = (await member.post(path, {"achievement_ids": [id]}))["achievements"][id]
        return claimed["reward"]["currencies"], claimed["claim_time_sec"]

    for _ in range(ROUNDS):
        answers = await _killed_while_claiming(scene, claim, prepare)
        total += sum(int(currencies["gold"]) for currencies, _ in answers.values())
        assert await _paid(database_url, team, "achievement") == (total, total)
