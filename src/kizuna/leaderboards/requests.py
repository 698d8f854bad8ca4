"""What requests about leaderboards and tournaments have in common: their parts, checked."""

from collections.abc import Sequence
from typing import Any

from kizuna.errors import invalid
from kizuna.http.call import Call
from kizuna.leaderboards.records import RecordWrite, is_metadata
from kizuna.wire.uuids import parse_uuid

#: Bytes of metadata that players may add to a score. A list holds up to a thousand records.
LARGEST_METADATA = 16_384


def board_id(wanted: dict[str, Any], name: str, refusal: str) -> str:
    """The id in the path. 400 if it is empty."""
    id: str = wanted.get(name, "")
    if not id:
        raise invalid(refusal)
    return id


def limit_of(wanted: dict[str, Any], highest: int, default: int) -> int:
    """The page size. 400 if one is given that is not 1 to `highest`."""
    limit: int = wanted.get("limit", default)
    if "limit" in wanted and not 1 <= limit <= highest:
        raise invalid(f"Invalid limit - limit must be between 1 and {highest}.")
    return limit


def owners_of(owner_ids: Sequence[str]) -> list[str]:
    """Owner ids in their canonical spelling. 400 if one is none."""
    parsed = [parse_uuid(owner_id) for owner_id in owner_ids]
    if None in parsed:
        raise invalid("One or more owner IDs are invalid.")
    return [owner_id for owner_id in parsed if owner_id]


def owner_of(wanted: dict[str, Any]) -> str:
    """The owner that records are wanted around. 400 if it is empty or no id."""
    if not wanted.get("owner_id"):
        raise invalid("Owner ID must be provided for a haystack query.")
    owner_id = parse_uuid(wanted["owner_id"])
    if owner_id is None:
        raise invalid("Invalid owner ID provided.")
    return owner_id


def record_write(call: Call) -> RecordWrite:
    """The caller's submission. 400 for metadata that is no JSON object."""
    record = call.input.get("record", {})
    metadata = record.get("metadata", "")
    if not is_metadata(metadata):
        raise invalid("Metadata value must be JSON, if provided.")
    if len(metadata.encode()) > LARGEST_METADATA:
        raise invalid(f"Metadata must have at most {LARGEST_METADATA} bytes.")
    return RecordWrite(
        owner_id=call.caller.user_id,
        username=call.caller.username,
        score=record.get("score", 0),
        subscore=record.get("subscore", 0),
        metadata=metadata,
        operator=record.get("operator", 0),
    )
