"""How many statements the operations on friends need, and how these find their rows."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from kizuna.app import Application
from kizuna.db.statements import Statement
from kizuna.friends import queries
from kizuna.friends.portions import portions
from tests.friends.support import FRIEND, Neighbour, between, counts, good
from tests.support.explained import plan, planning, prepare
from tests.support.waiting import wait_until_async

Enter = Callable[[], Awaitable[Neighbour]]


@pytest.fixture
def cost(app: Application) -> Callable[..., Awaitable[dict[str, int]]]:
    """Awaits requests that are made at once: the statements that they need together."""

    async def cost_of(*requests: Awaitable[Any]) -> dict[str, int]:
        before = app.database.counts.copy()
        await asyncio.gather(*requests)
        return dict(app.database.counts - before)

    return cost_of


async def test_lists(ada: Neighbour, bob: Neighbour, cost: Any) -> None:
    await ada.befriend(bob)
    assert await cost(ada.page()) == {"friends.list": 1}
    assert await cost(ada.page(state=FRIEND, limit=1)) == {"friends.list": 1}
    path = "/v2/friend/friends"
    assert await cost(ada.ask("GET", path)) == {"friends.list_friends_of_friends": 1}


async def test_who_asks_at_once_shares_statements(enter: Enter, cost: Any) -> None:
    circle = [await enter() for _ in range(5)]
    for player in circle:
        await player.add(*(other for other in circle if other != player))
    # The first of them does not wait for the others.
    assert (await cost(*(player.page(limit=20) for player in circle * 4)))["friends.list"] <= 4
    for player, page in zip(circle, await asyncio.gather(*(player.page() for player in circle)), strict=True):
        known = {friend["user"]["id"] for friend in page["friends"]}
        assert known == {other.id for other in circle if other != player}


async def test_any_number_of_targets_is_one_transaction(ada: Neighbour, enter: Enter, cost: Any) -> None:
    others = [await enter() for _ in range(8)]
    few, many = await cost(ada.add(others[0])), await cost(ada.add(*others[1:]))
    assert few == many
    assert sum(many.values()) <= 6


async def test_what_changes_nothing_writes_nothing(ada: Neighbour, bob: Neighbour, cost: Any) -> None:
    await ada.add(bob)
    assert await cost(ada.add(bob)) == {"friends.lock": 1, "friends.relations": 1}


@pytest.mark.parametrize(
    ("sizes", "pieces"),
    [
        ([1], [[0]]),
        ([1001] * 5, [[0, 1, 2, 3], [4]]),
        ([9_999, 1, 9_999], [[0], [1], [2]]),
        ([21] * 256, [list(range(238)), list(range(238, 256))]),
    ],
)
def test_pages_that_are_too_much_at_once(sizes: list[int], pieces: list[list[int]]) -> None:
    assert [list(portion) for portion in portions(sizes, 5_000)] == pieces


STATEMENTS = [
    statement
    for statement in [*vars(queries).values(), *queries.BY_PROVIDER.values()]
    if isinstance(statement, Statement) and statement not in (queries.SAVEPOINT, queries.BACK)
]


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
async def test_every_statement_finds_its_rows_by_an_index(database_url: str, statement: Statement) -> None:
    """As the server's connections plan it, which scan a table from end to end only where no index helps."""
    async with planning(database_url) as connection:
        await prepare(connection, statement)
        found = await plan(connection, statement)
    assert "Seq Scan" not in found, found


async def test_a_neighbour_who_appears_while_the_account_is_deleted(
    app: Application, database_url: str, ada: Neighbour, bob: Neighbour, cleo: Neighbour, cost: Any
) -> None:
    """The locks are given back and taken again in their order."""
    await ada.befriend(bob)
    other = await asyncpg.connect(database_url)

    async def befriend_meanwhile() -> None:
        async with other.transaction():
            await other.fetch("select from users where id = any($1) for no key update", [ada.id, cleo.id])
            going = asyncio.create_task(ada.leave())
            waits = (
                "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            )
            await wait_until_async(lambda: other.fetch(waits))
            await other.execute(
                """
                insert into user_edge (source_id, destination_id, state, position, update_time)
                select a, b, 0, 1, now() from (values ($1::uuid, $2::uuid), ($2, $1)) as pair (a, b)
                """,
                ada.id,
                cleo.id,
            )
            await other.execute(
                "update users set edge_count = edge_count + 1 where id = any($1)", [ada.id, cleo.id]
            )
        await going

    try:
        assert (await cost(befriend_meanwhile()))["friends.back"] == 1
    finally:
        await other.close()
    assert await counts(bob, cleo) == [0, 0]
    assert await cleo.page() == {}
    await bob.befriend(cleo)
    assert await between(bob, cleo) == (FRIEND, FRIEND)
    assert good(await bob.ask("GET", "/v2/friend"))["friends"][0]["user"]["id"] == cleo.id
