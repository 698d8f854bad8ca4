"""Users for game code."""

from collections.abc import Sequence

from kizuna.runtime.data import User, user_of
from kizuna.runtime.nakama.services import Calls
from kizuna.runtime.values import integer_of, text_of, uuid_of


class UserCalls(Calls):
    """Fetch, ban, unban. What a user is to another one: see the calls on friends."""

    async def users_get_id(self, user_ids: Sequence[str], facebook_ids: Sequence[str] = ()) -> list[User]:
        """The users with these ids, as far as they exist, each once and in no order."""
        return await self._users(
            [uuid_of(user_id) for user_id in user_ids],
            facebook_ids=[text_of(facebook_id, "facebook id") for facebook_id in facebook_ids],
        )

    async def users_get_username(self, usernames: Sequence[str]) -> list[User]:
        """The users with exactly these names, as far as they exist, each once and in no order."""
        return await self._users(usernames=[text_of(username, "username") for username in usernames])

    async def users_get_random(self, count: int) -> list[User]:
        """This many users, 0 to 1000, at random, or all if there are fewer."""
        found = await self._services.users.random(integer_of(count, "count", 0, 1000))
        return [user_of(message) for message in found]

    async def users_ban(self, user_ids: Sequence[str]) -> None:
        """Disable accounts and end their sessions, everywhere and until `users_unban`."""
        await self._services.users.ban([uuid_of(user_id) for user_id in user_ids])

    async def users_unban(self, user_ids: Sequence[str]) -> None:
        """Let users sign in again."""
        await self._services.users.unban([uuid_of(user_id) for user_id in user_ids])

    async def _users(
        self, ids: Sequence[str] = (), usernames: Sequence[str] = (), facebook_ids: Sequence[str] = ()
    ) -> list[User]:
        found = await self._services.users.fetch(ids, usernames, facebook_ids)
        return [user_of(message) for message in found]
