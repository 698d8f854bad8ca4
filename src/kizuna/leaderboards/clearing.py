"""Clears away what deleted boards leave behind.

A board is gone as soon as its row says so, however many records it has. These are removed afterwards, a few
at a time, by whichever process comes first.
"""

import asyncio
from contextlib import suppress

from kizuna.db.engine import LOCKED, REFUSED, Database
from kizuna.leaderboards import queries

#: Records that are removed at a time.
_RECORDS_AT_ONCE = 2_000

#: Seconds between two statements, so that requests are served in between.
_PAUSE = 0.02


class Clearing:
    """Housekeeping for boards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def clean_up(self) -> None:
        """Remove what there is to remove."""
        while rows := await self._database.read(queries.GONE):
            await self._clear(rows[0]["key"])

    async def _clear(self, board: int) -> None:
        if not await self._database.write(queries.CLEAR_RECORDS, board, _RECORDS_AT_ONCE):
            # Refused while there is a record: one that was being written when the board was deleted, or one
            # that another process is about to remove. Put off while game code answers one of its callbacks.
            with suppress(*REFUSED, LOCKED):
                await self._database.write(queries.CLEAR, board)
        await asyncio.sleep(_PAUSE)
