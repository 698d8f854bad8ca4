"""Functions that send: notifications, and messages into channels."""

import json
from typing import Any

from kizuna.runtime import App, Context


def register(app: App) -> None:
    """The functions of this module by the names that the recordings call."""
    app.rpc("conf_notification_send", notification_send)
    app.rpc("conf_channel_id_build", channel_id_build)
    app.rpc("conf_channel_message_send", channel_message_send)
    app.rpc("conf_channel_message_update", channel_message_update)
    app.rpc("conf_channel_message_remove", channel_message_remove)


async def notification_send(ctx: Context, payload: str) -> str:
    """{user_id, subject?, content?, code?, sender_id?, persistent?}."""
    defaults = {"subject": "subject", "content": {"k": "v"}, "code": 1}
    await ctx.nk.notification_send(**{**defaults, **json.loads(payload)})
    return "{}"


async def channel_id_build(ctx: Context, payload: str) -> str:
    """{sender_id?, target, type} → {channel_id}."""
    return json.dumps({"channel_id": await _built(ctx, json.loads(payload))})


async def channel_message_send(ctx: Context, payload: str) -> str:
    """{channel_id, or target and type; content?, sender_id?, sender_username?, persist?}
    → {channel_id, message_id}."""
    args = json.loads(payload)
    channel_id = args["channel_id"] if "channel_id" in args else await _built(ctx, args)
    ack = await ctx.nk.channel_message_send(
        channel_id,
        args.get("content", {"m": "hello"}),
        sender_id=args.get("sender_id", ""),
        sender_username=args.get("sender_username", ""),
        persist=args.get("persist", True),
    )
    return json.dumps({"channel_id": channel_id, "message_id": ack.message_id})


async def channel_message_update(ctx: Context, payload: str) -> str:
    """{channel_id, message_id, content, sender_id?, sender_username?}."""
    await ctx.nk.channel_message_update(**json.loads(payload))
    return "{}"


async def channel_message_remove(ctx: Context, payload: str) -> str:
    """{channel_id, message_id, sender_id?, sender_username?}."""
    await ctx.nk.channel_message_remove(**json.loads(payload))
    return "{}"


async def _built(ctx: Context, args: dict[str, Any]) -> str:
    """The id of the channel that a sender means by a target of a type."""
    return await ctx.nk.channel_id_build(args["target"], args["type"], sender_id=args.get("sender_id", ""))
