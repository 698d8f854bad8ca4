"""Ranks of one process: by SQL and from memory, as indices come and go."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.db.engine import Database, Transaction
from kizuna.db.statements import Query
from kizuna.leaderboards import ranks as ranks_module
from kizuna.leaderboards import reading
from kizuna.leaderboards.boards import Board
from kizuna.leaderboards.changes import Change, decode_changes, encode_changes, owner_bytes
from kizuna.leaderboards.counting import Counting, Position
from kizuna.leaderboards.ranking import pack_key
from kizuna.leaderboards.rankings import Period
from kizuna.leaderboards.ranks import Ranks
from tests.leaderboards.support import (
    INSERT,
    INSERT_MANY,
    Node,
    a_random_change,
    becomes_exact,
    new_board,
    node,
    owner,
    standings,
    true_keys,
    true_ranks,
)
from tests.support.waiting import wait_until_async

OWNERS = [owner(number) for number in range(1, 13)]

GREATEST = 2**63 - 1
SCORES = st.sampled_from([0, 1, 2, GREATEST - 1, GREATEST])
POSITIONS = st.tuples(SCORES, SCORES, st.sampled_from([0, 1, 2, 3, 2**128 - 2, 2**128 - 1]).map(owner))
#: A board: whether it descends, its records, and the positions whose ranks are asked for.
BOARDS = st.lists(
    st.tuples(
        st.booleans(),
        st.lists(POSITIONS, max_size=6, unique_by=lambda position: position[2]),
        st.lists(POSITIONS, max_size=12),
    ),
    min_size=1,
    max_size=4,
)


@pytest_asyncio.fixture(scope="module")
async def one(database_url: str) -> AsyncIterator[Node]:
    """The only process."""
    async with node(database_url, alone=True) as alone:
        yield alone


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indices are read a few records at a time."""
    monkeypatch.setattr(ranks_module, "_SMALL", 3)
    monkeypatch.setattr(reading, "SLICE", 4)
    monkeypatch.setattr(ranks_module, "_CHANGES_AT_ONCE", 2)


def brute_force_rank(records: list[tuple[int, int, str]], position: tuple[int, int, str], down: bool) -> int:
    return 1 + sum(record > position if down else record < position for record in records)


# --- by SQL ---


@settings(max_examples=60, deadline=None)
@given(BOARDS)
async def test_counting_is_right_for_all_who_ask_at_once(one: Node, boards: list[Any]) -> None:
    """Ties, both directions, the ends of the range, positions of records and others, several boards."""
    counting, asked, expected = Counting(one.database), [], []
    for descending, records, positions in boards:
        board = await new_board(one, descending=descending)
        if records:
            scores, subscores, owners = map(list, zip(*records, strict=True))
            await one.database.write(INSERT, board.key, owners, scores, subscores)
        for position in (*records, *positions):
            asked.append(counting.rank(board, 0, Position(*position)))
            expected.append(brute_force_rank(records, position, descending))
        asked.append(counting.count(board, 0))
        expected.append(len(records))
    before = one.database.counts.total()
    assert await asyncio.gather(*asked) == expected
    assert one.database.counts.total() - before <= 3, "they share: both directions, and the counts"


async def test_counting_keeps_periods_apart(one: Node) -> None:
    board = await new_board(one)
    await one.write(board, OWNERS[0], 5)
    counting = Counting(one.database)
    assert await asyncio.gather(*(counting.count(board, expiry) for expiry in (0, 1, 0))) == [1, 0, 1]
    assert await counting.rank(board, 1, Position(0, 0, OWNERS[1])) == 1
    assert await counting.rank(board, 0, Position(0, 0, OWNERS[1])) == 2


# --- from memory ---


@pytest.mark.parametrize("descending", [True, False])
async def test_an_index_holds_what_the_table_holds(one: Node, descending: bool, small_slices: None) -> None:
    board = await new_board(one, descending=descending)
    for _ in range(200):
        await a_random_change(one, board, OWNERS)
    index = one.index(board)
    assert index is not None, "built with the first rank that was asked for"
    rows = list((await standings(one.database, board.id)).values())
    assert [index.at(rank) for rank in range(1, len(index) + 1)] == true_keys(rows)
    await becomes_exact(one, board, OWNERS)


async def test_what_comes_while_an_index_is_read_counts_once(one: Node, small_slices: None) -> None:
    """Each index is dropped when it is built; in the end it is what the table holds."""
    board = await new_board(one)
    await one.database.write(INSERT_MANY, board.key, 100)
    for round in range(20):
        one.drop(board)
        changes = [a_random_change(one, board, OWNERS, deletions=0.3) for _ in range(8)]
        await asyncio.gather(one.ranks.count(board, 0), *changes)
        index = await one.built(board)
        rows = list((await standings(one.database, board.id)).values())
        assert index is not None
        assert [index.at(rank) for rank in range(1, len(index) + 1)] == true_keys(rows), f"round {round}"


async def test_a_large_board_is_counted_before_its_index_is_built(one: Node) -> None:
    """With writes all the while: who asks for ranks waits, the number of records is known sooner."""
    board = await new_board(one)
    await one.database.write(INSERT_MANY, board.key, 30_000)
    assert await one.ranks.count(board, 0) == 30_000
    assert one.index(board) is None
    writers = [a_random_change(one, board, OWNERS, deletions=0.3) for _ in range(50)]
    await asyncio.gather(*writers)
    truth = await true_ranks(one.database, board.id)
    assert await one.ranks.count(board, 0) == truth[""]
    index = await one.built(board)
    rows = list((await standings(one.database, board.id)).values())
    assert index is not None
    assert [index.at(rank) for rank in range(1, len(index) + 1)] == true_keys(rows)


