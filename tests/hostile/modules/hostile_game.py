"""Game code for the hostile tests: an echo, and a purse that players spend from."""

import json

from kizuna.runtime import App, Context, Error, WalletError


def register(app: App) -> None:
    """`echo`, and the wallet of whoever calls: `earn`, `spend`, `purse`."""
    app.rpc("echo", echo)
    app.rpc("earn", earn)
    app.rpc("spend", spend)
    app.rpc("purse", purse)


async def echo(ctx: Context, payload: str) -> str:
    """The payload, untouched."""
    return payload


async def earn(ctx: Context, payload: str) -> str:
    """Add a number of coins; the new balance."""
    return await _change(ctx, int(payload))


async def spend(ctx: Context, payload: str) -> str:
    """Take a number of coins away, or refuse; the new balance."""
    return await _change(ctx, -int(payload))


async def purse(ctx: Context, payload: str) -> str:
    """The balance, and what the ledger's changes sum up to and count."""
    account = await ctx.nk.account_get(ctx.user_id)
    changes, cursor = [], ""
    while True:
        items, cursor = await ctx.nk.wallet_ledger_list(ctx.user_id, limit=100, cursor=cursor)
        changes += [item.changeset["coins"] for item in items]
        if not cursor:
            break
    told = {"coins": account.wallet.get("coins", 0), "sum": sum(changes), "changes": len(changes)}
    return json.dumps(told)


async def _change(ctx: Context, amount: int) -> str:
    try:
        result = await ctx.nk.wallet_update(ctx.user_id, {"coins": amount}, update_ledger=True)
    except WalletError as error:
        raise Error("not enough coins", 9) from error
    return str(result.updated["coins"])
