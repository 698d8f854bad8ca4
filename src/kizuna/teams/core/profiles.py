"""Teams as everybody may see them, with their members."""

import asyncio
from collections.abc import Iterable
from typing import Any

from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record, Transaction
from kizuna.teams.core import queries
from kizuna.teams.core.activity import Activity
from kizuna.teams.core.messages import roster_message


class Profiles:
    """Reads `Team` messages; those that are asked for at the same time share statements."""

    def __init__(self, database: Database, activity: Activity) -> None:
        self._database = database
        self._activity = activity
        self._rows: SharedReads[str, Record | None] = SharedReads(self._read)

    async def teams(self, team_ids: Iterable[str]) -> list[dict[str, Any]]:
        """The teams that exist among some, in the given order."""
        rows = await asyncio.gather(*map(self._rows, team_ids))
        return await self._messages(row for row in rows if row is not None)

    async def team_within(self, tx: Transaction, team_id: str) -> dict[str, Any]:
        """A team that exists, as a transaction sees it."""
        [message] = await self._messages(await tx.read(queries.TEAMS, [team_id]))
        return message

    async def _messages(self, rows: Iterable[Record]) -> list[dict[str, Any]]:
        messages = [roster_message(row) for row in rows]
        await self._activity.score(messages)
        return messages

    async def _read(self, team_ids: list[str]) -> list[Record | None]:
        found = {row["id"]: row for row in await self._database.read(queries.TEAMS, team_ids)}
        return [found.get(team_id) for team_id in team_ids]
