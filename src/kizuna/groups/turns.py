"""Calls that change one group come one after the other, in the order in which they came to this process.

The group's row lock in PostgreSQL decides between processes. Without a queue before it, everybody who waits
for one group would hold a connection that others could use.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import asyncpg

#: The longest wait for a turn, in seconds: as long as for a lock of the database.
PATIENCE = 5.0

#: The turns in which the present task, or one that it has come from, began what it does.
_within: ContextVar[tuple[object, ...]] = ContextVar("turns", default=())


class ReentryError(RuntimeError):
    """A call that changes a group from within a call that is changing it."""


class Turns:
    """A queue for each group that somebody is changing."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._present: dict[str, object] = {}

    @asynccontextmanager
    async def of(self, group_id: str, patience: float = PATIENCE) -> AsyncIterator[None]:
        """Wait for this group's turn, and have it to the end of the block.

        `LockNotAvailableError` for a wait longer than `patience`, in seconds; `ReentryError` for who has the
        turn already and would wait for himself.
        """
        within = _within.get()
        if group_id in self._present and self._present[group_id] in within:
            raise ReentryError(f"group {group_id} is being changed by the call that asks")
        await self._enter(group_id, patience)
        self._present[group_id] = turn = object()
        token = _within.set((*within, turn))
        try:
            yield
        finally:
            del self._present[group_id]
            self._leave(group_id)
            _within.reset(token)

    async def _enter(self, group_id: str, patience: float) -> None:
        queue = self._waiting.get(group_id)
        if queue is None:
            self._waiting[group_id] = deque()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(patience):
                await turn
        except BaseException as error:
            self._give_up(group_id, turn)
            if isinstance(error, TimeoutError):
                raise asyncpg.LockNotAvailableError("too many wait for this group") from error
            raise

    def _give_up(self, group_id: str, turn: asyncio.Future[None]) -> None:
        """Leave the queue; a turn that came in the very moment goes to the next."""
        if turn.done() and not turn.cancelled():
            self._leave(group_id)
        else:
            turn.cancel()

    def _leave(self, group_id: str) -> None:
        queue = self._waiting[group_id]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._waiting[group_id]
