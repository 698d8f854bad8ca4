"""Users as others see them, and the ban."""

import random
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from kizuna.caller import SYSTEM_USER
from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.errors import invalid
from kizuna.sessions.revocations import Ended, Revocations
from kizuna.users import queries
from kizuna.users.profile import user_message
from kizuna.wire.uuids import parse_uuid


class Users:
    """Fetch, ban, unban."""

    def __init__(self, database: Database, revocations: Revocations, clock: Clock) -> None:
        self._database = database
        self._revocations = revocations
        self._clock = clock

    async def fetch(
        self, ids: Sequence[str], usernames: Sequence[str], facebook_ids: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The `User` messages of whoever matches, each once, in no order. 400 for an id that is none."""
        user_ids = [checked_id(user_id) for user_id in ids]
        if not (user_ids or usernames or facebook_ids):
            return []
        rows = await self._database.read(queries.FETCH, user_ids, list(usernames), list(facebook_ids))
        return [user_message(row) for row in rows]

    async def random(self, count: int) -> list[dict[str, Any]]:
        """The `User` messages of this many users, or of all if there are fewer, in random order.

        Ids are random, so those that follow a random one are a random choice; neighbours come together.
        """
        rows = await self._database.read(queries.NEXT, str(uuid4()), count) if count else []
        if len(rows) < count:
            # Once around, from behind the system's own id, which is the first of all.
            first = await self._database.read(queries.NEXT, SYSTEM_USER, count)
            rows = list({row["id"]: row for row in [*rows, *first]}.values())[:count]
        random.shuffle(rows)
        return [user_message(row) for row in rows]

    async def ban(self, user_ids: Sequence[str]) -> None:
        """Disable accounts and end their sessions."""
        wanted = [checked_id(user_id) for user_id in user_ids]

        async def work(tx: Transaction) -> Ended:
            rows = await tx.write(queries.DISABLE, wanted, self._clock.now())
            banned = [row["id"] for row in rows]
            return await self._revocations.end_all(tx, banned) if banned else Ended()

        self._revocations.apply_committed(await self._database.atomically(work))

    async def unban(self, user_ids: Sequence[str]) -> None:
        """Let them sign in again; sessions that the ban ended stay ended."""
        await self._database.write(queries.ENABLE, [checked_id(user_id) for user_id in user_ids])


def checked_id(user_id: str) -> str:
    """The id in its canonical form. 400 for text that is none."""
    parsed = parse_uuid(user_id)
    if parsed is None:
        raise invalid(f"ID '{user_id}' is not a valid system ID.")
    return parsed
