"""Rows of teams that are only looked at."""

from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database, Record
from kizuna.db.statements import Query


class RowsOfTeams:
    """A team's rows of a query that takes a list of teams and tells the `team_id` of each row.

    What is asked for at the same time is read at once, by at most `in_flight` statements at a time.
    """

    def __init__(self, database: Database, query: Query, *, in_flight: int = 1) -> None:
        self._database = database
        self._query = query
        self._rows: SharedReads[str, list[Record]] = SharedReads(self._read, in_flight=in_flight)

    async def of(self, team_id: str) -> list[Record]:
        """In the order of the query; shared with others, so not to be changed."""
        return await self._rows(team_id)

    async def _read(self, team_ids: list[str]) -> list[list[Record]]:
        found: dict[str, list[Record]] = {team_id: [] for team_id in team_ids}
        for row in await self._database.read(self._query, team_ids):
            found[row["team_id"]].append(row)
        return list(found.values())
