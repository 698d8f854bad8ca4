"""Calls that come to a lock which a test holds."""

import asyncio
from typing import Any

import asyncpg

from tests.support.waiting import wait_until_async

_WAITS = "select exists (select from pg_locks where pg_backend_pid() = any (pg_blocking_pids(pid)))"


async def somebody_waits(connection: asyncpg.Connection, call: asyncio.Task[Any] | None = None) -> None:
    """Until somebody waits for what the connection holds; a `call` that is to must not have ended."""

    async def has_come() -> bool:
        assert call is None or not call.done()
        return bool(await connection.fetchval(_WAITS))

    await wait_until_async(has_come, what="a call at the lock")
