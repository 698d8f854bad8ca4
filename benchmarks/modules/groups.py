"""The groups of the benchmarked server."""

import json
from contextlib import suppress

import kizuna.runtime as rt


def register(app: rt.App) -> None:
    """Register the one function."""
    app.rpc("group_fill", fill)


async def fill(ctx: rt.Context, payload: str) -> str:
    """{count}: create so many groups of the caller."""
    for number in range(json.loads(payload)["count"]):
        with suppress(rt.ApiError):  # it is there already
            await ctx.nk.group_create(
                ctx.user_id,
                f"benchmark-{number:05}",
                description="They meet every week and play until dawn.",
                avatar_url="https://example.com/avatars/benchmark.png",
                open=True,
            )
    return "{}"
