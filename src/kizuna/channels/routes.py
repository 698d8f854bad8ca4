"""Channel history over HTTP."""

from typing import Any

from kizuna.channels.service import INVALID_CHANNEL_ID, Channels
from kizuna.errors import invalid
from kizuna.http.call import Call
from kizuna.http.routes import Routes


def routes(channels: Channels) -> Routes:
    """The list of a channel's messages."""
    api = Routes("Channels")

    @api.operation("ListChannelMessages", failure="Error listing messages from channel.")
    async def list_channel_messages(call: Call) -> dict[str, Any]:
        wanted = call.input
        if not (channel_id := wanted.get("channel_id", "")):
            raise invalid(INVALID_CHANNEL_ID)
        limit = wanted.get("limit", 1)
        if not 1 <= limit <= 100:
            raise invalid("Invalid limit - limit must be between 1 and 100.")
        forward, cursor = wanted.get("forward", True), wanted.get("cursor", "")
        return await channels.page(call.caller.user_id, channel_id, limit, forward, cursor)

    return api
