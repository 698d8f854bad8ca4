"""Queues whose rows are answered in the background."""

import asyncio
from collections.abc import Sequence
from typing import Any

from kizuna.clock import SystemClock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.queue import QueueRunner, failure_of
from kizuna.db.statements import Query
from kizuna.groups.turns import Turns

GROUP = "6f1f5f0e-6c0b-4b0f-8f6e-0d6a4f3c2b1a"
ROW = Query("test.row", "The only row.", "select 'ada' as name")


class Waiting(QueueRunner[BaseException]):
    """Takes the turn of a group for its only row."""

    def __init__(self, locks: Database, turns: Turns) -> None:
        super().__init__(locks, SystemClock(), name="test", key="name", at_once=1)
        self._turns = turns
        self.begun = asyncio.Event()
        self.results: list[BaseException | None] = []

    async def _claim(self, tx: Transaction, busy: list[Any]) -> Sequence[Record]:
        return [] if self.results else await tx.read(ROW)

    async def _answer(self, row: Record) -> BaseException | None:
        self.begun.set()
        return await failure_of(self._change())

    async def _change(self) -> None:
        async with self._turns.of(GROUP):
            pass

    async def _record(self, tx: Transaction, row: Record, failure: BaseException | None) -> None:
        self.results.append(failure)

    def _describe(self, row: Record) -> str:
        return str(row["name"])


async def test_an_answer_is_no_part_of_what_has_woken_the_queue(database_url: str) -> None:
    """It waits for the turn of whoever has put the row there, as everybody else does."""
    turns, locks = Turns(), Database(database_url, pool_size=1)
    runner = Waiting(locks, turns)
    try:
        async with turns.of(GROUP):
            runner.wake()
            await asyncio.wait_for(runner.begun.wait(), 10)
        await runner.close(10)
        assert runner.results == [None]
    finally:
        await locks.close()
