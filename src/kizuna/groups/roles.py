"""Roles in a group, and what members may make of each other.

A rule says what becomes of a user's relation to the group when somebody of a certain role asks for it; None
is no relation. It leaves the relation as it is where the asker may not change it, or there is nothing to be
changed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple


class Role(IntEnum):
    """A user's relation to a group, the mightiest first."""

    SUPERADMIN = 0
    ADMIN = 1
    MEMBER = 2
    JOIN_REQUEST = 3
    BANNED = 4


Relation = Role | None
Rule = Callable[[Role, Relation], Relation]


class Step(NamedTuple):
    """One change of one user's relation."""

    user_id: str
    before: Relation
    after: Relation

    @property
    def leaves(self) -> bool:
        return belongs(self.before) and not belongs(self.after)


def belongs(relation: Relation) -> bool:
    """Whether the relation is a membership, which takes up a place."""
    return relation is not None and relation <= Role.MEMBER


def manages(relation: Relation) -> bool:
    """Whether its holder may change others' relations."""
    return relation is not None and relation <= Role.ADMIN


def add(caller: Role, target: Relation) -> Relation:
    """Strangers and those who asked become members. A ban stays."""
    return Role.MEMBER if target is None or target is Role.JOIN_REQUEST else target


def kick(caller: Role, target: Relation) -> Relation:
    """Ends any relation, a ban too."""
    return None if _may_remove(caller, target) else target


def ban(caller: Role, target: Relation) -> Relation:
    """Bans whoever has a relation."""
    return Role.BANNED if target is not None and _may_remove(caller, target) else target


def promote(caller: Role, target: Relation) -> Relation:
    """One step up, at most to the caller's own role."""
    if target in (Role.ADMIN, Role.MEMBER) and target > caller:
        return Role(target - 1)
    return target


def demote(caller: Role, target: Relation) -> Relation:
    """One step down, from the caller's own role on."""
    if target in (Role.SUPERADMIN, Role.ADMIN) and target >= caller:
        return Role(target + 1)
    return target


def _may_remove(caller: Role, target: Relation) -> bool:
    return target is not None and (caller is Role.SUPERADMIN or target >= Role.MEMBER)


def steps(
    rule: Rule, caller: Role, relations: Mapping[str, Relation], superadmins: int, user_ids: Sequence[str]
) -> Iterator[Step]:
    """What applying a rule to users one after the other changes; one who is named twice comes twice.

    `superadmins` is how many the group has: the last one stays.
    """
    current = dict(relations)
    for user_id in user_ids:
        before = current.get(user_id)
        after = rule(caller, before)
        if after == before or (before is Role.SUPERADMIN and superadmins == 1):
            continue
        superadmins += (after is Role.SUPERADMIN) - (before is Role.SUPERADMIN)
        current[user_id] = after
        yield Step(user_id, before, after)
