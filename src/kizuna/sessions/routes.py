"""Session operations over HTTP."""

from typing import Any

from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.sessions.service import Sessions


def routes(sessions: Sessions) -> Routes:
    """Refresh and logout."""
    api = Routes("Sessions")

    @api.operation("SessionRefresh", failure="Error finding user account.")
    async def session_refresh(call: Call) -> dict[str, Any]:
        return await sessions.refresh(call.input.get("token", ""), call.input.get("vars", {}))

    @api.operation("SessionLogout")
    async def session_logout(call: Call) -> dict[str, Any]:
        await sessions.logout(call.caller, call.input.get("token", ""), call.input.get("refresh_token", ""))
        return {}

    return api
