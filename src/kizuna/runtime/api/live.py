"""Channel history, notifications, events, and the listings of matches, parties and the matchmaker."""

from dataclasses import dataclass, field
from datetime import datetime

from kizuna.runtime.api.message import Int32, Message


@dataclass(slots=True)
class ListChannelMessagesRequest(Message):
    """The request of ListChannelMessages. `limit` is 1 to 100; `forward` lists the oldest first."""

    channel_id: str = ""
    limit: Int32 | None = None
    forward: bool | None = None
    cursor: str = ""


@dataclass(slots=True)
class ListNotificationsRequest(Message):
    """The request of ListNotifications. `limit` is 1 to 100; the cursor is that of an earlier answer."""

    limit: Int32 | None = None
    cacheable_cursor: str = ""


@dataclass(slots=True)
class DeleteNotificationsRequest(Message):
    """The request of DeleteNotifications."""

    ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Event(Message):
    """The request of Event: what has happened in the game, and when.

    `external` tells that a client has sent it; before hooks see what the client wrote there.
    """

    name: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    timestamp: datetime | None = None
    external: bool = False


@dataclass(slots=True)
class ListMatchesRequest(Message):
    """The request of ListMatches. `limit` is 1 to 100; sizes are numbers of players, both ends included.

    Matches by their exact `label`, or by a `query`, which wins.
    """

    limit: Int32 | None = None
    authoritative: bool | None = None
    label: str | None = None
    min_size: Int32 | None = None
    max_size: Int32 | None = None
    query: str | None = None


@dataclass(slots=True)
class ListPartiesRequest(Message):
    """The request of ListParties. `limit` is 1 to 100."""

    limit: Int32 | None = None
    open: bool | None = None
    query: str | None = None
    cursor: str | None = None


@dataclass(slots=True)
class ChannelMessage(Message):
    """A message of a channel. `content` is a JSON object's text; the `code` tells its kind, 0 for chat.

    Of `room_name`, `group_id` and the pair of users those are set that the channel belongs to.
    """

    channel_id: str = ""
    message_id: str = ""
    code: Int32 | None = None
    sender_id: str = ""
    username: str = ""
    content: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None
    persistent: bool | None = None
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


@dataclass(slots=True)
class ChannelMessageList(Message):
    """The response of ListChannelMessages.

    The cursors lead to the pages behind and before, "" for none; the cacheable one is worth keeping, to ask
    for what has come since.
    """

    messages: list[ChannelMessage] = field(default_factory=list)
    next_cursor: str = ""
    prev_cursor: str = ""
    cacheable_cursor: str = ""


@dataclass(slots=True)
class Notification(Message):
    """A notification. `content` is a JSON object's text; the server's own codes are negative.

    A `sender_id` of "" means the server.
    """

    id: str = ""
    subject: str = ""
    content: str = ""
    code: Int32 = 0
    sender_id: str = ""
    create_time: datetime | None = None
    persistent: bool = False


@dataclass(slots=True)
class NotificationList(Message):
    """The response of ListNotifications; the cursor is worth keeping, to ask for what has come since."""

    notifications: list[Notification] = field(default_factory=list)
    cacheable_cursor: str = ""


@dataclass(slots=True)
class Match(Message):
    """A match of `size` players. An authoritative one has a handler, its ticks per second, and a label."""

    match_id: str = ""
    authoritative: bool = False
    label: str | None = None
    size: Int32 = 0
    tick_rate: Int32 = 0
    handler_name: str = ""


@dataclass(slots=True)
class MatchList(Message):
    """The response of ListMatches."""

    matches: list[Match] = field(default_factory=list)


@dataclass(slots=True)
class Party(Message):
    """A party of at most `max_size` players. `label` is a JSON object's text."""

    party_id: str = ""
    open: bool = False
    hidden: bool = False
    max_size: Int32 = 0
    label: str = ""


@dataclass(slots=True)
class PartyList(Message):
    """The response of ListParties. `cursor` leads to the next page, "" for none."""

    parties: list[Party] = field(default_factory=list)
    cursor: str = ""


@dataclass(slots=True)
class MatchmakerCompletionStats(Message):
    """When a ticket came, and when a match was found for it."""

    create_time: datetime | None = None
    complete_time: datetime | None = None


@dataclass(slots=True)
class MatchmakerStats(Message):
    """The response of GetMatchmakerStats: what is waiting, and what was found lately."""

    ticket_count: Int32 = 0
    oldest_ticket_create_time: datetime | None = None
    completions: list[MatchmakerCompletionStats] = field(default_factory=list)
