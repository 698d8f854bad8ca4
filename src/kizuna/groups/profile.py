"""A group as everybody may see it."""

from typing import Any

from kizuna.db.engine import Record
from kizuna.wire.encode import rfc3339_seconds

#: The columns behind a group's message, of the table `groups g`.
COLUMNS = """
    g.id::text as id, g.creator_id::text as creator_id, g.name, g.description, g.lang_tag,
    g.metadata::text as metadata, g.avatar_url, g.state, g.edge_count, g.max_count, g.create_time,
    g.update_time
"""

#: The value of the column `state`.
OPEN, CLOSED = 0, 1


def state_of(open: bool) -> int:
    """How the column `state` says whether a group is open."""
    return OPEN if open else CLOSED


def group_message(row: Record) -> dict[str, Any]:
    """The `Group` message of a row with `COLUMNS`."""
    message: dict[str, Any] = {"id": row["id"], "creator_id": row["creator_id"], "name": row["name"]}
    if description := row["description"]:
        message["description"] = description
    message["lang_tag"] = row["lang_tag"]
    message["metadata"] = row["metadata"]
    if avatar_url := row["avatar_url"]:
        message["avatar_url"] = avatar_url
    message["open"] = row["state"] == OPEN
    message["edge_count"] = row["edge_count"]
    message["max_count"] = row["max_count"]
    message["create_time"] = rfc3339_seconds(row["create_time"])
    message["update_time"] = rfc3339_seconds(row["update_time"])
    return message
