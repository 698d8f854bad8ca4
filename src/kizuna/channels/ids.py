"""Channels and their ids: `<mode>.<subject>.<descriptor>.<label>`.

    room      2...<name>
    group     3.<group id>..
    direct    4.<user id>.<user id>.

Only the first three dots separate: a room's name may contain more.
"""

from dataclasses import dataclass

from kizuna.caller import SYSTEM_USER
from kizuna.wire.uuids import parse_uuid

ROOM, GROUP, DIRECT = 2, 3, 4

#: Of a room's name, in bytes.
LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Channel:
    """A room (by label), a group's channel (by subject) or that of two players (by subject and descriptor).

    The ids are canonical; one that the mode has no use for is the nil UUID.
    """

    mode: int
    subject: str
    descriptor: str
    label: str


def room_channel(name: str) -> Channel:
    """The room of this name."""
    return Channel(ROOM, SYSTEM_USER, SYSTEM_USER, name)


def group_channel(group_id: str) -> Channel:
    """The channel of a group; the id is canonical."""
    return Channel(GROUP, group_id, SYSTEM_USER, "")


def direct_channel(one: str, other: str) -> Channel:
    """The channel of two players, the same whichever is named first; the ids are canonical."""
    first, second = sorted((one, other))
    return Channel(DIRECT, first, second, "")


def channel_id(channel: Channel) -> str:
    """The id of a channel."""
    return f"{channel.mode}.{_part(channel.subject)}.{_part(channel.descriptor)}.{channel.label}"


def parse_channel_id(text: str) -> Channel | None:
    """The channel of an id, or None for text that is none.

    User and group ids may have any spelling and may be left out; two players may stand in any order, and are
    left in it.
    """
    parts = text.split(".", 3)
    if len(parts) < 4:
        return None
    mode, subject, descriptor, label = parts
    if mode == "2":
        return room_channel(label) if not subject and not descriptor and is_room_name(label) else None
    if mode not in ("3", "4") or label or (mode == "3" and descriptor):
        return None
    first, second = parse_uuid(subject or SYSTEM_USER), parse_uuid(descriptor or SYSTEM_USER)
    return Channel(int(mode), first, second, "") if first and second else None


def is_room_name(name: str) -> bool:
    """Whether a room's name has a length that is allowed."""
    return 1 <= len(name.encode()) <= LONGEST_NAME


def _part(user_or_group_id: str) -> str:
    return "" if user_or_group_id == SYSTEM_USER else user_or_group_id
