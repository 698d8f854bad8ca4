"""Concurrent requests of one kind share statements.

While a batch is at the database its successors queue; when it returns, everything queued goes out together.
There is no timer, so a lone request never waits. Which requests may stand in one batch is the difference
between the two kinds here:

    SharedReads   equal questions are asked once, and everybody who asked gets the same answer
    KeyedWrites   writes to one key never share a batch; the later one sees what the earlier one did

A refusal of one caller is data: the batch function returns an exception in that caller's place. A batch that
the database refuses as a whole (a value it cannot store, a vanished row that a foreign key names, a row that
somebody else keeps locked) is repeated in smaller ones, so that only the guilty caller gets the error.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Generic, TypeVar

from kizuna.db.engine import LOCKED, REFUSED

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

Run = Callable[[list[Item]], Awaitable[Sequence[Outcome | Exception]]]

#: Neither statement size nor one caller's wait may grow without bound.
LARGEST_BATCH = 256

#: How far into the queue a batch of distinct keys is looked for, however many wait for one and the same key.
_LOOK_AHEAD = 4 * LARGEST_BATCH


class _Coalescer(Generic[Item, Outcome]):
    """The queue and the batches in flight; subclasses say what may share a batch."""

    def __init__(self, run: Run[Item, Outcome], *, in_flight: int = 1) -> None:
        self._run = run
        self._free = in_flight
        self._queue: list[tuple[Item, asyncio.Future[Outcome]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._launching = False

    async def __call__(self, item: Item) -> Outcome:
        """The outcome of this item, raised if it is an error."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()
        self._queue.append((item, answer))
        if self._free and not self._launching:
            # Not at once: whoever arrived in the same turn of the loop joins the batch.
            self._launching = True
            loop.call_soon(self._launch)
        return await answer

    def _launch(self) -> None:
        self._launching = False
        if self._queue and self._free:
            self._free -= 1
            task = asyncio.get_running_loop().create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _drain(self) -> None:
        try:
            while self._queue:
                items, callers = self._take()
                if items:  # none if all of them have left
                    await self._answer(items, callers)
        finally:
            self._free += 1

    def _take(self) -> tuple[list[Item], list[list[asyncio.Future[Outcome]]]]:
        """The next batch: its items and, for each, the callers that wait for it."""
        raise NotImplementedError

    async def _answer(self, items: list[Item], callers: list[list[asyncio.Future[Outcome]]]) -> None:
        for outcome, waiting in zip(await self._outcomes(items), callers, strict=True):
            for caller in waiting:
                if caller.done():
                    continue
                if isinstance(outcome, Exception):
                    caller.set_exception(outcome)
                else:
                    caller.set_result(outcome)

    async def _outcomes(self, items: list[Item]) -> Sequence[Outcome | Exception]:
        try:
            outcomes = await self._run(items)
            if len(outcomes) != len(items):
                raise RuntimeError(f"{len(outcomes)} outcomes for {len(items)} items")
            return outcomes
        except REFUSED as error:
            if len(items) == 1:
                return [error]
            half = len(items) // 2
            return [*await self._outcomes(items[:half]), *await self._outcomes(items[half:])]
        except LOCKED as error:
            if len(items) == 1:
                return [error]
            # All at once: each that meets the lock waits for as long again.
            return [one for [one] in await asyncio.gather(*(self._outcomes([item]) for item in items))]
        except Exception as error:
            return [error] * len(items)
        except asyncio.CancelledError:
            return [ConnectionAbortedError("the server is stopping")] * len(items)


class SharedReads(_Coalescer[Item, Outcome]):
    """Coalesced reads; items must be hashable, and equal ones share their answer."""

    def _take(self) -> tuple[list[Item], list[list[asyncio.Future[Outcome]]]]:
        waiting: dict[Any, list[asyncio.Future[Outcome]]] = {}
        taken = 0
        for item, caller in self._queue:
            if len(waiting) >= LARGEST_BATCH:
                break
            taken += 1
            if not caller.done():
                waiting.setdefault(item, []).append(caller)
        del self._queue[:taken]
        return list(waiting), list(waiting.values())


class KeyedWrites(_Coalescer[Item, Outcome]):
    """Coalesced writes; `keys` names everything an item may write to or compete for."""

    def __init__(self, run: Run[Item, Outcome], *, keys: Callable[[Item], Sequence[Hashable]]) -> None:
        super().__init__(run)
        self._keys = keys

    def _take(self) -> tuple[list[Item], list[list[asyncio.Future[Outcome]]]]:
        seen: set[Hashable] = set()
        batch: list[tuple[Item, asyncio.Future[Outcome]]] = []
        later: list[tuple[Item, asyncio.Future[Outcome]]] = []
        looked_at = 0
        for entry in self._queue[:_LOOK_AHEAD]:
            if len(batch) == LARGEST_BATCH:
                break
            looked_at += 1
            if entry[1].done():
                continue
            keys = self._keys(entry[0])
            if seen.isdisjoint(keys):
                batch.append(entry)
            else:
                later.append(entry)
            # Also for one that waits: whoever comes after it must not overtake it.
            seen.update(keys)
        self._queue[:looked_at] = later
        return [item for item, _ in batch], [[caller] for _, caller in batch]
