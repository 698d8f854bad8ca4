"""The leaderboards of the benchmarked server."""

import asyncio
import json
import random
import uuid

import kizuna.runtime as rt

#: Writes that share statements.
_AT_ONCE = 256


def register(app: rt.App) -> None:
    """Register the one function."""
    app.rpc("board_fill", fill)


async def fill(ctx: rt.Context, payload: str) -> str:
    """{id, from, to}: create a leaderboard, and write the records of the owners with these numbers."""
    wanted = json.loads(payload)
    board = wanted["id"]
    await ctx.nk.leaderboard_create(board, operator="set")
    for start in range(wanted["from"], wanted["to"], _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, wanted["to"]))
        await asyncio.gather(*(_write(ctx, board, number) for number in numbers))
    return "{}"


async def _write(ctx: rt.Context, board: str, number: int) -> None:
    chance = random.Random(number)
    owner = str(uuid.UUID(int=chance.getrandbits(128)))
    await ctx.nk.leaderboard_record_write(board, owner, f"owner-{number}", chance.randrange(1_000_000))
