"""Groups in plain Python, as one would tell them: who belongs to which, as what, and who is told of it.

Every operation of the model gives the answer that the server should give, and changes nothing if it refuses.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SUPERADMIN, ADMIN, MEMBER, REQUEST, BANNED = range(5)
JOINED, ADDED, LEFT, KICKED, PROMOTED, BANISHED, DEMOTED = range(3, 10)
WELCOME, ASKS = -4, -5

#: HTTP status and message.
Answer = tuple[int, str]
#: What a notification says: code, sender, subject, content.
Note = tuple[int, str, str, dict[str, Any]]
#: What a channel says: code, of whom, under which name.
Line = tuple[int, str, str]

GOOD: Answer = (200, "")
FULL: Answer = (400, "Group is full.")
DENIED: Answer = (404, "Group not found or permission denied.")
NOT_FOUND: Answer = (404, "Group not found.")
NOT_UPDATED: Answer = (404, "Group not found or you're not allowed to update.")
NOT_DELETED: Answer = (400, "Group not found or you're not allowed to delete.")
NO_FIELDS: Answer = (400, "Specify at least one field to update.")
TAKEN = "Group name is in use."
UNKNOWN_USER: Answer = (400, "One or more users not found.")
LAST_SUPERADMIN: Answer = (400, "Cannot leave group when you are the last superadmin.")


@dataclass
class Group:
    """A group: for each user who has to do with it a state, and since when."""

    name: str
    open: bool
    max_count: int
    states: dict[str, int] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    lines: Counter[Line] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        return sum(state <= MEMBER for state in self.states.values())

    def those(self, *states: int) -> list[str]:
        return [user for user, state in self.states.items() if state in states]

    def roster(self, *states: int) -> list[tuple[str, int]]:
        """Users and their states, in the order of a list."""
        found = [(user, self.states[user]) for user in self.those(*states)]
        return sorted(found, key=lambda entry: (entry[1], self.since[entry[0]]))


class Model:
    """Players by id, groups by id, and what each player has been told."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.names: dict[str, str] = {}
        self.notes: dict[str, list[Note]] = {}
        # The names in the tokens of those who have another one by now.
        self._signed_in_as: dict[str, str] = {}
        self._ticks = 0

    # --- players ---

    def enter(self, me: str, name: str) -> None:
        self.names[me] = self._signed_in_as[me] = name
        self.notes[me] = []

    def rename(self, me: str, name: str) -> None:
        self.names[me] = name

    def vanish(self, me: str) -> None:
        """An account is deleted: groups go with their only superadmin, and so do all lines about the user."""
        del self.names[me], self.notes[me]
        for id, group in list(self.groups.items()):
            if group.those(SUPERADMIN) == [me]:
                del self.groups[id]
            else:
                _forget(group, me)
                group.lines = Counter({line: n for line, n in group.lines.items() if line[1] != me})

    def groups_of(self, me: str) -> list[tuple[str, int]]:
        """The user's groups and states, in the order of a list; no bans."""
        found = [
            (id, group.states[me])
            for id, group in self.groups.items()
            if group.states.get(me, BANNED) != BANNED
        ]
        return sorted(found, key=lambda entry: (entry[1], self.groups[entry[0]].since[me]))

    # --- groups ---

    def may_create(self, name: str) -> Answer:
        return (409, TAKEN) if self._holder(name) else GOOD

    def create(self, me: str, id: str, group: Group) -> None:
        self.groups[id] = group
        self._begin(group, me, SUPERADMIN)

    def update(self, me: str, id: str, name: str | None, open: bool | None) -> Answer:
        group = self.groups.get(id)
        if group is None or group.states.get(me, BANNED) > ADMIN:
            return NOT_UPDATED
        if name is None and open is None:
            return NO_FIELDS
        if name is not None and self._holder(name) not in (None, id):
            return 400, TAKEN
        group.name = group.name if name is None else name
        group.open = group.open if open is None else open
        return GOOD

    def delete(self, me: str, id: str) -> Answer:
        group = self.groups.get(id)
        if group is None or group.states.get(me) != SUPERADMIN:
            return NOT_DELETED
        del self.groups[id]
        return GOOD

    # --- one's own membership ---

    def join(self, me: str, id: str) -> Answer:
        group = self.groups.get(id)
        if group is None:
            return NOT_FOUND
        if group.size >= group.max_count:
            return FULL
        if me in group.states:
            return GOOD
        name = self._signed_in_as[me]
        if group.open:
            group.lines[JOINED, me, name] += 1
        else:
            subject = f"User {name} wants to join your group"
            for manager in group.those(SUPERADMIN, ADMIN):
                self.notes[manager].append((ASKS, me, subject, {"group_id": id, "username": name}))
        self._begin(group, me, MEMBER if group.open else REQUEST)
        return GOOD

    def leave(self, me: str, id: str) -> Answer:
        group = self.groups.get(id)
        state = group.states.get(me, BANNED) if group else BANNED
        if group is None or state == BANNED:
            return GOOD
        if group.those(SUPERADMIN) == [me]:
            if group.size > 1:
                return LAST_SUPERADMIN
            del self.groups[id]
            return GOOD
        _forget(group, me)
        if state <= MEMBER:
            group.lines[LEFT, me, self._signed_in_as[me]] += 1
        return GOOD

    # --- others' memberships ---

    def add(self, me: str, id: str, users: Sequence[str]) -> Answer:
        if not self._manages(me, id):
            return DENIED
        group = self.groups[id]
        new = [
            user for user in dict.fromkeys(users) if user != me and group.states.get(user, REQUEST) == REQUEST
        ]
        for place, user in enumerate(new):
            if user not in self.names:
                return UNKNOWN_USER
            if group.size + place == group.max_count:
                return FULL
        for user in new:
            if user in group.states:
                group.states[user] = MEMBER  # in the place of the request
            else:
                self._begin(group, user, MEMBER)
            group.lines[ADDED, user, self.names[user]] += 1
            subject = f"You've been added to group {group.name}"
            self.notes[user].append((WELCOME, me, subject, {"group_id": id, "name": group.name}))
        return GOOD

    def kick(self, me: str, id: str, users: Sequence[str]) -> Answer:
        return self._remove(me, id, users, KICKED)

    def ban(self, me: str, id: str, users: Sequence[str]) -> Answer:
        return self._remove(me, id, users, BANISHED)

    def promote(self, me: str, id: str, users: Sequence[str]) -> Answer:
        return self._move(me, id, users, -1, PROMOTED)

    def demote(self, me: str, id: str, users: Sequence[str]) -> Answer:
        return self._move(me, id, users, +1, DEMOTED)

    def _remove(self, me: str, id: str, users: Sequence[str], code: int) -> Answer:
        if not self._manages(me, id):
            return DENIED
        group = self.groups[id]
        within_reach = range(SUPERADMIN if group.states[me] == SUPERADMIN else MEMBER, BANNED + 1)
        for user in users:
            state = group.states.get(user)
            if user == me or state not in within_reach:
                continue
            if state <= MEMBER:
                group.lines[code, user, self.names[user]] += 1
            if code == KICKED:
                _forget(group, user)
            elif state != BANNED:
                self._begin(group, user, BANNED)
        return GOOD

    def _move(self, me: str, id: str, users: Sequence[str], by: int, code: int) -> Answer:
        if not self._manages(me, id):
            return DENIED
        group = self.groups[id]
        mine = group.states[me]
        # Admins make nobody a superadmin, and no superadmin less.
        reach = range(mine + 1, MEMBER + 1) if by < 0 else range(mine, MEMBER)
        for user in users:
            if user != me and group.states.get(user) in reach:
                group.states[user] += by
                group.lines[code, user, self.names[user]] += 1
        return GOOD

    def _manages(self, me: str, id: str) -> bool:
        return id in self.groups and self.groups[id].states.get(me, BANNED) <= ADMIN

    def _holder(self, name: str) -> str | None:
        return next((id for id, group in self.groups.items() if group.name == name), None)

    def _begin(self, group: Group, user: str, state: int) -> None:
        self._ticks += 1
        group.states[user], group.since[user] = state, self._ticks


def _forget(group: Group, user: str) -> None:
    group.states.pop(user, None)
    group.since.pop(user, None)


def note_of(notification: dict[str, Any]) -> Note:
    """A `Notification` message as the model has it."""
    content = json.loads(notification["content"])
    return notification["code"], notification["sender_id"], notification["subject"], content
