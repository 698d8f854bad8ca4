"""What a Teams configuration holds (T-130 to T-146). Pure values; `loading` has checked them.

Maps are by id. `additional_properties` are handed to clients as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from kizuna.scheduler.cron import Schedule
from kizuna.teams.rewards.shapes import Reward

Texts = Mapping[str, str]
T = TypeVar("T")


def _texts() -> Texts:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreItem:
    """What teams buy. `cost` is in team currencies; a requirement of None is none (T-148)."""

    category: str = ""
    name: str = ""
    description: str = ""
    cost: Mapping[str, int] = field(default_factory=dict)
    reward: Reward | None = None
    additional_properties: Texts = field(default_factory=_texts)
    disabled: bool = False
    unavailable: bool = False
    requires_achievement: str | None = None
    requires_stat: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """A stat's value before the first submission."""

    value: int = 0
    additional_properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What inventories hold. A `max_count` of 0 is no maximum."""

    name: str = ""
    description: str = ""
    category: str = ""
    item_sets: tuple[str, ...] = ()
    max_count: int = 0
    stackable: bool = False
    consumable: bool = False
    disabled: bool = False
    keep_zero: bool = False
    consume_reward: Reward | None = None
    string_properties: Texts = field(default_factory=_texts)
    numeric_properties: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Items, and how many a team may have of a category or set together; 0 is no limit.

    `rolled_properties` are the names of properties that rewards give an item: (strings, numbers) by item.
    """

    items: Mapping[str, Item] = field(default_factory=dict)
    category_limits: Mapping[str, int] = field(default_factory=dict)
    item_set_limits: Mapping[str, int] = field(default_factory=dict)
    rolled_properties: Mapping[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What achievements and sub-achievements have in common. `count` is where progress begins."""

    name: str
    description: str = ""
    category: str = ""
    count: int = 0
    max_count: int
    auto_claim: bool = False
    auto_reset: bool = False
    precondition_ids: tuple[str, ...] = ()
    reset: Schedule | None = None
    time_offset_sec: int = 0
    duration_sec: int = 0
    reward: Reward | None = None
    additional_properties: Texts = field(default_factory=_texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubAchievement(Progress):
    """Part of an achievement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Achievement(Progress):
    """A goal of the team. Times of 0 are none."""

    auto_claim_total: bool = False
    total_reward: Reward | None = None
    start_time_sec: int = 0
    end_time_sec: int = 0
    sub_achievements: Mapping[str, SubAchievement] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardTier:
    """What teams that end in a range of ranks get, and what becomes of their tier."""

    name: str = ""
    rank_min: int
    rank_max: int
    reward: Reward | None = None
    tier_change: int = 0
    roll_cooldown_sec: int = 0
    reroll_count_freeze: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeZone:
    """Which shares of a cohort rise and fall, 0 to 1."""

    promotion: float = 0.0
    demotion: float = 0.0
    demote_idle: bool = False
    use_max_cohort_size: bool = False
    promotion_reroll_count_freeze: bool = False
    demotion_reroll_count_freeze: bool = False
    nochange_reroll_count_freeze: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TierOverride:
    """What a tier has otherwise; zeros and "" leave it as it is."""

    name: str = ""
    description: str = ""
    cohort_size: int = 0
    max_num_score: int = 0
    score_target: int = 0
    score_target_players: int = 0
    score_time_limit_sec: int = 0
    tier_delta_per_phase: int = 0


Operator = Literal["BEST", "SET", "INCREMENT", "DECREMENT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLeaderboard:
    """A contest between teams. Times of 0 are none, and so are limits of 0."""

    name: str = ""
    description: str = ""
    category: str = ""
    ascending: bool = False
    operator: Operator = "BEST"
    reset: Schedule | None = None
    duration: int = 0
    start_time_sec: int = 0
    end_time_sec: int = 0
    cohort_size: int = 100
    tiers: int = 1
    tier_overrides: Mapping[int, TierOverride] = field(default_factory=dict)
    max_num_score: int = 0
    reward_tiers: Mapping[int, tuple[RewardTier, ...]] = field(default_factory=dict)
    change_zones: Mapping[int, ChangeZone] = field(default_factory=dict)
    max_idle_tier_drop: int = 0
    max_rolls: int = 0
    score_target: int = 0
    score_target_players: int = 0
    score_time_limit_sec: int = 0
    roll_cooldown_sec: int = 0
    tier_delta_per_phase: int = 0
    additional_properties: Texts = field(default_factory=_texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftReward:
    """What everybody gets once a gift has come to `min_count`."""

    min_count: int
    contributor_reward: Reward | None = None
    noncontributor_reward: Reward | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """Something that members contribute to. `contribution_cost` is in players' currencies, for each unit."""

    name: str = ""
    description: str = ""
    category: str = ""
    reset: Schedule
    duration_sec: int
    max_count: int = 0
    max_contributor_count: int = 0
    contribution_cost: Reward | None = None
    contribution_reward: Reward | None = None
    rewards: tuple[GiftReward, ...] = ()
    additional_properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unit_cost(self) -> Mapping[str, int]:
        """The cost of one unit by currency."""
        if self.contribution_cost is None or self.contribution_cost.guaranteed is None:
            return {}
        return {id: amount.min for id, amount in self.contribution_cost.guaranteed.currencies.items()}


@dataclass(frozen=True, kw_only=True)
class TeamsConfig:
    """A whole configuration. `version` is its number among all that were ever stored; 0 is none."""

    version: int = 0
    initial_max_team_size: int = 25
    max_team_size: int = 30
    allow_multiple_teams: bool = False
    currencies: Mapping[str, int] = field(default_factory=dict)
    store_items: Mapping[str, StoreItem] = field(default_factory=dict)
    stats_public: Mapping[str, Stat] = field(default_factory=dict)
    stats_private: Mapping[str, Stat] = field(default_factory=dict)
    inventory: Inventory = field(default_factory=Inventory)
    achievements: Mapping[str, Achievement] = field(default_factory=dict)
    event_leaderboards: Mapping[str, EventLeaderboard] = field(default_factory=dict)
    mailbox_max_size: int = 0
    gifts: Mapping[str, Gift] = field(default_factory=dict)

    def derived(self, make: Callable[["TeamsConfig"], T]) -> T:
        """What `make` makes of this configuration, made once and kept as long as the configuration is."""
        made: dict[Any, Any] = self.__dict__.setdefault("_derived", {})
        if make not in made:
            made[make] = make(self)
        result: T = made[make]
        return result

    @cached_property
    def sub_achievement_parents(self) -> Mapping[str, str]:
        """The achievement that each sub-achievement is part of."""
        return {
            sub: parent
            for parent, achievement in self.achievements.items()
            for sub in achievement.sub_achievements
        }
