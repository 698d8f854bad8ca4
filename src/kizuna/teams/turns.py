"""Calls that change one team come one after the other, in the order in which they came to this process.

The team's row lock in PostgreSQL decides between processes. Without a queue before it, everybody who waits
for one team would hold a connection that others could use.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from kizuna.teams.errors import team_is_busy

#: The longest wait for a turn, in seconds.
_PATIENCE = 20.0

#: The turns in which the present task, or one that it has come from, began what it does.
_within: ContextVar[tuple[object, ...]] = ContextVar("turns", default=())


class ReentryError(RuntimeError):
    """A call that changes a team from within a call that is changing it."""


class Turns:
    """A queue for each team that somebody is changing."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._present: dict[str, object] = {}

    @asynccontextmanager
    async def of(self, team_id: str) -> AsyncIterator[None]:
        """Wait for this team's turn, and have it to the end of the block.

        409 for a wait that takes too long; `ReentryError` for who has the turn already and would wait for
        himself.
        """
        within = _within.get()
        if team_id in self._present and self._present[team_id] in within:
            raise ReentryError(f"team {team_id} is being changed by the call that asks")
        await self._enter(team_id)
        self._present[team_id] = turn = object()
        token = _within.set((*within, turn))
        try:
            yield
        finally:
            _within.reset(token)
            del self._present[team_id]
            self._leave(team_id)

    async def _enter(self, team_id: str) -> None:
        queue = self._waiting.get(team_id)
        if queue is None:
            self._waiting[team_id] = deque()
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(_PATIENCE):
                await turn
        except BaseException as error:
            self._give_up(team_id, turn)
            if isinstance(error, TimeoutError):
                raise team_is_busy() from error
            raise

    def _give_up(self, team_id: str, turn: asyncio.Future[None]) -> None:
        """Leave the queue; a turn that came in the very moment goes to the next."""
        if turn.done() and not turn.cancelled():
            self._leave(team_id)
        else:
            turn.cancel()

    def _leave(self, team_id: str) -> None:
        queue = self._waiting[team_id]
        while queue:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._waiting[team_id]
