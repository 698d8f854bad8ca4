"""The queue before a group's lock."""

import asyncio
from contextvars import copy_context
from dataclasses import dataclass

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.groups.turns import PATIENCE, CircularWaitError, ReentryError, Turns


async def test_first_come_first_served() -> None:
    """T-027, T-429."""
    queue, done = Turns(), []

    async def work(number: int) -> None:
        async with queue.of("team"):
            done.append(("begins", number))
            await asyncio.sleep(0)
            done.append(("ends", number))

    await asyncio.gather(*(work(number) for number in range(20)))
    assert done == [(what, number) for number in range(20) for what in ("begins", "ends")]
    assert not queue._queues


async def test_teams_do_not_wait_for_each_other() -> None:
    """T-027."""
    queue = Turns()
    async with queue.of("one"), asyncio.timeout(5), queue.of("other"):
        pass


async def test_nobody_waits_for_himself() -> None:
    """A hook that calls back would wait until the end of its own call."""
    queue = Turns()
    async with queue.of("team"):
        with pytest.raises(ReentryError):
            async with queue.of("team"):
                pass
    async with asyncio.timeout(5), queue.of("team"):
        pass


async def test_what_a_call_left_behind_may_come_back() -> None:
    """A task that was begun within a turn has nothing of it any more when it is over."""
    queue, over = Turns(), asyncio.Event()

    async def later() -> None:
        with pytest.raises(ReentryError):
            async with queue.of("team"):
                pass
        await over.wait()
        async with asyncio.timeout(5), queue.of("team"):
            pass

    async with queue.of("team"):
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
    over.set()
    await task


async def test_patience_ends() -> None:
    """T-029."""
    queue = Turns()

    async def wait() -> None:
        async with queue.of("team", patience=0.01):
            raise AssertionError("it is not free")

    elsewhere = copy_context()
    async with queue.of("team"):
        with pytest.raises(asyncpg.LockNotAvailableError):
            await asyncio.create_task(wait(), context=elsewhere)
    async with asyncio.timeout(5), queue.of("team"):
        pass


async def test_whoever_leaves_the_queue_holds_nobody_up() -> None:
    """T-109: clients go away while they wait."""
    queue, served = Turns(), []
    release = asyncio.Event()

    async def hold() -> None:
        async with queue.of("team"):
            await release.wait()

    async def work(number: int) -> None:
        async with queue.of("team"):
            served.append(number)

    holder = asyncio.create_task(hold())
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(work(number)) for number in range(6)]
    await asyncio.sleep(0)
    for number in (0, 2, 5):
        waiting[number].cancel()
    release.set()
    # One more at the very moment when its turn has come.
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.wait([holder, *waiting], timeout=5)
    assert set(served) >= {3, 4}
    assert not queue._queues


# --- several groups, and calls within calls ---

OTHER = {"one": "other", "other": "one"}


async def test_several_groups_are_waited_for_together() -> None:
    """T-028: whoever wants them has his place in both queues, and begins when first in both."""
    queue, order, release = Turns(), [], asyncio.Event()

    async def work(name: str, *groups: str) -> None:
        async with queue.of(*groups):
            order.append(name)
            if name == "first":
                await release.wait()
            if name == "elsewhere":
                release.set()  # everybody else stands in line by now

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        tasks.create_task(work("first", "one"))
        tasks.create_task(work("both", "one", "other"))
        tasks.create_task(work("late", "other"))
        tasks.create_task(work("elsewhere", "third"))
    assert order == ["first", "elsewhere", "both", "late"]
    assert not queue._queues


async def test_a_circle_is_refused_at_once() -> None:
    """Two calls within turns, each of which wants the other's: one is told so, the other gets it."""
    queue, inside = Turns(), asyncio.Barrier(2)
    ended: dict[str, str] = {}

    async def call(own: str, other: str) -> None:
        async with queue.of(own):
            await inside.wait()
            try:
                async with queue.of(other):
                    ended[own] = "done"
            except CircularWaitError as refusal:
                ended[own] = refusal.message

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(call(own, other) for own, other in OTHER.items()))
    [(refused, told)] = [(own, told) for own, told in ended.items() if told != "done"]
    assert told == f"what changes group {OTHER[refused]} waits for the call that asks"
    assert not queue._queues


async def test_a_call_within_a_turn_goes_before_those_who_would_wait_for_it() -> None:
    """Who has not begun holds nothing: it is no circle that he stands before the one he waits for."""
    queue, order = Turns(), []

    async def several() -> None:
        async with queue.of("near", "far"):
            order.append("several")

    elsewhere = copy_context()
    async with asyncio.timeout(PATIENCE):
        async with queue.of("far"):
            waiting = asyncio.create_task(several(), context=elsewhere)
            await asyncio.sleep(0)
            async with queue.of("near"):
                order.append("within")
        await waiting
    assert order == ["within", "several"]


@dataclass(frozen=True)
class Call:
    """A call that changes some groups, and calls others meanwhile, one after the other or at once."""

    groups: frozenset[str]
    calls: "tuple[Call, ...]" = ()
    at_once: bool = False

    @property
    def depth(self) -> int:
        return 1 + max((call.depth for call in self.calls), default=0)


groups = st.frozensets(st.sampled_from("abcd"), min_size=1, max_size=3)
calls = st.recursive(
    st.builds(Call, groups),
    lambda inner: st.builds(Call, groups, st.lists(inner, max_size=3).map(tuple), st.booleans()),
    max_leaves=6,
)


@given(st.lists(calls, max_size=6), st.data())
def test_nobody_waits_for_ever_and_nobody_changes_what_another_changes(
    crowd: list[Call], data: st.DataObject
) -> None:
    """T-027, T-028: every call ends; only those within others are ever refused."""
    queue = Turns()
    changing: dict[str, Call] = {}
    refused: list[Call] = []

    async def run(call: Call) -> None:
        try:
            async with queue.of(*call.groups):
                assert not changing.keys() & call.groups
                changing.update(dict.fromkeys(call.groups, call))
                try:
                    await inside(call)
                finally:
                    for group in call.groups:
                        del changing[group]
        except (ReentryError, CircularWaitError):
            refused.append(call)

    async def inside(call: Call) -> None:
        for _ in range(data.draw(st.integers(0, 3))):
            await asyncio.sleep(0)
        if call.at_once:
            await asyncio.gather(*map(run, call.calls))
        else:
            for inner in call.calls:
                await run(inner)

    async def everybody() -> None:
        async with asyncio.timeout(PATIENCE / 2):
            await asyncio.gather(*map(run, crowd))

    asyncio.run(everybody())
    assert not queue._queues
    assert not queue._begun
    assert not [call for call in refused if any(call is root for root in crowd)]
