"""Changes of groups as game code asks for them, alone or in a `multi_update`: checked, and carried out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Transaction
from kizuna.groups.service import GroupChange as Values
from kizuna.groups.service import Groups, NewGroup
from kizuna.runtime import together
from kizuna.runtime.nakama.words import in_words
from kizuna.runtime.values import flag_of, integer_of, object_text, text_of, uuid_of
from kizuna.wire.integers import INT32_MAX

GROUP_NOT_FOUND = "group not found"

CREATE_FAILED = "Error while trying to create group."
UPDATE_FAILED = "Error while trying to update group."


_DENIED = "group permission denied"

#: What server code is told of refusals, by what a client reads of them.
_TEXTS = {
    "Group name is in use.": "group name in use",
    "Group ID is in use.": "group id in use",
    "Group is full.": "group is full",
    "Group not found.": GROUP_NOT_FOUND,
    "Group not found or permission denied.": GROUP_NOT_FOUND,
    "Group not found or you're not allowed to update.": "group not updated",
    "Group not found or you're not allowed to delete.": GROUP_NOT_FOUND,
    "Specify at least one field to update.": "no group updates",
    "No new fields in group update.": "group not updated",
    "Cannot leave group when you are the last superadmin.": "user is last group superadmin",
    "One or more users not found.": "user not found",
}

#: The same where the server acts in a member's name.
_TEXTS_FOR_CALLERS = _TEXTS | {
    "Group not found or permission denied.": _DENIED,
    "Group not found or you're not allowed to update.": _DENIED,
}

#: Carries out a change as part of a transaction; the message of a group that it has created.
Apply = Callable[[Groups, Transaction], Awaitable[dict[str, Any] | None]]


class PreparedChange:
    """A change that has been checked. `group_id` is None for a new group; `user_ids` are whom it concerns."""

    def __init__(
        self, apply: Apply, group_id: str | None, user_ids: Sequence[str], caller: str | None = None
    ) -> None:
        self.group_id = group_id
        self.user_ids = user_ids
        self._apply = apply
        self._caller = caller

    async def apply(self, groups: Groups, tx: Transaction) -> dict[str, Any] | None:
        """Carry it out: the `Group` message of a new group. `ApiError` in the words of server code."""
        with in_group_words(self._caller):
            return await self._apply(groups, tx)


def prepared_change(change: together.GroupChange) -> PreparedChange:
    """A change as the groups take it, checked. ValueError or TypeError for one that makes no sense."""
    prepare = _PREPARE.get(type(change))
    if prepare is None:
        raise TypeError(f"{type(change).__name__} is no change of a group")
    return prepare(change)


def in_group_words(caller: str | None = None) -> AbstractContextManager[None]:
    """Refusals with the texts that server code knows them by."""
    return in_words(_TEXTS if caller is None else _TEXTS_FOR_CALLERS)


def prepared_group(group: together.GroupCreate) -> NewGroup:
    """A new group as the groups take it, checked."""
    owner = uuid_of(group.owner_id, "owner id")
    if not text_of(group.name, "name"):
        raise ValueError("name must not be empty")
    return NewGroup(
        owner_id=owner,
        name=group.name,
        creator_id=uuid_of(group.creator_id, "creator id") if group.creator_id else owner,
        description=text_of(group.description, "description"),
        lang_tag=text_of(group.lang_tag, "lang_tag"),
        avatar_url=text_of(group.avatar_url, "avatar_url"),
        open=flag_of(group.open, "open"),
        metadata=object_text({} if group.metadata is None else group.metadata, "metadata"),
        max_count=integer_of(group.max_count, "max_count", 1, INT32_MAX),
        id=_new_id(group.id),
    )


def prepared_values(update: together.GroupUpdate) -> tuple[str, str | None, Values]:
    """(group id, caller, values) as the groups take them, checked."""
    for name in ("name", "lang_tag"):
        if getattr(update, name) == "":
            raise ValueError(f"{name} must not be empty")
    values = Values(
        name=_optional_text(update.name, "name"),
        description=_optional_text(update.description, "description"),
        lang_tag=_optional_text(update.lang_tag, "lang_tag"),
        avatar_url=_optional_text(update.avatar_url, "avatar_url"),
        open=None if update.open is None else flag_of(update.open, "open"),
        metadata=None if update.metadata is None else object_text(update.metadata, "metadata"),
        max_count=None
        if update.max_count is None
        else integer_of(update.max_count, "max_count", 1, INT32_MAX),
    )
    return uuid_of(update.group_id, "group id"), _caller(update.caller_id), values


def members_of(
    group_id: str, user_ids: Sequence[str], caller_id: str
) -> tuple[str, str | None, Sequence[str]]:
    """(group id, caller, users) of a call on members, checked. ValueError for the server's own user."""
    users = [uuid_of(user_id) for user_id in user_ids]
    if SYSTEM_USER in users:
        raise ValueError("user ids must not hold the server's own")
    return uuid_of(group_id, "group id"), _caller(caller_id), users


