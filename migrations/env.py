"""Runs the migrations on the database of the configuration's `sqlalchemy.url`."""

import asyncio
import os
from typing import Any

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from kizuna.tables import metadata

#: A migration that cannot get its locks gives up rather than stop the game behind it.
LOCK_TIMEOUT = "10s"
STATEMENT_TIMEOUT = "10min"


def run(connection: Connection) -> None:
    """Migrate in one transaction, one migrating process at a time."""
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        connection.execute(text("select pg_advisory_xact_lock(hashtext('kizuna:migrate'))"))
        connection.execute(text(f"set local lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(text(f"set local statement_timeout = '{STATEMENT_TIMEOUT}'"))
        context.run_migrations()


async def main() -> None:
    """Connect and run."""
    address = context.config.get_main_option("sqlalchemy.url") or os.environ.get("DATABASE_URL", "")
    if not address:
        raise SystemExit("Set DATABASE_URL to the database to migrate, or use `kizuna migrate`.")

    async def connect(*_: Any, **__: Any) -> Any:
        return await asyncpg.connect(address)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Migrations need a database; there is no offline mode.")
asyncio.run(main())
