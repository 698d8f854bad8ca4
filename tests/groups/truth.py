"""What the tables hold of groups, whatever the servers tell."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


class Truth:
    """Looks into a database, for one at a time."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def check(self) -> None:
        """Every group has a superadmin, counts its members and has room for them; no orphan is left."""
        wrong = await self._rows(
            """
            select g.id, g.edge_count, g.max_count, count(e.user_id) filter (where e.state <= 2) as members,
                count(e.user_id) filter (where e.state = 0) as superadmins
            from groups g left join group_edge e on e.group_id = g.id
            group by g.id having g.edge_count <> count(e.user_id) filter (where e.state <= 2)
                or count(e.user_id) filter (where e.state = 0) = 0
                or g.edge_count > g.max_count
            """
        )
        assert wrong == []
        orphans = await self._rows(
            """
            select e.* from group_edge e
            where not exists (select from groups g where g.id = e.group_id)
                or not exists (select from users u where u.id = e.user_id)
            """
        )
        assert orphans == []

    async def size(self, group_id: str) -> int | None:
        """What a group counts; None if there is no such group."""
        rows = await self._rows("select edge_count from groups where id = $1", group_id)
        return rows[0]["edge_count"] if rows else None

    async def states(self, group_id: str) -> dict[str, int]:
        """Everybody who has a relation to a group."""
        rows = await self._rows(
            "select user_id::text as id, state from group_edge where group_id = $1", group_id
        )
        return {row["id"]: row["state"] for row in rows}

    async def groups_of(self, user_id: str) -> dict[str, int]:
        """Every group that a user has a relation to."""
        rows = await self._rows(
            "select group_id::text as id, state from group_edge where user_id = $1", user_id
        )
        return {row["id"]: row["state"] for row in rows}

    async def named(self, name: str) -> list[str]:
        """The ids of all groups of a name."""
        rows = await self._rows("select id::text as id from groups where name = $1", name)
        return [row["id"] for row in rows]

    async def lines(self, group_id: str) -> Counter[tuple[int, str]]:
        """What a group's channel says: codes, and of whom."""
        rows = await self._rows(
            "select code, sender_id::text as id from message where stream_mode = 3 and stream_subject = $1",
            group_id,
        )
        return Counter((row["code"], row["id"]) for row in rows)

    async def notes(self, group_id: str) -> Counter[tuple[int, str]]:
        """The notifications about a group: codes, and to whom."""
        rows = await self._rows(
            "select code, user_id::text as id from notification where content->>'group_id' = $1", group_id
        )
        return Counter((row["code"], row["id"]) for row in rows)

    @asynccontextmanager
    async def no_deadlock(self) -> AsyncIterator[None]:
        """None happens, not even one that is repaired."""
        before = await self._deadlocks()
        yield
        assert await self._deadlocks() == before

    async def _deadlocks(self) -> int:
        # Who has waited long enough to be called a deadlock tells so as soon as the transaction ends.
        query = "select deadlocks from pg_stat_database where datname = current_database()"
        [row] = await self._rows(query)
        return int(row["deadlocks"])

    async def _rows(self, query: str, *args: Any) -> Any:
        async with self._turn:
            return await self._connection.fetch(query, *args)