class Slow(Database):
    """A database whose snapshots wait until they are let go."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.let_go = asyncio.Event()
        self.asked = asyncio.Event()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Transaction]:
        self.asked.set()
        await self.let_go.wait()
        async with super().snapshot() as tx:
            yield tx


@pytest_asyncio.fixture
async def slow(database_url: str) -> AsyncIterator[Slow]:
    """Such a database."""
    database = Slow(database_url)
    yield database
    await database.close()


async def test_an_index_that_is_dropped_while_it_is_read_tells_nothing(one: Node, slow: Slow) -> None:
    """Whoever waits for it must not take the unread one for an empty board."""
    board = await new_board(one)
    for number, owner_id in enumerate(OWNERS):
        await one.write(board, owner_id, number)
    ranks = Ranks(slow, one.bus, one.clock)
    asked = asyncio.create_task(ranks.count(board, 0))
    await slow.asked.wait()
    ranks.drop_indexes({Period(board.key, 0)})
    slow.let_go.set()
    assert await asked == len(OWNERS)
    await ranks.stop()


async def test_only_large_boards_wait_for_large_boards(
    one: Node, small_slices: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While others are read: a small one is not held up, and a write to a large one is answered."""
    monkeypatch.setattr(ranks_module, "_PATIENCE_OF_WRITES", 0.05)
    monkeypatch.setattr(ranks_module, "PATIENCE", 0.05)
    small, large = await new_board(one), await new_board(one)
    await one.database.write(INSERT_MANY, large.key, 10)
    for _ in range(ranks_module._BUILDERS):
        await one.ranks._builders.acquire()
    assert (await one.write(small, OWNERS[0], 1))["rank"] == "1"
    assert "rank" not in await one.write(large, OWNERS[0], 9999)
    for _ in range(ranks_module._BUILDERS):
        one.ranks._builders.release()
    await wait_until_async(lambda: has_rank(one, large))


async def has_rank(one: Node, board: Board) -> bool:
    return (await one.write(board, OWNERS[0], 9999)).get("rank") == "1"


async def test_what_is_copied_can_be_given_up_at_any_time(one: Node) -> None:
    """Also when more has arrived than was asked for."""
    rows = Query("test.rows", "Much.", "select generate_series(1, 500000)")

    async def look_at_the_beginning() -> None:
        async with one.database.snapshot() as tx, aclosing(tx.copy(rows, patience=60)) as pieces:
            await anext(pieces)
            await asyncio.sleep(0.2)

    begun = time.monotonic()
    task = asyncio.create_task(look_at_the_beginning())
    await asyncio.wait([task], timeout=4)
    task.cancel()
    await asyncio.wait([task], timeout=4)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("descending", [True, False])
async def test_positions_of_ranks(one: Node, descending: bool) -> None:
    board = await new_board(one, descending=descending)
    for number, owner_id in enumerate(random.sample(OWNERS, len(OWNERS))):
        await one.write(board, owner_id, number // 2, subscore=3)
    rows = sorted((await standings(one.database, board.id)).values(), key=lambda row: row.rank)
    for row in rows:
        position = Position(row.score, row.subscore, row.owner_id)
        assert await one.ranks.at(board, 0, row.rank) == position
        assert await Counting(one.database).at(board, 0, row.rank) == position
    assert await one.ranks.at(board, 0, len(rows) + 1) is None
    assert await Counting(one.database).at(board, 0, len(rows) + 1) is None


async def test_an_index_that_nobody_asks_for_is_dropped_and_built_again(one: Node) -> None:
    board, busy = await new_board(one), await new_board(one)
    for each in (board, busy):
        await one.write(each, OWNERS[0], 1)
    for _ in range(40):
        await one.ranks.clean_up()
        await one.ranks.count(busy, 0)
    assert one.index(board) is None
    assert one.index(busy) is not None
    await becomes_exact(one, board, OWNERS)


async def test_what_may_have_been_committed_is_read_again(one: Node) -> None:
    board = await new_board(one)
    await one.write(board, OWNERS[0], 1)

    async def work(executor: Any) -> tuple[None, list[Any]]:
        await one.database.write(INSERT, board.key, [OWNERS[1]], [9], [0])
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await one.ranks.changing({Period(board.key, 0)}, work, alone=True)
    await becomes_exact(one, board, OWNERS)
    assert (await true_ranks(one.database, board.id))[OWNERS[0]] == 2


async def test_boards_without_ranks_have_none(one: Node, database_url: str) -> None:
    board, without = await new_board(one), await new_board(one, enable_ranks=False)
    for each in (board, without):
        await one.write(each, OWNERS[0], 1)
    assert await one.ranks_told(without, OWNERS) == {OWNERS[0]: 0, "": 0}
    assert await one.ranks.at(without, 0, 1) is None
    for names in (["*"], [board.id]):
        ranks = Ranks(one.database, one.bus, one.clock, without=names)
        assert await ranks.count(board, 0) == 0
    await one.definitions.find(board.id)
    await one.definitions.disable_ranks(board.id)
    disabled = await one.definitions.find(board.id)
    assert disabled is not None
    assert await one.ranks_told(disabled, OWNERS) == {OWNERS[0]: 0, "": 0}


def test_a_batch_tells_each_board_once() -> None:
    """Writes come sorted by owner, whatever the board; each notice is a statement."""
    changes = [
        Change(7, board, 0, None, pack_key(number, 0, owner_bytes(owner(number))))
        for number, board in enumerate([1, 2, 3] * 20)
    ]
    notices = list(encode_changes(changes))
    assert len(notices) == 3
    told = [change for notice in notices for change in decode_changes(notice)]
    assert set(told) == set(changes)
