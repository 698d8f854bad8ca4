"""Calls the game's function for deleted accounts."""

from collections.abc import Callable, Mapping

from kizuna.accounts.deletions import AccountDeleted
from kizuna.http.deadlines import Deadlines
from kizuna.runtime.callbacks import CallbackContext, call_limited
from kizuna.runtime.context import Surroundings
from kizuna.runtime.errors import CallbackFailed
from kizuna.runtime.functions import ACCOUNT_DELETED, CallbackFunction


class DeletionListener:
    """The game's function for deletions, as accounts want it. `functions` gives those of the present game."""

    def __init__(
        self,
        functions: Callable[[], Mapping[str, CallbackFunction]],
        surroundings: Surroundings,
        deadlines: Deadlines,
    ) -> None:
        self._functions = functions
        self._surroundings = surroundings
        self._deadlines = deadlines

    def __bool__(self) -> bool:
        return ACCOUNT_DELETED in self._functions()

    async def __call__(self, event: AccountDeleted) -> None:
        """Run the function, no longer than an RPC may take. Raises what it raises, and `CallbackFailed`."""
        function = self._functions().get(ACCOUNT_DELETED)
        if function is None:
            raise CallbackFailed(f"there is no function for {ACCOUNT_DELETED} any more")
        ctx = CallbackContext(self._surroundings, ACCOUNT_DELETED, deleted_user_id=event.user_id)
        await call_limited(self._deadlines, function, ctx, event)
