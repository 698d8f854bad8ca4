"""Notifications over HTTP."""

from typing import Any

from kizuna.errors import invalid
from kizuna.http.call import Call, EmptyReply
from kizuna.http.routes import Routes
from kizuna.notifications.listing import LIST_FAILED
from kizuna.notifications.service import DELETE_FAILED, Notifications


def routes(notifications: Notifications) -> Routes:
    """List and delete one's own."""
    api = Routes("Notifications")

    @api.operation("ListNotifications", failure=LIST_FAILED)
    async def list_notifications(call: Call) -> dict[str, Any]:
        limit = call.input.get("limit", 1)
        if not 1 <= limit <= 100:
            raise invalid("Invalid limit - limit must be between 1 and 100.")
        cursor = call.input.get("cacheable_cursor", "")
        return await notifications.page(call.caller.user_id, limit, cursor)

    @api.operation("DeleteNotifications", failure=DELETE_FAILED)
    async def delete_notifications(call: Call) -> dict[str, Any]:
        ids = call.input.get("ids", ())
        if not ids:
            return EmptyReply()
        await notifications.delete(ids, call.caller.user_id)
        return {}

    return api
