"""What a module's `register(app)` receives."""

from collections.abc import Callable
from typing import TypeVar, overload

from kizuna.runtime.errors import RegistrationError
from kizuna.runtime.functions import Function, RpcFunction

F = TypeVar("F", bound=Function)


class App:
    """Takes the functions of the game. Usable only until `register` has returned."""

    def __init__(self) -> None:
        self._rpcs: dict[str, RpcFunction] = {}
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

    def _register(self, id: str, function: F) -> F:
        if not self._open:
            raise RegistrationError(f"RPC {id!r} comes too late: only register(app) can add functions")
        self._rpcs[id.lower()] = RpcFunction(id.lower(), function)
        return function

    def close(self) -> dict[str, RpcFunction]:
        """Take no more functions; the RPCs by their lower-case ids."""
        self._open = False
        return self._rpcs
