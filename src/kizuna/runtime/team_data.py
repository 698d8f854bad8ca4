"""What game code tells Teams, and is told by them, besides the messages of `kizuna.runtime.api.teams`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kizuna.runtime.api.teams import Reward, TeamMemberReward


@dataclass(frozen=True, slots=True)
class TeamEvent:
    """Something that was done to a team. `metadata` has its `teamId`; `timestamp` is in seconds since 1970.

    `value` is None where the event has none.
    """

    name: str
    id: str
    timestamp: int
    metadata: dict[str, str]
    value: int | None

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes up."""
        texts = (self.name, self.id, *self.metadata.keys(), *self.metadata.values())
        return 1000 + sum(80 + len(text) * 4 for text in texts)


@dataclass(slots=True)
class RolledReward:
    """A reward on its way to a team: what it is for, and what it gives.

    `source` is "store_purchase", "inventory_consume", "achievement", "sub_achievement", "achievement_total",
    "event_leaderboard", "mailbox_claim", "gift_contribute_reward", "gift_contribute_cost" or "gift_claim";
    `source_id` is the id of what was bought, consumed, claimed and so on.
    """

    team_id: str
    source: str
    source_id: str
    reward: Reward


@dataclass(frozen=True, slots=True)
class Cohort:
    """Teams that compete with each other: `count` of them, `size` at most."""

    id: str
    count: int
    size: int
    matchmaker_properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CohortSearch:
    """A team that is to be enrolled in an event leaderboard, and the cohorts of its tier that have room, the
    oldest first."""

    event_leaderboard_id: str
    team_id: str
    tier: int
    cohorts: Sequence[Cohort]


@dataclass(frozen=True, slots=True)
class StatUpdate:
    """A value for a team's stat.

    `operator`: "set", "delta" to add, "min" and "max" to keep the smaller or the larger of both.
    """

    name: str
    value: int
    operator: str = "set"


@dataclass(frozen=True, slots=True)
class ItemProperties:
    """Properties of an item to set, by their names; None removes one."""

    strings: Mapping[str, str | None] = field(default_factory=dict)
    numbers: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MemberGrant:
    """What a player got from a team and the server keeps nowhere else. `source` is as in `RolledReward`."""

    id: str
    team_id: str
    source: str
    source_id: str
    reward: TeamMemberReward
    create_time: datetime
