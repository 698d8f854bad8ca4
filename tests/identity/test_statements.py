"""How many statements signing in costs."""

import asyncio
from collections.abc import Awaitable

import httpx

from kizuna.app import Application
from tests.identity.support import by_device, new
from tests.support.players import sign_in_async


async def statements(app: Application, call: Awaitable[httpx.Response]) -> int:
    before = app.database.counts.total()
    assert (await call).status_code == 200
    return app.database.counts.total() - before


async def test_one_by_one(app: Application, api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    assert await statements(app, by_device(api, player.device)) == 1
    assert await statements(app, by_device(api, new("device"))) <= 3
    assert await statements(app, api.get("/v2/account", headers=player.headers)) == 1
    assert await statements(app, api.get("/v2/user", headers=player.headers)) == 0
    assert await statements(app, api.get(f"/v2/user?ids={player.id}", headers=player.headers)) == 1


async def test_together(app: Application, api: httpx.AsyncClient) -> None:
    players = [await sign_in_async(api) for _ in range(32)]
    before = app.database.counts.total()
    accounts = await asyncio.gather(*[api.get("/v2/account", headers=p.headers) for p in players])
    assert [answer.json()["user"]["id"] for answer in accounts] == [player.id for player in players]
    assert app.database.counts.total() - before <= 8

    before = app.database.counts.total()
    await asyncio.gather(*[by_device(api, player.device) for player in players])
    assert app.database.counts.total() - before <= 8

    before = app.database.counts.total()
    answers = await asyncio.gather(*[by_device(api, new("device")) for _ in range(32)])
    assert all(answer.json()["created"] for answer in answers)
    assert app.database.counts.total() - before <= 16


async def test_a_burst_of_one_player(app: Application, api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    before = app.database.counts["accounts.get"]
    await asyncio.gather(*[api.get("/v2/account", headers=player.headers) for _ in range(32)])
    assert app.database.counts["accounts.get"] - before <= 4
