"""Events over HTTP."""

from typing import Any

from kizuna.events.service import Event, Events, Sender
from kizuna.http.call import Call
from kizuna.http.routes import Routes


def routes(events: Events) -> Routes:
    """Report an event. Whatever becomes of it, the client is thanked."""
    api = Routes("Events")

    @api.operation("Event")
    async def event(call: Call) -> dict[str, Any]:
        if events.handled:
            events.emit(_event(call.input), Sender(call.caller, *call.client_endpoint))
        return {}

    return api


def _event(message: dict[str, Any]) -> Event:
    return Event(
        name=message.get("name", ""),
        properties=message.get("properties", {}),
        timestamp=message.get("timestamp"),
        external=True,  # whatever the client says
    )
