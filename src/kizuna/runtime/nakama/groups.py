"""Groups for game code."""

from collections.abc import Mapping, Sequence
from typing import Any

from kizuna.errors import invalid
from kizuna.groups.listing import COMBINED
from kizuna.runtime.nakama.group_changes import (
    CREATE_FAILED,
    UPDATE_FAILED,
    in_group_words,
    members_of,
    prepared_group,
    prepared_values,
)
from kizuna.runtime.nakama.services import Calls, refusing
from kizuna.runtime.nakama.words import in_words
from kizuna.runtime.social import (
    Group,
    GroupState,
    GroupUser,
    UserGroup,
    group_of,
    group_user_of,
    user_group_of,
)
from kizuna.runtime.together import GroupCreate, GroupUpdate
from kizuna.runtime.values import flag_of, integer_of, limit_of, text_of, uuid_of
from kizuna.wire.integers import INT32_MAX

_USER_CURSOR = {"Cursor is invalid.": "group user cursor invalid"}
_GROUP_CURSOR = {"Cursor is invalid.": "user group cursor invalid"}


class GroupCalls(Calls):
    """Create, change, delete, find groups; join and leave; what admins do to members.

    With a `caller_id`, whoever that is must have a role in the group that allows it; "" is the server, which
    may do everything. Refusals are `ApiError`s: "group not found", "group permission denied", "group name in
    use", "group is full", "user not found", "user is last group superadmin". Users to whom it does not apply
    are passed over.
    """

    async def groups_get_id(self, ids: Sequence[str]) -> list[Group]:
        """The groups with these ids, as far as they exist, each once."""
        found = await self._services.groups.by_ids([uuid_of(id, "group id") for id in ids])
        return [group_of(message) for message in found]

    async def groups_get_random(self, count: int) -> list[Group]:
        """This many groups, 0 to 1000, at random, or all if there are fewer."""
        found = await self._services.groups.random(integer_of(count, "count", 0, 1000))
        return [group_of(message) for message in found]

    async def groups_list(
        self,
        name: str = "",
        *,
        lang_tag: str = "",
        members: int | None = None,
        open: bool | None = None,
        limit: int = 100,
        cursor: str = "",
    ) -> tuple[list[Group], str]:
        """A page of groups, and the cursor to the next one, "" for none.

        `name`, in any case and with `%` for any text, stands alone; the other filters go together: a
        language, at most this many `members`, open or closed. `limit` is 1 to 100. `ApiError` for a cursor
        that is none.
        """
        if text_of(name, "name") and (lang_tag or members is not None or open is not None):
            raise invalid(COMBINED)
        message = await self._services.groups.page(
            name=name,
            lang_tag=text_of(lang_tag, "lang_tag"),
            members=None if members is None else integer_of(members, "members", 0, INT32_MAX),
            open=None if open is None else flag_of(open, "open"),
            limit=limit_of(limit, 1, 100),
            cursor=text_of(cursor, "cursor"),
        )
        return [group_of(each) for each in message.get("groups", ())], message.get("cursor", "")

    async def group_create(
        self,
        owner_id: str,
        name: str,
        *,
        creator_id: str = "",
        description: str = "",
        avatar_url: str = "",
        lang_tag: str = "",
        open: bool = False,
        metadata: Mapping[str, Any] | None = None,
        max_count: int = 100,
    ) -> Group:
        """Create a group, whose superadmin is the owner: the group.

        `creator_id` is noted, "" for the owner. Anybody may join a group that is `open`; into others, admins
        admit who asks. `max_count` members, at least 1. `ApiError` for a name that is taken, an owner that
        does not exist, texts that are too long.
        """
        group = GroupCreate(
            owner_id, name, creator_id, description, avatar_url, lang_tag, open, metadata, max_count
        )
        new = prepared_group(group)
        with in_group_words(), refusing(CREATE_FAILED):
            return group_of(await self._services.groups.create(new))

    async def group_update(
        self,
        group_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        avatar_url: str | None = None,
        lang_tag: str | None = None,
        open: bool | None = None,
        metadata: Mapping[str, Any] | None = None,
        max_count: int | None = None,
        caller_id: str = "",
    ) -> None:
        """Change a group: None leaves a value as it is, "" clears it, `metadata` is replaced.

        Name and language cannot be cleared. `ApiError` besides: "no group updates" where nothing is to be
        changed, "group not updated" if the group does not exist, and for fewer places than members.
        """
        update = GroupUpdate(
            group_id, name, description, avatar_url, lang_tag, open, metadata, max_count, caller_id
        )
        known_id, caller, values = prepared_values(update)
        with in_group_words(caller), refusing(UPDATE_FAILED):
            await self._services.groups.update(known_id, caller, values)

    async def group_delete(self, group_id: str) -> None:
        """Delete a group with all memberships; its chat messages stay."""
        with in_group_words():
            await self._services.groups.delete(uuid_of(group_id, "group id"), None)

    async def group_user_join(self, group_id: str, user_id: str, username: str) -> None:
        """Let a user join an open group, or ask to join a closed one, whose admins are notified.

        Who has any relation to the group keeps it, a ban too; but a full group refuses everybody.
        """
        with in_group_words(), refusing("Error while trying to join group."):
            await self._services.groups.join(
                uuid_of(group_id, "group id"), uuid_of(user_id), text_of(username, "username")
            )

    async def group_user_leave(self, group_id: str, user_id: str, username: str) -> None:
        """Let a user leave a group, or take a join request back; a ban stays.

        The last superadmin cannot leave other members behind; alone, the group is deleted.
        """
        with in_group_words(), refusing("Error while trying to leave group."):
            await self._services.groups.leave(
                uuid_of(group_id, "group id"), uuid_of(user_id), text_of(username, "username")
            )

    async def group_users_add(self, group_id: str, user_ids: Sequence[str], *, caller_id: str = "") -> None:
        """Make users members, all or none; they are notified. Members and the banned stay what they are."""
        group, caller, users = members_of(group_id, user_ids, caller_id)
        with in_group_words(caller), refusing("Error while trying to add users to a group."):
            await self._services.groups.add(group, caller, users)

    async def group_users_kick(self, group_id: str, user_ids: Sequence[str], *, caller_id: str = "") -> None:
        """Remove members, reject join requests, lift bans. The last superadmin stays."""
        group, caller, users = members_of(group_id, user_ids, caller_id)
        with in_group_words(caller), refusing("Error while trying to kick users from a group."):
            await self._services.groups.kick(group, caller, users)

    async def group_users_ban(self, group_id: str, user_ids: Sequence[str], *, caller_id: str = "") -> None:
        """Ban members and who has asked to join: until they are kicked they cannot come back."""
        group, caller, users = members_of(group_id, user_ids, caller_id)
        with in_group_words(caller), refusing("Error while trying to ban users from a group."):
            await self._services.groups.ban(group, caller, users)

    async def group_users_promote(
        self, group_id: str, user_ids: Sequence[str], *, caller_id: str = ""
    ) -> None:
        """Make members admins, and admins superadmins."""
        group, caller, users = members_of(group_id, user_ids, caller_id)
        with in_group_words(caller), refusing("Error while trying to promote users in a group."):
            await self._services.groups.promote(group, caller, users)

    async def group_users_demote(
        self, group_id: str, user_ids: Sequence[str], *, caller_id: str = ""
    ) -> None:
        """Make superadmins admins, and admins members. The last superadmin stays one."""
        group, caller, users = members_of(group_id, user_ids, caller_id)
        with in_group_words(caller), refusing("Error while trying to demote users in a group."):
            await self._services.groups.demote(group, caller, users)

    async def group_users_list(
        self, group_id: str, *, state: GroupState | int | None = None, limit: int = 100, cursor: str = ""
    ) -> tuple[list[GroupUser], str]:
        """A page of a group's members and join requests, by role and age, or of those in one state (bans only
        so), and the cursor to the next page, "" for none.

        `limit` is 1 to 10000. `ApiError` "group user cursor invalid" for a cursor that is none, or of another
        state.
        """
        with in_words(_USER_CURSOR):
            message = await self._services.groups.users(
                uuid_of(group_id, "group id"),
                limit_of(limit, 1, 10_000),
                _state(state),
                text_of(cursor, "cursor"),
            )
        return [group_user_of(each) for each in message.get("group_users", ())], message.get("cursor", "")

    async def user_groups_list(
        self, user_id: str, *, state: GroupState | int | None = None, limit: int = 100, cursor: str = ""
    ) -> tuple[list[UserGroup], str]:
        """A page of the groups that a user is in or has asked to join, by role and age, or of those in one
        state, and the cursor to the next page, "" for none.

        `limit` is 1 to 100. `ApiError` "user group cursor invalid" for a cursor that is none, or of another
        state.
        """
        with in_words(_GROUP_CURSOR):
            message = await self._services.groups.of_user(
                uuid_of(user_id), limit_of(limit, 1, 100), _state(state), text_of(cursor, "cursor")
            )
        return [user_group_of(each) for each in message.get("user_groups", ())], message.get("cursor", "")


def _state(state: GroupState | int | None) -> int | None:
    return None if state is None else integer_of(state, "state", 0, 4)
