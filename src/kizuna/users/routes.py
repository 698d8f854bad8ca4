"""User operations over HTTP."""

from typing import Any

from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.users.service import Users


def routes(users: Users) -> Routes:
    """Fetch."""
    api = Routes("Users")

    @api.operation("GetUsers", failure="Error retrieving user accounts.")
    async def get_users(call: Call) -> dict[str, Any]:
        wanted = call.input
        found = await users.fetch(
            wanted.get("ids", ()), wanted.get("usernames", ()), wanted.get("facebook_ids", ())
        )
        return {"users": found} if found else {}

    return api
