"""What requests about event leaderboards hold."""

from typing import Any

import orjson

from kizuna.teams.config.shapes import EventLeaderboard, TeamsConfig
from kizuna.teams.errors import bad_input, event_not_found
from kizuna.teams.functions import Request

#: The longest metadata, in bytes.
_LONGEST_METADATA = 16 * 1024


def event_of(config: TeamsConfig, request: Request) -> tuple[str, EventLeaderboard]:
    """The event that a request names. 400 for an unknown one."""
    event_id: str = request["event_leaderboard_id"]
    event = config.event_leaderboards.get(event_id)
    if event is None:
        raise event_not_found()
    return event_id, event


def metadata_of(request: Request) -> str:
    """A JSON object of texts, as it was sent; `{}` for none. 400 for anything else (T-317)."""
    text: str = request.get("metadata", "")
    if not text:
        return "{}"
    if len(text.encode()) > _LONGEST_METADATA or not _is_object_of_texts(text):
        raise bad_input()
    return text


def _is_object_of_texts(text: str) -> bool:
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and all(isinstance(member, str) for member in value.values())
