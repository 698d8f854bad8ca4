"""The healthcheck operation."""

from typing import Any

from kizuna.http.call import Call
from kizuna.http.routes import Routes


def health_routes() -> Routes:
    """What load balancers ask."""
    api = Routes("Health")

    @api.operation("Healthcheck")
    async def healthcheck(call: Call) -> dict[str, Any]:
        return {}

    return api
