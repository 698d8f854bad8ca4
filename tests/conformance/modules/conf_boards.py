"""Functions that make leaderboards and tournaments, and write to them with the server's authority."""

import json
from typing import Any

from kizuna.runtime import App, Context


def register(app: App) -> None:
    """The functions of this module by the names that the recordings call."""
    app.rpc("conf_leaderboard_create", leaderboard_create)
    app.rpc("conf_leaderboard_delete", leaderboard_delete)
    app.rpc("conf_leaderboard_record_write", leaderboard_record_write)
    app.rpc("conf_tournament_create", tournament_create)
    app.rpc("conf_tournament_delete", tournament_delete)
    app.rpc("conf_tournament_record_write", tournament_record_write)
    app.rpc("conf_tournament_add_attempt", tournament_add_attempt)


async def leaderboard_create(ctx: Context, payload: str) -> str:
    """{id, authoritative?, sort?, operator?, reset?, metadata?, enable_ranks?}."""
    await ctx.nk.leaderboard_create(**_definition(payload))
    return "{}"


async def leaderboard_delete(ctx: Context, payload: str) -> str:
    """{id}."""
    await ctx.nk.leaderboard_delete(json.loads(payload)["id"])
    return "{}"


async def leaderboard_record_write(ctx: Context, payload: str) -> str:
    """{id, owner_id, username?, score?, subscore?, metadata?, operator?}."""
    await ctx.nk.leaderboard_record_write(**{"metadata": {}, **json.loads(payload)})
    return "{}"


async def tournament_create(ctx: Context, payload: str) -> str:
    """{id, …} as for a leaderboard, {title?, description?, category?, start_time?, end_time?, duration?,
    max_size?, max_num_score?, join_required?}."""
    definition = {"authoritative": False, "duration": 3600, **_definition(payload)}
    for name in ("start_time", "end_time"):
        definition[name] = int(definition.get(name, 0))
    await ctx.nk.tournament_create(**definition)
    return "{}"


async def tournament_delete(ctx: Context, payload: str) -> str:
    """{id}."""
    await ctx.nk.tournament_delete(json.loads(payload)["id"])
    return "{}"


async def tournament_record_write(ctx: Context, payload: str) -> str:
    """{id, owner_id, username?, score?, subscore?, metadata?, operator?}."""
    await ctx.nk.tournament_record_write(**{"metadata": {}, **json.loads(payload)})
    return "{}"


async def tournament_add_attempt(ctx: Context, payload: str) -> str:
    """{id, owner_id, count}."""
    await ctx.nk.tournament_add_attempt(**json.loads(payload))
    return "{}"


def _definition(payload: str) -> dict[str, Any]:
    """The arguments under their names here."""
    names = {"sort": "sort_order", "reset": "reset_schedule"}
    return {names.get(name, name): value for name, value in json.loads(payload).items()}
