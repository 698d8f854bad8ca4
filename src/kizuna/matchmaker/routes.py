"""Matchmaker over HTTP."""

from typing import Any

from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.matchmaker.service import Matchmaker


def routes(matchmaker: Matchmaker) -> Routes:
    """Its numbers."""
    api = Routes("Matchmaker")

    @api.operation("GetMatchmakerStats")
    async def get_matchmaker_stats(call: Call) -> dict[str, Any]:
        return matchmaker.stats()

    return api
