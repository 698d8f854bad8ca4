"""Matches over HTTP."""

from typing import Any

from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.matches.searching import LIST_FAILED
from kizuna.matches.service import Matches, MatchFilter


def routes(matches: Matches) -> Routes:
    """The list."""
    api = Routes("Matches")

    @api.operation("ListMatches", failure=LIST_FAILED)
    async def list_matches(call: Call) -> dict[str, Any]:
        return await matches.list(MatchFilter(**call.input))

    return api
