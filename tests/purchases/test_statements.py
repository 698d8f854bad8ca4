"""How PostgreSQL finds the rows of purchases and subscriptions: by indices and in their order, whatever it
believes about the tables, with plans that are made once for whatever parameters."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Query, Statement
from kizuna.purchases import queries
from tests.support.explained import execution, plan, prepare, work

STATEMENTS = [statement for statement in vars(queries).values() if isinstance(statement, Statement)]
LISTS = {
    queries.LIST_PURCHASES: "purchase_user_id_idx",
    queries.LIST_ALL_PURCHASES: "purchase_time_idx",
    queries.LIST_SUBSCRIPTIONS: "subscription_user_id_idx",
    queries.LIST_ALL_SUBSCRIPTIONS: "subscription_time_idx",
}
BACKWARDS = {
    queries.LIST_PURCHASES_BACKWARDS: "purchase_user_id_idx",
    queries.LIST_ALL_PURCHASES_BACKWARDS: "purchase_time_idx",
    queries.LIST_SUBSCRIPTIONS_BACKWARDS: "subscription_user_id_idx",
    queries.LIST_ALL_SUBSCRIPTIONS_BACKWARDS: "subscription_time_idx",
}
ROWS = 5_000

USERS = """
    insert into users (id, username, create_time, update_time)
    select gen_random_uuid(), 'player-' || n, now(), now() from generate_series(1, 100) n
"""
_ROWS = """
    select 'filler-' || n, (array(select id from users order by id))[1 + n % 100], 1, 1, 'product-' || n % 7,
        '2026-01-01Z'::timestamptz + n * interval '1 s', now(), now()
"""
PURCHASES = f"""
    insert into purchase (transaction_id, user_id, store, environment, product_id, purchase_time, create_time,
        update_time)
    {_ROWS} from generate_series($1::int, $2::int) n
"""
SUBSCRIPTIONS = f"""
    insert into subscription (original_transaction_id, user_id, store, environment, product_id, purchase_time,
        create_time, update_time, expire_time, store_time)
    {_ROWS}, now(), now() from generate_series($1::int, $2::int) n
"""


@dataclass(frozen=True)
class World:
    """Thousands of purchases and subscriptions, of a hundred users."""

    connection: asyncpg.Connection
    user: str

    async def plan(self, statement: Statement) -> str:
        """The plan for whatever parameters."""
        return await plan(self.connection, statement)

    async def pages(self, statement: Statement, *args: Any) -> int:
        """How many pages PostgreSQL looks at."""
        return (await work(self.connection, statement, *args)).pages


async def _fill(connection: asyncpg.Connection, first: int, last: int) -> None:
    for statement in (PURCHASES, SUBSCRIPTIONS):
        await connection.execute(statement, first, last)


@pytest_asyncio.fixture(scope="module", params=["empty", "small", "fresh"])
async def world(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[World]:
    """On a connection with the planner's settings of the server's, in a transaction that will be undone.

    Statistics are fresh, or of the time when there was little, or plans are of the time when there was
    nothing.
    """
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    undone = connection.transaction()
    await undone.start()
    if request.param == "empty":
        await connection.execute("analyze users, purchase, subscription")
        await prepare(connection, *STATEMENTS)
    await connection.execute(USERS)
    await _fill(connection, 1, 20)
    if request.param == "small":
        await connection.execute("analyze users, purchase, subscription")
    await _fill(connection, 21, ROWS)
    if request.param == "fresh":
        await connection.execute("analyze users, purchase, subscription")
    if request.param != "empty":
        await prepare(connection, *STATEMENTS)
    user = str(await connection.fetchval("select user_id from purchase where transaction_id = 'filler-7'"))
    yield World(connection, user)
    await undone.rollback()
    await connection.close()


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
async def test_every_statement_finds_its_rows_by_an_index(world: World, statement: Statement) -> None:
    found = await world.plan(statement)
    assert "Seq Scan" not in found, found
    assert "Join Filter" not in found, found


@pytest.mark.parametrize("query", [*LISTS, *BACKWARDS], ids=lambda query: query.name)
async def test_lists_are_read_in_the_order_of_an_index(world: World, query: Query) -> None:
    found = await world.plan(query)
    assert (LISTS | BACKWARDS)[query] in found
    assert "Sort" not in found
    [condition] = [line for line in found.splitlines() if "Index Cond" in line]
    assert "ROW(" in condition, found  # a page begins at its position, and does not pass over what is before
    assert "Filter" not in found, found


@pytest.mark.parametrize("query", LISTS, ids=lambda query: query.name)
@pytest.mark.parametrize("time", [None, "2026-01-01T00:40:00Z"])
async def test_a_page_is_read_without_the_rest(world: World, query: Query, time: str | None) -> None:
    of_all = "all" in query.name
    args = [time, SYSTEM_USER, ""] if of_all else [world.user, time, ""]
    rows = await world.connection.fetch(execution(query, *args, 11))
    assert len(rows) == 11
    assert await world.pages(query, *args, 11) < 40


async def test_a_subscription_to_a_product_is_looked_for_among_the_user_s_own(world: World) -> None:
    assert "subscription_user_id_idx" in await world.plan(queries.SUBSCRIPTION_TO)
    assert await world.pages(queries.SUBSCRIPTION_TO, world.user, "product-1", "2026-01-01Z") < 200
