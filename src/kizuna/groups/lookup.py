"""Who belongs to a group, for other features."""

from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import Database
from kizuna.groups import queries

#: A group's id and a user's.
_Pair = tuple[str, str]


class Memberships:
    """Reads of single memberships; whoever asks at once shares a statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._states: SharedReads[_Pair, int | None] = SharedReads(self._read)

    async def state(self, group_id: str, user_id: str) -> int | None:
        """The state of a user's relation to a group (a value of `roles.Role`), None for none."""
        return await self._states((group_id, user_id))

    async def _read(self, pairs: list[_Pair]) -> list[int | None]:
        groups, users = zip(*pairs, strict=True)
        rows = await self._database.read(queries.STATES, list(groups), list(users))
        found = {(row["group_id"], row["user_id"]): row["state"] for row in rows}
        return [found.get(pair) for pair in pairs]
