"""Account operations over HTTP."""

from typing import Any

from kizuna.accounts.service import UPDATE_FAILED, Accounts, AccountUpdate
from kizuna.http.call import Call
from kizuna.http.routes import Routes


def routes(accounts: Accounts) -> Routes:
    """Get, update, delete."""
    api = Routes("Accounts")

    @api.operation("GetAccount", failure="Error retrieving user account.")
    async def get_account(call: Call) -> dict[str, Any]:
        return await accounts.get(call.caller.user_id)

    @api.operation("UpdateAccount", failure=UPDATE_FAILED)
    async def update_account(call: Call) -> dict[str, Any]:
        await accounts.update(call.caller.user_id, AccountUpdate(**call.input))
        return {}

    @api.operation("DeleteAccount", failure="Error deleting user account.")
    async def delete_account(call: Call) -> dict[str, Any]:
        await accounts.delete(call.caller.user_id)
        return {}

    return api
