"""Matchmaker over HTTP."""

from kizuna.http.routes import Routes
from kizuna.matchmaker.service import Matchmaker


def routes(matchmaker: Matchmaker) -> Routes:
    """Matchmaker."""
    return Routes("Matchmaker")
