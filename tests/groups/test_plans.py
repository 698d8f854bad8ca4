"""How PostgreSQL finds the rows: by indices, in their order, whatever it believes about the tables.

A plan is made once for whatever parameters, and kept; what it is made from may be old.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Query, Statement
from kizuna.groups import queries
from tests.groups.statements import SIGN_UP
from tests.support.explained import plan, prepare, work

STATEMENTS = [statement for statement in vars(queries).values() if isinstance(statement, Statement)]

GROUPS = """
    insert into groups (id, creator_id, name, folded_name, lang_tag, state, edge_count, max_count,
        create_time, update_time)
    select gen_random_uuid(), gen_random_uuid(), 'Filler ' || n, 'filler ' || n,
        (array['en', 'de', 'fr'])[1 + n % 3], n % 2, 1 + n % 50, 100, now(), now() - n * interval '1 s'
    from generate_series($1::int, $2::int) n
"""
OWNERS = """
    insert into group_edge (group_id, user_id, state, position, update_time)
    select g.id, u.id, 0, 1, now() from groups g cross join (select id from users limit 1) u
    on conflict do nothing
"""
MEMBERS = """
    insert into group_edge (group_id, user_id, state, position, update_time)
    select $1, id, 2, 1, now() from unnest($2::uuid[]) id
"""
ANALYZE = "analyze users, groups, group_edge"


@dataclass(frozen=True)
class World:
    """Thousands of groups, one of which has thousands of members."""

    connection: asyncpg.Connection
    group: str
    users: list[str]

    async def plan(self, statement: Statement) -> str:
        """The plan for whatever parameters."""
        return await plan(self.connection, statement)

    async def work(self, statement: Statement, *args: Any) -> int:
        """How many rows and pages PostgreSQL looks at; nothing is changed."""
        return sum(await work(self.connection, statement, *args))


@pytest_asyncio.fixture(scope="module", params=["empty", "small", "fresh"])
async def world(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[World]:
    """On a connection with the planner's settings of the server's, in a transaction that will be undone.

    Statistics are fresh, or of the time when there were few groups, or plans are of the time when there were
    none.
    """
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    undone = connection.transaction()
    await undone.start()
    if request.param == "empty":
        await connection.execute(ANALYZE)
        await prepare(connection, *STATEMENTS)
    users = [
        str(row[0])
        for row in await connection.fetch("select gen_random_uuid() from generate_series(1, 2000)")
    ]
    await connection.execute(SIGN_UP.sql, users)
    await connection.execute(GROUPS, 1, 50)
    await connection.execute(OWNERS)
    if request.param == "small":
        await connection.execute(ANALYZE)
    await connection.execute(GROUPS, 51, 5000)
    await connection.execute(OWNERS)
    group = str(await connection.fetchval("select id from groups where name = 'Filler 7'"))
    await connection.execute("delete from group_edge where group_id = $1", group)
    await connection.execute(MEMBERS, group, users)
    if request.param == "fresh":
        await connection.execute(ANALYZE)
    if request.param != "empty":
        await prepare(connection, *STATEMENTS)
    yield World(connection, group, users)
    await undone.rollback()
    await connection.close()


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
async def test_every_statement_finds_its_rows_by_an_index(world: World, statement: Statement) -> None:
    """None goes through a table, nor compares each row of one list with each of another."""
    found = await world.plan(statement)
    assert "Seq Scan" not in found, found
    assert "Join Filter" not in found, found


CHANGES: list[tuple[Statement, list[Any]]] = [
    (queries.RELATIONS, []),
    (queries.ADD, [1, "2026-01-01Z"]),
    (queries.CHANGE_ROLES, [1, "2026-01-01Z"]),
    (queries.BAN, [1, "2026-01-01Z"]),
    (queries.REMOVE, []),
]


@pytest.mark.parametrize(("statement", "values"), CHANGES, ids=lambda one: getattr(one, "name", ""))
async def test_work_grows_with_the_number_of_users(
    world: World, statement: Statement, values: list[Any]
) -> None:
    """Not with its square: four times as many are four times the work."""

    async def work(users: list[str]) -> int:
        more = [[value] * len(users) if isinstance(value, int) else value for value in values]
        return await world.work(statement, world.group, users, *more)

    few, many = await work(world.users[:500]), await work(world.users)
    assert many < 6 * few
    assert many < 50 * len(world.users)


IN_ORDER = {
    queries.LIST_ALL: "groups_update_time_idx",
    queries.LIST_STATE: "groups_state_update_time_idx",
    queries.LIST_LANG_TAG: "groups_lang_tag_idx",
    queries.LIST_STATE_LANG_TAG: "groups_lang_tag_idx",
    queries.LIST_LARGEST: "groups_edge_count_idx",
    queries.LIST_STATE_LARGEST: "groups_state_edge_count_idx",
    queries.LIST_LANG_TAG_LARGEST: "groups_lang_tag_idx",
}


@pytest.mark.parametrize("query", IN_ORDER, ids=lambda query: query.name)
async def test_filters_have_their_indices(world: World, query: Query) -> None:
    found = await world.plan(query)
    assert IN_ORDER[query] in found
    assert "Sort" not in found


@pytest.mark.parametrize("query", IN_ORDER, ids=lambda query: query.name)
@pytest.mark.parametrize("state", [0, 1])
async def test_a_page_is_read_without_the_rest(world: World, query: Statement, state: int) -> None:
    beyond = 2**31 - 1 if " desc" in query.sql else -1
    work = await world.work(query, [0], [11], [state], ["en"], ["epoch"], [beyond], [""], [SYSTEM_USER])
    assert 11 <= work < 200


async def test_names_are_found_by_how_they_begin(world: World) -> None:
    for query in (queries.LIST_NAMED, queries.LIST_BEGINNING):
        found = await world.plan(query)
        assert "groups_folded_name_idx" in found
        [condition] = [line for line in found.splitlines() if "Index Cond" in line]
        assert "folded_name" in condition


async def test_rosters_have_their_indices(world: World) -> None:
    for query, index in (
        (queries.LIST_USERS, "group_edge_group_order_idx"),
        (queries.LIST_OF_USER, "group_edge_user_order_idx"),
    ):
        found = await world.plan(query)
        assert index in found, found
        assert "Sort" not in found
