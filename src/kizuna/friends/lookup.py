"""How two players stand to each other, for other features."""

from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database
from kizuna.friends import queries

_Edge = tuple[str, str]


class Relations:
    """Reads of single edges, coalesced."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._states: SharedReads[_Edge, int | None] = SharedReads(self._read)

    async def state(self, source_id: str, destination_id: str) -> int | None:
        """The state of the edge from one player to another, None where there is none."""
        return await self._states((source_id, destination_id))

    async def _read(self, edges: list[_Edge]) -> list[int | None]:
        sources, destinations = zip(*edges, strict=True)
        rows = await self._database.read(
            queries.STATES, list(range(len(edges))), list(sources), list(destinations)
        )
        found: dict[int, int] = {row["place"]: row["state"] for row in rows}
        return [found.get(place) for place in range(len(edges))]
