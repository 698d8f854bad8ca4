"""Calls the game's functions for what happens without a request: resets and ends of boards."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from kizuna.http.deadlines import Deadlines, Overdue
from kizuna.runtime.boards import (
    LeaderboardReset,
    TournamentEnd,
    TournamentReset,
    leaderboard_of,
    tournament_of,
)
from kizuna.runtime.context import Context, Surroundings
from kizuna.runtime.errors import CallbackFailed, is_end_of_task
from kizuna.runtime.functions import CallbackFunction
from kizuna.runtime.nakama import Services
from kizuna.scheduler.callbacks import LEADERBOARD_RESET, TOURNAMENT_END, BoardEvent


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
        return self._functions().keys()

    async def call(self, event: BoardEvent) -> None:
        """Run the game's function for an event, no longer than an RPC may take.

        Raises the exceptions of the function, and `CallbackFailed` when it ends in another way.
        """
        function = self._functions().get(event.kind)
        if function is None:
            raise CallbackFailed(f"there is no function for {event.kind} any more")
        ctx = CallbackContext(self._surroundings, event)
        described = await self._described(event)
        try:
            with self._deadlines:
                await function.call(ctx, described)
        except Overdue:
            raise CallbackFailed("it took longer than runtime.call_timeout_ms and was ended") from None
        except Exception:
            raise
        except BaseException as error:
            if is_end_of_task(error):
                raise
            raise CallbackFailed(f"it ended by {type(error).__name__}") from error

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


class CallbackContext(Context):
    """The context of a callback: nobody has called."""

    def __init__(self, surroundings: Surroundings, event: BoardEvent) -> None:
        super().__init__(surroundings, event.kind, None, _Nowhere())
        self.execution_mode = event.kind
        self._board_id = event.board.id

    def _log_fields(self) -> dict[str, Any]:
        return {"callback": self.function_id, "board_id": self._board_id}


class _Nowhere:
    """The origin of what no request is behind."""

    @property
    def headers(self) -> dict[str, list[str]]:
        return {}

    @property
    def query_params(self) -> dict[str, list[str]]:
        return {}

    @property
    def client_ip(self) -> str:
        return ""

    @property
    def client_port(self) -> str:
        return ""
