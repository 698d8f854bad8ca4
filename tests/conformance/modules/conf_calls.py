"""Functions that show how a call itself goes: its payload, its context, its failures."""

import json

from kizuna.runtime import App, Context, Error


def register(app: App) -> None:
    """The functions of this module by the names that the recordings call."""
    app.rpc("conf_echo", echo)
    app.rpc("conf_context", context)
    app.rpc("conf_error", error)
    app.rpc("conf_crash", crash)
    app.rpc("conf_empty", empty)


async def echo(ctx: Context, payload: str) -> str:
    """The payload, untouched."""
    return payload


async def context(ctx: Context, payload: str) -> str:
    """What the function is told about its caller."""
    told = {
        "user_id": ctx.user_id,
        "username": ctx.username,
        "vars": ctx.vars,
        "has_expiry": ctx.expires_at is not None,
        "query_params": ctx.query_params,
        "payload": payload,
    }
    always = {"has_expiry", "query_params", "payload"}
    return json.dumps({name: value for name, value in told.items() if value or name in always})


async def error(ctx: Context, payload: str) -> str:
    """Fail with {message, code}."""
    wanted = json.loads(payload)
    raise Error(wanted["message"], wanted["code"])


async def crash(ctx: Context, payload: str) -> str:
    """Fail as a mistake in game code does."""
    raise RuntimeError("plain failure")


async def empty(ctx: Context, payload: str) -> None:
    """Answer nothing."""
