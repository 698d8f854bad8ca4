"""How many statements signing in costs, and how these find their rows."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.db.statements import Statement
from kizuna.identity import queries
from kizuna.testing.providers import Providers
from tests.identity.identities import KINDS, Identities, new_id
from tests.identity.support import authenticate, by_device, link, new, new_email
from tests.support.explained import plan, planning, prepare
from tests.support.players import sign_in_async


@pytest.fixture(scope="module")
def app_settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    return provider_settings


#: Looks of the server's own, which come whenever they come.
LOOKS = ("scheduler.look", "accounts.next_deletion", "notices.next")


def asked(app: Application) -> int:
    """How many statements there have been for somebody's sake."""
    counts = app.database.counts
    return counts.total() - sum(counts[look] for look in LOOKS)


async def statements(app: Application, call: Awaitable[httpx.Response]) -> int:
    before = asked(app)
    assert (await call).status_code == 200
    return asked(app) - before


async def test_one_by_one(app: Application, api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    assert await statements(app, by_device(api, player.device)) == 1
    assert await statements(app, by_device(api, new("device"))) <= 3
    assert await statements(app, api.get("/v2/account", headers=player.headers)) == 1
    assert await statements(app, api.get("/v2/user", headers=player.headers)) == 0
    assert await statements(app, api.get(f"/v2/user?ids={player.id}", headers=player.headers)) == 1


async def test_together(app: Application, api: httpx.AsyncClient, providers: Providers) -> None:
    players = await asyncio.gather(*(sign_in_async(api) for _ in range(32)))
    before = asked(app)
    accounts = await asyncio.gather(*[api.get("/v2/account", headers=p.headers) for p in players])
    assert [answer.json()["user"]["id"] for answer in accounts] == [player.id for player in players]
    assert asked(app) - before <= 8

    before = asked(app)
    await asyncio.gather(*[by_device(api, player.device) for player in players])
    assert asked(app) - before <= 8

    before = asked(app)
    answers = await asyncio.gather(*[by_device(api, new("device")) for _ in range(32)])
    assert all(answer.json()["created"] for answer in answers)
    assert asked(app) - before <= 16

    tokens = [providers.apple.token(new_id()) for _ in range(32)]
    await asyncio.gather(*[authenticate(api, "apple", {"token": token}) for token in tokens])
    before = asked(app)
    await asyncio.gather(*[authenticate(api, "apple", {"token": token}) for token in tokens])
    assert asked(app) - before <= 8


async def test_a_burst_of_one_player(app: Application, api: httpx.AsyncClient) -> None:
    player = await sign_in_async(api)
    before = app.database.counts["accounts.get"]
    await asyncio.gather(*[api.get("/v2/account", headers=player.headers) for _ in range(32)])
    assert app.database.counts["accounts.get"] - before <= 4


@pytest.mark.parametrize("kind", KINDS)
async def test_by_a_provider(
    app: Application, api: httpx.AsyncClient, providers: Providers, kind: str
) -> None:
    identity, id = Identities(providers, kind), new_id()
    profile = {"name": "Ada", "email": new_email()} if kind in ("facebook", "google") else {}
    assert await statements(app, authenticate(api, kind, identity(id, **profile))) == 2
    filling = 1 if kind == "google" else 0
    assert await statements(app, authenticate(api, kind, identity(id, **profile))) == 1 + filling
    player, credentials = await sign_in_async(api), identity(new_id(), **profile)
    content = {"account": credentials, "sync": False} if kind == "steam" else credentials
    path = "?sync=false" if kind == "facebook" else ""
    assert await statements(app, link(api, player, kind + path, content)) == 1


PROVIDERS = [
    queries.FILL,
    *queries.CREATE_WITH_PROFILE.values(),
    *queries.LINK_PROFILE.values(),
    *queries.FOLLOW.values(),
]


@pytest.mark.parametrize("statement", PROVIDERS, ids=lambda statement: statement.name)
async def test_what_a_provider_says_finds_its_rows_by_an_index(
    database_url: str, statement: Statement
) -> None:
    async with planning(database_url) as connection:
        await prepare(connection, statement)
        found = await plan(connection, statement)
    assert "Seq Scan" not in found, found
