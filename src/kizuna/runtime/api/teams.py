"""What Teams consist of, as game code has it: `from kizuna.runtime.api import teams`.

The names are Hiro's. Times are in seconds since 1970, 0 for none.
"""

from dataclasses import dataclass, field
from typing import Any

from kizuna.runtime.api.contests import (
    Achievement,
    AchievementList,
    EventLeaderboardChangeZone,
    EventLeaderboardRewardTier,
    EventLeaderboardRewardTiers,
    SubAchievement,
    TeamEventLeaderboard,
    TeamEventLeaderboardContribution,
    TeamEventLeaderboardScore,
)
from kizuna.runtime.api.message import Int32, Int64, Message
from kizuna.runtime.api.rewards import (
    ActiveRewardModifier,
    AvailableRewards,
    AvailableRewardsContents,
    AvailableRewardsCurrency,
    AvailableRewardsEnergy,
    AvailableRewardsEnergyModifier,
    AvailableRewardsItem,
    AvailableRewardsItemSet,
    AvailableRewardsRewardModifier,
    AvailableRewardsStringProperty,
    AvailableRewardsStringPropertyOption,
    AvailableTeamMemberRewards,
    AvailableTeamRewards,
    Reward,
    RewardEnergyModifier,
    RewardInventoryItem,
    RewardList,
    RewardModifier,
    RewardRangeDouble,
    RewardRangeInt32,
    RewardRangeInt64,
    TeamMemberReward,
    TeamReward,
)

__all__ = [
    "Achievement",
    "AchievementList",
    "ActiveRewardModifier",
    "AvailableRewards",
    "AvailableRewardsContents",
    "AvailableRewardsCurrency",
    "AvailableRewardsEnergy",
    "AvailableRewardsEnergyModifier",
    "AvailableRewardsItem",
    "AvailableRewardsItemSet",
    "AvailableRewardsRewardModifier",
    "AvailableRewardsStringProperty",
    "AvailableRewardsStringPropertyOption",
    "AvailableTeamMemberRewards",
    "AvailableTeamRewards",
    "ChannelMessageAck",
    "EventLeaderboardChangeZone",
    "EventLeaderboardRewardTier",
    "EventLeaderboardRewardTiers",
    "Inventory",
    "InventoryConsumeRewards",
    "InventoryItem",
    "Reward",
    "RewardEnergyModifier",
    "RewardInventoryItem",
    "RewardList",
    "RewardMailboxEntry",
    "RewardModifier",
    "RewardRangeDouble",
    "RewardRangeInt32",
    "RewardRangeInt64",
    "Stat",
    "StatList",
    "SubAchievement",
    "Team",
    "TeamEventLeaderboard",
    "TeamEventLeaderboardContribution",
    "TeamEventLeaderboardScore",
    "TeamGift",
    "TeamGiftClaimAck",
    "TeamGiftContributeAck",
    "TeamGiftContributor",
    "TeamGiftReward",
    "TeamMember",
    "TeamMemberReward",
    "TeamReward",
    "TeamStore",
    "TeamStoreItem",
    "TeamStoreItemCost",
    "TeamStorePurchaseAck",
    "TeamUser",
    "TeamWallet",
    "UserTeams",
]


@dataclass(slots=True)
class TeamMember(Message):
    """A member and their activity."""

    id: str = ""
    activity: Int64 = 0


@dataclass(slots=True)
class Team(Message):
    """A team. `edge_count` is the number of members, `max_count` the most there can be.

    `metadata` is a JSON object's text. `members` are told of single teams, not in lists.
    """

    id: str = ""
    creator_id: str = ""
    name: str = ""
    description: str = ""
    lang_tag: str = ""
    metadata: str = ""
    avatar_url: str = ""
    open: bool = False
    edge_count: Int32 = 0
    max_count: Int32 = 0
    create_time_sec: Int64 = 0
    update_time_sec: Int64 = 0
    activity: Int64 = 0
    members: list[TeamMember] = field(default_factory=list)


@dataclass(slots=True)
class TeamUser(Message):
    """What everybody may know of a user."""

    id: str = ""
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""
    lang_tag: str = ""
    location: str = ""
    timezone: str = ""
    metadata: str = ""
    facebook_id: str = ""
    google_id: str = ""
    gamecenter_id: str = ""
    steam_id: str = ""
    apple_id: str = ""
    facebook_instant_game_id: str = ""
    online: bool = False
    edge_count: Int32 = 0
    create_time_sec: Int64 = 0
    update_time: Int64 = 0


@dataclass(slots=True)
class UserTeams(Message):
    """A user and the teams they are in."""

    user: TeamUser | None = None
    teams: list[Team] = field(default_factory=list)


@dataclass(slots=True)
class ChannelMessageAck(Message):
    """What became of a message; times in seconds since 1970."""

    channel_id: str = ""
    message_id: str = ""
    code: Int32 = 0
    username: str = ""
    create_time: Int64 = 0
    update_time: Int64 = 0
    persistent: bool = False
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


@dataclass(slots=True)
class TeamWallet(Message):
    """The balances of all configured currencies. `update_time_sec` is 0 before the first change."""

    id: str = ""
    currencies: dict[str, Int64] = field(default_factory=dict)
    update_time_sec: Int64 = 0


