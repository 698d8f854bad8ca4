"""What `multi_update` takes and gives besides accounts, objects and wallets.

The changes of groups are named as the calls that make them alone: a `GroupJoin` is a `group_user_join`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kizuna.runtime.boards import LeaderboardRecord
from kizuna.runtime.data import Ack
from kizuna.runtime.social import Group
from kizuna.wallets.service import WalletResult


@dataclass(frozen=True, slots=True)
class LeaderboardWrite:
    """A score to write to a leaderboard or a tournament, as for `leaderboard_record_write`.

    `metadata` None and `username` "" keep what is stored; `operator` replaces the board's own for this once.
    """

    id: str
    owner_id: str
    username: str = ""
    score: int = 0
    subscore: int = 0
    metadata: Mapping[str, Any] | None = None
    operator: str | None = None


class GroupChange:
    """A change of a group, of one of several kinds."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class GroupCreate(GroupChange):
    """A group to create, as for `group_create`.

    With an `id` of its own, a UUID that was never a group's, other parts of the same call can refer to it.
    `ApiError` "group id in use" for one that is.
    """

    owner_id: str
    name: str
    creator_id: str = ""
    description: str = ""
    avatar_url: str = ""
    lang_tag: str = ""
    open: bool = False
    metadata: Mapping[str, Any] | None = None
    max_count: int = 100
    id: str = ""


@dataclass(frozen=True, slots=True)
class GroupUpdate(GroupChange):
    """New values of a group, None to leave one as it is, as for `group_update`."""

    group_id: str
    name: str | None = None
    description: str | None = None
    avatar_url: str | None = None
    lang_tag: str | None = None
    open: bool | None = None
    metadata: Mapping[str, Any] | None = None
    max_count: int | None = None
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupDelete(GroupChange):
    """A group to delete."""

    group_id: str


@dataclass(frozen=True, slots=True)
class GroupJoin(GroupChange):
    """A user who joins a group, or asks to if it is closed."""

    group_id: str
    user_id: str
    username: str


@dataclass(frozen=True, slots=True)
class GroupLeave(GroupChange):
    """A user who leaves a group."""

    group_id: str
    user_id: str
    username: str


@dataclass(frozen=True, slots=True)
class GroupUsersAdd(GroupChange):
    """Users to add to a group; with a `caller_id` by the rules for that member's role."""

    group_id: str
    user_ids: Sequence[str]
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupUsersKick(GroupChange):
    """Users to remove from a group."""

    group_id: str
    user_ids: Sequence[str]
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupUsersBan(GroupChange):
    """Users to ban from a group."""

    group_id: str
    user_ids: Sequence[str]
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupUsersPromote(GroupChange):
    """Members of a group to promote by one step."""

    group_id: str
    user_ids: Sequence[str]
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class GroupUsersDemote(GroupChange):
    """Members of a group to demote by one step."""

    group_id: str
    user_ids: Sequence[str]
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class MultiUpdateResult:
    """What `multi_update` has done.

    `acks` has one for each storage write, `wallets` one for each update of a known wallet, `records` one for
    each score, with the rank that all scores together have led to, and `groups` one for each `GroupCreate`.
    """

    acks: list[Ack]
    wallets: list[WalletResult]
    records: list[LeaderboardRecord]
    groups: list[Group]
