"""What both purchases and subscriptions need so that their rows stay right."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.statements import Command
from kizuna.outside.checks import Checks
from kizuna.purchases import queries
from kizuna.purchases.stores.interface import OtherStore, StorePurchase, StoreSubscription
from kizuna.wire.uuids import parse_uuid


async def kept_by(executor: Database | Transaction, command: Command, *args: Any) -> list[Record]:
    """The rows that a command has kept. `OtherStore` if one of the ids is another store's, and none is."""
    try:
        return await executor.write(command, *args)
    except asyncpg.NotNullViolationError:
        raise OtherStore from None


async def check_buyers(
    database: Database, bought: Sequence[StorePurchase | StoreSubscription], user_id: str, checks: Checks
) -> None:
    """The check that nothing was bought in another player's name. `Refused`.

    Apple takes any UUID for that, and a game may name accounts of its own: only players of ours count.
    """
    named = {parse_uuid(each.account) for each in bought if each.account} - {parse_uuid(user_id), None}
    players = await database.read(queries.USERS, list(named)) if named else []
    checks.require("account", not players, "it was bought for another player")


async def disown(tx: Transaction, user_id: str) -> None:
    """Lock what a user has who is to be deleted, in the order in which it is kept.

    The foreign keys let go of it, and lock it in another order.
    """
    await tx.read(queries.LOCK_PURCHASES_OF_USER, user_id)
    await tx.read(queries.LOCK_SUBSCRIPTIONS_OF_USER, user_id)
