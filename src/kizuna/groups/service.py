"""Groups: create, find, join, leave, and what their admins do."""

import random
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import orjson

from kizuna.caller import SYSTEM_USER
from kizuna.channels import codes as messages
from kizuna.channels.service import Channels, SystemMessage
from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.errors import ApiError, Code, invalid, not_found
from kizuna.groups import departures, queries, roles
from kizuna.groups.changes import count, group_is_full, lock, position, relation
from kizuna.groups.guards import GroupGuard
from kizuna.groups.listing import Listing
from kizuna.groups.members import GROUP_NOT_FOUND, Members
from kizuna.groups.names import folded
from kizuna.groups.profile import OPEN, group_message, state_of
from kizuna.groups.roles import Role
from kizuna.groups.rosters import Rosters
from kizuna.groups.turns import Turns
from kizuna.notifications import codes as notifications
from kizuna.notifications.service import NewNotification, Notifications

CREATE_FAILED = "Error while trying to create group."
UPDATE_FAILED = "Error while trying to update group."
DELETE_FAILED = "Error while trying to delete group."
JOIN_FAILED = "Error while trying to join group."
LEAVE_FAILED = "Error while trying to leave group."

NAME_IN_USE = "Group name is in use."
ID_IN_USE = "Group ID is in use."
NOT_DELETED = "Group not found or you're not allowed to delete."

#: The constraint that keeps ids unique.
_IDS = "groups_pkey"

#: The size of a group for which none is given.
_DEFAULT_MAX_COUNT = 100


@dataclass(frozen=True, slots=True)
class NewGroup:
    """A group to be created. Its creator is the owner unless another is named.

    `metadata` is a JSON object's text; a `max_count` of 0 is the default, 100. An `id` of "" is a new one.
    """

    owner_id: str
    name: str
    creator_id: str = ""
    description: str = ""
    lang_tag: str = ""
    avatar_url: str = ""
    open: bool = False
    metadata: str = "{}"
    max_count: int = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class GroupChange:
    """New values; None leaves one as it is, "" clears it (name and lang_tag cannot be cleared).

    `metadata` is a JSON object's text; it and `max_count` only the server itself may set.
    """

    name: str | None = None
    description: str | None = None
    lang_tag: str | None = None
    avatar_url: str | None = None
    open: bool | None = None
    metadata: str | None = None
    max_count: int | None = None


