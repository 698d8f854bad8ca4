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
_OPTIONAL_COLUMNS = ", ".join(f"u.{name}" for name in _OPTIONAL)


def _seconds(column: str) -> str:
    return f"floor(date_part('epoch', {column}))::bigint"


#: The columns behind a `Friend` message, of `user_edge e join users u`. A list is long and often asked for:
#: what is cheap to read matters here, and times are much cheaper as numbers.
COLUMNS = f"""
    e.state, e.position, {_seconds("e.update_time")} as edge_time, e.metadata::text as edge_metadata,
    u.id::text as id, u.username, u.lang_tag, u.metadata::text as metadata,
    {_seconds("u.create_time")} as create_time, {_seconds("u.update_time")} as update_time,
    case when num_nonnulls({_OPTIONAL_COLUMNS}) > 0 then array[{_OPTIONAL_COLUMNS}]::text[] end as optional
"""

#: How many these are.
_WIDTH = 11

#: The same few times are told again and again.
_time = lru_cache(maxsize=16_384)(rfc3339_unix)


def friend_message(row: Record) -> dict[str, Any]:
    """The `Friend` message of a row that ends with `COLUMNS`."""
    # All at once: to ask for each by its name takes twice as long.
    state, _, since, note, id, username, lang_tag, metadata, created, updated, optional = row[-_WIDTH:]
    user = {"id": id, "username": username, "lang_tag": lang_tag, "metadata": metadata}
    if optional:
        user |= {name: value for name, value in zip(_OPTIONAL, optional, strict=True) if value}
    user["create_time"] = _time(created)
    user["update_time"] = _time(updated)
    return {"user": user, "state": state, "update_time": _time(since), "metadata": note}
