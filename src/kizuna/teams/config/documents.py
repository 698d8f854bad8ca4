"""A configuration as it is written: its keys, and what each may hold by itself (T-130 to T-146).

What one entry says about another is for `checks`.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from kizuna.teams.config.reward_documents import RewardEntry
from kizuna.teams.config.values import (
    LAST_SECOND,
    Count,
    Cron,
    Document,
    Id,
    InitialTeamSize,
    Json,
    Number,
    Positive,
    Seconds,
    Share,
    SmallCount,
    SmallWhole,
    StatName,
    Switch,
    TeamSize,
    Texts,
    TickingCron,
    Tier,
    Whole,
)
from kizuna.wire.integers import INT32_MAX, INT64_MAX, INT64_MIN

_REQUIREMENT = re.compile(r"([A-Za-z0-9_]+):(-?[0-9]{1,19})")


def _store_properties(properties: dict[str, str]) -> dict[str, str]:
    """Two keys are reserved (T-148); this one has a form."""
    wanted = properties.get("requires_stat")
    if wanted is not None and stat_requirement(wanted) is None:
        raise ValueError(f"requires_stat must be a stat and its least value, as in level:3, not {wanted!r}")
    return properties


def stat_requirement(text: str) -> tuple[str, int] | None:
    """A stat's name and least value out of `name:value`; None if the text has another form."""
    form = _REQUIREMENT.fullmatch(text)
    if form is None or not INT64_MIN <= int(form[2]) <= INT64_MAX:
        return None
    return form[1], int(form[2])


class WalletSection(Document):
    currencies: dict[Id, Count] = Field(default_factory=dict)


class Cost(Document):
    currencies: dict[Id, Count] = Field(default_factory=dict)


class StoreItemEntry(Document):
    category: str = ""
    name: str = ""
    description: str = ""
    cost: Cost = Cost()
    reward: RewardEntry | None = None
    additional_properties: Annotated[Texts, AfterValidator(_store_properties)] = Field(default_factory=dict)
    disabled: Switch = False
    unavailable: Switch = False


class StatEntry(Document):
    value: Whole = 0
    additional_properties: Json = Field(default_factory=dict)


class StatsSection(Document):
    stats_public: dict[StatName, StatEntry] = Field(default_factory=dict)
    stats_private: dict[StatName, StatEntry] = Field(default_factory=dict)


class ItemDefinition(Document):
    name: str = ""
    description: str = ""
    category: str = ""
    item_sets: tuple[Id, ...] = ()
    max_count: Count = 0
    stackable: Switch = False
    consumable: Switch = False
    disabled: Switch = False
    keep_zero: Switch = False
    consume_reward: RewardEntry | None = None
    string_properties: dict[Id, str] = Field(default_factory=dict)
    numeric_properties: dict[Id, Number] = Field(default_factory=dict)


class Limits(Document):
    categories: dict[str, Count] = Field(default_factory=dict)
    item_sets: dict[str, Count] = Field(default_factory=dict)


class InventorySection(Document):
    items: dict[Id, ItemDefinition] = Field(default_factory=dict)
    limits: Limits = Limits()


class SubAchievementEntry(Document):
    name: str
    description: str = ""
    category: str = ""
    count: Count = 0
    max_count: Count
    auto_claim: Switch = False
    auto_reset: Switch = False
    precondition_ids: tuple[Id, ...] = ()
    reset_cronexpr: Cron = None
    time_offset_sec: Annotated[int, Field(strict=True, ge=-LAST_SECOND, le=LAST_SECOND)] = 0
    duration_sec: Seconds = 0
    reward: RewardEntry | None = None
    additional_properties: Texts = Field(default_factory=dict)


class AchievementEntry(SubAchievementEntry):
    auto_claim_total: Switch = False
    total_reward: RewardEntry | None = None
    start_time_sec: Seconds = 0
    end_time_sec: Seconds = 0
    sub_achievements: dict[Id, SubAchievementEntry] = Field(default_factory=dict)


