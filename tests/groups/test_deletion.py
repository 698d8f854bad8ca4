"""What becomes of groups when accounts are deleted."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from tests.groups.support import NOBODY, Somebody, good, refusal, relate, services

Enter = Callable[[], Awaitable[Somebody]]


@pytest_asyncio.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def end(somebody: Somebody) -> None:
    assert good(await somebody.ask("DELETE", "/account")) == {}


async def check_counts(connection: asyncpg.Connection) -> None:
    """Every group has a superadmin and counts its members."""
    wrong = await connection.fetch(
        """
        select g.id from groups g left join group_edge e on e.group_id = g.id
        group by g.id having g.edge_count <> count(*) filter (where e.state <= 2)
            or count(*) filter (where e.state = 0) = 0
        """
    )
    assert wrong == []


async def test_the_only_member(ada: Somebody, bob: Somebody, connection: asyncpg.Connection) -> None:
    group = await ada.create(open=True)
    await relate(ada, group, bob, 3)
    await end(ada)
    assert await bob.see(group) is None
    assert await bob.groups() == {}
    await check_counts(connection)


async def test_the_only_superadmin_of_many(
    enter: Enter, ada: Somebody, bob: Somebody, connection: asyncpg.Connection
) -> None:
    """The group goes with the account, admins, members, requests, bans and all; its messages stay."""
    group = await ada.create(open=True)
    for state in (1, 2, 4, 3):
        await relate(ada, group, await enter(), state)
    await relate(ada, group, bob, 2)
    await end(ada)
    assert await bob.see(group) is None
    assert await bob.relations(group) == {}
    assert await bob.notifications() != []
    left = await connection.fetchval(
        "select count(*) from message where stream_mode = 3 and stream_subject = $1 and sender_id = $2",
        *(group["id"], bob.id),
    )
    assert left == 1
    await check_counts(connection)


async def test_one_of_two_superadmins(
    ada: Somebody, bob: Somebody, eve: Somebody, connection: asyncpg.Connection, clock: ShiftedClock
) -> None:
    """The reference keeps the membership and its place for ever, and lets the other superadmin leave."""
    group = await ada.create(open=True, max_count=2)
    await relate(ada, group, bob, 0)
    before = await bob.see(group)
    await end(ada)
    assert await bob.members(group) == {bob.id: 0}
    assert await bob.size(group) == 1
    after = await bob.see(group)
    assert before
    assert after
    assert after["creator_id"] == ada.id
    good(await eve.join(group))
    assert refusal(await bob.leave(group)) == (
        *(400, 3),
        "Cannot leave group when you are the last superadmin.",
    )
    await bob.do("kick", group, ada)
    await check_counts(connection)


@pytest.mark.parametrize("state", [1, 2, 3, 4])
async def test_others(ada: Somebody, bob: Somebody, connection: asyncpg.Connection, state: int) -> None:
    group = await ada.create(open=True)
    await relate(ada, group, bob, state)
    told = [message for message in await ada.messages(group) if message[1] != bob.id]
    await end(bob)
    assert await ada.relations(group) == {ada.id: 0}
    assert await ada.size(group) == 1
    assert await ada.messages(group) == told  # what the user said and did goes too; nobody is told
    assert [one["code"] for one in await ada.notifications()] == ([-5] if state == 3 else [])
    await check_counts(connection)


async def test_groups_of_all_kinds_at_once(
    enter: Enter, ada: Somebody, bob: Somebody, connection: asyncpg.Connection
) -> None:
    for state in (None, 0, 1, 2, 3, 4):
        own = await ada.create()
        await relate(ada, own, bob, state)
        others = await bob.create()
        await relate(bob, others, ada, state)
    await end(ada)
    assert sorted((await bob.groups()).values()) == [0] * 7
    rows = await connection.fetch("select from group_edge where user_id = $1", ada.id)
    assert rows == []
    await check_counts(connection)


async def test_a_deleted_account_is_nobody(ada: Somebody, bob: Somebody) -> None:
    group = await ada.create(open=True)
    await relate(ada, group, bob, 2)
    await end(bob)
    for operation in ("kick", "ban", "promote", "demote"):
        await ada.do(operation, group, bob, NOBODY)
    assert refusal(await ada.act("add", group, bob)) == (400, 3, "One or more users not found.")
    assert await ada.size(group) == 1


async def test_a_group_that_was_joined_late_and_is_held_is_not_waited_for(
    app: Application, ada: Somebody, bob: Somebody, connection: asyncpg.Connection, clock: ShiftedClock
) -> None:
    """Whoever holds it may be waiting for the account. The transaction is one that is tried again."""
    group = await ada.create(open=True)
    good(await bob.join(group))
    groups = services(app, clock)
    async with connection.transaction():
        await connection.execute("select from groups where id = $1 for no key update", group["id"])
        with pytest.raises(asyncpg.SerializationError):
            async with app.database.transaction() as tx:
                await groups.disown(tx, bob.id)
    async with app.database.transaction() as tx:
        await groups.disown(tx, bob.id)
    assert await ada.members(group) == {ada.id: 0}


async def test_joining_everywhere_while_the_account_ends(
    enter: Enter, ada: Somebody, connection: asyncpg.Connection
) -> None:
    groups = [await ada.create(open=True) for _ in range(12)]
    for _ in range(3):
        somebody = await enter()
        answers = await asyncio.gather(
            *(somebody.join(group) for group in groups[:6]),
            somebody.ask("DELETE", "/account"),
            *(somebody.join(group) for group in groups[6:]),
            *(ada.act("add", group, somebody) for group in groups[6:]),
        )
        assert {answer.status_code for answer in answers} <= {200, 400, 401}
        assert answers[6].status_code == 200
        assert await connection.fetch("select from group_edge where user_id = $1", somebody.id) == []
        await check_counts(connection)
