"""Hands events to the game's functions for them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

from kizuna.events.service import E, Sender
from kizuna.http.deadlines import Deadlines
from kizuna.runtime.callbacks import call_limited
from kizuna.runtime.context import Context, Nowhere, Surroundings
from kizuna.runtime.errors import text_of
from kizuna.runtime.functions import EVENT, CallbackFunction


class EventHandlers(Generic[E]):
    """The game's functions for events of one `kind`, as the queue of these wants them.

    `functions` gives those of the present game, by their kinds. Each is called with a context of its own and
    with a copy of the event, which it may change. Events wait for the game to be `started`.
    """

    def __init__(
        self,
        kind: str,
        functions: Callable[[], Mapping[str, Sequence[CallbackFunction]]],
        context: Callable[[E, Sender | None], Context],
        copy: Callable[[E], E],
        deadlines: Deadlines,
        started: asyncio.Event,
    ) -> None:
        self._kind = kind
        self._functions = functions
        self._context = context
        self._copy = copy
        self._deadlines = deadlines
        self._started = started

    def __bool__(self) -> bool:
        return bool(self._functions().get(self._kind))

    async def __call__(self, event: E, sender: Sender | None) -> None:
        """Run the functions in order, each no longer than an RPC may take. What fails is logged."""
        await self._started.wait()
        for function in tuple(self._functions().get(self._kind, ())):
            ctx = self._context(event, sender)
            try:
                await call_limited(self._deadlines, function, ctx, self._copy(event))
            except Exception as error:
                text = "The function %s (trace %s) failed for the event %r: %s"
                ctx.logger.error(
                    text, function.place, ctx.trace_id, event.name, text_of(error), exc_info=error
                )


class EventContext(Context):
    """The context of an event's handler: the player is the one who has sent the event, if one has."""

    def __init__(self, surroundings: Surroundings, event_name: str, sender: Sender | None) -> None:
        caller, origin = (sender.caller, _Sent(sender)) if sender else (None, Nowhere())
        super().__init__(surroundings, EVENT, caller, origin)
        self.execution_mode = EVENT
        self._event_name = event_name

    def _log_fields(self) -> dict[str, Any]:
        player = {"user_id": self.user_id} if self._caller else {}
        return {"callback": EVENT, "event": self._event_name, **player}


class _Sent(Nowhere):
    """The origin of an event that a client has sent; the request itself is over."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    @property
    def client_ip(self) -> str:
        return self._sender.client_ip

    @property
    def client_port(self) -> str:
        return self._sender.client_port