class AchievementsSection(Document):
    achievements: dict[Id, AchievementEntry] = Field(default_factory=dict)


class RewardTierEntry(Document):
    name: str = ""
    rank_min: Positive
    rank_max: Positive
    reward: RewardEntry | None = None
    tier_change: SmallWhole = 0
    roll_cooldown_sec: Seconds = 0
    reroll_count_freeze: Switch = False


class ChangeZoneEntry(Document):
    promotion: Share = 0.0
    demotion: Share = 0.0
    demote_idle: Switch = False
    use_max_cohort_size: Switch = False
    promotion_reroll_count_freeze: Switch = False
    demotion_reroll_count_freeze: Switch = False
    nochange_reroll_count_freeze: Switch = False


class TierOverrideEntry(Document):
    name: str = ""
    description: str = ""
    cohort_size: Annotated[int, Field(strict=True, ge=0, le=1000)] = 0
    max_num_score: Count = 0
    score_target: Count = 0
    score_target_players: Count = 0
    score_time_limit_sec: Seconds = 0
    tier_delta_per_phase: SmallWhole = 0


class EventLeaderboardEntry(Document):
    name: str = ""
    description: str = ""
    category: str = ""
    ascending: Switch = False
    operator: Literal["best", "set", "incr", "increment", "decr", "decrement"] = "best"
    reset_schedule: Cron = None
    duration: Seconds = 0
    start_time_sec: Seconds = 0
    end_time_sec: Seconds = 0
    cohort_size: Annotated[int, Field(strict=True, ge=1, le=1000)] = 100
    tiers: Annotated[int, Field(strict=True, ge=1, le=INT32_MAX)] = 1
    tier_overrides: dict[Tier, TierOverrideEntry] = Field(default_factory=dict)
    max_num_score: Count = 0
    reward_tiers: dict[Tier, tuple[RewardTierEntry, ...]] = Field(default_factory=dict)
    change_zones: dict[Tier, ChangeZoneEntry] = Field(default_factory=dict)
    max_idle_tier_drop: SmallCount = 0
    max_rolls: SmallCount = 0
    score_target: Count = 0
    score_target_players: Count = 0
    score_time_limit_sec: Seconds = 0
    roll_cooldown_sec: Seconds = 0
    tier_delta_per_phase: SmallWhole = 0
    additional_properties: Texts = Field(default_factory=dict)


class EventLeaderboardsSection(Document):
    event_leaderboards: dict[Id, EventLeaderboardEntry] = Field(default_factory=dict)


class MailboxSection(Document):
    max_size: Count = 0


class GiftRewardEntry(Document):
    min_count: Positive
    contributor_reward: RewardEntry | None = None
    noncontributor_reward: RewardEntry | None = None


class GiftEntry(Document):
    name: str = ""
    description: str = ""
    category: str = ""
    reset_schedule: TickingCron
    duration_sec: Annotated[int, Field(strict=True, ge=1, le=LAST_SECOND)]
    max_count: Count = 0
    max_contributor_count: Count = 0
    contribution_cost: RewardEntry | None = None
    contribution_reward: RewardEntry | None = None
    rewards: tuple[GiftRewardEntry, ...] = ()
    additional_properties: Json = Field(default_factory=dict)


class GiftsSection(Document):
    gifts: dict[Id, GiftEntry] = Field(default_factory=dict)


class ConfigDocument(Document):
    """A whole configuration."""

    initial_max_team_size: InitialTeamSize = 25
    max_team_size: TeamSize = 0
    allow_multiple_teams: Switch = False
    wallet: WalletSection = WalletSection()
    store_items: dict[Id, StoreItemEntry] = Field(default_factory=dict)
    stats: StatsSection = StatsSection()
    inventory: InventorySection = InventorySection()
    achievements: AchievementsSection = AchievementsSection()
    event_leaderboards: EventLeaderboardsSection = EventLeaderboardsSection()
    reward_mailbox: MailboxSection = MailboxSection()
    gifts: GiftsSection = GiftsSection()
