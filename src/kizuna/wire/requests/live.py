"""Channel history, notifications, events, and the listings of matches and parties."""

from kizuna.wire.messages import (
    Message,
    bool_value,
    boolean,
    int32_value,
    string,
    string_map,
    string_value,
    strings,
    timestamp,
)

LIST_CHANNEL_MESSAGES = Message(
    "ListChannelMessagesRequest",
    string("channel_id"),
    int32_value("limit"),
    bool_value("forward"),
    string("cursor"),
)

LIST_NOTIFICATIONS = Message("ListNotificationsRequest", int32_value("limit"), string("cacheable_cursor"))
DELETE_NOTIFICATIONS = Message("DeleteNotificationsRequest", strings("ids"))

EVENT = Message(
    "Event", string("name"), string_map("properties"), timestamp("timestamp"), boolean("external")
)

LIST_MATCHES = Message(
    "ListMatchesRequest",
    int32_value("limit"),
    bool_value("authoritative"),
    string_value("label"),
    int32_value("min_size"),
    int32_value("max_size"),
    string_value("query"),
)
LIST_PARTIES = Message(
    "ListPartiesRequest",
    int32_value("limit"),
    bool_value("open"),
    string_value("query"),
    string_value("cursor"),
)
