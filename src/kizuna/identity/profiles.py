"""What a provider says of a player, written to the account."""

import logging

import asyncpg

from kizuna.clock import Clock
from kizuna.db.engine import UNREACHABLE, Database, Record
from kizuna.db.statements import Command
from kizuna.identity import queries
from kizuna.identity.providers import Profile

log = logging.getLogger(__name__)


class Profiles:
    """Creates and changes accounts by profiles; `column` is where the provider keeps its id of a player.

    Name and picture fill what is empty and never replace anything. The e-mail address is taken if the account
    has none, and nobody else has it.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def create(self, column: str, profile: Profile, user_id: str, username: str) -> None:
        """A new account. `UniqueViolationError` if the provider's id or the username is somebody's."""
        command = queries.CREATE_WITH_PROFILE[column]
        await self._with_email(command, profile, user_id, username)

    async def fill(self, user_id: str, profile: Profile) -> None:
        """Give an account the name and the picture that it lacks. That this fails is only logged."""
        if not profile.display_name and not profile.avatar_url:
            return
        now = self._clock.now()
        try:
            await self._database.write(queries.FILL, user_id, profile.display_name, profile.avatar_url, now)
        except UNREACHABLE as error:
            log.warning("profile of %s not filled: %s: %s", user_id, type(error).__name__, error)

    async def follow(self, column: str, profile: Profile) -> None:
        """Replace the id by which the provider knew the player before, whoever has it.

        If somebody has the present id, nothing changes: then there are two accounts, of which the present id
        names one. (The reference answers 500 to those who link or unlink.)
        """
        if profile.former_id:
            try:
                await self._database.write(queries.FOLLOW[column], profile.former_id, profile.id)
            except asyncpg.UniqueViolationError:
                log.info("%s taken at this moment, the former one stays", column)

    async def link(self, column: str, user_id: str, profile: Profile) -> bool:
        """Set the provider's id, replacing another one. False, and no change, if it is somebody else's."""
        await self.follow(column, profile)
        try:
            return bool(await self._with_email(queries.LINK_PROFILE[column], profile, user_id))
        except asyncpg.UniqueViolationError:
            # Two at once: the reference answers 500 to the slower one.
            return False

    async def _with_email(self, command: Command, profile: Profile, *args: str) -> list[Record]:
        """Write a profile; once more without the address if somebody else takes it at this moment."""
        values = (*args, profile.id, profile.display_name, profile.avatar_url, self._clock.now())
        try:
            return await self._database.write(command, *values, profile.email or None)
        except asyncpg.UniqueViolationError as error:
            if getattr(error, "constraint_name", "") != queries.UNIQUE_EMAIL:
                raise
            return await self._database.write(command, *values, None)
