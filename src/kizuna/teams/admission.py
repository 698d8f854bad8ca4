"""When a call may begin to change a team.

It waits for several things, always in this order, so that nobody waits in a circle:

    order    calls about one team, and those of one queue besides, go in the order in which they came
    room     of calls in which the game is asked there are never so many that nobody else could write
    turn     one after the other, whoever changes the group, group operations too

and has them all before it takes a connection. What the game calls while it is asked is within a call that has
room already: it waits for the turn alone.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar

from kizuna.groups.turns import Turns
from kizuna.teams.errors import team_is_busy

#: The longest wait for a team, in seconds: as long as all tries for its lock take together (T-029).
PATIENCE = 20.0

#: Transactions that others can always have beside those in which the game is asked, and beside those together
#: with what the game calls meanwhile.
_KEPT_FROM_ASKING, _KEPT = 2, 1

#: The longest wait, in seconds, for one of the connections that these share.
_SHARED_PATIENCE = 2.0


class _Asking:
    """A call in which the game may be asked. What it leaves behind outlives it, and is no part of it then."""

    def __init__(self) -> None:
        self.open = True


_asking: ContextVar[_Asking | None] = ContextVar("asking", default=None)


class Admission:
    """Lets calls in. `turns` are those of groups, `decides` tells whether the game is asked at all.

    `writers` is how many transactions that write there can be.
    """

    def __init__(self, turns: Turns, decides: Callable[[], bool], writers: int) -> None:
        self._turns = turns
        self._decides = decides
        self._order = Turns()
        self._room = asyncio.Semaphore(max(1, writers - _KEPT_FROM_ASKING))
        self._shared = asyncio.Semaphore(max(1, writers - _KEPT))

    @asynccontextmanager
    async def to_change(self, team_id: str, queue: str | None = None) -> AsyncIterator[None]:
        """Wait until a call may change a team, and let it to the end of the block.

        409, or `LockNotAvailableError`, for a wait that takes too long.
        """
        async with AsyncExitStack() as waits:
            asking = _asking.get()
            if asking is not None and asking.open:
                await waits.enter_async_context(self._share())
            else:
                await waits.enter_async_context(self._order.of(team_id, PATIENCE))
                if queue is not None:
                    await waits.enter_async_context(self._order.of(queue, PATIENCE))
                await waits.enter_async_context(self.to_ask())
            await waits.enter_async_context(self._turns.of(team_id, PATIENCE))
            yield

    @asynccontextmanager
    async def to_ask(self) -> AsyncIterator[None]:
        """The same for what changes no team that there is, but may ask the game."""
        if not self._decides():
            yield
            return
        async with self._room, self._share():
            asking = _Asking()
            token = _asking.set(asking)
            try:
                yield
            finally:
                asking.open = False
                _asking.reset(token)

    @asynccontextmanager
    async def _share(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(_SHARED_PATIENCE):
                await self._shared.acquire()
        except TimeoutError as error:
            raise team_is_busy() from error
        try:
            yield
        finally:
            self._shared.release()
