"""What becomes of groups when a member's account is deleted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from kizuna.db.engine import Database, Transaction
from kizuna.groups import queries
from kizuna.groups.guards import GroupGuard
from kizuna.groups.turns import Turns


@asynccontextmanager
async def turn(database: Database, turns: Turns, user_id: str) -> AsyncIterator[None]:
    """Wait for the turn of the groups that a user has a relation to, and have it to the end of the block.

    For a group that is joined meanwhile the transaction waits, as it does for other processes.
    """
    rows = await database.read(queries.IDS_OF_USER, user_id)
    async with turns.of(*(row["id"] for row in rows)):
        yield


async def hold(tx: Transaction, user_id: str) -> None:
    """Lock the groups that a user has a relation to, in the order in which everybody does."""
    await tx.read(queries.LOCK_OF_USER, user_id)


async def disown(tx: Transaction, user_id: str, now: datetime, guard: GroupGuard | None) -> None:
    """Take a user, whose account nobody can refer to any more, out of all groups.

    A group without another superadmin goes with the account, whoever else is in it. Where there is another
    one, the user leaves like everybody else; the reference leaves such a relation behind, counted for ever.
    """
    held = [row["id"] for row in await tx.read(queries.LOCK_FREE_OF_USER, user_id)]
    if await tx.read(queries.OTHERS_OF_USER, user_id, held):
        # Joined since the others were locked, and in somebody's hands: waiting for them now, with the account
        # locked, could be for ever. The transaction begins again, and locks them in order.
        raise asyncpg.SerializationError("another group has been joined")
    if guard:
        alone = [row["id"] for row in await tx.read(queries.LEFT_ALONE, user_id)]
        if alone:
            await guard.before_deletion(tx, alone)
    await tx.write(queries.DELETE_LEFT_ALONE, user_id)
    await tx.write(queries.LEAVE_ALL, user_id, now)
