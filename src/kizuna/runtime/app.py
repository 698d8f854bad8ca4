"""What a module's `register(app)` receives."""

from collections.abc import Callable
from typing import TypeVar, overload

from kizuna.runtime.errors import RegistrationError
from kizuna.runtime.functions import (
    Callback,
    CallbackFunction,
    Function,
    Functions,
    RpcFunction,
)

F = TypeVar("F", bound=Function)
C = TypeVar("C", bound=Callback)


class App:
    """Takes the functions of the game. Usable only until `register` has returned."""

    def __init__(self) -> None:
        self._functions = Functions()
        self._open = True

    @overload
    def rpc(self, id: str) -> Callable[[F], F]: ...

    @overload
    def rpc(self, id: str, function: F) -> F: ...

    def rpc(self, id: str, function: F | None = None) -> F | Callable[[F], F]:
        """Let clients call a function: `app.rpc("id", fn)`, or `@app.rpc("id")` above it.

        The function is `async def fn(ctx: Context, payload: str) -> str | None`; a payload annotated with a
        dataclass or a pydantic model is decoded from JSON first, and a result of such a type is sent as JSON.
        Let text be JSON too, `json.dumps(…)`: the JavaScript SDK parses every answer.
        Ids are not case sensitive; of two functions with one id the later counts. Raises
        `RegistrationError` for a function that cannot be called so.
        """
        if not isinstance(id, str) or not id:
            raise RegistrationError(f"an RPC id must be text that is not empty, not {id!r}")
        if function is None:
            return lambda decorated: self._register(id, decorated)
        return self._register(id, function)

    def leaderboard_reset(self, function: C) -> C:
        """Call a function when a leaderboard has been reset: `async def fn(ctx, event: LeaderboardReset)`.

        `app.leaderboard_reset(fn)`, or `@app.leaderboard_reset` above it; the same goes for the other two. Of
        two functions the later counts. One that fails is called again, after a while: `event.key` tells a
        repetition. Raises `RegistrationError` for a function that cannot be called so.
        """
        return self._register_callback("leaderboard_reset", function)

    def tournament_end(self, function: C) -> C:
        """Call a function when a tournament closes: `async def fn(ctx, event: TournamentEnd)`."""
        return self._register_callback("tournament_end", function)

    def tournament_reset(self, function: C) -> C:
        """Call a function when a tournament is reset: `async def fn(ctx, event: TournamentReset)`."""
        return self._register_callback("tournament_reset", function)

    def close(self) -> Functions:
        """Take no more functions; those that were registered."""
        self._open = False
        return self._functions

    def _register(self, id: str, function: F) -> F:
        self._check_open(f"RPC {id!r}")
        self._functions.rpcs[id.lower()] = RpcFunction(id.lower(), function)
        return function

    def _register_callback(self, kind: str, function: C) -> C:
        self._check_open(f"the callback {kind}")
        self._functions.add_callback(CallbackFunction(kind, function))
        return function

    def _check_open(self, what: str) -> None:
        if not self._open:
            raise RegistrationError(f"{what} comes too late: only register(app) can add functions")
