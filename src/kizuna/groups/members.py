"""What members of a group, or the server, do to others: add, kick, ban, promote, demote.

The group's row is locked before it is looked who may do what. The reference looks first, so that two admins
can throw each other out, and a group can lose its last superadmin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from kizuna.caller import SYSTEM_USER
from kizuna.channels import codes as messages
from kizuna.channels.service import Channels, SystemMessage
from kizuna.clock import Clock
from kizuna.db.engine import Record, Transaction
from kizuna.errors import invalid, not_found
from kizuna.groups import queries, roles
from kizuna.groups.changes import count, group_is_full, lock, position
from kizuna.groups.guards import GroupGuard
from kizuna.groups.roles import Relation, Role, Rule, Step
from kizuna.notifications import codes as notifications
from kizuna.notifications.service import NewNotification, Notifications

GROUP_NOT_FOUND = "Group not found."
INVALID_USER_ID = "User ID must be a valid ID."


class _Plan(NamedTuple):
    """The changes that a call makes, one after the other, and the names of the users in them."""

    group: Record
    steps: list[Step]
    names: dict[str, str]

    @property
    def outcome(self) -> dict[str, Relation]:
        """What is left of each user's relation in the end."""
        return {step.user_id: step.after for step in self.steps}

    def messages(self, code: int, steps: Sequence[Step]) -> list[SystemMessage]:
        return [SystemMessage(code, step.user_id, self.names[step.user_id]) for step in steps]


@dataclass(slots=True)
class Members:
    """The operations, each a part of a transaction.

    Users are taken in the given order; the caller is left out, and so is whoever the caller may not do it
    to. A caller of None is the server, which may do what a superadmin may. 404 for callers who may do
    nothing, and for an unknown group.
    """

    channels: Channels
    notifications: Notifications
    clock: Clock
    guard: GroupGuard | None = None

    async def add(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        """Make users members, all or none. 400 for one who does not exist, and where there is no room."""
        plan = await self._plan(tx, group_id, caller_id, user_ids, roles.add)
        if self.guard and plan.steps:
            await self.guard.before_entry(tx, group_id, [step.user_id for step in plan.steps])
        room = plan.group["max_count"] - plan.group["edge_count"]
        for place, step in enumerate(plan.steps):
            if step.user_id not in plan.names:
                raise invalid("One or more users not found.")
            if place >= room:
                raise group_is_full()
        if not plan.steps:
            return
        now = self.clock.now()
        added = [step.user_id for step in plan.steps]
        await tx.write(queries.ADD, group_id, added, _positions(position(now), added), now)
        await count(tx, group_id, len(added), now)
        await self.channels.write_within(tx, group_id, plan.messages(messages.GROUP_ADD, plan.steps))
        await self.notifications.send_within(tx, _welcomes(plan.group, caller_id or SYSTEM_USER, added))

    async def kick(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        """End relations of any kind, bans too; nobody is told of the end of a request or a ban."""
        plan = await self._plan(tx, group_id, caller_id, user_ids, roles.kick)
        if plan.steps:
            await tx.write(queries.REMOVE, group_id, list(plan.outcome))
            await self._see_off(tx, plan, messages.GROUP_KICK)

    async def ban(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        """Turn relations into bans. The reference bans the first user only, and kicks the others."""
        plan = await self._plan(tx, group_id, caller_id, user_ids, roles.ban)
        if plan.steps:
            now = self.clock.now()
            banned = list(plan.outcome)
            await tx.write(queries.BAN, group_id, banned, _positions(position(now), banned), now)
            await self._see_off(tx, plan, messages.GROUP_BAN)

    async def promote(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        """Give members the next higher role; one who is named twice gets two steps up."""
        plan = await self._plan(tx, group_id, caller_id, user_ids, roles.promote)
        await self._change_roles(tx, plan, messages.GROUP_PROMOTE)

    async def demote(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str]
    ) -> None:
        """Give members the next lower role; the last superadmin keeps it."""
        plan = await self._plan(tx, group_id, caller_id, user_ids, roles.demote)
        await self._change_roles(tx, plan, messages.GROUP_DEMOTE)

    async def _plan(
        self, tx: Transaction, group_id: str, caller_id: str | None, user_ids: Sequence[str], rule: Rule
    ) -> _Plan:
        """Lock the group and find out what is to be done. 404 for who may not do it."""
        if SYSTEM_USER in user_ids:
            raise invalid(INVALID_USER_ID)
        group = await lock(tx, group_id)
        if group is None and caller_id is None:
            raise not_found(GROUP_NOT_FOUND)
        asked = dict.fromkeys((*user_ids, *([caller_id] if caller_id else [])))
        relations: dict[str, Relation] = {}
        superadmins = 0
        for row in await tx.read(queries.RELATIONS, group_id, list(asked)) if group else []:
            relations[row["user_id"]] = Role(row["state"])
            superadmins = row["superadmins"]
        caller = relations.get(caller_id) if caller_id else Role.SUPERADMIN
        if group is None or caller is None or not roles.manages(caller):
            raise not_found("Group not found or permission denied.")
        others = [user_id for user_id in user_ids if user_id != caller_id]
        steps = list(roles.steps(rule, caller, relations, superadmins, others))
        return _Plan(group, steps, await _names(tx, steps))

    async def _see_off(self, tx: Transaction, plan: _Plan, code: int) -> None:
        """Count and tell of those who have left."""
        left = [step for step in plan.steps if step.leaves]
        await count(tx, plan.group["id"], -len(left), self.clock.now())
        await self.channels.write_within(tx, plan.group["id"], plan.messages(code, left))

    async def _change_roles(self, tx: Transaction, plan: _Plan, code: int) -> None:
        if plan.steps:
            outcome = plan.outcome
            states = list(outcome.values())
            await tx.write(queries.CHANGE_ROLES, plan.group["id"], list(outcome), states, self.clock.now())
            await self.channels.write_within(tx, plan.group["id"], plan.messages(code, plan.steps))


async def _names(tx: Transaction, steps: Sequence[Step]) -> dict[str, str]:
    """The present names of users by id; who exists goes on existing until the transaction ends."""
    user_ids = list({step.user_id: None for step in steps})
    rows = await tx.read(queries.NAMES, user_ids) if user_ids else []
    return {row["id"]: row["username"] for row in rows}


def _positions(first: int, user_ids: Sequence[str]) -> list[int]:
    """Where new relations stand: those that begin together stand in the order in which they were named."""
    return list(range(first, first + len(user_ids)))


def _welcomes(group: Record, sender_id: str, user_ids: Sequence[str]) -> list[NewNotification]:
    content = orjson.dumps({"group_id": group["id"], "name": group["name"]}).decode()
    subject = f"You've been added to group {group['name']}"
    return [
        NewNotification(user_id, subject, content, notifications.ADDED_TO_GROUP, sender_id)
        for user_id in user_ids
    ]
