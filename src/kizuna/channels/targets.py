"""Channels as those who want to join them name them: a type and a target.

The errors are those of joining a channel over the socket.
"""

from kizuna.caller import SYSTEM_USER
from kizuna.channels import queries
from kizuna.channels.ids import Channel, direct_channel, group_channel, is_room_name, room_channel
from kizuna.db.engine import Database
from kizuna.errors import ApiError, invalid
from kizuna.friends.lookup import Relations
from kizuna.groups.lookup import Memberships
from kizuna.wire.uuids import parse_uuid

#: The types; none (0) is a room as well.
ROOM_TYPE, DIRECT_TYPE, GROUP_TYPE = 1, 2, 3

INVALID_TARGET = "Invalid channel target"
INVALID_TYPE = "Invalid channel type"

#: The state of an edge to somebody who is blocked; the highest that makes a member of a group.
_BLOCKED = 3
_MEMBER = 2


class Targets:
    """Finds the channel, and checks that the sender may be in it."""

    def __init__(self, database: Database, memberships: Memberships, relations: Relations) -> None:
        self._database = database
        self._memberships = memberships
        self._relations = relations

    async def channel(self, sender_id: str | None, target: str, type: int) -> Channel:
        """The channel that a player means. 400 for one that does not exist or is closed to the player.

        A sender of None is the server: any group then, and no channel of two players.
        """
        if not target:
            raise invalid(INVALID_TARGET)
        if type not in (0, ROOM_TYPE, DIRECT_TYPE, GROUP_TYPE):
            raise invalid(INVALID_TYPE)
        if type == DIRECT_TYPE:
            return await self._direct(sender_id, target)
        if type == GROUP_TYPE:
            return await self._group(sender_id, target)
        return _room(target)

    async def is_member(self, group_id: str, user_id: str) -> bool:
        """Whether a user belongs to a group; one who waits to join or is banned does not."""
        state = await self._memberships.state(group_id, user_id)
        return state is not None and state <= _MEMBER

    async def _direct(self, sender_id: str | None, target: str) -> Channel:
        user_id = parse_uuid(target)
        if user_id is None or user_id == SYSTEM_USER:
            raise _invalid_target("Invalid user ID in direct message join")
        if sender_id is None:
            # The reference makes the id of a room out of this, which belongs to nobody.
            raise _invalid_target("A direct channel needs a sender")
        if not await self._database.read(queries.USER_EXISTS, user_id):
            raise _invalid_target("User ID not found")
        if await self._relations.state(user_id, sender_id) == _BLOCKED:
            raise _invalid_target("User ID not found")
        return direct_channel(sender_id, user_id)

    async def _group(self, sender_id: str | None, target: str) -> Channel:
        group_id = parse_uuid(target)
        if group_id is None:
            raise _invalid_target("Invalid group ID in group channel join")
        if sender_id is not None and not await self.is_member(group_id, sender_id):
            raise _invalid_target("Group not found")
        return group_channel(group_id)


def _room(name: str) -> Channel:
    if not is_room_name(name):
        raise _invalid_target("Channel name is required and must be 1-64 chars")
    if any(letter < " " or letter == "\x7f" for letter in name):
        raise _invalid_target("Channel name must not contain control chars")
    return room_channel(name)


def _invalid_target(reason: str) -> ApiError:
    return invalid(f"{reason}: {INVALID_TARGET}")
