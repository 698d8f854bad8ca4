"""Teams and users as Teams functions tell of them."""

from datetime import datetime
from typing import Any

from kizuna.db.engine import Record
from kizuna.groups.profile import OPEN
from kizuna.wire.encode import omit_empty

_USER_FIELDS = (
    "id",
    "username",
    "display_name",
    "avatar_url",
    "lang_tag",
    "location",
    "timezone",
    "metadata",
    "facebook_id",
    "google_id",
    "gamecenter_id",
    "steam_id",
    "apple_id",
    "facebook_instant_game_id",
    "edge_count",
)


def team_message(row: Record) -> dict[str, Any]:
    """The `Team` message of a row with the columns of a group, without members and activity."""
    message = {
        name: row[name] for name in ("id", "creator_id", "name", "description", "lang_tag", "metadata")
    }
    message |= {
        "avatar_url": row["avatar_url"],
        "open": row["state"] == OPEN,
        "edge_count": row["edge_count"],
        "max_count": row["max_count"],
        "create_time_sec": seconds(row["create_time"]),
        "update_time_sec": seconds(row["update_time"]),
    }
    return omit_empty(message)


def roster_message(row: Record) -> dict[str, Any]:
    """The same with the members, of a row that has them too."""
    return team_message(row) | {"members": [{"id": user_id} for user_id in row["members"]]}


def user_message(row: Record) -> dict[str, Any]:
    """The `User` message of a row with the columns of a public profile; of the two times one has a suffix."""
    message = {name: row[name] for name in _USER_FIELDS}
    message["create_time_sec"] = seconds(row["create_time"])
    message["update_time"] = seconds(row["update_time"])
    return omit_empty(message)


def seconds(time: datetime) -> str:
    """Whole unix seconds, as 64-bit integers are written."""
    return str(int(time.timestamp()))
