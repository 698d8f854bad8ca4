"""Teams functions by their RPC ids."""

from collections.abc import Sequence

import orjson

from kizuna.caller import Caller
from kizuna.teams.calls import Calls
from kizuna.teams.errors import no_session_user
from kizuna.teams.failures import explained
from kizuna.teams.functions import Served
from kizuna.teams.held import Actor


class TeamRpcs:
    """The functions as RPCs, found by their ids in any case (T-001)."""

    def __init__(self, calls: Calls, served: Sequence[Served]) -> None:
        self._calls = calls
        self._served = {each.function.rpc_id.lower(): each for each in served}

    def find(self, id: str) -> "TeamRpc | None":
        """The function with this id, None if there is none."""
        served = self._served.get(id.lower())
        return None if served is None else TeamRpc(self._calls, served)


class TeamRpc:
    """One function as an RPC: text in, text out."""

    def __init__(self, calls: Calls, served: Served) -> None:
        self._calls = calls
        self._served = served

    async def __call__(self, caller: Caller | None, payload: str) -> str:
        """The answer's text, "" for a function that answers nothing. `ApiError` where it does not answer."""
        if caller is None:
            raise no_session_user()
        function = self._served.function
        actor = Actor(caller.user_id, caller.username)
        with explained(function):
            reply = await self._calls.receive(self._served, actor, payload.encode("utf-8", "surrogateescape"))
        return "" if function.empty else orjson.dumps(reply).decode()
