"""How many statements the lists need, and that an index serves each of them in its order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Query
from kizuna.groups import queries
from tests.groups.support import NIL, Somebody, new_name

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
    assert max(costs) <= 8


# --- plans ---


@pytest_asyncio.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the planner's settings of the server's."""
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    await connection.execute(
        """
        insert into groups (id, creator_id, name, folded_name, lang_tag, state, edge_count, max_count,
            create_time, update_time)
        select gen_random_uuid(), gen_random_uuid(), 'Filler ' || n, 'filler ' || n,
            (array['en', 'de', 'fr'])[1 + n % 3], n % 2, 1 + n % 50, 100, now(), now() - n * interval '1 s'
        from generate_series(1, 5000) n on conflict do nothing
        """
    )
    await connection.execute("analyze groups")
    yield connection
    await connection.close()


IN_ORDER = {
    queries.LIST_ALL: "groups_update_time_idx",
    queries.LIST_STATE: "groups_state_update_time_idx",
    queries.LIST_LANG_TAG: "groups_lang_tag_idx",
    queries.LIST_STATE_LANG_TAG: "groups_lang_tag_idx",
    queries.LIST_LARGEST: "groups_edge_count_idx",
    queries.LIST_STATE_LARGEST: "groups_state_edge_count_idx",
    queries.LIST_LANG_TAG_LARGEST: "groups_lang_tag_idx",
}


async def plan(connection: asyncpg.Connection, query: Query, *args: Any) -> str:
    """The plan for whatever parameters."""
    await connection.execute("set plan_cache_mode = force_generic_plan")
    return "\n".join(row[0] for row in await connection.fetch(f"explain {query.sql}", *args))


@pytest.mark.parametrize("query", IN_ORDER, ids=lambda query: query.name)
async def test_filters_have_their_indices(connection: asyncpg.Connection, query: Query) -> None:
    time = await connection.fetchval("select now()")
    found = await plan(connection, query, [0], [101], [0], ["en"], [time], [0], [""], [NIL])
    assert IN_ORDER[query] in found
    assert "Sort" not in found


async def test_names_are_found_by_how_they_begin(connection: asyncpg.Connection) -> None:
    for query, *args in (
        (queries.LIST_NAMED, ["filler 77"]),
        (queries.LIST_BEGINNING, ["filler 7%"], ["filler 7"], ["filler 8"]),
    ):
        found = await plan(connection, query, [0], [101], [""], *args)
        assert "groups_folded_name_idx" in found
        [condition] = [line for line in found.splitlines() if "Index Cond" in line]
        assert "folded_name" in condition


async def test_rosters_have_their_indices(connection: asyncpg.Connection) -> None:
    for query, index in (
        (queries.LIST_USERS, "group_edge_group_order_idx"),
        (queries.LIST_OF_USER, "group_edge_user_order_idx"),
    ):
        found = await plan(connection, query, [0], [101], [NIL], [0], [3], [0], [0], [NIL])
        assert index in found
        assert "Sort" not in found
