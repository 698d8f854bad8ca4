"""What teams add to groups: one team for each player, short codes, and what goes with a team."""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from kizuna.db.engine import Transaction
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.core import queries
from kizuna.teams.errors import already_member, short_code_in_use

#: Takes teams that are about to be deleted out of what other teams see.
Forget = Callable[[Transaction, Sequence[str]], Awaitable[None]]


class Departures:
    """The guard of groups where no Teams are configured: what was a team goes as one, and nothing more."""

    def __init__(self, forget: Forget) -> None:
        self._forget = forget

    async def before_entry(self, tx: Transaction, group_id: str, user_ids: Sequence[str]) -> None:
        """Nothing keeps them."""

    async def before_request(self, tx: Transaction, group_id: str, user_id: str) -> None:
        """Nothing keeps them."""

    async def before_new_metadata(self, tx: Transaction, group_id: str, metadata: str) -> None:
        """Nothing follows from it."""

    async def before_deletion(self, tx: Transaction, group_ids: Sequence[str]) -> None:
        """Everything that is a team's own goes with its group by foreign key."""
        await self._forget(tx, group_ids)


class TeamRules(Departures):
    """The guard of groups, some of which are teams; to the others the rules do not apply (T-088)."""

    def __init__(self, config: Callable[[], TeamsConfig], forget: Forget) -> None:
        super().__init__(forget)
        self._config = config

    async def before_entry(self, tx: Transaction, group_id: str, user_ids: Sequence[str]) -> None:
        """400 if one of them belongs to another team.

        Their rows are held from here on: whoever enters two teams at once enters one after the other, and
        is seen in the first when it comes to the second (T-089).
        """
        if self._config().allow_multiple_teams:
            return
        if await tx.read(queries.LOCK_ENTRANTS, group_id, list(user_ids)):
            await check_uncommitted(tx, group_id, user_ids)

    async def before_adoption(self, tx: Transaction, group_id: str) -> None:
        """400 if a member of the group belongs to a team: with this one they would belong to two."""
        if not self._config().allow_multiple_teams:
            await tx.read(queries.LOCK_MEMBERS, group_id)
            if await tx.read(queries.COMMITTED_TO_ANOTHER, group_id):
                raise already_member()

    async def before_request(self, tx: Transaction, group_id: str, user_id: str) -> None:
        """The same for a request. It makes no member, so that nobody needs to be held for it."""
        if self._config().allow_multiple_teams:
            return
        if await tx.read(queries.COMMITTED_ELSEWHERE, group_id, [user_id]):
            raise already_member()

    async def before_new_metadata(self, tx: Transaction, group_id: str, metadata: str) -> None:
        """Keep the team's short code that of its metadata. 409 for one that another team has."""
        try:
            await tx.write(queries.SET_SHORT_CODE, group_id, metadata)
        except asyncpg.UniqueViolationError as error:
            raise short_code_in_use() from error


async def check_uncommitted(tx: Transaction, team_id: str, user_ids: Sequence[str]) -> None:
    """400 if one of some users, who are held, belongs to a team other than this, and not to this as well."""
    if await tx.read(queries.COMMITTED, team_id, list(user_ids)):
        raise already_member()
