"""Ranks of two processes stay exact, whatever happens between them and their database."""

import asyncio
import math
import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kizuna.bus.interface import Handler, Reread
from kizuna.clock import SystemClock
from kizuna.db.engine import UNREACHABLE, Database, Transaction
from kizuna.db.statements import Command, Query
from kizuna.errors import ApiError
from kizuna.leaderboards import ranks as ranks_module
from kizuna.leaderboards import reading
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import Change, deleted, inserted
from kizuna.leaderboards.definitions import NewBoard
from kizuna.leaderboards.queries import DELETE
from kizuna.leaderboards.rankings import Period
from kizuna.leaderboards.ranks import Executor
from tests.leaderboards.support import (
    INSERT_MANY,
    Node,
    a_random_change,
    becomes_exact,
    new_board,
    node,
    owner,
    standings,
    true_keys,
    unsettled,
)
from tests.support.environment import WISHES
from tests.support.waiting import wait_until_async

OWNERS = [owner(number) for number in range(1, 13)]

#: Seconds of writes in each of these tests.
SOAK = WISHES.soak_seconds / 3

END_LISTENERS = Query(
    "test.end_listeners",
    "End the connections that notices arrive on.",
    """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
        and (query ilike 'listen%' or query = 'select 1')
    """,
)


@pytest_asyncio.fixture(scope="module")
async def two(database_url: str) -> AsyncIterator[tuple[Node, Node]]:
    """Two processes on one database."""
    async with node(database_url) as first, node(database_url) as second:
        yield first, second


