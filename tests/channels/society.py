"""Groups and blocks as the database holds them, whatever the rules on how they come about."""

import uuid
from collections.abc import Mapping

from kizuna.db.engine import Database
from kizuna.db.statements import Command
from tests.support.players import Player

_GROUP = Command(
    "test.group",
    "A group of 100 at most.",
    """
    insert into groups
        (id, creator_id, name, folded_name, state, edge_count, max_count, create_time, update_time)
    values ($1::uuid, $1::uuid, $1::uuid::text, $1::uuid::text, 0, 1, 100, now(), now())
    """,
)
_MEMBER = Command(
    "test.member",
    "A relation to it.",
    "insert into group_edge (group_id, user_id, state, position, update_time) values ($1, $2, $3, 0, now())",
)
_BLOCK = Command(
    "test.block",
    "A relation to a user.",
    """
    insert into user_edge (source_id, destination_id, state, position, update_time)
    values ($1, $2, $3, 0, now())
    """,
)

SUPERADMIN, ADMIN, MEMBER, REQUEST, BANNED = range(5)


class Society:
    """Makes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def group(self, states: Mapping[Player, int]) -> str:
        """The id of a new group with relations of these states."""
        group_id = str(uuid.uuid4())
        await self._database.write(_GROUP, group_id)
        for player, state in states.items():
            await self._database.write(_MEMBER, group_id, player.id, state)
        return group_id

    async def block(self, one: Player, other: Player) -> None:
        """Let one have blocked the other."""
        await self._database.write(_BLOCK, one.id, other.id, 3)
