"""Messages with a field of every kind."""

from kizuna.wire.messages import (
    Message,
    bool_value,
    boolean,
    enum,
    int32,
    int32_value,
    int64,
    int64_value,
    message,
    messages,
    string,
    string_map,
    string_value,
    strings,
    timestamp,
    uint32_value,
)

INNER = Message("Inner", string("id"), int32("edge_count"))

SAMPLE = Message(
    "Sample",
    string("id"),
    string("lang_tag"),
    strings("user_ids"),
    string_value("display_name"),
    string_map("vars"),
    boolean("open"),
    bool_value("create"),
    int32("max_count"),
    int32_value("limit"),
    uint32_value("category_start"),
    int64("score"),
    int64_value("expiry"),
    enum("operator", {"NO_OVERRIDE": 0, "BEST": 1, "SET": 2}),
    timestamp("start_time"),
    message("account", INNER),
    messages("object_ids", INNER),
)