def _create(change: together.GroupCreate) -> PreparedChange:
    new = prepared_group(change)

    async def apply(groups: Groups, tx: Transaction) -> dict[str, Any]:
        return await groups.create_within(tx, new)

    return PreparedChange(apply, None, [new.owner_id])


def _update(change: together.GroupUpdate) -> PreparedChange:
    group_id, caller, values = prepared_values(change)

    async def apply(groups: Groups, tx: Transaction) -> None:
        await groups.update_within(tx, group_id, caller, values)

    return PreparedChange(apply, group_id, [], caller)


def _delete(change: together.GroupDelete) -> PreparedChange:
    group_id = uuid_of(change.group_id, "group id")

    async def apply(groups: Groups, tx: Transaction) -> None:
        await groups.delete_within(tx, group_id, None)

    return PreparedChange(apply, group_id, [])


def _join(change: together.GroupJoin) -> PreparedChange:
    group_id, user_id = uuid_of(change.group_id, "group id"), uuid_of(change.user_id)
    username = text_of(change.username, "username")

    async def apply(groups: Groups, tx: Transaction) -> None:
        await groups.join_within(tx, group_id, user_id, username)

    return PreparedChange(apply, group_id, [user_id])


def _leave(change: together.GroupLeave) -> PreparedChange:
    group_id, user_id = uuid_of(change.group_id, "group id"), uuid_of(change.user_id)
    username = text_of(change.username, "username")

    async def apply(groups: Groups, tx: Transaction) -> None:
        await groups.leave_within(tx, group_id, user_id, username)

    return PreparedChange(apply, group_id, [user_id])


_Members = (
    together.GroupUsersAdd
    | together.GroupUsersKick
    | together.GroupUsersBan
    | together.GroupUsersPromote
    | together.GroupUsersDemote
)


def _members(change: _Members) -> PreparedChange:
    group_id, caller, users = members_of(change.group_id, change.user_ids, change.caller_id)
    operation = _OPERATIONS[type(change)]

    async def apply(groups: Groups, tx: Transaction) -> None:
        await operation(groups, tx, group_id, caller, users)

    return PreparedChange(apply, group_id, users, caller)


_OPERATIONS: Mapping[type, Callable[..., Awaitable[None]]] = {
    together.GroupUsersAdd: Groups.add_within,
    together.GroupUsersKick: Groups.kick_within,
    together.GroupUsersBan: Groups.ban_within,
    together.GroupUsersPromote: Groups.promote_within,
    together.GroupUsersDemote: Groups.demote_within,
}

_PREPARE: Mapping[type, Callable[[Any], PreparedChange]] = {
    together.GroupCreate: _create,
    together.GroupUpdate: _update,
    together.GroupDelete: _delete,
    together.GroupJoin: _join,
    together.GroupLeave: _leave,
    **dict.fromkeys(_OPERATIONS, _members),
}


def _new_id(group_id: str) -> str:
    """The id of a new group, "" for any."""
    if group_id == "":
        return ""
    if (new_id := uuid_of(group_id, "group id")) == SYSTEM_USER:
        raise ValueError("group id must not be the all-zero one")  # of which a channel's id could not tell
    return new_id


def _caller(caller_id: str) -> str | None:
    """Whose role counts, None for the server's authority."""
    return None if caller_id == "" else uuid_of(caller_id, "caller id")


def _optional_text(value: Any, what: str) -> str | None:
    return None if value is None else text_of(value, what)
