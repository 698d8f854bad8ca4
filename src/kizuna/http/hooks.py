"""What the game may put around operations."""

from types import TracebackType
from typing import Any, Protocol

from kizuna.http.call import Call
from kizuna.http.routes import Reply


class Hook(Protocol):
    """What goes with one request of an operation: a `with` block around it, and forgotten after it."""

    def __enter__(self) -> None:
        """The request begins."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """It is over, however it ended."""
        ...

    async def before(self, call: Call) -> dict[str, Any]:
        """The request message to go on with, in place of `call.input`. Raises `ApiError` to refuse."""
        ...

    async def after(self, call: Call, reply: Reply) -> Reply:
        """The reply to send after the operation has succeeded with this one. Never fails."""
        ...


class Hooks(Protocol):
    """The hooks of the game as it is now."""

    def of(self, operation_name: str) -> Hook | None:
        """What goes with a request of this operation; None, at hardly any cost, where there is nothing."""
        ...
