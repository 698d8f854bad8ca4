"""How two players may stand to each other, and what each operation makes of it. Pure.

A relation is two edges, one in each direction; an edge has a state or does not exist. Seven combinations are
possible, and an operation is a table: from those it changes to what becomes of them. What is not in the table
stays as it is.
"""

from collections.abc import Mapping
from enum import Enum, IntEnum
from typing import NamedTuple


class State(IntEnum):
    """What an edge means to the player it starts from."""

    FRIEND = 0
    INVITE_SENT = 1
    INVITE_RECEIVED = 2
    BLOCKED = 3


class Notice(Enum):
    """What the other player is told."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    REMOVED = "removed"
    IMPORTED = "imported"


class Relation(NamedTuple):
    """My edge to the other player, and theirs to me."""

    mine: State | None
    theirs: State | None


class Change(NamedTuple):
    """What becomes of a relation. My edge is written even if its state stays; theirs only if it changes."""

    after: Relation
    notice: Notice | None = None


Operation = Mapping[Relation, Change]

STRANGERS = Relation(None, None)
FRIENDS = Relation(State.FRIEND, State.FRIEND)
I_ASKED = Relation(State.INVITE_SENT, State.INVITE_RECEIVED)
THEY_ASKED = Relation(State.INVITE_RECEIVED, State.INVITE_SENT)
I_BLOCK = Relation(State.BLOCKED, None)
THEY_BLOCK = Relation(None, State.BLOCKED)
BOTH_BLOCK = Relation(State.BLOCKED, State.BLOCKED)

ADD: Operation = {
    STRANGERS: Change(I_ASKED, Notice.INVITED),
    THEY_ASKED: Change(FRIENDS, Notice.ACCEPTED),
}
"""Invite, or accept an invitation."""

DELETE: Operation = {
    FRIENDS: Change(STRANGERS, Notice.REMOVED),
    I_ASKED: Change(STRANGERS, Notice.REMOVED),
    THEY_ASKED: Change(STRANGERS, Notice.REMOVED),
    I_BLOCK: Change(STRANGERS),
    BOTH_BLOCK: Change(THEY_BLOCK),
}
"""End a friendship, cancel or reject an invitation, lift a block. Nobody lifts another's block."""

BLOCK: Operation = {
    STRANGERS: Change(I_BLOCK),
    FRIENDS: Change(I_BLOCK),
    I_ASKED: Change(I_BLOCK),
    THEY_ASKED: Change(I_BLOCK),
    I_BLOCK: Change(I_BLOCK),
    THEY_BLOCK: Change(BOTH_BLOCK),
    BOTH_BLOCK: Change(BOTH_BLOCK),
}
"""Have nothing more to do with each other."""

# The reference looks up whether I block them and then ignores it: they would get a friend who blocks them.
BEFRIEND: Operation = {
    STRANGERS: Change(FRIENDS, Notice.IMPORTED),
    I_ASKED: Change(FRIENDS, Notice.IMPORTED),
    THEY_ASKED: Change(FRIENDS, Notice.IMPORTED),
}
"""Friends elsewhere become friends here, unless one blocks the other."""

RESET: Operation = {
    FRIENDS: Change(STRANGERS),
    I_ASKED: Change(STRANGERS),
    THEY_ASKED: Change(STRANGERS),
}
"""Forget all but blocks, without a word."""


def edges(relation: Relation) -> tuple[bool, bool]:
    """Which of the two edges exist: mine, theirs."""
    return relation.mine is not None, relation.theirs is not None
