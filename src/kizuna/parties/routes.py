"""Parties over HTTP."""

from kizuna.http.routes import Routes
from kizuna.parties.service import Parties


def routes(parties: Parties) -> Routes:
    """Parties."""
    return Routes("Parties")
