"""How PostgreSQL finds teams: by indices, in their order, though the plans are older than the teams."""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Query, Statement
from kizuna.teams.core import queries

STATEMENTS = [statement for statement in vars(queries).values() if isinstance(statement, Statement)]

NOBODY = "00000000-0000-0000-0000-000000000000"

TEAMS = """
    with made as (
        insert into groups (id, creator_id, name, folded_name, lang_tag, metadata, state, edge_count,
            max_count, create_time, update_time)
        select gen_random_uuid(), gen_random_uuid(), 'Filler ' || n, 'filler ' || n,
            (array['en', 'de', 'fr'])[1 + n % 3],
            jsonb_build_object('location', (array['oslo', 'rome', 'x' || n])[1 + n % 3]), n % 2,
            1 + n % 5, 5, now(), now() - n * interval '1 s'
        from generate_series($1::int, $2::int) n
        returning id, name
    )
    insert into team (team_id, short_code, create_sec) select id, 'F' || substr(name, 8), 0 from made
"""


@pytest_asyncio.fixture(scope="module", params=["empty", "fresh"])
async def connection(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Thousands of teams, in a transaction that will be undone; plans are older than they, or newer."""
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    undone = connection.transaction()
    await undone.start()
    await connection.execute("set local plan_cache_mode = force_generic_plan")
    await connection.execute(TEAMS, 1, 1)
    if request.param == "empty":
        await connection.execute("analyze groups, group_edge, users, team")
        await _prepare(connection)
    await connection.execute(TEAMS, 2, 5000)
    if request.param == "fresh":
        await connection.execute("analyze groups, group_edge, users, team")
        await _prepare(connection)
    yield connection
    await undone.rollback()
    await connection.close()


async def _prepare(connection: asyncpg.Connection) -> None:
    for statement in STATEMENTS:
        await connection.execute(f'prepare "{statement.name}" as {statement.sql}')
        await _plan(connection, statement)


async def _plan(connection: asyncpg.Connection, statement: Statement, *args: str, run: bool = False) -> str:
    given = args or ["null"] * max(map(int, re.findall(r"\$(\d+)", statement.sql)))
    what = "(analyze, timing off)" if run else ""
    rows = await connection.fetch(f'explain {what} execute "{statement.name}" ({", ".join(given)})')
    return "\n".join(row[0] for row in rows)


def _rows_seen(plan: str) -> int:
    """How many rows any step of a plan that was run has given or thrown away."""
    given = [int(float(rows)) for rows in re.findall(r"actual rows=([\d.]+)", plan)]
    return max(given + [int(rows) for rows in re.findall(r"Rows Removed by Filter: (\d+)", plan)])


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
async def test_every_statement_finds_its_rows_by_an_index(
    connection: asyncpg.Connection, statement: Statement
) -> None:
    plan = await _plan(connection, statement)
    assert "Seq Scan" not in plan, plan
    assert "Join Filter" not in plan, plan


PAGES: list[tuple[Query, str, list[str]]] = [
    (queries.LIST, "groups_joinable_idx", ["''"]),
    (queries.LIST_LOCATION, "groups_location_idx", ["'Oslo'"]),
]


@pytest.mark.parametrize(("query", "index", "wanted"), PAGES, ids=lambda one: getattr(one, "name", ""))
async def test_a_page_is_read_without_the_rest(
    connection: asyncpg.Connection, query: Query, index: str, wanted: list[str]
) -> None:
    """T-096, T-097: in the order of an index that has no full teams."""
    start = ["array['epoch'::timestamptz]", "'{-1}'", f"array['{NOBODY}'::uuid]"]
    arrays = ["'{0}'", "'{11}'", *(f"array[{value}]" for value in wanted), *start]
    plan = await _plan(connection, query, *arrays, run=True)
    assert index in plan, plan
    assert "Sort" not in plan, plan
    assert _rows_seen(plan) <= 11, plan


@pytest.mark.parametrize("low", ["filler 4321", "f4321"])
async def test_beginnings_and_short_codes_are_found(connection: asyncpg.Connection, low: str) -> None:
    """T-100"""
    arrays: list[Any] = ["'{0}'", "'{11}'", "'{\"\"}'", f"array['{low}']", f"array['{low}~']"]
    plan = await _plan(connection, queries.SEARCH_FIRST, *arrays, run=True)
    assert "groups_folded_name_idx" in plan, plan
    assert "team_short_code_key" in plan, plan
    assert _rows_seen(plan) <= 3, plan


async def test_other_names_are_gone_through_in_order(connection: asyncpg.Connection) -> None:
    """T-102: until there are enough."""
    arrays = ["'{0}'", "'{11}'", "'{\"\"}'", "'{%ller%}'", "'{ller}'"]
    plan = await _plan(connection, queries.SEARCH_REST, *arrays, run=True)
    assert "groups_name_key" in plan, plan
    assert _rows_seen(plan) <= 11, plan
