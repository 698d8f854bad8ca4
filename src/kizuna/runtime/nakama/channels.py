"""Chat channels for game code."""

from collections.abc import Mapping
from typing import Any

from kizuna.runtime.nakama.services import Calls
from kizuna.runtime.nakama.words import in_words
from kizuna.runtime.social import (
    ChannelMessageAck,
    ChannelMessages,
    ChannelType,
    channel_ack_of,
    channel_messages_of,
)
from kizuna.runtime.values import flag_of, integer_of, limit_of, object_text, text_of, uuid_of

_LONGEST_USERNAME = 128

_TEXTS = {
    "Invalid channel ID.": "invalid channel id",
    "Invalid channel identifier": "invalid channel id",
    "Cursor is invalid or expired.": "invalid channel cursor",
}


class ChannelCalls(Calls):
    """Ids of channels, their history, and what the server says in them.

    A channel id is that of `channel_id_build`, or one that a client knows; what is none is an `ApiError`
    "invalid channel id". Whether the sender may be in the channel is not asked.
    """

    async def channel_id_build(self, target: str, type: ChannelType | int, *, sender_id: str = "") -> str:
        """The id of a room by its name, of a group's channel by the group's id, or of the channel that the
        sender has with another user, by that user's id.

        With a sender it is looked whether they may join: a user must exist and not have blocked them, a group
        have them as a member. `ApiError` "Invalid channel type", or with a text that says what is wrong and
        ends in "Invalid channel target". ValueError for the channel of two users without a sender.
        """
        kind = integer_of(type, "type")
        sender = uuid_of(sender_id, "sender id") if text_of(sender_id, "sender id") else None
        if kind == ChannelType.DIRECT and sender is None:
            # The reference builds the id of a room then, which nobody will look for.
            raise ValueError("a channel of two users needs a sender_id")
        with in_words(_TEXTS):
            return await self._services.channels.build_id(sender, text_of(target, "target"), kind)

    async def channel_message_send(
        self,
        channel_id: str,
        content: Mapping[str, Any],
        sender_id: str = "",
        sender_username: str = "",
        persist: bool = True,
    ) -> ChannelMessageAck:
        """Say something in a channel, as a user or ("") as the server.

        Without `persist` only those hear it who are in the channel. `ApiError` for a sender who does not
        exist.
        """
        with in_words(_TEXTS):
            message = await self._services.channels.send(
                text_of(channel_id, "channel id"),
                object_text(content, "content"),
                _sender(sender_id),
                _username(sender_username),
                flag_of(persist, "persist"),
            )
        return channel_ack_of(message)

    async def channel_message_update(
        self,
        channel_id: str,
        message_id: str,
        content: Mapping[str, Any],
        sender_id: str = "",
        sender_username: str = "",
        persist: bool = True,
    ) -> ChannelMessageAck:
        """Say something else than in a message of the same sender. `ApiError` if there is no such message."""
        with in_words(_TEXTS):
            message = await self._services.channels.update(
                text_of(channel_id, "channel id"),
                uuid_of(message_id, "message id"),
                object_text(content, "content"),
                _sender(sender_id),
                _username(sender_username),
                flag_of(persist, "persist"),
            )
        return channel_ack_of(message)

    async def channel_message_remove(
        self,
        channel_id: str,
        message_id: str,
        sender_id: str = "",
        sender_username: str = "",
        persist: bool = True,
    ) -> ChannelMessageAck:
        """Remove a message of the same sender. `ApiError` if there is no such message."""
        with in_words(_TEXTS):
            message = await self._services.channels.remove(
                text_of(channel_id, "channel id"),
                uuid_of(message_id, "message id"),
                _sender(sender_id),
                _username(sender_username),
                flag_of(persist, "persist"),
            )
        return channel_ack_of(message)

    async def channel_messages_list(
        self, channel_id: str, *, limit: int = 100, forward: bool = True, cursor: str = ""
    ) -> ChannelMessages:
        """A page of a channel's history, the oldest messages first, or with `forward` False the newest.

        `limit` is 1 to 100. `ApiError` "invalid channel cursor" for a cursor that is none, of another channel
        or of the other direction.
        """
        with in_words(_TEXTS):
            message = await self._services.channels.page(
                None,
                text_of(channel_id, "channel id"),
                limit_of(limit, 1, 100),
                flag_of(forward, "forward"),
                text_of(cursor, "cursor"),
            )
        return channel_messages_of(message)


def _sender(sender_id: str) -> str:
    return "" if sender_id == "" else uuid_of(sender_id, "sender id")


def _username(value: str) -> str:
    if len(text_of(value, "sender_username")) > _LONGEST_USERNAME:
        raise ValueError(f"sender_username must have at most {_LONGEST_USERNAME} characters")
    return value
