"""A gift for every player, and display names that can be read."""

from dataclasses import dataclass

import kizuna.runtime as rt
from kizuna.runtime import api, operations

COINS = 100
SHORTEST_NAME = 3


def register(app: rt.App) -> None:
    """What players can call, and what is done before and after requests of theirs."""
    app.rpc("gift", gift)
    app.before(operations.UpdateAccount, tidy_name)


@dataclass
class Gift:
    """What a player gets: `coins` are in the gift, `balance` is what the player has with them."""

    coins: int
    balance: int


async def gift(ctx: rt.Context, payload: str) -> Gift:
    """Coins, once for each player. 409 for a second gift, even when both are asked for at once."""
    if not ctx.user_id:
        raise rt.Error("Gifts are for players.", rt.Code.PERMISSION_DENIED)
    # "*" stands for an object that does not exist yet: together with this note the coins are given once.
    note = rt.StorageWrite("gifts", ctx.user_id, {"coins": COINS}, version="*")
    coins = rt.WalletUpdate(ctx.user_id, {"coins": COINS}, {"reason": "gift"})
    try:
        given = await ctx.nk.multi_update(storage_writes=[note], wallet_updates=[coins], update_ledger=True)
    except rt.StorageRefusal:
        raise rt.Error("You have had your gift.", rt.Code.ALREADY_EXISTS) from None
    return Gift(COINS, given.wallets[0].updated["coins"])


async def tidy_name(ctx: rt.Context, request: api.UpdateAccountRequest) -> api.UpdateAccountRequest:
    """Before a player changes the account: spaces around a display name go, a short one is refused."""
    if request.display_name is not None:
        request.display_name = request.display_name.strip()
        if len(request.display_name) < SHORTEST_NAME:
            raise rt.Error(f"A name has {SHORTEST_NAME} letters or more.", rt.Code.INVALID_ARGUMENT)
    return request
