"""Chat messages: what may be said, and how messages are shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.channels.ids import DIRECT, GROUP, ROOM, Channel
from kizuna.db.engine import Record
from kizuna.errors import invalid
from kizuna.storage.objects import grows_too_long, is_json_object
from kizuna.wire.encode import rfc3339


def check_content(content: str) -> None:
    """400 unless it is the text of a JSON object, of a size that can be stored."""
    if not is_json_object(content) or grows_too_long(content):
        raise invalid("Message content must be a valid JSON object")


def message_of(channel_id: str, channel: Channel, row: Record) -> dict[str, Any]:
    """The `ChannelMessage` message of a row; the channel's id is told as it was given."""
    message = {
        "channel_id": channel_id,
        "message_id": row["id"],
        "code": row["code"],
        "sender_id": row["sender_id"],
        "username": row["username"],
        "content": row["content"],
        "create_time": rfc3339(row["create_time"]),
        "update_time": rfc3339(row["update_time"]),
        "persistent": True,
        **_members(channel),
    }
    return _without_empty_name(message)


def ack_of(
    channel_id: str,
    channel: Channel,
    *,
    message_id: str,
    code: int,
    username: str,
    create_time: datetime,
    update_time: datetime,
    persistent: bool,
) -> dict[str, Any]:
    """The `ChannelMessageAck` message."""
    message = {
        "channel_id": channel_id,
        "message_id": message_id,
        "code": code,
        "username": username,
        "create_time": rfc3339(create_time),
        "update_time": rfc3339(update_time),
        "persistent": persistent,
        **_members(channel),
    }
    return _without_empty_name(message)


def _members(channel: Channel) -> Mapping[str, str]:
    """Whose channel it is, in the fields of its mode."""
    return {
        ROOM: {"room_name": channel.label},
        GROUP: {"group_id": channel.subject},
        DIRECT: {"user_id_one": channel.subject, "user_id_two": channel.descriptor},
    }[channel.mode]


def _without_empty_name(message: dict[str, Any]) -> dict[str, Any]:
    if not message["username"]:
        del message["username"]
    return message