@dataclass(slots=True)
class TeamStoreItemCost(Message):
    """What something costs, by currencies."""

    currencies: dict[str, Int64] = field(default_factory=dict)


@dataclass(slots=True)
class TeamStoreItem(Message):
    """Something to buy, if it is not `unavailable`."""

    id: str = ""
    name: str = ""
    description: str = ""
    category: str = ""
    cost: TeamStoreItemCost | None = None
    available_rewards: AvailableRewards | None = None
    additional_properties: dict[str, str] = field(default_factory=dict)
    unavailable: bool = False


@dataclass(slots=True)
class TeamStore(Message):
    """What there is to buy, and the modifiers in force."""

    store_items: list[TeamStoreItem] = field(default_factory=list)
    active_reward_modifiers: list[ActiveRewardModifier] = field(default_factory=list)
    current_time_sec: Int64 = 0


@dataclass(slots=True)
class InventoryItem(Message):
    """An instance of an item, or an item itself where `instance_id` is ""."""

    id: str = ""
    instance_id: str = ""
    name: str = ""
    description: str = ""
    category: str = ""
    item_sets: list[str] = field(default_factory=list)
    count: Int64 = 0
    max_count: Int64 = 0
    stackable: bool = False
    consumable: bool = False
    keep_zero: bool = False
    consume_available_rewards: AvailableRewards | None = None
    string_properties: dict[str, str] = field(default_factory=dict)
    numeric_properties: dict[str, float] = field(default_factory=dict)
    owned_time_sec: Int64 = 0
    update_time_sec: Int64 = 0


@dataclass(slots=True)
class Inventory(Message):
    """All that a team has, by instance ids."""

    items: dict[str, InventoryItem] = field(default_factory=dict)


@dataclass(slots=True)
class InventoryConsumeRewards(Message):
    """What a team has left, and what it got for each unit by item ids or instance ids."""

    inventory: Inventory | None = None
    rewards: dict[str, RewardList] = field(default_factory=dict)
    instance_rewards: dict[str, RewardList] = field(default_factory=dict)


@dataclass(slots=True)
class TeamStorePurchaseAck(Message):
    """All balances, all items if there are others now, and what was granted."""

    wallet: dict[str, Int64] = field(default_factory=dict)
    inventory: Inventory | None = None
    reward: Reward | None = None


@dataclass(slots=True)
class Stat(Message):
    """A stat. `count`, `total`, `min`, `max`, `first` and `last` are of the values that were submitted."""

    name: str = ""
    public: bool = False
    update_time_sec: Int64 = 0
    value: Int64 = 0
    count: Int64 = 0
    total: Int64 = 0
    min: Int64 = 0
    max: Int64 = 0
    first: Int64 = 0
    last: Int64 = 0
    additional_properties: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class StatList(Message):
    """All stats, by their names."""

    public: dict[str, Stat] = field(default_factory=dict)
    private: dict[str, Stat] = field(default_factory=dict)


@dataclass(slots=True)
class RewardMailboxEntry(Message):
    """A reward that waits to be claimed, or was. `expiry_time_sec` is 0 for never."""

    id: str = ""
    reward: Reward | None = None
    create_time_sec: Int64 = 0
    update_time_sec: Int64 = 0
    expiry_time_sec: Int64 = 0
    claim_time_sec: Int64 = 0
    can_claim: bool = False


@dataclass(slots=True)
class TeamGiftReward(Message):
    """What members get when the team has contributed `min_count`."""

    min_count: Int64 = 0
    contributor_reward: AvailableRewards | None = None
    noncontributor_reward: AvailableRewards | None = None


@dataclass(slots=True)
class TeamGiftContributor(Message):
    """A member's contribution."""

    user_id: str = ""
    username: str = ""
    avatar_url: str = ""
    display_name: str = ""
    create_time_sec: Int64 = 0
    update_time_sec: Int64 = 0
    count: Int64 = 0


@dataclass(slots=True)
class TeamGift(Message):
    """A round of a gift, as its caller sees it."""

    id: str = ""
    name: str = ""
    description: str = ""
    category: str = ""
    start_time_sec: Int64 = 0
    contribution_end_time_sec: Int64 = 0
    end_time_sec: Int64 = 0
    count: Int64 = 0
    max_count: Int64 = 0
    max_contributor_count: Int64 = 0
    contribution_cost: AvailableRewards | None = None
    contribution_reward: AvailableRewards | None = None
    rewards: list[TeamGiftReward] = field(default_factory=list)
    additional_properties: dict[str, Any] = field(default_factory=dict)
    contributors: list[TeamGiftContributor] = field(default_factory=list)
    can_contribute: bool = False
    contributor_remaining_count: Int64 = 0
    can_claim: bool = False
    available_rewards: list[TeamGiftReward] = field(default_factory=list)


@dataclass(slots=True)
class TeamGiftContributeAck(Message):
    """The gift as it is now, how much was contributed, and what was granted."""

    gift: TeamGift | None = None
    count: Int64 = 0
    reward: Reward | None = None


@dataclass(slots=True)
class TeamGiftClaimAck(Message):
    """The gift as it is now, and what was granted."""

    gift: TeamGift | None = None
    rewards: list[Reward] = field(default_factory=list)
