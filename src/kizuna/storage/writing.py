"""How objects get into the table: three kinds of writes, each one statement for any number of objects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kizuna.db.engine import Record
from kizuna.db.statements import Command, Query
from kizuna.storage import queries
from kizuna.storage.objects import (
    PERMISSION_DENIED,
    VERSION_MISMATCH,
    Ack,
    ObjectId,
    StorageRefusal,
    Write,
    columns,
)

Outcome = Ack | StorageRefusal


class Executor(Protocol):
    """A database or an open transaction."""

    async def read(self, query: Query, *args: object) -> list[Record]:
        """Run a query."""

    async def write(self, command: Command, *args: object) -> list[Record]:
        """Run a command."""


def kind(write: Write) -> Command:
    """Which statement a write needs; writes of different kinds cannot share one."""
    if write.expected == "*":
        return queries.CREATE
    if write.expected:
        return queries.REPLACE
    return queries.PUT_AS_SERVER if write.authoritative else queries.PUT


async def put(executor: Executor, command: Command, writes: Sequence[Write], now: datetime) -> list[Outcome]:
    """The outcomes of writes of one kind to distinct objects, in their order."""
    # Statements take the rows as they come: two batches in different orders would wait for each other.
    ordered = sorted(writes, key=lambda write: write.id)
    rows = await executor.write(
        command,
        *columns([write.id for write in ordered]),
        [write.value for write in ordered],
        [write.version for write in ordered],
        [write.permission_read for write in ordered],
        [write.permission_write for write in ordered],
        [write.expected for write in ordered],
        [write.authoritative for write in ordered],
        now,
    )
    acks: dict[ObjectId, Ack] = {}
    for row in rows:
        written = ObjectId(row["collection"], row["key"], row["user_id"])
        acks[written] = Ack(written, row["version"], row["create_time"], row["update_time"])
    refused = [write for write in writes if write.id not in acks]
    reasons = await _reasons(executor, command, refused) if refused else {}
    return [acks.get(write.id) or StorageRefusal(reasons[write.id]) for write in writes]


async def _reasons(executor: Executor, command: Command, refused: Sequence[Write]) -> dict[ObjectId, str]:
    """Why each of these was not written."""
    if command is not queries.REPLACE:
        reason = VERSION_MISMATCH if command is queries.CREATE else PERMISSION_DENIED
        return {write.id: reason for write in refused}
    rows = await executor.read(queries.LOCKED_OUT, *columns([write.id for write in refused]))
    locked_out = {ObjectId(row["collection"], row["key"], row["user_id"]) for row in rows}
    return {
        write.id: PERMISSION_DENIED
        if write.id in locked_out and not write.authoritative
        else VERSION_MISMATCH
        for write in refused
    }


def rounds(writes: Sequence[Write]) -> list[list[Write]]:
    """The writes cut into rounds of distinct objects: the n-th write of an object is in the n-th round."""
    cut: list[list[Write]] = []
    times: dict[ObjectId, int] = {}
    for write in writes:
        turn = times.get(write.id, 0)
        times[write.id] = turn + 1
        if turn == len(cut):
            cut.append([])
        cut[turn].append(write)
    return cut
