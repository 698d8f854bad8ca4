"""Relations as players see them in their lists."""

from functools import lru_cache
from typing import Any

from kizuna.db.engine import Record
from kizuna.wire.timestamps import rfc3339_unix

#: What a profile has only if it is set, of the table `users u`. A list never tells how many edges there are.
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
)


def _seconds(column: str) -> str:
    return f"floor(date_part('epoch', {column}))::bigint"


#: The columns behind a `Friend` message, of `user_edge e join users u`. A list is long and often asked for:
#: what is cheap to read matters here, and times are much cheaper as numbers.
COLUMNS = f"""
    e.state, e.position, {_seconds("e.update_time")} as edge_time, e.metadata::text as edge_metadata,
    u.id::text as id, u.username, u.lang_tag, u.metadata::text as metadata,
    {_seconds("u.create_time")} as create_time, {_seconds("u.update_time")} as update_time,
    {", ".join(f"u.{name}" for name in _OPTIONAL)}
"""

#: The same few times are told again and again.
_time = lru_cache(maxsize=16_384)(rfc3339_unix)


def friend_message(row: Record) -> dict[str, Any]:
    """The `Friend` message of a row that ends with `COLUMNS`."""
    user = {
        "id": row["id"],
        "username": row["username"],
        "lang_tag": row["lang_tag"],
        "metadata": row["metadata"],
    }
    optional = row[-len(_OPTIONAL) :]
    if any(optional):
        user |= {name: value for name, value in zip(_OPTIONAL, optional, strict=True) if value}
    user["create_time"] = _time(row["create_time"])
    user["update_time"] = _time(row["update_time"])
    return {
        "user": user,
        "state": row["state"],
        "update_time": _time(row["edge_time"]),
        "metadata": row["edge_metadata"],
    }
