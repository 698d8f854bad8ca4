"""How many statements lists and changes need."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from kizuna.app import Application
from tests.groups.support import Somebody, new_name

Enter = Callable[[], Awaitable[Somebody]]
Cost = Callable[..., Awaitable[dict[str, int]]]


@pytest.fixture
def cost(app: Application) -> Cost:
    """Awaits requests that are made at once: the statements that they need together."""

    async def cost_of(*requests: Any) -> dict[str, int]:
        before = app.database.counts.copy()
        for answer in await asyncio.gather(*requests):
            assert answer.status_code == 200, answer.text
        return dict(app.database.counts - before)

    return cost_of


async def test_a_list_is_one_statement(ada: Somebody, cost: Cost) -> None:
    group = await ada.create(open=True, lang_tag="fr")
    for query, statement in (
        ({}, "all"),
        ({"open": "true"}, "state"),
        ({"lang_tag": "fr", "members": 5}, "lang_tag_largest"),
        ({"name": group["name"]}, "named"),
        ({"name": "g%"}, "beginning"),
        ({"name": "_%"}, "matching"),
    ):
        wanted = ada.ask("GET", "/group", limit=100, **query)
        assert await cost(wanted) == {f"groups.list_{statement}": 1}
    assert await cost(ada.ask("GET", f"/group/{group['id']}/user")) == {"groups.list_users": 1}
    assert await cost(ada.ask("GET", f"/user/{ada.id}/group")) == {"groups.list_of_user": 1}


async def test_who_asks_at_once_shares_statements(enter: Enter, ada: Somebody, cost: Cost) -> None:
    """The first of them does not wait for the others."""
    readers = [await enter() for _ in range(8)]
    owned = [await reader.create(f"{number} {new_name()}") for number, reader in enumerate(readers)]
    same = [reader.ask("GET", "/group", limit=100) for reader in readers * 4]
    assert (await cost(*same))["groups.list_all"] <= 2
    different = [reader.ask("GET", "/group", limit=1 + n % 9) for n, reader in enumerate(readers * 4)]
    assert (await cost(*different))["groups.list_all"] <= 2
    answers = await asyncio.gather(
        *(reader.ask("GET", f"/group/{group['id']}/user") for reader in readers for group in owned),
        *(reader.ask("GET", "/group", name=group["name"]) for reader in readers for group in owned),
        *(reader.ask("GET", f"/user/{other.id}/group") for reader in readers for other in readers),
    )
    for number, answer in enumerate(answers):
        kind, place = divmod(number, 64)
        content = answer.json()
        if kind == 0:
            assert [one["user"]["id"] for one in content["group_users"]] == [readers[place % 8].id]
        elif kind == 1:
            assert [one["name"] for one in content["groups"]] == [owned[place % 8]["name"]]
        else:
            assert [one["group"]["id"] for one in content["user_groups"]] == [owned[place % 8]["id"]]


async def test_changes_are_few_statements(enter: Enter, ada: Somebody, cost: Cost) -> None:
    """However many users there are in a call."""
    users = [await enter() for _ in range(10)]
    group = await ada.create()
    costs = [
        sum((await cost(ada.act(operation, group, *users))).values())
        for operation in ("add", "promote", "demote", "ban", "kick")
    ]
    assert max(costs) <= 9
