"""How the work grows with the numbers that clients can choose: targets, friends, and friends of friends."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.accounts.tables import SYSTEM_USER
from kizuna.app import Application
from kizuna.db.statements import Query, Statement
from kizuna.friends import friends_of_friends, listing, queries
from kizuna.friends.friends_of_friends import FriendsOfFriends
from kizuna.friends.listing import Listing
from tests.friends.support import Neighbour
from tests.friends.test_lists import all_pages, ids, paths, surrounded
from tests.support.waiting import wait_until_async

Enter = Callable[[], Awaitable[Neighbour]]

#: A player and everybody they know are friends with each other.
CIRCLE = """
    with crowd as (
        insert into users (id, username, create_time, update_time, edge_count)
        select gen_random_uuid(), 'c' || gen_random_uuid(), now(), now(), $1 - 1 from generate_series(1, $1)
        returning id
    )
    select id::text from crowd order by id
"""
FRIENDSHIPS = """
    insert into user_edge (source_id, destination_id, state, position, update_time)
    select a, b, 0, 1, now() from unnest($1::uuid[]) as a, unnest($1::uuid[]) as b where a <> b
"""


class Planned:
    """Statements with the plans that were made while the tables were nearly empty."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def prepare(self, statement: Statement) -> None:
        await self._connection.execute("set local plan_cache_mode = force_generic_plan")
        await self._connection.execute(f"prepare planned as {statement.sql}")
        nulls = ", ".join(["null"] * max(map(int, re.findall(r"\$(\d+)", statement.sql))))
        await self._connection.execute(f"explain execute planned ({nulls})")

    async def circle(self, size: int) -> list[str]:
        """The ids of new players who are all friends."""
        crowd = [row["id"] for row in await self._connection.fetch(CIRCLE, size)]
        await self._connection.execute(FRIENDSHIPS, crowd)
        return crowd

    async def work(self, *arguments: Any) -> int:
        """How many rows the statement looks at in all its steps. What it changes is taken back."""
        savepoint = self._connection.transaction()
        await savepoint.start()
        values = ", ".join(map(_literal, arguments))
        plan = await self._connection.fetchval(
            f"explain (analyze, timing off, format json) execute planned ({values})"
        )
        await savepoint.rollback()
        return _rows(plan[0]["Plan"])


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"'{{{','.join(map(str, value))}}}'"
    return f"'{value}'"


def _rows(node: dict[str, Any]) -> int:
    own = sum(
        node.get(key, 0) for key in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Join Filter")
    )
    return int(own * node["Actual Loops"]) + sum(map(_rows, node.get("Plans", ())))


@pytest_asyncio.fixture(scope="module", autouse=True)
async def statistics_stay_as_they_are(database_url: str) -> None:
    """Tables that nobody has analyzed yet: PostgreSQL shall not do so in the middle of these tests."""
    connection = await asyncpg.connect(database_url)
    for table in ("users", "user_edge"):
        await connection.execute(f"alter table {table} set (autovacuum_enabled = off)")
    await connection.close()


@pytest_asyncio.fixture
async def planned(app: Application) -> AsyncIterator[Planned]:
    async with app.database.transaction() as tx:
        connection = tx._connection
        undone = connection.transaction()
        await undone.start()
        try:
            yield Planned(connection)
        finally:
            await undone.rollback()
            await connection.execute("deallocate planned")


def _relations(crowd: list[str]) -> tuple[Any, ...]:
    return crowd[0], crowd[1:]


MANY_TARGETS: dict[Statement, Callable[[list[str]], tuple[Any, ...]]] = {
    queries.RELATIONS: _relations,
    queries.STATUSES: _relations,
    queries.LOCK: lambda crowd: (crowd,),
    queries.REMOVE: lambda crowd: ([crowd[0]] * (len(crowd) - 1), crowd[1:]),
    queries.COUNT: lambda crowd: (crowd, [1] * len(crowd), datetime.now(UTC)),
    queries.STATES: lambda crowd: (list(range(1, len(crowd))), [crowd[0]] * (len(crowd) - 1), crowd[1:]),
}


@pytest.mark.parametrize("statement", MANY_TARGETS, ids=lambda statement: statement.name)
async def test_as_many_rows_as_targets_with_an_old_plan(planned: Planned, statement: Statement) -> None:
    await planned.prepare(statement)
    crowd = await planned.circle(150)
    assert await planned.work(*MANY_TARGETS[statement](crowd)) < 10 * len(crowd)


async def test_a_look_at_friends_of_friends_is_bounded_with_an_old_plan(planned: Planned) -> None:
    """In a circle of three times as many there are nine times as many edges."""
    await planned.prepare(queries.LIST_FRIENDS_OF_FRIENDS)
    small, large = [
        await planned.work([0], [crowd[0]], [SYSTEM_USER], [SYSTEM_USER], [11], [200])
        for crowd in (await planned.circle(70), await planned.circle(210))
    ]
    assert large < 3 * small


