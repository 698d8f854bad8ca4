"""Events over HTTP."""

from kizuna.events.service import Events
from kizuna.http.routes import Routes


def routes(events: Events) -> Routes:
    """Events."""
    return Routes("Events")
