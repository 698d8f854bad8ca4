"""How PostgreSQL finds the rows of statements, by what it explains itself.

A plan is made once for whatever parameters, and kept, as on the server's own connections.
"""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg

from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Statement


class Work(NamedTuple):
    """What a statement looks at in all its steps."""

    rows: int
    pages: int


@asynccontextmanager
async def planning(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that plans as the server's do, in a transaction that is rolled back in the end."""
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    undone = connection.transaction()
    await undone.start()
    try:
        yield connection
    finally:
        await undone.rollback()
        await connection.close()


async def prepare(connection: asyncpg.Connection, *statements: Statement) -> None:
    """Have statements planned for whatever parameters, from what PostgreSQL believes now."""
    await connection.execute("set plan_cache_mode = force_generic_plan")
    for statement in statements:
        await connection.execute(f'prepare "{statement.name}" as {statement.sql}')
        await plan(connection, statement)


async def plan(
    connection: asyncpg.Connection, statement: Statement, *arguments: Any, run: bool = False
) -> str:
    """The plan of a statement that is prepared; `run` tells what became of it with these arguments."""
    how = "(analyze, timing off)" if run else ""
    lines = await connection.fetch(f"explain {how} {execution(statement, *arguments)}")
    return "\n".join(line[0] for line in lines)


async def work(connection: asyncpg.Connection, statement: Statement, *arguments: Any) -> Work:
    """What one execution of a statement that is prepared takes. What it changes is taken back."""
    undone = connection.transaction()
    await undone.start()
    try:
        how = "(analyze, buffers, timing off, format json)"
        told = await connection.fetchval(f"explain {how} {execution(statement, *arguments)}")
    finally:
        await undone.rollback()
    root = json.loads(told)[0]["Plan"]
    return Work(_rows(root), root["Shared Hit Blocks"] + root["Shared Read Blocks"])


def execution(statement: Statement, *arguments: Any) -> str:
    """The SQL that executes a prepared statement; without arguments all of them are null."""
    given = arguments or [None] * max(map(int, re.findall(r"\$(\d+)", statement.sql)))
    return f'execute "{statement.name}" ({", ".join(map(_literal, given))})'


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        value = f"{{{', '.join('null' if one is None else json.dumps(str(one)) for one in value)}}}"
    return "'" + str(value).replace("'", "''") + "'"


def _rows(node: dict[str, Any]) -> int:
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    own = int((node["Actual Rows"] + removed) * node["Actual Loops"])
    return own + sum(map(_rows, node.get("Plans", ())))
