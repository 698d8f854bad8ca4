"""Progress: the best of what all devices of a player report, even at once."""

from pydantic import BaseModel, Field

import kizuna.runtime as rt

from . import COLLECTION
from .coins import player


def register(app: rt.App) -> None:
    """The functions of this file."""
    app.rpc("treasure_hunt.save_progress", save_progress)


class Progress(BaseModel):
    """The highest level reached and the stars for each level, by its number."""

    level: int = Field(default=1, ge=1, le=100)
    stars: dict[int, int] = {}


async def save_progress(ctx: rt.Context, payload: Progress) -> Progress:
    """Merge what a device reports into what is known; the result is what the device should show."""
    merged = payload
    where = rt.StorageRead(COLLECTION, f"progress-{player(ctx)}")

    def merge(found: list[rt.StorageObject]) -> list[rt.StorageWrite]:
        # Called again when another device was faster: then `found` is what that one wrote.
        nonlocal merged
        merged = _best(Progress.model_validate(found[0].value), payload) if found else payload
        return [rt.StorageWrite(where.collection, where.key, merged.model_dump(mode="json"))]

    await ctx.nk.storage_write_retry([where], merge)
    return merged


def _best(one: Progress, other: Progress) -> Progress:
    levels = one.stars.keys() | other.stars.keys()
    stars = {level: max(one.stars.get(level, 0), other.stars.get(level, 0)) for level in sorted(levels)}
    return Progress(level=max(one.level, other.level), stars=stars)
