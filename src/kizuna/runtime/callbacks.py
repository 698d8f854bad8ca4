"""Calls the game's functions for what happens without a request, such as resets and ends of boards."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.runtime import apart
from kizuna.runtime.boards import (
    LeaderboardReset,
    TournamentEnd,
    TournamentReset,
    leaderboard_of,
    tournament_of,
)
from kizuna.runtime.context import Context, Nowhere, Surroundings
from kizuna.runtime.errors import CallbackFailed, ended
from kizuna.runtime.functions import CallbackFunction
from kizuna.runtime.nakama import Services
from kizuna.scheduler.callbacks import LEADERBOARD_RESET, TOURNAMENT_END, TOURNAMENT_RESET, BoardEvent

#: What the scheduler calls functions for.
BOARD_KINDS = (LEADERBOARD_RESET, TOURNAMENT_END, TOURNAMENT_RESET)


class CallbackContext(Context):
    """The context of a callback: nobody has called. `fields` stand in the log beside its kind."""

    def __init__(self, surroundings: Surroundings, kind: str, **fields: str) -> None:
        super().__init__(surroundings, kind, None, Nowhere())
        self.execution_mode = kind
        self._fields = fields

    def _log_fields(self) -> dict[str, Any]:
        return {"callback": self.function_id, **self._fields}


async def call_limited(
    deadlines: Deadlines, function: CallbackFunction, ctx: Context, *arguments: object
) -> None:
    """Run a function of the game for an event, no longer than an RPC may take, in a task of its own.

    Raises the exceptions of the function, and `CallbackFailed` when it ends in another way.
    """
    error = await apart.outcome(lambda: _limited(deadlines, function, ctx, *arguments), function.place)
    if error is None:
        return
    if isinstance(error, Overdue):
        raise ended(error) from None
    if isinstance(error, Exception):
        raise error
    raise CallbackFailed(f"it ended by {type(error).__name__}") from error


async def _limited(
    deadlines: Deadlines, function: CallbackFunction, ctx: Context, *arguments: object
) -> None:
    with deadlines:
        await function.call(ctx, *arguments)


class BoardCallbacks:
    """The game's callbacks, as the scheduler wants them. `functions` gives those of the present game."""

    def __init__(
        self,
        functions: Callable[[], Mapping[str, CallbackFunction]],
        surroundings: Surroundings,
        deadlines: Deadlines,
        services: Services,
    ) -> None:
        self._functions = functions
        self._surroundings = surroundings
        self._deadlines = deadlines
        self._services = services

    @property
    def kinds(self) -> Collection[str]:
        """The kinds of events for which the game has a function."""
        functions = self._functions()
        return [kind for kind in BOARD_KINDS if kind in functions]

    async def call(self, event: BoardEvent) -> None:
        """Run the game's function for an event, no longer than an RPC may take.

        Raises the exceptions of the function, and `CallbackFailed` when it ends in another way.
        """
        function = self._functions().get(event.kind)
        if function is None:
            raise CallbackFailed(f"there is no function for {event.kind} any more")
        ctx = CallbackContext(self._surroundings, event.kind, board_id=event.board.id)
        await call_limited(self._deadlines, function, ctx, await self._described(event))

    async def _described(self, event: BoardEvent) -> LeaderboardReset | TournamentEnd | TournamentReset:
        """The event as game code sees it, its board as it was a second before."""
        board, before = event.board, event.instant - 1
        if event.kind == LEADERBOARD_RESET:
            return LeaderboardReset(leaderboard_of(board, before), event.instant, event.attempt)
        tournament = tournament_of(await self._services.tournaments.as_of(board, before))
        window = board.window(before)
        if event.kind == TOURNAMENT_END:
            return TournamentEnd(tournament, event.instant, window.expiry, event.attempt)
        return TournamentReset(tournament, window.end_active, event.instant, event.attempt)
