"""Iterations of gifts that nobody can claim anything from any more (T-470)."""

from kizuna.db.batches import in_batches
from kizuna.db.engine import Database
from kizuna.teams.gifts import queries

#: Iterations that one statement removes, with all that belongs to them.
_BATCH = 200

#: How long an expired iteration is kept, in seconds: the schedule of its gift may change, and the gift may
#: have been taken out of the configuration by mistake.
KEPT = 30 * 24 * 3600


async def clean_up(database: Database, now: int) -> None:
    """Remove what has been expired for long."""
    await in_batches(database, queries.PURGE, now - KEPT, size=_BATCH)
