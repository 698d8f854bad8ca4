"""Channel history over HTTP."""

from kizuna.channels.service import Channels
from kizuna.http.routes import Routes


def routes(channels: Channels) -> Routes:
    """Channels."""
    return Routes("Channels")
