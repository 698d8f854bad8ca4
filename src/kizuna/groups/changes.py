"""What changes of groups consist of, as parts of a transaction that holds the group's row."""

from datetime import datetime

from kizuna.db.engine import Record, Transaction
from kizuna.errors import ApiError, invalid
from kizuna.groups import queries
from kizuna.groups.roles import Relation, Role
from kizuna.wire.microseconds import to_microseconds


def group_is_full() -> ApiError:
    """The refusal of one more member."""
    return invalid("Group is full.")


async def lock(tx: Transaction, group_id: str) -> Record | None:
    """The group, which nobody else changes until the transaction ends; None if there is none."""
    rows = await tx.read(queries.LOCK, [group_id])
    return rows[0] if rows else None


async def relation(tx: Transaction, group_id: str, user_id: str) -> Relation:
    """How a user stands to a group."""
    rows = await tx.read(queries.STATES, [group_id], [user_id])
    return None if rows[0]["state"] is None else Role(rows[0]["state"])


async def count(tx: Transaction, group_id: str, more: int, now: datetime) -> None:
    """Count members who enter (or, below zero, leave). 400 if there is no room for them."""
    if more and not await tx.write(queries.RESIZE, group_id, more, now):
        raise group_is_full()


def position(now: datetime) -> int:
    """Where relations that begin now stand among others: nanoseconds since 1970."""
    return to_microseconds(now) * 1000
