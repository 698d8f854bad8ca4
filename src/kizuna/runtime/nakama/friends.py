"""Friends for game code."""

from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.friends.targets import Actor
from kizuna.runtime.nakama.services import Calls, refusing
from kizuna.runtime.nakama.words import in_words
from kizuna.runtime.social import Friend, FriendOfFriend, FriendState, friend_of, friend_of_friend_of
from kizuna.runtime.values import integer_of, limit_of, object_text, text_of, uuid_of

#: What server code is told of refusals, by what a client reads of them.
_TEXTS = {"Cursor is invalid.": "friend cursor invalid"}


class FriendCalls(Calls):
    """List, add, delete, block, and the metadata of a friendship.

    Those that change something act as a user: `user_id`, and the `username` that others are told. They name
    others by `ids`, by exact `usernames`, or both, and pass over those who do not exist. Refusals are
    `ApiError`s with the texts that clients get: oneself among the others, an id that is none.
    """

    async def friends_list(
        self, user_id: str, *, state: FriendState | int | None = None, limit: int = 100, cursor: str = ""
    ) -> tuple[list[Friend], str]:
        """A page of a user's friends, invitations and blocks, by state and age, or of those in one state, and
        the cursor to the next page, "" for none.

        `limit` is 1 to 1000. `ApiError` "friend cursor invalid" for a cursor that is none or of another
        state.
        """
        wanted = None if state is None else integer_of(state, "state", 0, 3)
        with in_words(_TEXTS):
            message = await self._services.friends.page(
                uuid_of(user_id), wanted, limit_of(limit, 1, 1000), text_of(cursor, "cursor")
            )
        return [friend_of(each) for each in message.get("friends", ())], message.get("cursor", "")

    async def friends_of_friends_list(
        self, user_id: str, *, limit: int = 10, cursor: str = ""
    ) -> tuple[list[FriendOfFriend], str]:
        """A page of the friends of a user's friends who are no friends of the user, one entry for each friend
        between, and the cursor to the next page, "" for none.

        `limit` is 1 to 1000. `ApiError` "friend cursor invalid" for a cursor that is none.
        """
        with in_words(_TEXTS):
            message = await self._services.friends.friends_of_friends(
                uuid_of(user_id), limit_of(limit, 1, 1000), text_of(cursor, "cursor")
            )
        found = message.get("friends_of_friends", ())
        return [friend_of_friend_of(each) for each in found], message.get("cursor", "")

    async def friends_add(
        self,
        user_id: str,
        username: str,
        ids: Sequence[str] = (),
        usernames: Sequence[str] = (),
        *,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Invite others, who are notified, and accept the invitations of those who have invited the user.

        `metadata` is the user's own about them. Who has blocked the user, or is blocked, is left alone.
        `ApiError` if there are usernames alone, and all of them nobody's.
        """
        text = "" if metadata is None else object_text(metadata, "metadata")
        actor = _actor(user_id, username)
        with refusing("Error while trying to add friends."):
            await self._services.friends.add(actor, _ids(ids), _names(usernames), text)

    async def friends_delete(
        self, user_id: str, username: str, ids: Sequence[str] = (), usernames: Sequence[str] = ()
    ) -> None:
        """End friendships, take back and reject invitations, lift the user's own blocks."""
        with refusing("Error while trying to delete friends."):
            await self._services.friends.delete(_actor(user_id, username), _ids(ids), _names(usernames))

    async def friends_block(
        self, user_id: str, username: str, ids: Sequence[str] = (), usernames: Sequence[str] = ()
    ) -> None:
        """Block others, which ends a friendship or invitation.

        `ApiError` if there are usernames alone, and all of them nobody's.
        """
        with refusing("Error while trying to block friends."):
            await self._services.friends.block(_actor(user_id, username), _ids(ids), _names(usernames))

    async def friend_metadata_update(self, user_id: str, friend_id: str, metadata: Mapping[str, Any]) -> None:
        """Replace a user's metadata about another one; where they are nothing to each other, nothing."""
        await self._services.friends.set_metadata(
            uuid_of(user_id), uuid_of(friend_id, "friend id"), object_text(metadata, "metadata")
        )

    async def users_get_friend_status(self, user_id: str, user_ids: Sequence[str]) -> list[Friend]:
        """How these others stand to a user, without those who are nothing to them."""
        found = await self._services.friends.statuses(
            uuid_of(user_id), [uuid_of(other) for other in user_ids]
        )
        return [friend_of(message) for message in found]


def _actor(user_id: str, username: str) -> Actor:
    return Actor(uuid_of(user_id), text_of(username, "username"))


def _ids(ids: Sequence[str]) -> list[str]:
    return [uuid_of(user_id) for user_id in ids]


def _names(usernames: Sequence[str]) -> list[str]:
    return [text_of(username, "username") for username in usernames]
