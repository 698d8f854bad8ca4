"""Two server processes on one database: what one ends, the other refuses."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from kizuna.clock import ShiftedClock
from tests.identity.support import ban, by_device
from tests.sessions.conftest import Node, running_node
from tests.sessions.support import lives, logout, refresh
from tests.support.players import sign_in_async
from tests.support.waiting import wait_until_async

LISTENERS = """
    select pid from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and query ~* '^(listen|select 1$)'
"""


@pytest_asyncio.fixture
async def admin(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def refused(node: Node, token: str) -> None:
    """Wait for the other process to obey; the promise is one second."""

    async def is_refused() -> bool:
        return not await lives(node.api, token)

    await wait_until_async(is_refused, within=1, what="the end of the session on the other process")


async def test_a_logout_is_heard(nodes: tuple[Node, Node]) -> None:
    here, there = nodes
    player = await sign_in_async(here.api)
    assert await lives(there.api, player.token)
    await logout(here.api, player.token, token=player.token)
    assert not await lives(here.api, player.token)
    await refused(there, player.token)
    assert (await refresh(there.api, player.refresh_token)).status_code == 401


async def test_a_logout_of_all_and_a_ban_are_heard(nodes: tuple[Node, Node]) -> None:
    here, there = nodes
    player = await sign_in_async(there.api)
    await logout(here.api, player.token)
    await refused(there, player.token)
    again = await sign_in_async(there.api, player.device)
    assert await lives(there.api, again.token)
    assert await lives(here.api, again.token)
    await ban(there.api, player.id)
    await refused(here, again.token)
    assert (await by_device(here.api, player.device)).status_code == 403


async def test_checking_a_session_asks_nobody(nodes: tuple[Node, Node]) -> None:
    player = await sign_in_async(nodes[0].api)
    for node in nodes:
        before = node.app.database.counts.total()
        for _ in range(5):
            assert await lives(node.api, player.token)
        assert node.app.database.counts.total() == before


async def test_a_sign_in_elsewhere_right_after_a_logout_of_all_lives(nodes: tuple[Node, Node]) -> None:
    """The other process may not have heard of the end yet; the new session is newer all the same."""
    here, there = nodes
    for _ in range(20):
        player = await sign_in_async(here.api)
        await logout(here.api, player.token)
        again = await sign_in_async(there.api, player.device)
        await asyncio.gather(refused(there, player.token), refused(here, player.token))
        assert await lives(here.api, again.token)
        assert await lives(there.api, again.token)


async def test_a_lost_connection_is_noticed_and_restored(
    nodes: tuple[Node, Node], admin: asyncpg.Connection
) -> None:
    here, there = nodes
    for _ in range(3):
        player = await sign_in_async(here.api)
        living = await sign_in_async(here.api)
        listeners = [row["pid"] for row in await admin.fetch(LISTENERS)]
        assert len(listeners) == 2
        for pid in listeners:
            await admin.execute("select pg_terminate_backend($1)", pid)
        await logout(here.api, player.token)
        await refused(there, player.token)
        assert await lives(there.api, living.token)

        async def both_listen() -> bool:
            return len(await admin.fetch(LISTENERS)) == 2

        await wait_until_async(both_listen, within=3, what="two new listening connections")


async def test_while_the_bus_is_down_the_tables_are_asked(
    nodes: tuple[Node, Node], admin: asyncpg.Connection, database_url: str
) -> None:
    here, there = nodes
    player, other = await sign_in_async(here.api), await sign_in_async(here.api)
    name = await admin.fetchval("select current_database()")
    keeper = await asyncpg.connect(database_url.replace(name, "postgres"))
    asked = there.app.database.counts

    async def asks_the_tables() -> bool:
        before = asked["sessions.all_cutoffs"]
        assert await lives(there.api, other.token), "no request may fail meanwhile"
        return asked["sessions.all_cutoffs"] > before

    async def knows_by_itself() -> bool:
        return not await asks_the_tables()

    try:
        await keeper.execute(f'alter database "{name}" allow_connections false')
        for row in await admin.fetch(LISTENERS):
            await admin.execute("select pg_terminate_backend($1)", row["pid"])
        await wait_until_async(asks_the_tables, within=1, what="the process to notice")
        for _ in range(3):
            assert await lives(there.api, player.token)
            await logout(here.api, player.token, token=player.token)
            assert not await lives(there.api, player.token), "at once, not within a second"
            player = await sign_in_async(here.api, player.device)
    finally:
        await keeper.execute(f'alter database "{name}" allow_connections true')
        await keeper.close()
    await wait_until_async(knows_by_itself, within=4, what="the process to trust its copy again")
    await logout(here.api, player.token)
    await refused(there, player.token)


async def test_a_new_process_knows_what_ended_before_it(
    nodes: tuple[Node, Node], database_url: str, app_clock: ShiftedClock
) -> None:
    here, _ = nodes
    one, all_of_them, banned, living = [await sign_in_async(here.api) for _ in range(4)]
    await logout(here.api, one.token, token=one.token)
    await logout(here.api, all_of_them.token)
    await ban(here.api, banned.id)
    async with running_node(database_url, app_clock) as later:
        for player in (one, all_of_them, banned):
            assert not await lives(later.api, player.token)
            assert (await refresh(later.api, player.refresh_token)).status_code == 401
        assert await lives(later.api, living.token)


async def test_a_sign_in_elsewhere_that_races_a_ban(nodes: tuple[Node, Node]) -> None:
    here, there = nodes
    for _ in range(15):
        player = await sign_in_async(here.api)
        *answers, _ = await asyncio.gather(
            *[by_device(there.api, player.device) for _ in range(4)], ban(here.api, player.id)
        )
        for answer in answers:
            if answer.status_code == 200:
                await refused(there, answer.json()["token"])
                await refused(here, answer.json()["token"])
