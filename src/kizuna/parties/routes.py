"""Parties over HTTP."""

from typing import Any

from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.matches.searching import LIST_FAILED
from kizuna.parties.service import Parties, PartyFilter


def routes(parties: Parties) -> Routes:
    """The list."""
    api = Routes("Parties")

    @api.operation("ListParties", failure=LIST_FAILED)
    async def list_parties(call: Call) -> dict[str, Any]:
        return await parties.list(PartyFilter(**call.input))

    return api
