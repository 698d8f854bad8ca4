"""Achievements and event leaderboards of Teams. Times are in seconds since 1970, 0 for none."""

from dataclasses import dataclass, field
from typing import Any

from kizuna.runtime.api.message import Int32, Int64, Message
from kizuna.runtime.api.rewards import AvailableRewards, Reward


@dataclass(slots=True)
class SubAchievement(Message):
    """A part of an achievement."""

    id: str = ""
    name: str = ""
    description: str = ""
    category: str = ""
    count: Int64 = 0
    max_count: Int64 = 0
    claim_time_sec: Int64 = 0
    current_time_sec: Int64 = 0
    expire_time_sec: Int64 = 0
    reset_time_sec: Int64 = 0
    update_time_sec: Int64 = 0
    precondition_ids: list[str] = field(default_factory=list)
    available_rewards: AvailableRewards | None = None
    reward: Reward | None = None
    additional_properties: dict[str, str] = field(default_factory=dict)
    auto_claim: bool = False
    auto_reset: bool = False
    is_active: bool = False


@dataclass(slots=True)
class Achievement(Message):
    """An achievement and how far the team is. Times are 0 for none."""

    id: str = ""
    name: str = ""
    description: str = ""
    category: str = ""
    count: Int64 = 0
    max_count: Int64 = 0
    claim_time_sec: Int64 = 0
    current_time_sec: Int64 = 0
    expire_time_sec: Int64 = 0
    reset_time_sec: Int64 = 0
    update_time_sec: Int64 = 0
    precondition_ids: list[str] = field(default_factory=list)
    available_rewards: AvailableRewards | None = None
    reward: Reward | None = None
    additional_properties: dict[str, str] = field(default_factory=dict)
    auto_claim: bool = False
    auto_reset: bool = False
    is_active: bool = False
    total_claim_time_sec: Int64 = 0
    start_time_sec: Int64 = 0
    end_time_sec: Int64 = 0
    available_total_reward: AvailableRewards | None = None
    total_reward: Reward | None = None
    auto_claim_total: bool = False
    sub_achievements: dict[str, SubAchievement] = field(default_factory=dict)


@dataclass(slots=True)
class AchievementList(Message):
    """All achievements by their ids: those for once, and those that begin again."""

    achievements: dict[str, Achievement] = field(default_factory=dict)
    repeat_achievements: dict[str, Achievement] = field(default_factory=dict)


@dataclass(slots=True)
class EventLeaderboardRewardTier(Message):
    """What the ranks from `rank_min` to `rank_max` get."""

    name: str = ""
    rank_max: Int32 = 0
    rank_min: Int32 = 0
    available_rewards: AvailableRewards | None = None
    tier_change: Int32 = 0
    roll_cooldown_sec: Int64 = 0
    reroll_count_freeze: bool = False


@dataclass(slots=True)
class EventLeaderboardRewardTiers(Message):
    """What the ranks of a tier get."""

    reward_tiers: list[EventLeaderboardRewardTier] = field(default_factory=list)


@dataclass(slots=True)
class EventLeaderboardChangeZone(Message):
    """What parts of a cohort are promoted and demoted, from 0 to 1."""

    promotion: float = 0.0
    demotion: float = 0.0
    demote_idle: bool = False
    use_max_cohort_size: bool = False
    promotion_reroll_count_freeze: bool = False
    demotion_reroll_count_freeze: bool = False
    nochange_reroll_count_freeze: bool = False


@dataclass(slots=True)
class TeamEventLeaderboardScore(Message):
    """A team's place in a cohort; `metadata` is a JSON object's text."""

    id: str = ""
    name: str = ""
    avatar_url: str = ""
    create_time_sec: Int64 = 0
    update_time_sec: Int64 = 0
    rank: Int64 = 0
    score: Int64 = 0
    subscore: Int64 = 0
    num_scores: Int64 = 0
    metadata: str = ""


@dataclass(slots=True)
class TeamEventLeaderboardContribution(Message):
    """What a member of the team has contributed."""

    id: str = ""
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""
    create_time_sec: Int64 = 0
    update_time_sec: Int64 = 0
    score: Int64 = 0
    subscore: Int64 = 0
    num_scores: Int64 = 0
    metadata: str = ""


@dataclass(slots=True)
class TeamEventLeaderboard(Message):
    """An event leaderboard as a team sees it. `cohort_id` is "" for a team that is not enrolled."""

    id: str = ""
    name: str = ""
    description: str = ""
    category: str = ""
    ascending: bool = False
    operator: str = ""
    tier: Int32 = 0
    start_time_sec: Int64 = 0
    end_time_sec: Int64 = 0
    expiry_time_sec: Int64 = 0
    available_rewards: AvailableRewards | None = None
    reward_tiers: dict[str, EventLeaderboardRewardTiers] = field(default_factory=dict)
    change_zones: dict[str, EventLeaderboardChangeZone] = field(default_factory=dict)
    claim_time_sec: Int64 = 0
    reward: Reward | None = None
    additional_properties: dict[str, str] = field(default_factory=dict)
    count: Int64 = 0
    max_count: Int64 = 0
    max_num_score: Int64 = 0
    scores: list[TeamEventLeaderboardScore] = field(default_factory=list)
    contributions: list[TeamEventLeaderboardContribution] = field(default_factory=list)
    is_active: bool = False
    can_claim: bool = False
    can_roll: bool = False
    can_roll_with_claim: bool = False
    can_update: bool = False
    matchmaker_properties: dict[str, Any] = field(default_factory=dict)
    current_time_sec: Int64 = 0
    cohort_id: str = ""
    backing_id: str = ""
    rolls: Int64 = 0
    max_rolls: Int64 = 0
    score_target: Int64 = 0
    score_target_players: Int64 = 0
    score_time_limit_sec: Int64 = 0
    score_time_limit_ends_sec: Int64 = 0
    tier_delta_per_phase: Int32 = 0
    roll_cooldown_sec: Int64 = 0
    roll_cooldown_ends_sec: Int64 = 0
    reroll_count_freeze: bool = False
    best_rank: Int64 = 0
