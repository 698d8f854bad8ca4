"""Players who remember what they were promised, and check later whether it was kept."""

import asyncio
import base64
import json
import uuid
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.hostile.clients import Client
from tests.support.players import SERVER_KEY, claims

BASIC = "Basic " + base64.b64encode(f"{SERVER_KEY}:".encode()).decode()
COLLECTION = "crash"
BATCH = 4

#: What a client sees when the server is gone.
LOST = (OSError, asyncio.IncompleteReadError)


@dataclass
class Diary:
    """One player. What was sent and not yet acknowledged may have happened or not, but not by halves."""

    owner: str = ""
    authorization: str = ""
    writes: dict[str, str] = field(default_factory=dict)
    batches: set[int] = field(default_factory=set)
    devices: dict[str, str] = field(default_factory=dict)
    counted: int = 0
    coins: int = 0
    doubtful_writes: dict[str, str] = field(default_factory=dict)
    doubtful_batches: set[int] = field(default_factory=set)
    most_counted: int = 0
    most_coins: int = 0
    numbers: Any = field(default_factory=count)

    @property
    def promises(self) -> int:
        """How much was acknowledged so far."""
        return len(self.writes) + len(self.batches) + len(self.devices) + self.counted + self.coins

    async def begin(self, client: Client) -> None:
        """Become a player."""
        token = (await _sign_in(client, str(uuid.uuid4()), create=True))["token"]
        self.owner, self.authorization = claims(token)["uid"], f"Bearer {token}"

    async def act(self, client: Client) -> None:
        """The next thing in turn. `LOST` and `Refused` leave it in doubt."""
        number = next(self.numbers)
        await (self._write, self._batch, self._count, self._earn, self._sign_up)[number % 5](client, number)

    async def _write(self, client: Client, number: int) -> None:
        key, value = f"w{number}", f'{{"n": {number}}}'
        self.doubtful_writes[key] = value
        await self._put(client, (key, value))
        self.writes[key] = self.doubtful_writes.pop(key)

    async def _batch(self, client: Client, number: int) -> None:
        self.doubtful_batches.add(number)
        await self._put(client, *((f"b{number}.{part}", "{}") for part in range(BATCH)))
        self.doubtful_batches.remove(number)
        self.batches.add(number)

    async def _count(self, client: Client, number: int) -> None:
        self.most_counted += 1
        value = self.most_counted
        await self._put(client, ("count", f'{{"n": {value}}}'))
        self.counted = value

    async def _earn(self, client: Client, number: int) -> None:
        self.most_coins += 1
        await self._rpc(client, "earn", "1")
        self.coins += 1

    async def _sign_up(self, client: Client, number: int) -> None:
        device = str(uuid.uuid4())
        session = await _sign_in(client, device, create=True)
        self.devices[device] = claims(session["token"])["uid"]

    async def check(self, client: Client) -> None:
        """Every promise is kept, nothing is half done and nothing is there that was never asked for.

        What was in doubt is settled by what is there.
        """
        stored = await self._stored(client)
        counted = json.loads(stored.pop("count", '{"n": 0}'))["n"]
        assert self.counted <= counted <= self.most_counted
        self.counted = self.most_counted = counted
        for number in self.batches | self.doubtful_batches:
            parts = [stored.pop(key, None) for key in (f"b{number}.{part}" for part in range(BATCH))]
            assert parts in ([None] * BATCH, ["{}"] * BATCH), f"half a batch: {parts}"
            assert parts[0] or number not in self.batches, "a batch is lost"
            self.batches |= {number} if parts[0] else set()
        assert self.writes.items() <= stored.items(), "a write is lost"
        assert stored.items() <= (self.writes | self.doubtful_writes).items(), "a write nobody made"
        self.writes = stored
        self.doubtful_writes, self.doubtful_batches = {}, set()
        await self._check_purse(client)
        for device, owner in self.devices.items():
            session = await _sign_in(client, device, create=False)
            assert claims(session["token"])["uid"] == owner, "a device has changed hands"

    async def _check_purse(self, client: Client) -> None:
        purse = json.loads(await self._rpc(client, "purse"))
        assert self.coins <= purse["coins"] <= self.most_coins, "coins are lost"
        assert purse == {"coins": purse["coins"], "sum": purse["coins"], "changes": purse["coins"]}
        self.coins = self.most_coins = purse["coins"]

    async def _stored(self, client: Client) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        while True:
            target = f"/v2/storage/{COLLECTION}/{self.owner}?limit=100&cursor={cursor}"
            page = await client.ask("GET", target, authorization=self.authorization)
            found |= {each["key"]: each["value"] for each in page.get("objects", [])}
            if not (cursor := page.get("cursor", "")):
                return found

    async def _put(self, client: Client, *objects: tuple[str, str]) -> None:
        written = [{"collection": COLLECTION, "key": key, "value": value} for key, value in objects]
        await client.ask("PUT", "/v2/storage", {"objects": written}, authorization=self.authorization)

    async def _rpc(self, client: Client, function: str, payload: str = "") -> str:
        target = f"/v2/rpc/{function}"
        result: str = (await client.ask("POST", target, payload, authorization=self.authorization))["payload"]
        return result


async def _sign_in(client: Client, device: str, *, create: bool) -> Any:
    target = f"/v2/account/authenticate/device?create={str(create).lower()}"
    return await client.ask("POST", target, {"id": device}, authorization=BASIC)
