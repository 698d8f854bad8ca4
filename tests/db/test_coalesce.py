"""Coalesced requests get what they would get one by one."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.db.coalesce import LARGEST_BATCH, KeyedWrites, SharedReads
from kizuna.errors import ApiError, invalid

#: A write to one of three counters: how much to add, refused below zero, and whether the database chokes.
Write = tuple[str, int, bool]
writes = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-3, 3), st.integers(0, 9).map(lambda n: n == 0)),
    max_size=40,
)


class Counters:
    """Stands for a table: refuses what would go below zero, fails a whole batch for one bad value."""

    def __init__(self) -> None:
        self.values: Counter[str] = Counter()
        self.batches: list[int] = []

    async def run(self, batch: list[Write]) -> list[int | Exception]:
        self.batches.append(len(batch))
        assert len({key for key, _, _ in batch}) == len(batch), "one key stands twice in a batch"
        await asyncio.sleep(0)
        if any(bad for _, _, bad in batch):
            raise asyncpg.DataError("a value that the database refuses")
        return [self._add(key, amount) for key, amount, _ in batch]

    def _add(self, key: str, amount: int) -> int | Exception:
        if self.values[key] + amount < 0:
            return invalid("below zero")
        self.values[key] += amount
        return self.values[key]


async def outcomes(calls: Sequence[Awaitable[Any]]) -> list[Any]:
    """What each call returned, or the kind of its error."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    return [type(outcome) if isinstance(outcome, Exception) else outcome for outcome in found]


@given(writes)
def test_writes_together_are_writes_one_by_one(items: list[Write]) -> None:
    async def compare() -> None:
        together, alone = Counters(), Counters()
        coalesced = KeyedWrites(together.run, keys=lambda item: item[:1])
        at_once = await outcomes([coalesced(item) for item in items])
        one_by_one = []
        single = KeyedWrites(alone.run, keys=lambda item: item[:1])
        for item in items:
            one_by_one += await outcomes([single(item)])
        assert at_once == one_by_one
        assert together.values == alone.values

    asyncio.run(compare())


@given(st.lists(st.integers(0, 5), max_size=60), st.integers(0, 5))
def test_equal_questions_are_asked_once(questions: list[int], refused: int) -> None:
    async def ask() -> None:
        asked: list[int] = []

        async def run(batch: list[int]) -> list[int | Exception]:
            asked.extend(batch)
            await asyncio.sleep(0)
            return [invalid("no") if question == refused else question * 2 for question in batch]

        read = SharedReads(run)
        answers = await outcomes([read(question) for question in questions])
        assert answers == [ApiError if question == refused else question * 2 for question in questions]
        assert sorted(asked) == sorted(set(questions))

    asyncio.run(ask())


async def test_who_asks_during_a_batch_is_not_answered_from_it() -> None:
    state, started, proceed = [1], asyncio.Event(), asyncio.Event()

    async def run(batch: list[str]) -> list[int]:
        seen = state[0]
        started.set()
        await proceed.wait()
        return [seen] * len(batch)

    read: SharedReads[str, int] = SharedReads(run)
    first = asyncio.create_task(read("x"))
    await started.wait()
    state[0] = 2
    second = asyncio.create_task(read("x"))
    proceed.set()
    assert (await first, await second) == (1, 2)


async def test_what_waits_goes_out_together() -> None:
    counters = Counters()
    write = KeyedWrites(counters.run, keys=lambda item: item[:1])
    await asyncio.gather(*[write((f"k{n}", 1, False)) for n in range(LARGEST_BATCH + 44)])
    assert counters.batches == [LARGEST_BATCH, 44]


async def test_a_lone_request_does_not_wait() -> None:
    counters = Counters()
    write = KeyedWrites(counters.run, keys=lambda item: item[:1])
    assert await asyncio.wait_for(write(("a", 1, False)), 1) == 1
    assert await asyncio.wait_for(write(("a", 1, False)), 1) == 2


async def test_a_caller_who_left_does_not_disturb_the_others() -> None:
    counters = Counters()
    write = KeyedWrites(counters.run, keys=lambda item: item[:1])
    tasks = [asyncio.create_task(write((key, 1, False))) for key in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    assert await outcomes([tasks[0], tasks[2]]) == [1, 1]
    with pytest.raises(asyncio.CancelledError):
        await tasks[1]


async def test_a_lost_database_is_told_to_everybody_and_forgotten() -> None:
    lost = [True]

    async def run(batch: list[int]) -> list[int]:
        if lost[0]:
            raise ConnectionError("gone")
        return batch

    read = SharedReads(run)
    assert await outcomes([read(n) for n in range(5)]) == [ConnectionError] * 5
    lost[0] = False
    assert await outcomes([read(n) for n in range(5)]) == [0, 1, 2, 3, 4]


async def test_nothing_is_asked_for_callers_who_have_all_left() -> None:
    batches: list[list[int]] = []
    started, proceed = asyncio.Event(), asyncio.Event()

    async def run(batch: list[int]) -> list[int]:
        batches.append(batch)
        started.set()
        await proceed.wait()
        return batch

    read = SharedReads(run)
    first = asyncio.create_task(read(1))
    await started.wait()
    leaving = asyncio.create_task(read(2))
    await asyncio.sleep(0)
    leaving.cancel()
    proceed.set()
    assert await first == 1
    assert await asyncio.wait_for(read(3), 1) == 3
    assert batches == [[1], [3]]


async def test_a_batch_function_that_loses_an_outcome_leaves_nobody_waiting() -> None:
    async def run(batch: list[int]) -> list[int]:
        return batch[1:]

    read = SharedReads(run)
    both = asyncio.gather(read(1), read(2), return_exceptions=True)
    assert [type(outcome) for outcome in await asyncio.wait_for(both, 1)] == [RuntimeError] * 2


async def test_many_waiting_for_one_key_do_not_hold_up_the_others() -> None:
    """Each batch looks at a bounded part of the queue, and everybody's turn comes in order."""
    counters = Counters()
    write = KeyedWrites(counters.run, keys=lambda item: item[:1])
    done: list[int] = []

    async def one(n: int) -> None:
        await write(("hot", 1, False))
        done.append(n)

    writers = [asyncio.create_task(one(n)) for n in range(1500)]
    await asyncio.sleep(0)
    assert await write(("cold", 1, False)) == 1
    assert len(done) < 1500
    await asyncio.gather(*writers)
    assert done == list(range(1500))
    assert counters.values["hot"] == 1500
