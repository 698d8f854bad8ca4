"""How PostgreSQL finds teams: by indices, in their order, though the plans are older than the teams."""

import re
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Query, Statement
from kizuna.teams.core import queries
from tests.support.explained import plan, prepare

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
    await connection.execute(TEAMS, 1, 1)
    if request.param == "empty":
        await connection.execute("analyze groups, group_edge, users, team")
        await prepare(connection, *STATEMENTS)
    await connection.execute(TEAMS, 2, 5000)
    if request.param == "fresh":
        await connection.execute("analyze groups, group_edge, users, team")
        await prepare(connection, *STATEMENTS)
    yield connection
    await undone.rollback()
    await connection.close()


def _rows_seen(plan: str) -> int:
    """How many rows any step of a plan that was run has given or thrown away."""
    given = [int(float(rows)) for rows in re.findall(r"actual rows=([\d.]+)", plan)]
    return max(given + [int(rows) for rows in re.findall(r"Rows Removed by Filter: (\d+)", plan)])


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
async def test_every_statement_finds_its_rows_by_an_index(
    connection: asyncpg.Connection, statement: Statement
) -> None:
    found = await plan(connection, statement)
    assert "Seq Scan" not in found, found
    assert "Join Filter" not in found, found


PAGES: list[tuple[Query, str, list[str]]] = [
    (queries.LIST, "groups_joinable_idx", [""]),
    (queries.LIST_LOCATION, "groups_location_idx", ["Oslo"]),
]


@pytest.mark.parametrize(("query", "index", "wanted"), PAGES, ids=lambda one: getattr(one, "name", ""))
async def test_a_page_is_read_without_the_rest(
    connection: asyncpg.Connection, query: Query, index: str, wanted: list[str]
) -> None:
    """T-096, T-097: in the order of an index that has no full teams."""
    arrays = [[0], [11], wanted, ["epoch"], [-1], [NOBODY]]
    found = await plan(connection, query, *arrays, run=True)
    assert index in found, found
    assert "Sort" not in found, found
    assert _rows_seen(found) <= 11, found


@pytest.mark.parametrize("low", ["filler 4321", "f4321"])
async def test_beginnings_and_short_codes_are_found(connection: asyncpg.Connection, low: str) -> None:
    """T-100"""
    arrays = [[0], [11], [""], [low], [f"{low}~"]]
    found = await plan(connection, queries.SEARCH_FIRST, *arrays, run=True)
    assert "groups_folded_name_idx" in found, found
    assert "team_short_code_key" in found, found
    assert _rows_seen(found) <= 3, found


async def test_other_names_are_gone_through_in_order(connection: asyncpg.Connection) -> None:
    """T-102: until there are enough."""
    arrays = [[0], [11], [""], ["%ller%"], ["ller"]]
    found = await plan(connection, queries.SEARCH_REST, *arrays, run=True)
    assert "groups_name_key" in found, found
    assert _rows_seen(found) <= 11, found
