"""Friends, groups, notifications and chat messages as game code sees them.

Times are aware UTC datetimes, JSON objects are dicts, what is not set is "".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.notifications.notification import Notification as Stored
from kizuna.runtime.data import User, user_of
from kizuna.runtime.values import parsed, time_of


class FriendState(IntEnum):
    """How another user stands to one."""

    FRIEND = 0
    INVITE_SENT = 1
    INVITE_RECEIVED = 2
    BLOCKED = 3


@dataclass(frozen=True, slots=True)
class Friend:
    """Another user and how one stands to them; `metadata` is one's own about them."""

    user: User
    state: FriendState
    metadata: dict[str, Any]
    update_time: datetime


@dataclass(frozen=True, slots=True)
class FriendOfFriend:
    """A friend of a friend; `referrer_id` is the friend between."""

    referrer_id: str
    user: User


class GroupState(IntEnum):
    """What a user is in a group. The last two are no members."""

    SUPERADMIN = 0
    ADMIN = 1
    MEMBER = 2
    JOIN_REQUEST = 3
    BANNED = 4


@dataclass(frozen=True, slots=True)
class Group:
    """A group. `edge_count` is the number of its members; times are in whole seconds."""

    id: str
    creator_id: str
    name: str
    description: str
    avatar_url: str
    lang_tag: str
    open: bool
    metadata: dict[str, Any]
    edge_count: int
    max_count: int
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, slots=True)
class GroupUser:
    """A user, and what they are in a group."""

    user: User
    state: GroupState


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A group, and what a user is in it."""

    group: Group
    state: GroupState


@dataclass(frozen=True, slots=True)
class NotificationSend:
    """A notification to send.

    `code` is the game's own and tells kinds apart: more than 0, or from -2000 to -1000. A `sender_id` of ""
    is the server itself. One that is not `persistent` reaches only players who are connected.
    """

    user_id: str
    subject: str
    content: Mapping[str, Any]
    code: int
    sender_id: str = ""
    persistent: bool = True


@dataclass(frozen=True, slots=True)
class NotificationUpdate:
    """New values of a stored notification, None to leave one as it is."""

    id: str
    subject: str | None = None
    content: Mapping[str, Any] | None = None
    sender_id: str | None = None


@dataclass(frozen=True, slots=True)
class NotificationDelete:
    """A stored notification of a user."""

    user_id: str
    id: str


@dataclass(frozen=True, slots=True)
class Notification:
    """A stored notification; a `sender_id` of `SYSTEM_USER` is the server itself."""

    id: str
    user_id: str
    subject: str
    content: dict[str, Any]
    code: int
    sender_id: str
    create_time: datetime


class ChannelType(IntEnum):
    """The kinds of chat channels."""

    ROOM = 1
    DIRECT = 2
    GROUP = 3


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """A chat message, or what has happened to a member of a group (codes 3 to 9, see `Channels`)."""

    channel_id: str
    message_id: str
    code: int
    sender_id: str
    username: str
    content: dict[str, Any]
    create_time: datetime
    update_time: datetime
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


@dataclass(frozen=True, slots=True)
class ChannelMessageAck:
    """What has become of a message. `code` is 0 for a new one, 1 for a changed, 2 for a removed one."""

    channel_id: str
    message_id: str
    code: int
    username: str
    create_time: datetime
    update_time: datetime
    persistent: bool
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


@dataclass(frozen=True, slots=True)
class ChannelMessages:
    """A page of a channel's history; a cursor is "" where there is no page."""

    messages: list[ChannelMessage] = field(default_factory=list)
    next_cursor: str = ""
    prev_cursor: str = ""
    cacheable_cursor: str = ""


_PLACES = ("room_name", "group_id", "user_id_one", "user_id_two")


def friend_of(message: Mapping[str, Any]) -> Friend:
    """The friend of a `Friend` message."""
    return Friend(
        user=user_of(message["user"]),
        state=FriendState(message.get("state", 0)),
        metadata=parsed(message.get("metadata", "{}")),
        update_time=time_of(message["update_time"]),
    )


def friend_of_friend_of(message: Mapping[str, Any]) -> FriendOfFriend:
    """The user of a `FriendOfFriend` message."""
    return FriendOfFriend(message["referrer"], user_of(message["user"]))


def group_of(message: Mapping[str, Any]) -> Group:
    """The group of a `Group` message."""
    return Group(
        id=message["id"],
        creator_id=message.get("creator_id", SYSTEM_USER),
        name=message.get("name", ""),
        description=message.get("description", ""),
        avatar_url=message.get("avatar_url", ""),
        lang_tag=message.get("lang_tag", ""),
        open=message.get("open", False),
        metadata=parsed(message.get("metadata", "{}")),
        edge_count=message.get("edge_count", 0),
        max_count=message.get("max_count", 0),
        create_time=time_of(message["create_time"]),
        update_time=time_of(message["update_time"]),
    )


def group_user_of(message: Mapping[str, Any]) -> GroupUser:
    """The member of a `GroupUser` message."""
    return GroupUser(user_of(message["user"]), GroupState(message.get("state", 0)))


def user_group_of(message: Mapping[str, Any]) -> UserGroup:
    """The membership of a `UserGroup` message."""
    return UserGroup(group_of(message["group"]), GroupState(message.get("state", 0)))


def notification_of(stored: Stored) -> Notification:
    """What game code sees of a stored notification."""
    return Notification(
        id=stored.id,
        user_id=stored.user_id,
        subject=stored.subject,
        content=parsed(stored.content),
        code=stored.code,
        sender_id=stored.sender_id,
        create_time=stored.create_time,
    )


def channel_message_of(message: Mapping[str, Any]) -> ChannelMessage:
    """The message of a `ChannelMessage` message."""
    return ChannelMessage(
        channel_id=message["channel_id"],
        message_id=message["message_id"],
        code=message.get("code", 0),
        sender_id=message["sender_id"],
        username=message.get("username", ""),
        content=parsed(message["content"]),
        create_time=time_of(message["create_time"]),
        update_time=time_of(message["update_time"]),
        **{name: message.get(name, "") for name in _PLACES},
    )


def channel_messages_of(message: Mapping[str, Any]) -> ChannelMessages:
    """The page of a `ChannelMessageList` message."""
    return ChannelMessages(
        messages=[channel_message_of(each) for each in message.get("messages", ())],
        next_cursor=message.get("next_cursor", ""),
        prev_cursor=message.get("prev_cursor", ""),
        cacheable_cursor=message.get("cacheable_cursor", ""),
    )


def channel_ack_of(message: Mapping[str, Any]) -> ChannelMessageAck:
    """The acknowledgement of a `ChannelMessageAck` message."""
    return ChannelMessageAck(
        channel_id=message["channel_id"],
        message_id=message["message_id"],
        code=message.get("code", 0),
        username=message.get("username", ""),
        create_time=time_of(message["create_time"]),
        update_time=time_of(message["update_time"]),
        persistent=message.get("persistent", False),
        **{name: message.get(name, "") for name in _PLACES},
    )
