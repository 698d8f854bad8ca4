"""The week's best hunters: points for digging, and prizes for the first three."""

import kizuna.runtime as rt

from . import COLLECTION

BOARD = "treasure_hunt.weekly"
RESET = "0 0 * * 1"  # Mondays, UTC
PRIZES = (100, 50, 25)
POINTS = {"compass": 10, "pearl": 25, "golden idol": 100}


def register(app: rt.App) -> None:
    """The functions of this file."""
    app.leaderboard_reset(award)


async def add_points(ctx: rt.Context, treasure: str | None) -> None:
    """One point for the digging, more for a treasure."""
    points = 1 + (POINTS[treasure] if treasure else 0)
    try:
        await _add(ctx, points)
    except rt.ApiError as error:
        if error.code != rt.Code.NOT_FOUND:
            raise
        # Nobody has ever dug. Somebody else may be creating it too: only one of them does.
        await ctx.nk.leaderboard_create(BOARD, authoritative=True, operator="incr", reset_schedule=RESET)
        await _add(ctx, points)


async def award(ctx: rt.Context, event: rt.LeaderboardReset) -> None:
    """Pay the prizes of the week that is over; called again after a failure, those that are still owed."""
    board, ended = event.key
    if board != BOARD:  # this is the function for all leaderboards
        return
    page = await ctx.nk.leaderboard_records_list(board, limit=len(PRIZES), expiry=ended)
    for record, coins in zip(page.records, PRIZES, strict=False):
        await _pay(ctx, record, coins, ended)


async def _add(ctx: rt.Context, points: int) -> None:
    await ctx.nk.leaderboard_record_write(BOARD, ctx.user_id, ctx.username, points)


async def _pay(ctx: rt.Context, record: rt.LeaderboardRecord, coins: int, ended: int) -> None:
    owner, prize = record.owner_id, {"rank": record.rank, "score": record.score, "coins": coins}
    # "*" stands for what does not exist yet: with this object of that week the coins come once.
    seal = rt.StorageWrite(COLLECTION, f"prize-{ended}-{owner}", prize, version="*", permission_read=2)
    change = rt.WalletUpdate(owner, {"coins": coins}, {"reason": "weekly prize", "rank": record.rank})
    try:
        await ctx.nk.multi_update(storage_writes=[seal], wallet_updates=[change], update_ledger=True)
    except rt.StorageRefusal:
        ctx.logger.info("%s has the prize of rank %d already", record.username, record.rank)
