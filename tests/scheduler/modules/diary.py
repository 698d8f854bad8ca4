"""Game code that keeps a diary of its calls, in a table of the test's, and fails now and then."""

import asyncio
import os
import random
from typing import Any

import asyncpg

from kizuna.runtime import App, Context

NOTE = "insert into diary (pid, run, board, kind, instant, what) values ($1, $2, $3, $4, $5, $6)"


class Diary:
    """Notes when a call begins, and how it ends."""

    def __init__(self) -> None:
        self._pool: asyncpg.Pool | None = None
        self._runs = 0

    async def __call__(self, ctx: Context, event: Any) -> None:
        pool = await self._connected()
        self._runs += 1
        run = (os.getpid(), self._runs, event.key[0], ctx.execution_mode, event.key[1])
        await pool.execute(NOTE, *run, "begun")
        await asyncio.sleep(random.uniform(0, 0.03))
        fails = random.random() < 0.1
        await pool.execute(NOTE, *run, "failed" if fails else "finished")
        if fails:
            raise RuntimeError("now and then")

    async def _connected(self) -> asyncpg.Pool:
        if self._pool is None:
            self._pool = asyncpg.create_pool(os.environ["DIARY_URL"], min_size=1, max_size=4)
        return await self._pool


def register(app: App) -> None:
    diary = Diary()

    @app.leaderboard_reset
    async def leaderboard_reset(ctx: Context, event: Any) -> None:
        await diary(ctx, event)

    @app.tournament_end
    async def tournament_end(ctx: Context, event: Any) -> None:
        await diary(ctx, event)

    @app.tournament_reset
    async def tournament_reset(ctx: Context, event: Any) -> None:
        await diary(ctx, event)
