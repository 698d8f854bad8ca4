"""The island: eight by eight fields, some hiding treasure, each player's their own."""

import hashlib
from typing import Annotated

from pydantic import BaseModel, Field

import kizuna.runtime as rt

from . import COLLECTION
from .coins import player
from .hunters import POINTS, add_points

SIZE = 8
PRICE = 5
TREASURES = tuple(POINTS)

Coordinate = Annotated[int, Field(ge=0, lt=SIZE)]


def register(app: rt.App) -> None:
    """The functions of this file."""
    app.rpc("treasure_hunt.dig", dig)
    app.rpc("treasure_hunt.inventory", inventory)


class Spot(BaseModel):
    """A field of the island, counted from zero."""

    x: Coordinate
    y: Coordinate


class Inventory(BaseModel):
    """What a player has found, how often each, and where they have dug."""

    treasures: dict[str, int] = {}
    dug: list[str] = []


class Find(BaseModel):
    """What was in the ground, if anything, and the coins that are left."""

    treasure: str | None
    balance: int


async def dig(ctx: rt.Context, payload: Spot) -> Find:
    """Dig at a spot for a few coins. 409 if it is dug up already, 400 without enough coins."""
    user_id, spot = player(ctx), f"{payload.x},{payload.y}"
    known, version = await _load(ctx, user_id)
    if spot in known.dug:
        raise rt.Error("There is only a hole.", rt.Code.ALREADY_EXISTS)
    treasure = _hidden(user_id, spot)
    known.dug.append(spot)
    if treasure:
        known.treasures[treasure] = known.treasures.get(treasure, 0) + 1
    write = rt.StorageWrite(COLLECTION, f"inventory-{user_id}", known.model_dump(), version=version)
    price = rt.WalletUpdate(user_id, {"coins": -PRICE}, {"reason": "digging", "spot": spot})
    try:
        result = await ctx.nk.multi_update(storage_writes=[write], wallet_updates=[price], update_ledger=True)
    except rt.WalletError:
        raise rt.Error("You have too few coins.", rt.Code.FAILED_PRECONDITION) from None
    except rt.StorageRefusal:
        raise rt.Error("You are digging elsewhere. Try again.", rt.Code.ABORTED) from None
    await add_points(ctx, treasure)
    ctx.logger.info("dug at %s, found %s", spot, treasure)
    return Find(treasure=treasure, balance=result.wallets[0].updated["coins"])


async def inventory(ctx: rt.Context, payload: str) -> Inventory:
    """What the player has."""
    return (await _load(ctx, player(ctx)))[0]


async def _load(ctx: rt.Context, user_id: str) -> tuple[Inventory, str]:
    """The inventory, and the version to write it back with."""
    found = await ctx.nk.storage_read([rt.StorageRead(COLLECTION, f"inventory-{user_id}")])
    return (Inventory.model_validate(found[0].value), found[0].version) if found else (Inventory(), "*")


def _hidden(user_id: str, spot: str) -> str | None:
    """What lies at a spot: about every fourth holds something."""
    digest = hashlib.sha256(f"{user_id}:{spot}".encode()).digest()
    return TREASURES[digest[1] % len(TREASURES)] if digest[0] < 64 else None
