"""What both purchases and subscriptions need so that their rows stay right."""

from typing import Any

import asyncpg

from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.statements import Command
from kizuna.purchases import queries
from kizuna.purchases.stores.interface import OtherStore


async def kept_by(executor: Database | Transaction, command: Command, *args: Any) -> list[Record]:
    """The rows that a command has kept. `OtherStore` if one of the ids is another store's, and none is."""
    try:
        return await executor.write(command, *args)
    except asyncpg.NotNullViolationError:
        raise OtherStore from None


async def disown(tx: Transaction, user_id: str) -> None:
    """Lock what a user has who is to be deleted, in the order in which it is kept.

    The foreign keys let go of it, and lock it in another order.
    """
    await tx.read(queries.LOCK_PURCHASES_OF_USER, user_id)
    await tx.read(queries.LOCK_SUBSCRIPTIONS_OF_USER, user_id)
