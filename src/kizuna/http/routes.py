"""How a feature declares its operations.

A feature's `routes.py` makes a `Routes`: the handlers that the dispatcher calls directly, and that the
documentation shows as a FastAPI router. Path, verb, parameters and authentication stand in `contract.py`; the
handler only names the operation.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from kizuna.http.call import Answer, Call
from kizuna.http.contract import OPERATIONS, Operation

Reply = dict[str, Any] | Answer
Handler = Callable[[Call], Awaitable[Reply]]

BY_NAME: dict[str, Operation] = {operation.name: operation for operation in OPERATIONS}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A served operation. `failure` is what a client reads when the work itself fails."""

    operation: Operation
    handler: Handler
    failure: str


class Routes:
    """The operations of one feature."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def operation(self, name: str, *, failure: str = "Internal error.") -> Callable[[Handler], Handler]:
        """Serve the operation of this name with the decorated handler."""
        operation = BY_NAME[name]

        def register(handler: Handler) -> Handler:
            self.serve(operation, handler, failure=failure)
            return handler

        return register

    def serve(self, operation: Operation, handler: Handler, *, failure: str = "Internal error.") -> None:
        """Serve an operation with a handler."""
        self.endpoints.append(Endpoint(operation, handler, failure))