@asynccontextmanager
async def busy(*work: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Some things are done again and again during the block. An error in them is raised at its end."""
    going_on = True

    async def again_and_again(do: Callable[[], Awaitable[object]]) -> None:
        while going_on:
            await do()

    tasks = [asyncio.create_task(again_and_again(do)) for do in work]
    try:
        yield
    finally:
        going_on = False
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


# --- writers on two processes ---


@pytest.mark.parametrize("descending", [True, False])
async def test_ranks_of_both_are_exact_after_writes_on_both(two: tuple[Node, Node], descending: bool) -> None:
    board = await new_board(two[0], descending=descending)
    async with busy(*(partial(a_random_change, each, board, OWNERS) for each in two * 8)):
        await asyncio.sleep(SOAK)
    for each in two:
        await becomes_exact(each, board, OWNERS)
        assert each.index(board) is not None


async def test_indices_that_are_built_during_writes_are_exact(
    two: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slice by slice, while records are written and deleted on both sides."""
    monkeypatch.setattr(ranks_module, "_SMALL", 50)
    monkeypatch.setattr(reading, "SLICE", 70)
    board = await new_board(two[0])
    await two[0].database.write(INSERT_MANY, board.key, 2_000)

    async def build_anew(each: Node) -> None:
        each.drop(board)
        await each.built(board)

    writers = [partial(a_random_change, each, board, OWNERS, 0.4) for each in two * 3]
    builders = [partial(build_anew, each) for each in two]
    async with busy(*writers, *builders):
        await asyncio.sleep(SOAK)
    for each in two:
        await build_exactly(each, board)


async def build_exactly(each: Node, board: Board) -> None:
    """The index of a board that nobody writes to becomes what the table holds."""
    truth = true_keys(list((await standings(each.database, board.id)).values()))

    async def is_exact() -> bool:
        index = await each.built(board)
        return index is not None and [index.at(rank) for rank in range(1, len(index) + 1)] == truth

    await wait_until_async(is_exact, 1, "an exact index")


async def test_a_large_board_that_is_read_during_writes(two: tuple[Node, Node]) -> None:
    board = await new_board(two[0])
    await two[0].database.write(INSERT_MANY, board.key, 60_000)
    writers = [partial(a_random_change, each, board, OWNERS, 0.4) for each in two * 2]
    async with busy(*writers):
        for each in two:
            await wait_until_async(partial(each.built, board), 30)
    for each in two:
        await build_exactly(each, board)


# --- what is lost ---


async def test_a_lost_listening_connection_costs_no_exactness(two: tuple[Node, Node]) -> None:
    """Again and again; who does not hear of the others counts by SQL, and then reads everything anew."""
    board = await new_board(two[0])
    async with busy(*(partial(a_random_change, each, board, OWNERS) for each in two * 4)):
        for _ in range(3):
            for each in two:
                await wait_until_async(partial(_hears, each), 5)
            assert len(await two[0].database.read(END_LISTENERS)) == 2
            await asyncio.sleep(SOAK / 3)
    for each in two:
        await becomes_exact(each, board, OWNERS)


async def test_ranks_are_exact_while_nothing_is_heard(two: tuple[Node, Node]) -> None:
    """From a second after the loss, however long it lasts."""
    writer, deaf = two
    board = await new_board(writer)
    for owner_id in OWNERS:
        await writer.write(board, owner_id, random.randrange(5))
    await becomes_exact(deaf, board, OWNERS)
    connect, asyncpg.connect = asyncpg.connect, _refuse
    try:
        await writer.database.read(END_LISTENERS)
        await wait_until_async(lambda: _is_deaf(deaf), 1)
        for _ in range(20):
            await a_random_change(writer, board, OWNERS)
            await becomes_exact(deaf, board, OWNERS, within=0)
    finally:
        asyncpg.connect = connect
    for each in two:
        await wait_until_async(partial(_hears, each), 5)
        await becomes_exact(each, board, OWNERS)


async def _refuse(*_: Any, **__: Any) -> Any:
    raise ConnectionRefusedError


async def _is_deaf(each: Node) -> bool:
    return not each.bus.connected


async def _hears(each: Node) -> bool:
    return each.bus.connected


END_WRITERS = Query(
    "test.end_writers",
    "End connections in the middle of what they do.",
    """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and query ~ 'leaderboard_record|^COMMIT'
        and state <> 'idle'
    """,
)


async def test_lost_connections_of_writers_cost_no_exactness(two: tuple[Node, Node]) -> None:
    """What was committed when they broke, nobody knows but the table."""
    board = await new_board(two[0])
    await asyncio.gather(*(each.write(board, OWNERS[0], 1) for each in two))

    async def change(each: Node) -> None:
        with suppress(*UNREACHABLE):
            await a_random_change(each, board, OWNERS)

    ended = 0
    async with busy(*(partial(change, each) for each in two * 4)):
        for _ in range(20):
            ended += len(await two[0].database.read(END_WRITERS))
            await asyncio.sleep(SOAK / 20)
    assert ended
    for each in two:
        await becomes_exact(each, board, OWNERS)


class Losing(Database):
    """A database whose connection is lost while a transaction is committed.

    The server does not learn of it, and commits when `commit` is set: before the loss, or any time later.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.commit = asyncio.Event()
        self.committed: asyncio.Task[None] | None = None

    async def lose(self, work: Callable[[Transaction], Awaitable[object]]) -> None:
        worked = asyncio.Event()

        async def go_on() -> None:
            async with self.transaction() as tx:
                await work(tx)
                worked.set()
                await self.commit.wait()

        self.committed = asyncio.create_task(go_on())
        await (self.committed if self.commit.is_set() else worked.wait())
        raise ConnectionResetError


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("bus", ["postgres", "local"])
async def test_what_is_committed_although_the_connection_was_lost_counts(
    database_url: str, bus: str, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it is so late that an index which is read anew after the loss does not show it."""
    losing = Losing(database_url)
    if not late:
        losing.commit.set()
    async with node(database_url, alone=bus == "local") as one:
        board = await new_board(one)
        for number, owner_id in enumerate(OWNERS):
            await one.write(board, owner_id, number)
        monkeypatch.setattr(one.ranks._database, "atomically", losing.lose)

        async def work(executor: Executor) -> tuple[None, list[Change]]:
            rows = await executor.write(DELETE, OWNERS[-1], board.key, 0)
            return None, [deleted(row) for row in rows]

        with pytest.raises(ConnectionResetError):
            await one.ranks.changing({Period(board.key, 0)}, work)
        for _ in range(3):
            await becomes_exact(one, board, OWNERS, within=1)
        losing.commit.set()
        assert losing.committed is not None
        await losing.committed
        await becomes_exact(one, board, OWNERS)
    await losing.close()


# --- boards and records that go ---


async def test_a_board_that_is_deleted_and_made_again(two: tuple[Node, Node]) -> None:
    """Its writers, who go on all the while, are told that it is gone, or write to the new one."""
    id = f"board-{uuid.uuid4()}"
    new = NewBoard(id)
    await two[0].definitions.create(new)

    async def change(each: Node) -> None:
        board = await each.definitions.find(id)
        if board is None:
            await asyncio.sleep(0.001)
            return
        with suppress(ApiError):
            await a_random_change(each, board, OWNERS)

    async with busy(*(partial(change, each) for each in two * 4)):
        for _ in range(10):
            for each in two:
                await asyncio.sleep(SOAK / 40)
                await each.definitions.delete(id)
                await asyncio.sleep(SOAK / 40)
                await each.definitions.create(new)
    for each in two:
        await wait_until_async(partial(knows, each, id), 1)
        board = await each.definitions.find(id)
        assert board is not None
        await becomes_exact(each, board, OWNERS)


async def knows(each: Node, id: str) -> bool:
    """Whether a process has the present definition of a board."""
    found, [stored] = await each.definitions.find(id), await each.definitions.find_many([id])
    return found is not None and found.key == stored.key


async def test_the_ranks_around_an_owner_are_ranks_while_others_leave(
    two: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The neighbours are read before the rank: who was above may be gone by then."""
    board = await new_board(two[0])
    for number, owner_id in enumerate(OWNERS):
        await two[0].write(board, owner_id, number)
    owner_id, above = OWNERS[-4], OWNERS[-3:]
    read = two[0].leaderboards._listing.around

    async def read_and_lose(*args: Any) -> Any:
        window = await read(*args)
        for gone in above:
            await two[0].leaderboards.delete(board, gone, server=True)
        return window

    monkeypatch.setattr(two[0].leaderboards._listing, "around", read_and_lose)
    answer = await two[0].leaderboards.around(board, owner_id, limit=7)
    told = [int(record.get("rank", 0)) for record in answer["records"]]
    assert told == list(range(told[0], told[0] + len(told)))
    assert told[0] >= 1


async def test_a_write_that_changes_nothing_and_a_deletion_at_once(two: tuple[Node, Node]) -> None:
    """Whichever comes first: the board exists, and nobody is told otherwise."""
    board = await new_board(two[0])
    for _ in range(60):
        await two[0].write(board, OWNERS[0], 1)
        answers = await asyncio.gather(
            *(each.write(board, OWNERS[0], 1) for each in two),
            two[0].leaderboards.delete(board, OWNERS[0], server=True),
            return_exceptions=True,
        )
        assert [answer for answer in answers if isinstance(answer, BaseException)] == []


# --- notices that come late, in any order ---


class HandBus:
    """Notices that lie about until they are delivered by hand."""

    alone = False
    connected = True

    def __init__(self) -> None:
        self.others: list[HandBus] = []
        self.waiting: list[str] = []
        self._handler: Handler | None = None

    def subscribe(self, topic: str, handler: Handler, *, on_reconnect: Reread) -> None:
        if topic == ranks_module.TOPIC:
            self._handler = handler

    async def announce(self, tx: Transaction, topic: str, text: str) -> None:
        """None of the transactions here fails once it has come so far."""
        if topic == ranks_module.TOPIC:
            for bus in (self, *self.others):
                bus.waiting.append(text)

    async def deliver(self, place: int) -> None:
        if self.waiting:
            assert self._handler is not None
            await self._handler(self.waiting.pop(place % len(self.waiting)))

    async def start(self) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to disconnect."""


class Stepwise(Database):
    """A database whose snapshots are read when they are let, one statement at a time."""

    def __init__(self, url: str) -> None:
        super().__init__(url, pool_size=20)
        self.allowed: float = 0
        self._more_allowed = asyncio.Condition()

    async def allow(self, steps: float) -> None:
        """Let so many statements more be sent."""
        async with self._more_allowed:
            self.allowed += steps
            self._more_allowed.notify_all()

    async def step(self) -> None:
        """Wait until a statement is allowed."""
        async with self._more_allowed:
            await self._more_allowed.wait_for(lambda: self.allowed > 0)
            self.allowed -= 1

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Transaction]:
        async with super().snapshot() as tx:
            yield _Stepping(tx, self)


class _Stepping(Transaction):
    def __init__(self, tx: Transaction, database: Stepwise) -> None:
        super().__init__(tx._connection, tx._counts)
        self._database = database

    async def read(self, query: Query, *args: Any) -> list[Any]:
        await self._database.step()
        return await super().read(query, *args)


#: What happens next: which node, what, and a number that it depends on.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(
            ["write", "write", "delete", "deliver", "deliver", "build", "read", "hold", "commit"]
        ),
        st.integers(0, 100),
    ),
    min_size=10,
    max_size=60,
)

