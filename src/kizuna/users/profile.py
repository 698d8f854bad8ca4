"""A user as everybody may see them."""

from typing import Any

from kizuna.db.engine import Record
from kizuna.wire.encode import rfc3339_seconds

#: The columns behind a public profile, of the table `users u`.
COLUMNS = """
    u.id::text as id, u.username, u.display_name, u.avatar_url, u.lang_tag, u.location, u.timezone,
    u.metadata::text as metadata, u.facebook_id, u.google_id, u.gamecenter_id, u.steam_id, u.apple_id,
    u.facebook_instant_game_id, u.edge_count, u.create_time, u.update_time
"""

_OPTIONAL = (
    "display_name",
    "avatar_url",
    "location",
    "timezone",
    "facebook_id",
    "google_id",
    "gamecenter_id",
    "steam_id",
    "apple_id",
    "facebook_instant_game_id",
    "edge_count",
)


def user_message(row: Record) -> dict[str, Any]:
    """The `User` message of a row with `COLUMNS`."""
    message: dict[str, Any] = {"id": row["id"]}
    if row["username"]:
        message["username"] = row["username"]
    message["lang_tag"] = row["lang_tag"]
    message["metadata"] = row["metadata"]
    for name in _OPTIONAL:
        if value := row[name]:
            message[name] = value
    message["create_time"] = rfc3339_seconds(row["create_time"])
    message["update_time"] = rfc3339_seconds(row["update_time"])
    return message
