"""Coins: a reward each day, and grants by the studio's own servers."""

from dataclasses import dataclass
from datetime import date, timedelta

import kizuna.runtime as rt

from . import COLLECTION

REWARD = 20
LONGEST_STREAK = 5


def register(app: rt.App) -> None:
    """The functions of this file."""
    app.rpc("treasure_hunt.daily_reward", daily_reward)
    app.rpc("treasure_hunt.grant", grant)


@dataclass
class Reward:
    """What the player gets: `streak` is how many days in a row they came, `balance` all their coins."""

    coins: int
    streak: int
    balance: int


async def daily_reward(ctx: rt.Context, payload: str) -> Reward:
    """Once a day, more each day in a row. 409 if it was claimed already, even by a call at the same time."""
    user_id = player(ctx)
    claimed = rt.StorageRead(COLLECTION, f"daily_reward-{user_id}")
    found = await ctx.nk.storage_read([claimed])
    today = ctx.now().date()
    streak = _streak(found[0].value if found else {}, today)
    coins = REWARD * min(streak, LONGEST_STREAK)
    note = rt.StorageWrite(
        claimed.collection,
        claimed.key,
        {"day": today.isoformat(), "streak": streak},
        version=found[0].version if found else "*",
    )
    change = rt.WalletUpdate(user_id, {"coins": coins}, {"reason": "daily reward", "streak": streak})
    try:
        # The note and the coins together: never one without the other.
        result = await ctx.nk.multi_update(storage_writes=[note], wallet_updates=[change], update_ledger=True)
    except rt.StorageRefusal:
        raise _already_claimed() from None
    return Reward(coins, streak, result.wallets[0].updated["coins"])


@dataclass
class Grant:
    """Coins for a player."""

    user_id: str
    coins: int
    reason: str


async def grant(ctx: rt.Context, payload: Grant) -> rt.WalletResult:
    """Add coins; for the studio's own servers, which know the HTTP key."""
    if ctx.user_id:
        raise rt.Error("Only for servers.", rt.Code.PERMISSION_DENIED)
    return await ctx.nk.wallet_update(
        payload.user_id, {"coins": payload.coins}, {"reason": payload.reason}, update_ledger=True
    )


def player(ctx: rt.Context) -> str:
    """The player's id; servers have none."""
    if not ctx.user_id:
        raise rt.Error("Only for players.", rt.Code.UNAUTHENTICATED)
    return ctx.user_id


def _streak(claim: dict[str, object], today: date) -> int:
    """How many days in a row it is with today."""
    if claim.get("day") == today.isoformat():
        raise _already_claimed()
    yesterday = (today - timedelta(days=1)).isoformat()
    return int(str(claim["streak"])) + 1 if claim.get("day") == yesterday else 1


def _already_claimed() -> rt.Error:
    return rt.Error("You have already claimed today's reward.", rt.Code.ALREADY_EXISTS)
