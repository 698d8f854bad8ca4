"""How many statements the operations on records need."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.app import Application
from tests.conftest import CONFORMANCE
from tests.support.players import HTTP_KEY, Player, sign_in_async

BOARD = "/v2/leaderboard/counted"


@pytest.fixture(scope="module")
def app_settings() -> dict[str, Any]:
    """With game code that makes boards."""
    return {"runtime": {"modules": (CONFORMANCE / "modules",)}}


@pytest_asyncio.fixture
async def players(api: httpx.AsyncClient) -> list[Player]:
    """Some players; the first ones have records, and the ranks of the board are known."""
    body = '{"id": "counted", "enable_ranks": true}'
    target = f"/v2/rpc/conf_leaderboard_create?http_key={HTTP_KEY}&unwrap"
    assert (await api.post(target, content=body)).status_code == 200
    players = [await sign_in_async(api) for _ in range(5)]
    for score, player in enumerate(players):
        answer = await api.post(BOARD, json={"score": 10 + score}, headers=player.headers)
        assert int(answer.json()["rank"]) >= 1
    return players


@pytest.fixture
def cost(app: Application) -> Callable[[Any], Any]:
    """Awaits requests that are made at once: the statements that they need together."""

    async def cost_of(*requests: Any) -> dict[str, int]:
        before = app.database.counts.copy()
        for answer in await asyncio.gather(*requests):
            assert answer.status_code == 200, answer.text
        return dict(app.database.counts - before)

    return cost_of


async def test_writes(api: httpx.AsyncClient, players: list[Player], cost: Any) -> None:
    """One that changes something is one statement, one that does not has to read what is stored."""
    writes = [api.post(BOARD, json={"score": 50 + n}, headers=p.headers) for n, p in enumerate(players)]
    assert await cost(writes[0]) == {"records.write": 1}
    assert await cost(*writes[1:]) == {"records.write": 1}
    assert await cost(api.post(BOARD, json={"score": 1}, headers=players[0].headers)) == {
        "records.write": 1,
        "records.read": 1,
    }


async def test_lists(api: httpx.AsyncClient, players: list[Player], cost: Any) -> None:
    """Ranks and the number of records come from memory."""
    first, second = players[:2]
    page = f"{BOARD}?limit=3"
    answer = await api.get(page, headers=first.headers)
    assert answer.json()["rank_count"]
    assert await cost(api.get(page, headers=first.headers)) == {"records.scan_downwards": 1}
    next_page = f"{page}&cursor={answer.json()['next_cursor']}"
    assert await cost(api.get(next_page, headers=first.headers)) == {"records.scan_downwards": 1}
    owned = f"{BOARD}?owner_ids={first.id}&owner_ids={second.id}"
    assert await cost(api.get(owned, headers=first.headers)) == {"records.read": 1}


async def test_windows(api: httpx.AsyncClient, players: list[Player], cost: Any) -> None:
    """Near an end of the board the other side is read once more."""
    middle = f"{BOARD}/owner/{players[2].id}?limit=2"
    assert await cost(api.get(middle, headers=players[0].headers)) == {"records.around": 1}
    whole = f"{BOARD}/owner/{players[4].id}?limit=100"
    assert (await cost(api.get(whole, headers=players[0].headers)))["records.around"] <= 2


async def test_who_asks_at_once_shares_statements(
    api: httpx.AsyncClient, players: list[Player], cost: Any
) -> None:
    # The first of them does not wait for the others.
    lists = [api.get(f"{BOARD}?limit={n + 1}", headers=p.headers) for n, p in enumerate(players * 4)]
    assert (await cost(*lists))["records.scan_downwards"] <= 4
    windows = [api.get(f"{BOARD}/owner/{p.id}?limit=2", headers=p.headers) for p in players * 4]
    assert (await cost(*windows))["records.around"] <= 6


async def test_deletions(api: httpx.AsyncClient, players: list[Player], cost: Any) -> None:
    assert await cost(api.delete(BOARD, headers=players[0].headers)) == {"records.delete": 1}