class Groups:
    """The use cases. Ids are canonical; a caller of None is the server itself, who may do everything.

    Whatever writes is one transaction, or part of one in its form `…_within`. Whatever changes one group has
    its row locked first: a transaction that is to change several begins with `hold_groups`.
    """

    def __init__(
        self, database: Database, channels: Channels, notifications: Notifications, clock: Clock
    ) -> None:
        self._database = database
        self._channels = channels
        self._notifications = notifications
        self._clock = clock
        self._guard: GroupGuard | None = None
        self._members = Members(channels, notifications, clock)
        self._listing = Listing(database)
        self._rosters = Rosters(database)
        #: Whoever changes a group, or what belongs to it, waits here for those who came before.
        self.turns = Turns()

    def guarded_by(self, guard: GroupGuard) -> None:
        """From now on ask this before groups change."""
        self._guard = self._members.guard = guard

    async def _in_turn(self, group_id: str, work: Callable[[Transaction], Awaitable[None]]) -> None:
        """Change a group in a transaction, when all who came before have done so."""
        async with self.turns.of(group_id):
            await self._database.atomically(work)

    # --- the groups themselves ---

    async def create(self, new: NewGroup) -> dict[str, Any]:
        """The `Group` message of a new group. 400 for a bad value, 409 for a name or an id that is taken."""
        return await self._database.atomically(lambda tx: self.create_within(tx, new))

    async def create_within(self, tx: Transaction, new: NewGroup) -> dict[str, Any]:
        if not new.name:
            raise invalid("Group name must be set.")
        if new.max_count < 0:
            raise invalid("Group max count must be >= 1 when set.")
        if new.owner_id == SYSTEM_USER:
            raise invalid(CREATE_FAILED)
        now = self._clock.now()
        try:
            rows = await tx.write(
                queries.CREATE,
                new.id or uuid4(),
                new.creator_id or new.owner_id,
                new.owner_id,
                new.name,
                folded(new.name),
                new.description,
                new.avatar_url,
                new.lang_tag or "en",
                new.metadata,
                state_of(new.open),
                new.max_count or _DEFAULT_MAX_COUNT,
                now,
                position(now),
            )
        except asyncpg.UniqueViolationError as error:
            text = ID_IN_USE if error.constraint_name == _IDS else NAME_IN_USE
            raise ApiError(Code.ALREADY_EXISTS, text) from error
        return group_message(rows[0])

    async def update(self, group_id: str, caller_id: str | None, change: GroupChange) -> None:
        """Change a group. 400 for a bad value and a name that is taken, 404 for who may not."""
        await self._in_turn(group_id, lambda tx: self.update_within(tx, group_id, caller_id, change))

    async def update_within(
        self, tx: Transaction, group_id: str, caller_id: str | None, change: GroupChange
    ) -> None:
        if change.name == "":
            raise invalid("Group name cannot be empty.")
        if change.lang_tag == "":
            raise invalid("Group language cannot be empty.")
        group = await lock(tx, group_id)
        if caller_id is not None and not roles.manages(await relation(tx, group_id, caller_id)):
            raise not_found("Group not found or you're not allowed to update.")
        if change == GroupChange():
            raise invalid("Specify at least one field to update.")
        if group is None:
            raise invalid("No new fields in group update.")
        if self._guard and change.metadata is not None:
            await self._guard.before_new_metadata(tx, group_id, change.metadata)
        try:
            await tx.write(
                queries.UPDATE,
                group_id,
                change.name,
                None if change.name is None else folded(change.name),
                change.description,
                change.lang_tag,
                change.avatar_url,
                None if change.open is None else state_of(change.open),
                change.metadata,
                change.max_count,
                self._clock.now(),
            )
        except asyncpg.UniqueViolationError as error:
            raise invalid(NAME_IN_USE) from error

    async def delete(self, group_id: str, caller_id: str | None) -> None:
        """Delete a group with all relations to it; its channel's messages stay. 400 for who may not."""
        await self._in_turn(group_id, lambda tx: self.delete_within(tx, group_id, caller_id))

    async def delete_within(self, tx: Transaction, group_id: str, caller_id: str | None) -> None:
        group = await lock(tx, group_id)
        allowed = caller_id is None or await relation(tx, group_id, caller_id) is Role.SUPERADMIN
        if group is None or not allowed:
            raise invalid(NOT_DELETED)
        await self._delete(tx, group_id)

    # --- one's own membership ---

    async def join(self, group_id: str, user_id: str, username: str) -> None:
        """Become a member of an open group, ask the admins of a closed one. 404, or 400 where it is full.

        Whoever has a relation to the group, be it a ban, keeps that.
        """
        await self._in_turn(group_id, lambda tx: self.join_within(tx, group_id, user_id, username))

    async def join_within(self, tx: Transaction, group_id: str, user_id: str, username: str) -> None:
        if user_id == SYSTEM_USER:
            raise invalid(JOIN_FAILED)
        group = await lock(tx, group_id)
        if group is None:
            raise not_found(GROUP_NOT_FOUND)
        if self._guard:
            await self._consult(self._guard, tx, group, user_id)
        if group["edge_count"] >= group["max_count"]:
            raise group_is_full()
        if await relation(tx, group_id, user_id) is not None:
            return
        now = self._clock.now()
        if group["state"] != OPEN:
            await self._ask(tx, group_id, user_id, username, now)
            return
        await tx.write(queries.JOIN, group_id, user_id, Role.MEMBER, position(now), now)
        await count(tx, group_id, 1, now)
        joined = SystemMessage(messages.GROUP_JOIN, user_id, username)
        await self._channels.write_within(tx, group_id, [joined])

    async def leave(self, group_id: str, user_id: str, username: str) -> None:
        """Give up a membership or a request. 400 for the last superadmin among others.

        The last member takes the group along.
        """
        await self._in_turn(group_id, lambda tx: self.leave_within(tx, group_id, user_id, username))

    async def leave_within(self, tx: Transaction, group_id: str, user_id: str, username: str) -> None:
        group = await lock(tx, group_id)
        if group is None:
            return
        rows = await tx.read(queries.RELATIONS, group_id, [user_id])
        if not rows or rows[0]["state"] == Role.BANNED:
            return
        role = Role(rows[0]["state"])
        if role is Role.SUPERADMIN and rows[0]["superadmins"] == 1:
            if group["edge_count"] > 1:
                raise invalid("Cannot leave group when you are the last superadmin.")
            await self._delete(tx, group_id)
            return
        await tx.write(queries.REMOVE, group_id, [user_id])
        # The reference tells the channel of a withdrawn request as well, so that outsiders can write into it.
        if roles.belongs(role):
            await count(tx, group_id, -1, self._clock.now())
            left = SystemMessage(messages.GROUP_LEAVE, user_id, username)
            await self._channels.write_within(tx, group_id, [left])

    async def _delete(self, tx: Transaction, group_id: str) -> None:
        if self._guard:
            await self._guard.before_deletion(tx, [group_id])
        await tx.write(queries.DELETE, group_id)

    async def _consult(self, guard: GroupGuard, tx: Transaction, group: Record, user_id: str) -> None:
        """Let the guard refuse somebody who wants to join."""
        if group["state"] == OPEN:
            await guard.before_entry(tx, group["id"], [user_id])
        else:
            await guard.before_request(tx, group["id"], user_id)

    async def _ask(self, tx: Transaction, group_id: str, user_id: str, username: str, now: datetime) -> None:
        """Note a request to join, and tell those who can grant it."""
        managers = [row["user_id"] for row in await tx.read(queries.MANAGERS, group_id)]
        await tx.read(queries.NAMES, [user_id, *managers])
        await tx.write(queries.JOIN, group_id, user_id, Role.JOIN_REQUEST, position(now), now)
        subject = f"User {username} wants to join your group"
        content = orjson.dumps({"group_id": group_id, "username": username}).decode()
        requests = [
            NewNotification(manager, subject, content, notifications.JOIN_REQUEST, user_id)
            for manager in managers
        ]
        await self._notifications.send_within(tx, requests)

    # --- others' memberships: see `Members` ---

    async def add(self, group_id: str, caller_id: str | None, user_ids: Sequence[str]) -> None:
        """Make users members, all or none: strangers, and those who have asked."""
        await self._in_turn(group_id, lambda tx: self.add_within(tx, group_id, caller_id, user_ids))

    async def add_within(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        await self._members.add(tx, group_id, caller_id, user_ids)

    async def kick(self, group_id: str, caller_id: str | None, user_ids: Sequence[str]) -> None:
        """End users' memberships, requests and bans."""
        await self._in_turn(group_id, lambda tx: self.kick_within(tx, group_id, caller_id, user_ids))

    async def kick_within(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        await self._members.kick(tx, group_id, caller_id, user_ids)

    async def ban(self, group_id: str, caller_id: str | None, user_ids: Sequence[str]) -> None:
        """Ban members and those who have asked to be."""
        await self._in_turn(group_id, lambda tx: self.ban_within(tx, group_id, caller_id, user_ids))

    async def ban_within(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        await self._members.ban(tx, group_id, caller_id, user_ids)

    async def promote(self, group_id: str, caller_id: str | None, user_ids: Sequence[str]) -> None:
        """Give members the next higher role."""
        await self._in_turn(group_id, lambda tx: self.promote_within(tx, group_id, caller_id, user_ids))

    async def promote_within(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        await self._members.promote(tx, group_id, caller_id, user_ids)

    async def demote(self, group_id: str, caller_id: str | None, user_ids: Sequence[str]) -> None:
        """Give members the next lower role."""
        await self._in_turn(group_id, lambda tx: self.demote_within(tx, group_id, caller_id, user_ids))

    async def demote_within(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        await self._members.demote(tx, group_id, caller_id, user_ids)

    # --- lists; their messages are shared with others who ask for the same: nobody may change them ---

    async def page(
        self,
        *,
        name: str = "",
        lang_tag: str = "",
        members: int | None = None,
        open: bool | None = None,
        limit: int,
        cursor: str = "",
    ) -> dict[str, Any]:
        """The `GroupList` message: groups whose name matches a pattern, or with at most so many `members`.

        A name goes with no other filter. 400 for one that does, for a bad pattern and a bad cursor.
        """
        return await self._listing.page(
            name=name, lang_tag=lang_tag, members=members, open=open, limit=limit, cursor=cursor
        )

    async def users(
        self, group_id: str, limit: int, state: int | None = None, cursor: str = ""
    ) -> dict[str, Any]:
        """The `GroupUserList` message of a group: all but the banned, or those of one state."""
        return await self._rosters.users(group_id, limit, state, cursor)

    async def of_user(
        self, user_id: str, limit: int, state: int | None = None, cursor: str = ""
    ) -> dict[str, Any]:
        """The `UserGroupList` message of a user: all but bans, or those of one state."""
        return await self._rosters.of_user(user_id, limit, state, cursor)

    async def by_ids(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """The `Group` messages of the groups that exist, each once, in no order."""
        return _messages(await self._database.read(queries.BY_ID, list(ids)))

    async def random(self, count: int) -> list[dict[str, Any]]:
        """The `Group` messages of up to so many groups, each once, in no order."""
        groups = _messages(await self._database.read(queries.RANDOM, uuid4(), count))
        random.shuffle(groups)
        return groups

    # --- transactions of other features ---

    async def hold_groups(self, tx: Transaction, group_ids: Collection[str]) -> None:
        """Let nobody else change these groups until the transaction ends; before anything else is locked."""
        await tx.read(queries.LOCK, list(group_ids))

    def turn_of(self, user_id: str) -> AbstractAsyncContextManager[None]:
        """The turn of all groups that the deletion of this account will change."""
        return departures.turn(self._database, self.turns, user_id)

    async def hold(self, tx: Transaction, user_id: str) -> None:
        """Lock the groups that the deletion of this account will change."""
        await departures.hold(tx, user_id)

    async def disown(self, tx: Transaction, user_id: str) -> None:
        """Take an account that is about to be deleted out of its groups."""
        await departures.disown(tx, user_id, self._clock.now(), self._guard)


def _messages(rows: Sequence[Record]) -> list[dict[str, Any]]:
    return [group_message(row) for row in rows]
