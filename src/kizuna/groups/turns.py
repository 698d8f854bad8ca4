"""Calls that change one group come one after the other, in the order in which they came to this process.

The group's row lock in PostgreSQL decides between processes. Without a queue before it, everybody who waits
for one group would hold a connection that others could use.

Who changes several groups stands in all their queues at the same time, and begins when first in each: nobody
has one group's turn while waiting for another's. Only game code that is asked within a turn can want more. Of
such calls, no two wait for each other: the one that would begin to is refused.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import takewhile

import asyncpg

from kizuna.errors import ApiError, Code

#: The longest wait for a turn, in seconds: as long as for a lock of the database.
PATIENCE = 5.0


class ReentryError(RuntimeError):
    """A call that changes a group from within a call that is changing it."""


class CircularWaitError(ApiError):
    """A call that would wait for another one, which waits for it. Nothing has happened; it may ask again."""

    def __init__(self, group_ids: Iterable[str]) -> None:
        groups = ", ".join(sorted(group_ids))
        super().__init__(Code.ABORTED, f"what changes group {groups} waits for the call that asks")


class _Turn:
    """A call that changes groups, or waits to. `around` are the turns that it is part of."""

    __slots__ = ("around", "begun", "group_ids", "within")

    def __init__(self, group_ids: Iterable[str], around: Sequence["_Turn"]) -> None:
        self.group_ids = frozenset(group_ids)
        self.around = around
        self.begun = asyncio.Event()
        #: The turns that are part of it: it lasts as long as they do.
        self.within: set[_Turn] = set()


#: The turns in which the present task, or one that it has come from, began what it does.
_around: ContextVar[tuple[_Turn, ...]] = ContextVar("turns", default=())


class Turns:
    """A queue for each group that somebody is changing."""

    def __init__(self) -> None:
        #: Who is changing a group, and behind them who waits. The first may still wait for another group.
        self._queues: dict[str, list[_Turn]] = {}
        self._begun: set[_Turn] = set()

    @asynccontextmanager
    async def of(self, *group_ids: str, patience: float = PATIENCE) -> AsyncIterator[None]:
        """Wait for the turn of these groups, and have it to the end of the block.

        `LockNotAvailableError` for a wait longer than `patience`, in seconds; `ReentryError` for whoever has
        one of the turns already and would wait for themselves, `CircularWaitError` for whoever would wait for
        somebody who waits for them.
        """
        turn = _Turn(group_ids, [turn for turn in _around.get() if turn in self._begun])
        _check_reentry(turn)
        try:
            self._line_up(turn)
            await _beginning(turn, patience)
            token = _around.set((*_around.get(), turn))
            try:
                yield
            finally:
                _around.reset(token)
        finally:
            self._leave(turn)

    def _line_up(self, turn: _Turn) -> None:
        for group_id in turn.group_ids:
            self._queues.setdefault(group_id, []).append(turn)
        for outer in turn.around:
            outer.within.add(turn)
        if turn.around and self._waits_for_itself(turn):
            # Perhaps only for somebody who has not begun, and is none the worse for beginning later.
            self._go_before_all_who_wait(turn)
            if self._waits_for_itself(turn):
                raise CircularWaitError(turn.group_ids)
        self._begin_if_first(turn)

    def _go_before_all_who_wait(self, turn: _Turn) -> None:
        for group_id in turn.group_ids:
            queue = self._queues[group_id]
            queue.remove(turn)
            queue.insert(1 if queue and queue[0] in self._begun else 0, turn)

    def _begin_if_first(self, turn: _Turn) -> None:
        if all(self._queues[group_id][0] is turn for group_id in turn.group_ids):
            self._begun.add(turn)
            turn.begun.set()

    def _leave(self, turn: _Turn) -> None:
        self._begun.discard(turn)
        for outer in turn.around:
            outer.within.discard(turn)
        for group_id in turn.group_ids:
            queue = self._queues[group_id]
            queue.remove(turn)
            if queue:
                self._begin_if_first(queue[0])
            else:
                del self._queues[group_id]

    def _waits_for_itself(self, turn: _Turn) -> bool:
        """Whether a turn that has not begun never would."""
        seen: set[_Turn] = set()
        ahead = [*self._ahead_of(turn)]
        while ahead:
            other = ahead.pop()
            if other is turn:
                return True
            if other not in seen:
                seen.add(other)
                ahead += self._ahead_of(other)
        return False

    def _ahead_of(self, turn: _Turn) -> Iterable[_Turn]:
        """What has to end before a turn can begin or, if it has, before it can end."""
        if turn in self._begun:
            return turn.within
        if not turn.around and len(turn.group_ids) == 1:
            return ()  # nobody but those who are ahead of whoever waits behind it, too
        return [
            other
            for group_id in turn.group_ids
            for other in takewhile(lambda other: other is not turn, self._queues[group_id])
        ]


def _check_reentry(turn: _Turn) -> None:
    for outer in turn.around:
        for group_id in outer.group_ids & turn.group_ids:
            raise ReentryError(f"group {group_id} is being changed by the call that asks")


async def _beginning(turn: _Turn, patience: float) -> None:
    if turn.begun.is_set():
        return
    try:
        async with asyncio.timeout(patience):
            await turn.begun.wait()
    except TimeoutError as error:
        raise asyncpg.LockNotAvailableError("too many wait for this group") from error
