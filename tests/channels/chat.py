"""What a player sees of a channel."""

import uuid
from typing import Any

import httpx

from kizuna.channels.service import Channels
from tests.support.players import Player

INVALID_ID = (400, {"code": 3, "message": "Invalid channel ID."})
INVALID_LIMIT = (400, {"code": 3, "message": "Invalid limit - limit must be between 1 and 100."})
INVALID_CURSOR = (400, {"code": 3, "message": "Cursor is invalid or expired."})
GROUP_NOT_FOUND = (400, {"code": 3, "message": "Group not found."})
CHANNEL_NOT_FOUND = (400, {"code": 3, "message": "Channel not found."})

NOBODY = "00000000-0000-4000-8000-000000000001"
SYSTEM = "00000000-0000-0000-0000-000000000000"


def room() -> str:
    """The id of a room of its own."""
    return f"2...room-{uuid.uuid4()}"


async def ask(api: httpx.AsyncClient, player: Player, channel_id: str, **query: Any) -> tuple[int, Any]:
    """The status and the body of a list."""
    answer = await api.get(f"/v2/channel/{channel_id}", params=query, headers=player.headers)
    return answer.status_code, answer.json()


async def listed(
    api: httpx.AsyncClient, player: Player, channel_id: str, **query: Any
) -> list[dict[str, Any]]:
    """A page of messages, by default of 100."""
    status, body = await ask(api, player, channel_id, **{"limit": 100, **query})
    assert status == 200, body
    messages: list[dict[str, Any]] = body.get("messages", [])
    return messages


async def say(channels: Channels, channel_id: str, player: Player, content: str = "{}") -> str:
    """The id of a new message."""
    ack = await channels.send(channel_id, content, player.id, player.username)
    message_id: str = ack["message_id"]
    return message_id
