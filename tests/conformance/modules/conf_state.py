"""Functions that change what clients then see: wallets, objects, bans."""

import json

from kizuna.runtime import App, Context, StorageWrite


def register(app: App) -> None:
    """The functions of this module by the names that the recordings call."""
    app.rpc("conf_wallet_update", wallet_update)
    app.rpc("conf_storage_write", storage_write)
    app.rpc("conf_user_ban", user_ban)
    app.rpc("conf_user_unban", user_unban)


async def wallet_update(ctx: Context, payload: str) -> str:
    """{user_id, changeset, metadata?, update_ledger?} → {updated, previous}."""
    args = json.loads(payload)
    wallet = await ctx.nk.wallet_update(
        args["user_id"],
        args["changeset"],
        metadata=args.get("metadata", {}),
        update_ledger=args.get("update_ledger", False),
    )
    return json.dumps({"updated": wallet.updated, "previous": wallet.previous})


async def storage_write(ctx: Context, payload: str) -> str:
    """{collection, key, value, user_id?, version?, permission_read?, permission_write?} → [acks]."""
    args = json.loads(payload)
    acks = await ctx.nk.storage_write([StorageWrite(**args)])
    return json.dumps(
        [
            {"collection": ack.collection, "key": ack.key, "user_id": ack.user_id, "version": ack.version}
            for ack in acks
        ]
    )


async def user_ban(ctx: Context, payload: str) -> str:
    """{user_id}: ban."""
    await ctx.nk.users_ban([json.loads(payload)["user_id"]])
    return "{}"


async def user_unban(ctx: Context, payload: str) -> str:
    """{user_id}: lift the ban."""
    await ctx.nk.users_unban([json.loads(payload)["user_id"]])
    return "{}"
