"""Friendships in plain Python, as one would tell them: who is a friend, who has asked, who blocks whom.

Nothing here knows of edges.
"""

import json
from collections.abc import Sequence
from typing import Any

from tests.friends.support import ACCEPTED, BLOCKED, FRIEND, INVITED, RECEIVED, REMOVED, SENT

Pair = tuple[str, str]


class Model:
    """Players by name, the relations between them, and what each has been told."""

    def __init__(self) -> None:
        self.friendships: set[frozenset[str]] = set()
        self.invitations: set[Pair] = set()  # (who asks, who is asked)
        self.blocks: set[Pair] = set()  # (who blocks, who is blocked)
        self.told: dict[str, list[tuple[int, str]]] = {}
        self._notes: dict[Pair, Any] = {}  # (whose, on whom)
        self._since: dict[Pair, int] = {}  # (whose, with whom)
        self._ticks = 0

    def enter(self, name: str) -> None:
        self.told[name] = []

    def leave(self, name: str) -> None:
        """An account is deleted, and nobody has ever known it."""
        del self.told[name]
        self.friendships = {friendship for friendship in self.friendships if name not in friendship}
        self.invitations = {invitation for invitation in self.invitations if name not in invitation}
        self.blocks = {block for block in self.blocks if name not in block}
        self._forget()

    def add(self, me: str, others: Sequence[str], note: dict[str, Any] | None) -> None:
        for other in others:
            if (me, other) in self.blocks or (other, me) in self.blocks:
                continue
            if (other, me) in self.invitations:
                self.invitations.remove((other, me))
                self.friendships.add(frozenset((me, other)))
                self._notes[me, other] = {**self._notes.get((me, other), {}), **(note or {})}
                self.told[other].append((ACCEPTED, me))
            elif frozenset((me, other)) not in self.friendships and (me, other) not in self.invitations:
                self.invitations.add((me, other))
                self._notes[me, other] = note or {}
                self._begin((me, other), (other, me))
                self.told[other].append((INVITED, me))

    def delete(self, me: str, others: Sequence[str]) -> None:
        for other in others:
            if (me, other) in self.blocks:
                self.blocks.remove((me, other))
            elif self._end(me, other):
                self.told[other].append((REMOVED, me))
            self._forget()

    def block(self, me: str, others: Sequence[str]) -> None:
        for other in others:
            if self.state(me, other) is None:
                self._begin((me, other))
            self._end(me, other)
            self.blocks.add((me, other))
            self._forget()

    def state(self, me: str, other: str) -> int | None:
        """How `me` sees the other."""
        if (me, other) in self.blocks:
            return BLOCKED
        if (me, other) in self.invitations:
            return SENT
        if (other, me) in self.invitations:
            return RECEIVED
        return FRIEND if frozenset((me, other)) in self.friendships else None

    def list(self, me: str) -> list[tuple[str, int, Any]]:
        """(other, state, metadata) of everybody whom `me` has in the list, in its order."""
        known = [(other, state) for other in self.told if (state := self.state(me, other)) is not None]
        known.sort(key=lambda entry: (entry[1], self._since[me, entry[0]]))
        return [(other, state, self._notes.get((me, other), {})) for other, state in known]

    def _end(self, me: str, other: str) -> bool:
        """End a friendship or invitation; whether there was one."""
        before = len(self.friendships) + len(self.invitations)
        self.friendships.discard(frozenset((me, other)))
        self.invitations -= {(me, other), (other, me)}
        return len(self.friendships) + len(self.invitations) < before

    def _begin(self, *sides: Pair) -> None:
        self._ticks += 1
        for side in sides:
            self._since[side] = self._ticks

    def _forget(self) -> None:
        """What is remembered of relations that are over."""
        for memory in (self._notes, self._since):
            over = [side for side in memory if self.state(*side) is None]
            for side in over:
                del memory[side]


def metadata_of(friend: dict[str, Any]) -> Any:
    """The metadata of a `Friend` message."""
    return json.loads(friend["metadata"])