HOLD = Command(
    "test.hold",
    "A new record.",
    """
    insert into leaderboard_record as r (owner_id, board, expiry, score, subscore, num_score, max_num_score,
        create_time, update_time, rule, prev_score, prev_subscore)
    values ($1, $2, 0, $3, 0, 1, 1000000, now(), now(), 0, 0, 0)
    returning r.owner_id::text as owner_id, r.board, r.expiry, r.score, r.subscore,
        pg_current_xact_id()::text::bigint as xid
    """,
)


#: Builds that wait for their steps; each holds a connection.
_MOST_BUILDS = 8


class Interleaving:
    """Two processes and a board, driven step by step."""

    def __init__(
        self, nodes: list[Node], buses: list[HandBus], databases: list[Stepwise], board: Board
    ) -> None:
        self._nodes, self._buses, self._databases, self._board = nodes, buses, databases, board
        self._held: list[tuple[asyncio.Event, asyncio.Task[None]]] = []
        self._asked: list[asyncio.Task[int]] = []

    async def step(self, place: int, what: str, number: int) -> None:
        one, owner_id = self._nodes[place], OWNERS[number % 5]
        if what == "write":
            operator = number % 5
            await self._told(one.write(self._board, owner_id, number // 20, operator=operator))
        elif what == "delete":
            await one.leaderboards.delete(self._board, owner_id, server=True)
        elif what == "deliver":
            await self._buses[place].deliver(number)
        elif what == "build":
            one.drop(self._board)
            if len(one.ranks._tasks) < _MOST_BUILDS:
                self._asked.append(asyncio.create_task(one.ranks.count(self._board, 0)))
        elif what == "read":
            await self._databases[place].allow(1)
        elif what == "hold":
            await self._hold(one, number)
        else:
            await self._commit(number)
        await asyncio.sleep(number % 4 / 1000)

    async def _told(self, written: Awaitable[object]) -> None:
        """The rank in the answer may have to wait for a build that is not let go on."""
        self._asked.append(asyncio.ensure_future(written))  # type: ignore[arg-type]
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await asyncio.shield(self._asked[-1])

    async def _hold(self, one: Node, number: int) -> None:
        """A new record that is committed later; each holds a connection."""
        if len(self._held) == 4:
            await self._commit(number)
        written, commit = asyncio.Event(), asyncio.Event()

        async def work(executor: Executor) -> tuple[None, list[Change]]:
            rows = await executor.write(HOLD, str(uuid.uuid4()), self._board.key, number // 20)
            written.set()
            await commit.wait()
            return None, [inserted(row) for row in rows]

        held = asyncio.create_task(one.ranks.changing({Period(self._board.key, 0)}, work))
        await written.wait()
        self._held.append((commit, held))

    async def _commit(self, number: int) -> None:
        if self._held:
            commit, held = self._held.pop(number % len(self._held))
            commit.set()
            await held

    async def finish(self) -> None:
        """All that has begun comes to its end."""
        for database in self._databases:
            await database.allow(math.inf)
        while self._held:
            await self._commit(0)
        await asyncio.gather(*self._asked)
        for bus in self._buses:
            random.shuffle(bus.waiting)
            while bus.waiting:
                await bus.deliver(0)


@pytest_asyncio.fixture(scope="module")
async def stepwise(database_url: str) -> AsyncIterator[tuple[list[Node], list[HandBus], list[Stepwise]]]:
    """Two processes whose builds and notices go on when they are let."""
    databases = [Stepwise(database_url) for _ in range(2)]
    buses = [HandBus(), HandBus()]
    for bus, other in zip(buses, reversed(buses), strict=True):
        bus.others.append(other)
    nodes = [Node(*parts, SystemClock()) for parts in zip(databases, buses, strict=True)]
    for each in nodes:
        await each.start()
    yield nodes, buses, databases
    for each in nodes:
        await each.stop()


# A failure takes a second each time: it is shown as it was found.
@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(STEPS, st.booleans())
async def test_in_whatever_order_changes_builds_and_notices_come(
    stepwise: tuple[list[Node], list[HandBus], list[Stepwise]], steps: list[Any], descending: bool
) -> None:
    kept = ranks_module._SMALL, reading.SLICE, ranks_module._PATIENCE_WITH_NOTICES
    # Nobody delivers a writer's own notice while it waits.
    ranks_module._SMALL, reading.SLICE, ranks_module._PATIENCE_WITH_NOTICES = 2, 2, 0.001
    nodes, buses, databases = stepwise
    for database in databases:
        database.allowed = 0
    board = await new_board(nodes[0], descending=descending)
    play = Interleaving(nodes, buses, databases, board)
    try:
        for step in steps:
            await play.step(*step)
        await play.finish()
        for each in nodes:
            await build_exactly(each, board)
            ranking = each.ranks._rankings[Period(board.key, 0)]
            assert unsettled(ranking.signed) == 0
    finally:
        ranks_module._SMALL, reading.SLICE, ranks_module._PATIENCE_WITH_NOTICES = kept


@pytest.mark.parametrize("elsewhere", ["written", "deleted"])
async def test_a_record_that_changes_here_and_there_counts_once(
    stepwise: tuple[list[Node], list[HandBus], list[Stepwise]], elsewhere: str
) -> None:
    """What the other process did to it has not been heard of yet: nobody may be told more than there is."""
    (here, there), _, databases = stepwise
    for database in databases:
        await database.allow(math.inf)
    board = await new_board(here)
    mover, low = OWNERS[0], OWNERS[1]
    await here.write(board, low, 1)
    await here.write(board, mover, 9)
    assert await here.ranks_told(board, OWNERS) == {mover: 1, low: 2, "": 2}
    if elsewhere == "written":
        await there.write(board, mover, 10)
    else:
        await there.leaderboards.delete(board, mover, server=True)
    answer = await here.write(board, mover, 11)
    assert answer["rank"] == "1"
    assert await here.ranks_told(board, OWNERS) == {mover: 1, low: 2, "": 2}
