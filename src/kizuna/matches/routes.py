"""Matches over HTTP."""

from kizuna.http.routes import Routes
from kizuna.matches.service import Matches


def routes(matches: Matches) -> Routes:
    """Matches."""
    return Routes("Matches")
