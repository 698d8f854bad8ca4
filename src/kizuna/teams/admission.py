"""When a call may begin to change a team.

It waits for several things, always in this order, so that nobody waits in a circle:

    order    calls about one team, and those of one queue besides, go in the order in which they came
    room     of calls in which the game is asked there are never so many that nobody else could write
    turn     one after the other, whoever changes the group, group operations too

and has them all before it takes a connection.

A call that the game makes while it is asked is within another call, which has room already. It waits for its
turn alone, and is refused where two such calls would wait for each other; then it waits for one of the
connections that are kept for such calls.
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


class TooDeepError(RuntimeError):
    """A call within so many others that its connection is never free: they have all that there are."""

    def __init__(self) -> None:
        super().__init__("database.pool_size is too small for calls that change teams within each other")


class _Asking:
    """A call in which the game may be asked, `depth - 1` others around it.

    What it leaves behind outlives it, and is no part of it then.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.open = True


_asking: ContextVar[_Asking | None] = ContextVar("asking", default=None)


def _depth() -> int:
    """How many calls in which the game is asked are around the present task."""
    asking = _asking.get()
    return asking.depth if asking is not None and asking.open else 0


class Admission:
    """Lets calls in. `turns` are those of groups, `decides` tells whether the game is asked at all.

    `writers` is how many transactions that write there can be.
    """

    def __init__(self, turns: Turns, decides: Callable[[], bool], writers: int) -> None:
        self._turns = turns
        self._decides = decides
        self._order = Turns()
        self._room = asyncio.Semaphore(max(1, writers - _KEPT_FROM_ASKING))
        self._deepest = max(1, writers - _KEPT)
        self._shared = asyncio.Semaphore(self._deepest)

    @asynccontextmanager
    async def to_change(self, team_id: str, queue: str | None = None) -> AsyncIterator[None]:
        """Wait until a call may change a team, and let it to the end of the block.

        409, or `LockNotAvailableError`, for a wait that takes too long or would never end; `ReentryError` for
        a team that a call around this one is changing, `TooDeepError` for too many of these.
        """
        turn = self._turns.of(team_id, patience=PATIENCE)
        if _depth():
            async with turn, self._share():
                yield
            return
        async with AsyncExitStack() as waits:
            await waits.enter_async_context(self._order.of(team_id, patience=PATIENCE))
            if queue is not None:
                await waits.enter_async_context(self._order.of(queue, patience=PATIENCE))
            await waits.enter_async_context(self.to_ask())
            await waits.enter_async_context(turn)
            yield

    @asynccontextmanager
    async def to_ask(self) -> AsyncIterator[None]:
        """The same for what changes no team that there is, but may ask the game."""
        if not self._decides():
            yield
        elif _depth():
            async with self._share():
                yield
        else:
            async with self._room, self._share():
                yield

    @asynccontextmanager
    async def _share(self) -> AsyncIterator[None]:
        """One of the connections of calls in which the game is asked, and of calls within these."""
        asking = _Asking(_depth() + 1)
        if asking.depth > self._deepest:
            raise TooDeepError
        try:
            async with asyncio.timeout(_SHARED_PATIENCE):
                await self._shared.acquire()
        except TimeoutError as error:
            raise team_is_busy() from error
        token = _asking.set(asking)
        try:
            yield
        finally:
            asking.open = False
            _asking.reset(token)
            self._shared.release()
