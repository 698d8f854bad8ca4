"""How PostgreSQL finds notifications: by indices, with plans that are made once for whatever parameters."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Statement
from kizuna.purchases.notices import queries
from tests.support.explained import plan, prepare

STATEMENTS = [statement for statement in vars(queries).values() if isinstance(statement, Statement)]

#: Which index leads to notifications that are to be told, are new, or old.
INDICES = {
    queries.NEXT: "store_notification_next_try_idx",
    queries.CLAIM: "store_notification_next_try_idx",
    queries.UNTOLD: "store_notification_create_time_idx",
    queries.FORGET: "store_notification_create_time_idx",
}

FILL = """
    insert into store_notification (id, store, kind, transaction_id, is_subscription, payload, create_time,
        next_try)
    select 'filler-' || n, n % 2, 1, 'transaction-' || n, true, '{}',
        '2026-01-01Z'::timestamptz + n * interval '1 s',
        case when n % 50 = 0 then now() end
    from generate_series(1, 5000) n
"""


@pytest_asyncio.fixture(scope="module", params=["empty", "fresh"])
async def connection(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """With the planner's settings of the server's, in a transaction that will be undone, after thousands of
    notifications, of which the planner knows or does not."""
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    undone = connection.transaction()
    await undone.start()
    if request.param == "fresh":
        await connection.execute(FILL)
    await connection.execute("analyze store_notification")
    await prepare(connection, *STATEMENTS)
    if request.param == "empty":
        await connection.execute(FILL)
    yield connection
    await undone.rollback()
    await connection.close()


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
async def test_every_statement_finds_its_rows_by_an_index(
    connection: asyncpg.Connection, statement: Statement
) -> None:
    found = await plan(connection, statement)
    assert "Seq Scan" not in found, found
    if statement in INDICES:
        assert INDICES[statement] in found, found


async def test_the_next_is_found_without_what_was_told(connection: asyncpg.Connection) -> None:
    for statement in (queries.NEXT, queries.CLAIM):
        found = await plan(connection, statement)
        assert "store_notification_create_time_idx" not in found
        assert "store_notification_pkey" not in found