async def test_the_own_friends_are_hashed_with_an_old_plan(planned: Planned) -> None:
    await planned.prepare(queries.LIST_FRIENDS_OF_FRIENDS)
    nothing = ", ".join(["null"] * 6)
    plan = await planned._connection.fetch(f"explain execute planned ({nothing})")
    assert any("hashed SubPlan" in row[0] for row in plan)


# --- friends of friends, look by look ---


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1])),
    st.integers(1, 4),
    st.integers(1, 3),
)
async def test_short_looks_and_short_pages_are_the_same_list(
    enter: Enter, pairs: set[tuple[int, int]], edges: int, looks: int
) -> None:
    circle = [await enter() for _ in range(6)]
    for one, other in pairs:
        await circle[one].befriend(circle[other])
    expected = await paths(circle[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(friends_of_friends, "_FIRST_LOOK", edges)
        patch.setattr(friends_of_friends, "_FURTHER_LOOK", edges)
        patch.setattr(friends_of_friends, "_LOOKS", looks)
        for limit in (1, 2, 100):
            assert await paths(circle[0], limit=limit) == expected


async def test_a_request_looks_only_so_often(
    app: Application, database_url: str, ada: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it answers what it has and where to go on."""
    connection = await asyncpg.connect(database_url)
    try:
        crowd = [row["id"] for row in await connection.fetch(CIRCLE, 30)]
        await connection.execute(FRIENDSHIPS, [ada.id, *crowd])
    finally:
        await connection.close()
    for name, value in {"_FIRST_LOOK": 10, "_FURTHER_LOOK": 40, "_LOOKS": 3}.items():
        monkeypatch.setattr(friends_of_friends, name, value)
    before = app.database.counts.copy()
    page = await ada.ask("GET", "/v2/friend/friends")
    assert (app.database.counts - before)["friends.list_friends_of_friends"] == 3
    assert page.json().keys() == {"cursor"}
    assert await paths(ada) == []


class Counted:
    """A database that tells who is reading, and lets them wait until `let_go` is set."""

    def __init__(self, application: Application) -> None:
        self._database = application.database
        self.reading: list[tuple[Any, ...]] = []
        self.let_go = asyncio.Event()

    async def read(self, query: Query, *arguments: Any) -> list[Any]:
        self.reading.append(arguments)
        if self.is_long(arguments):
            await self.let_go.wait()
        self.reading.remove(arguments)
        return await self._database.read(query, *arguments)

    def is_long(self, arguments: tuple[Any, ...]) -> bool:
        """Whether these are further looks or long pages, by their last column."""
        return bool(max(arguments[-1]) > 500)


async def test_one_look_does_not_wait_for_those_who_go_on(
    app: Application, ada: Neighbour, bob: Neighbour, cleo: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.befriend(bob, cleo)
    await bob.befriend(cleo)
    monkeypatch.setattr(friends_of_friends, "_FIRST_LOOK", 2)
    database: Any = Counted(app)
    lists = FriendsOfFriends(database)
    going = [asyncio.create_task(lists.page(ada.id, limit, "")) for limit in range(1, 9)]
    await wait_until_async(lambda: _truth(bool(database.reading)))
    monkeypatch.setattr(friends_of_friends, "_FIRST_LOOK", 500)
    assert (await lists.page(bob.id, 10, "")) == {}
    assert not any(task.done() for task in going)
    database.let_go.set()
    assert await asyncio.gather(*going) == [{}] * 8


async def _truth(truth: bool) -> bool:
    return truth


# --- long pages ---


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_SHORT", 2)
    monkeypatch.setattr(listing, "_MESSAGES_AT_ONCE", 3)


@pytest.mark.usefixtures("short_pages")
async def test_long_pages_are_pages(ada: Neighbour, enter: Enter) -> None:
    others = await surrounded(ada, enter)
    known = [other for others_of_state in others.values() for other in others_of_state]
    assert ids(await ada.friends()) == known
    for limit in range(1, 10):
        pages = await all_pages(ada, "/v2/friend", "friends", limit=limit)
        assert [ids(page) for page in pages] == [known[at : at + limit] for at in range(0, len(known), limit)]


@pytest.mark.usefixtures("short_pages")
async def test_few_long_pages_at_once(app: Application, ada: Neighbour, enter: Enter) -> None:
    """And whoever has a short one does not wait for them."""
    await ada.add(*[await enter() for _ in range(4)])
    bob = await enter()
    await bob.befriend(ada)
    database: Any = Counted(app)
    lists = Listing(database)
    going = [asyncio.create_task(lists.friends(ada.id, None, limit, "")) for limit in range(900, 920)]
    await wait_until_async(lambda: _truth(len(database.reading) == listing._LONG_PAGES))
    assert len((await lists.friends(bob.id, None, 1000, ""))["friends"]) == 1
    assert len(database.reading) == listing._LONG_PAGES
    database.let_go.set()
    assert {len(page["friends"]) for page in await asyncio.gather(*going)} == {5}
