"""How the work grows with the numbers that clients can choose: targets, friends, and friends of friends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.app import Application
from kizuna.caller import SYSTEM_USER
from kizuna.db.statements import Query, Statement
from kizuna.friends import friends_of_friends, listing, queries
from kizuna.friends.friends_of_friends import FriendsOfFriends
from kizuna.friends.listing import Listing
from tests.friends.support import Neighbour
from tests.friends.test_lists import all_pages, ids, paths, surrounded
from tests.support.plans import Old, Planned, planned_early
from tests.support.waiting import wait_until_async

Enter = Callable[[], Awaitable[Neighbour]]

#: New players who are all friends.
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

#: Two players with a thousand friends.
HUBS = """
    with hubs as (
        insert into users (id, username, create_time, update_time, edge_count)
        select id, 'hub ' || id, now(), now(), 1001 from unnest($1::uuid[]) id
    ), others as (
        insert into users (id, username, create_time, update_time, edge_count)
        select gen_random_uuid(), 'o' || gen_random_uuid(), now(), now(), 2 from generate_series(1, 1000)
        returning id
    )
    insert into user_edge (source_id, destination_id, state, position, update_time)
    select unnest(array[h, o.id]), unnest(array[o.id, h]), 0, 1, now() from others o, unnest($1::uuid[]) h
"""

NOW = datetime.now(UTC)


class Society(NamedTuple):
    """Two players with a thousand friends each, who are friends, and circles of friends."""

    planned: Planned
    hubs: list[str]
    small: list[str]
    large: list[str]


async def circle(connection: Any, size: int) -> list[str]:
    """The ids of new players who are all friends."""
    crowd = [row["id"] for row in await connection.fetch(CIRCLE, size)]
    await connection.execute(FRIENDSHIPS, crowd)
    return crowd


@pytest_asyncio.fixture(scope="module")
async def society(database_url: str) -> AsyncIterator[Society]:
    """Statements planned in a world without friends, which there are now."""
    statements = [
        *(value for value in vars(queries).values() if isinstance(value, Statement) and "$" in value.sql),
        *queries.BY_PROVIDER.values(),
    ]
    async with planned_early(database_url, statements, ("users", "user_edge")) as planned:
        hubs = [str(uuid4()) for _ in range(2)]
        await planned.connection.execute(HUBS, hubs)
        await planned.connection.execute(FRIENDSHIPS, hubs)
        small, large = [await circle(planned.connection, size) for size in (40, 120)]
        yield Society(planned, hubs, small, large)


def _relations(crowd: list[str]) -> tuple[Any, ...]:
    return crowd[0], crowd[1:]


MANY_TARGETS: dict[Statement, Callable[[list[str]], tuple[Any, ...]]] = {
    queries.RELATIONS: _relations,
    queries.STATUSES: _relations,
    queries.LOCK: lambda crowd: (crowd,),
    queries.REMOVE: lambda crowd: ([crowd[0]] * (len(crowd) - 1), crowd[1:]),
    queries.COUNT: lambda crowd: (crowd, [1] * len(crowd), NOW),
    queries.STATES: lambda crowd: (list(range(1, len(crowd))), [crowd[0]] * (len(crowd) - 1), crowd[1:]),
    queries.NEIGHBOURS: lambda crowd: (crowd[0],),
    queries.DISOWN: lambda crowd: (crowd[0], NOW),
}


@pytest.mark.parametrize("old", Old)
@pytest.mark.parametrize("statement", MANY_TARGETS, ids=lambda statement: statement.name)
async def test_as_many_rows_as_targets_in_tables_that_have_grown(
    society: Society, statement: Statement, old: Old
) -> None:
    crowd = society.large
    work = await society.planned.work(statement, old, *MANY_TARGETS[statement](crowd))
    assert work.rows < 15 * len(crowd), work
    assert work.pages < 25 * len(crowd), work


#: One row each, or a short page, of two players with many edges.
FEW_ROWS: dict[Statement, Callable[[str, str], tuple[Any, ...]]] = {
    queries.RESOLVE: lambda one, other: ([f"hub {one}", f"hub {other}"],),
    queries.LOCK: lambda one, other: ([one, other],),
    queries.RELATIONS: lambda one, other: (one, [other]),
    queries.STATES: lambda one, other: ([0, 1], [one, other], [other, one]),
    queries.STATUSES: lambda one, other: (one, [other]),
    queries.PUT: lambda one, other: ([one, other], [other, one], [1, 2], [7, 7], ["{}", "{}"], NOW),
    queries.REMOVE: lambda one, other: ([one, other], [other, one]),
    queries.COUNT: lambda one, other: ([one, other], [1, 1], NOW),
    queries.SET_METADATA: lambda one, other: (one, other, "{}", NOW),
    queries.LIST: lambda one, other: ([0], [one], [0], [0], [SYSTEM_USER], [3], [11]),
} | dict.fromkeys(queries.BY_PROVIDER.values(), lambda one, other: ([one, other],))


@pytest.mark.parametrize("old", Old)
@pytest.mark.parametrize("statement", FEW_ROWS, ids=lambda statement: statement.name)
async def test_few_rows_of_those_who_have_many_in_tables_that_have_grown(
    society: Society, statement: Statement, old: Old
) -> None:
    work = await society.planned.work(statement, old, *FEW_ROWS[statement](*society.hubs))
    assert work.rows < 400, work
    assert work.pages < 400, work


@pytest.mark.parametrize("old", Old)
async def test_a_look_at_friends_of_friends_is_bounded_in_tables_that_have_grown(
    society: Society, old: Old
) -> None:
    """In a circle of three times as many there are nine times as many edges."""
    small, large = [
        await society.planned.work(
            queries.LIST_FRIENDS_OF_FRIENDS, old, [0], [crowd[0]], [SYSTEM_USER], [SYSTEM_USER], [11], [200]
        )
        for crowd in (society.small, society.large)
    ]
    assert large.rows < 3 * small.rows
    assert large.pages < 4 * small.pages


async def test_the_own_friends_are_hashed_with_an_old_plan(society: Society) -> None:
    nothing = ", ".join(["null"] * 6)
    name = queries.LIST_FRIENDS_OF_FRIENDS.name
    plan = await society.planned.connection.fetch(f'explain execute "{name}" ({nothing})')
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
