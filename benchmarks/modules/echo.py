"""The game module of the benchmarked server."""

import kizuna.runtime as rt


def register(app: rt.App) -> None:
    """Register the one function."""
    app.rpc("echo", echo)


async def echo(ctx: rt.Context, payload: str) -> str:
    """Give the payload back."""
    return payload
