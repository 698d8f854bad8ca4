"""What statements look at when PostgreSQL believes that their tables are empty, and they are not.

A plan is made once for whatever parameters, and kept; and one that is made later is made from statistics that
may be as old.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any

import asyncpg

from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Statement
from tests.support.explained import Work, prepare, work


class Old(StrEnum):
    """What is from the time when the tables were empty; the values are those of `plan_cache_mode`."""

    PLAN = "force_generic_plan"
    STATISTICS = "force_custom_plan"


class Planned:
    """Statements that have been planned before there was anything in the tables."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def work(self, statement: Statement, old: Old, *arguments: Any) -> Work:
        """What one execution takes. What it changes is taken back."""
        await self.connection.execute(f"set plan_cache_mode = {old}")
        return await work(self.connection, statement, *arguments)


@asynccontextmanager
async def planned_early(
    database_url: str, statements: Iterable[Statement], tables: Iterable[str]
) -> AsyncIterator[Planned]:
    """Plan statements as the server does; the statistics of the tables stay what they are now."""
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    try:
        for table in tables:
            await connection.execute(f"alter table {table} set (autovacuum_enabled = off)")
            await connection.execute(f"analyze {table}")
        await prepare(connection, *statements)
        yield Planned(connection)
    finally:
        await connection.close()
