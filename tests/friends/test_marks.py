"""Game code marks a relation that players are changing: both take effect."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from kizuna.friends.service import Friends
from tests.friends.support import FRIEND, Neighbour, between, counts
from tests.support.waiting import wait_until_async


@asynccontextmanager
async def held_edge(database_url: str, one: Neighbour, other: Neighbour) -> AsyncIterator[Any]:
    """An edge that nobody else can write to until the block ends."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(
                "select from user_edge where source_id = $1 and destination_id = $2 for update",
                one.id,
                other.id,
            )
            yield connection
    finally:
        await connection.close()


async def waiting(connection: Any, number: int) -> None:
    """So many statements wait for locks."""
    sql = """
        select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    """

    async def all_wait() -> bool:
        return bool(await connection.fetchval(sql) == number)

    await wait_until_async(all_wait, what=f"{number} waiting statements")


async def test_a_friend_is_removed_while_game_code_marks_the_relation(
    database_url: str, friends: Friends, ada: Neighbour, bob: Neighbour
) -> None:
    await ada.befriend(bob)
    async with held_edge(database_url, ada, bob) as connection:
        marking = asyncio.create_task(friends.set_metadata(ada.id, bob.id, '{"rival": true}'))
        await waiting(connection, 1)
        deleting = asyncio.create_task(ada.delete(bob))
        await waiting(connection, 2)
    await asyncio.gather(marking, deleting)
    assert await between(ada, bob) == (None, None)
    assert await counts(ada, bob) == [0, 0]


async def test_game_code_marks_an_invitation_while_it_is_accepted(
    database_url: str, friends: Friends, ada: Neighbour, bob: Neighbour
) -> None:
    await ada.add(bob)
    async with held_edge(database_url, ada, bob) as connection:
        accepting = asyncio.create_task(bob.add(ada))
        await waiting(connection, 1)
        marking = asyncio.create_task(friends.set_metadata(ada.id, bob.id, '{"rival": true}'))
        await waiting(connection, 2)
    await asyncio.gather(marking, accepting)
    edge = await ada.edge_to(bob)
    assert (edge["state"], edge["metadata"]) == (FRIEND, '{"rival": true}')
