"""Chat channels: their history, and what is written into it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from kizuna.caller import SYSTEM_USER
from kizuna.channels import codes, queries
from kizuna.channels.history import History, Page, parse_cursor
from kizuna.channels.ids import DIRECT, GROUP, Channel, channel_id, group_channel, parse_channel_id
from kizuna.channels.messages import ack_of, check_content, message_of
from kizuna.channels.targets import Targets
from kizuna.clock import Clock
from kizuna.db.engine import REFUSED, Database, Transaction
from kizuna.errors import invalid
from kizuna.friends.lookup import Relations
from kizuna.groups.lookup import Memberships
from kizuna.wire.uuids import parse_uuid

INVALID_CHANNEL_ID = "Invalid channel ID."
INVALID_CHANNEL = "Invalid channel identifier"
INVALID_MESSAGE = "Invalid message identifier"
UNKNOWN_SENDER = "Message sender not found"
NOT_STORED = "Could not persist message to channel history"
NOT_UPDATED = "Could not persist message update to channel history"
NOT_REMOVED = "Could not persist message remove to channel history"
NOTHING_TO_UPDATE = "Could not find message to update in channel history"
NOTHING_TO_REMOVE = "Could not find message to remove in channel history"


class SystemMessage(NamedTuple):
    """What has happened to a member of a group: one of the codes from `GROUP_JOIN` on, and who it is."""

    code: int
    user_id: str
    username: str


class Channels:
    """The use cases.

    Nobody can be connected to this server yet: a message that is not to be kept is checked, and goes no
    further.
    """

    def __init__(
        self, database: Database, memberships: Memberships, relations: Relations, clock: Clock
    ) -> None:
        self._database = database
        self._clock = clock
        self._history = History(database)
        self._targets = Targets(database, memberships, relations)

    async def page(
        self, caller_id: str | None, channel_id: str, limit: int, forward: bool, cursor: str
    ) -> dict[str, Any]:
        """The `ChannelMessageList` message: the oldest messages first, or with `forward` false the newest.

        400 for an id or cursor that is none, and for a channel that the caller may not read; a caller of None
        is the server.
        """
        channel = parse_channel_id(channel_id)
        if channel is None:
            raise invalid(INVALID_CHANNEL_ID)
        start = parse_cursor(cursor, channel, forward) if cursor else None
        if caller_id is not None:
            await self._check_reader(channel, caller_id)
        return _list_message(channel_id, channel, await self._history.page(channel, limit, forward, start))

    async def build_id(self, sender_id: str | None, target: str, type: int) -> str:
        """The id of the channel that a player (None: the server) means by a target of a type.

        1 is a room by its name, 2 the channel with another user, 3 a group's. 400 if there is none, or if the
        player may not join it.
        """
        return channel_id(await self._targets.channel(sender_id, target, type))

    async def send(
        self, channel_id: str, content: str, sender_id: str = "", username: str = "", persist: bool = True
    ) -> dict[str, Any]:
        """Write a message; the `ChannelMessageAck` message. "" is the server itself as sender.

        `content` is the text of a JSON object. Whether the sender may be in the channel is not asked. 400 for
        an id, a content or a name that does not fit, and for a sender who does not exist.
        """
        channel = _checked_channel(channel_id)
        check_content(content)
        message_id, now = str(uuid4()), self._clock.now()
        if persist:
            with _refusing(NOT_STORED):
                await _keep(self._database, channel, message_id, content, sender_id, username, now)
        return _sent(channel_id, channel, message_id, username, now, persist)

    async def send_within(
        self,
        tx: Transaction,
        channel_id: str,
        content: str,
        sender_id: str = "",
        username: str = "",
        at: datetime | None = None,
    ) -> dict[str, Any]:
        """The same as part of a transaction; the message's time is now or `at`.

        What the database refuses is raised as it is: the transaction has come to nothing.
        """
        channel = _checked_channel(channel_id)
        check_content(content)
        message_id, now = str(uuid4()), at or self._clock.now()
        await _keep(tx, channel, message_id, content, sender_id, username, now)
        return _sent(channel_id, channel, message_id, username, now, True)

    async def update(
        self,
        channel_id: str,
        message_id: str,
        content: str,
        sender_id: str = "",
        username: str = "",
        persist: bool = True,
    ) -> dict[str, Any]:
        """Edit a message in its place; the `ChannelMessageAck` message. Arguments and errors as in `send`.

        400 unless the channel holds a message of this id and this sender. What is not persistent is not
        looked for.
        """
        message = _checked_message(message_id)
        channel = _checked_channel(channel_id)
        check_content(content)
        created = now = self._clock.now()
        if persist:
            own = (message, sender_id or SYSTEM_USER, *_columns(channel))
            with _refusing(NOT_UPDATED):
                rows = await self._database.write(queries.UPDATE, *own, content, username, now)
            # Unlike in the reference the message must be one of this channel.
            if not rows:
                raise invalid(NOTHING_TO_UPDATE)
            created = rows[0]["create_time"]
        return ack_of(
            channel_id,
            channel,
            message_id=message,
            code=codes.UPDATE,
            username=username,
            create_time=created,
            update_time=now,
            persistent=persist,
        )

    async def remove(
        self, channel_id: str, message_id: str, sender_id: str = "", username: str = "", persist: bool = True
    ) -> dict[str, Any]:
        """Delete a message from the history; the `ChannelMessageAck` message. Errors as in `update`."""
        message = _checked_message(message_id)
        channel = _checked_channel(channel_id)
        created = updated = self._clock.now()
        if persist:
            own = (message, sender_id or SYSTEM_USER, *_columns(channel))
            with _refusing(NOT_REMOVED):
                rows = await self._database.write(queries.REMOVE, *own)
            if not rows:
                raise invalid(NOTHING_TO_REMOVE)
            created, updated = rows[0]["create_time"], rows[0]["update_time"]
        return ack_of(
            channel_id,
            channel,
            message_id=message,
            code=codes.REMOVE,
            username=username,
            create_time=created,
            update_time=updated,
            persistent=persist,
        )

    async def write_within(self, tx: Transaction, group_id: str, messages: Sequence[SystemMessage]) -> None:
        """Write what has happened to members into their group's channel, as part of a transaction.

        Their time is in whole seconds. What is said of a user who is gone is left out.
        """
        if not messages:
            return
        await tx.write(
            queries.WRITE,
            [uuid4() for _ in messages],
            [message.code for message in messages],
            [message.user_id for message in messages],
            [message.username for message in messages],
            ["{}"] * len(messages),
            *_columns(group_channel(group_id)),
            self._clock.now().replace(microsecond=0),
        )

    async def _check_reader(self, channel: Channel, caller_id: str) -> None:
        if channel.mode == GROUP and not await self._targets.is_member(channel.subject, caller_id):
            raise invalid("Group not found.")
        if channel.mode == DIRECT and caller_id not in (channel.subject, channel.descriptor):
            raise invalid("Channel not found.")


async def _keep(
    writer: Database | Transaction,
    channel: Channel,
    message_id: str,
    content: str,
    sender_id: str,
    username: str,
    at: datetime,
) -> None:
    """Store a message. 400 for a sender who does not exist."""
    row = ([message_id], [codes.CHAT], [sender_id or SYSTEM_USER], [username], [content])
    if not await writer.write(queries.WRITE, *row, *_columns(channel), at):
        raise invalid(UNKNOWN_SENDER)


def _sent(
    channel_id: str, channel: Channel, message_id: str, username: str, at: datetime, persistent: bool
) -> dict[str, Any]:
    """The `ChannelMessageAck` message of a new message."""
    return ack_of(
        channel_id,
        channel,
        message_id=message_id,
        code=codes.CHAT,
        username=username,
        create_time=at,
        update_time=at,
        persistent=persistent,
    )


@contextmanager
def _refusing(text: str) -> Iterator[None]:
    """400 with this text for what the database cannot store."""
    try:
        yield
    except REFUSED as error:
        raise invalid(text) from error


def _checked_channel(text: str) -> Channel:
    channel = parse_channel_id(text)
    if channel is None:
        raise invalid(INVALID_CHANNEL)
    return channel


def _checked_message(text: str) -> str:
    message_id = parse_uuid(text)
    if message_id is None:
        raise invalid(INVALID_MESSAGE)
    return message_id


def _columns(channel: Channel) -> tuple[int, str, str, str]:
    """The channel as the parameters that the statements take."""
    return channel.mode, channel.subject, channel.descriptor, channel.label


def _list_message(channel_id: str, channel: Channel, page: Page) -> dict[str, Any]:
    message: dict[str, Any] = {}
    if page.rows:
        message["messages"] = [message_of(channel_id, channel, row) for row in page.rows]
    cursors = {
        "next_cursor": page.next,
        "prev_cursor": page.previous,
        "cacheable_cursor": page.cacheable,
    }
    return message | {name: str(cursor) for name, cursor in cursors.items() if cursor}
