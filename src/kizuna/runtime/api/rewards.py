"""Rewards of Teams: as they are configured, and as they were rolled."""

from dataclasses import dataclass, field

from kizuna.runtime.api.message import Int32, Int64, Message


@dataclass(slots=True)
class RewardInventoryItem(Message):
    """An instance that a reward created, or a stack that it added `count` to."""

    id: str = ""
    count: Int64 = 0
    string_properties: dict[str, str] = field(default_factory=dict)
    numeric_properties: dict[str, float] = field(default_factory=dict)
    instance_id: str = ""


@dataclass(slots=True)
class RewardEnergyModifier(Message):
    """A modifier of an energy; there is no energy system, so it is only told."""

    id: str = ""
    operator: str = ""
    value: Int64 = 0
    duration_sec: Int64 = 0
    weight: Int64 = 0


@dataclass(slots=True)
class RewardModifier(Message):
    """For `duration_sec`, rewards have more of a currency or item.

    `type` is "currency" or "item", `operator` "multiplier" or "addition".
    """

    id: str = ""
    type: str = ""
    operator: str = ""
    value: Int64 = 0
    duration_sec: Int64 = 0


@dataclass(slots=True)
class TeamMemberReward(Message):
    """What each member of the team got."""

    items: dict[str, Int64] = field(default_factory=dict)
    currencies: dict[str, Int64] = field(default_factory=dict)
    energies: dict[str, Int32] = field(default_factory=dict)
    energy_modifiers: list[RewardEnergyModifier] = field(default_factory=list)
    reward_modifiers: list[RewardModifier] = field(default_factory=list)
    grant_time_sec: Int64 = 0
    item_instances: dict[str, RewardInventoryItem] = field(default_factory=dict)


@dataclass(slots=True)
class TeamReward(Message):
    """What the team got besides a reward's own contents, and its members."""

    items: dict[str, Int64] = field(default_factory=dict)
    currencies: dict[str, Int64] = field(default_factory=dict)
    reward_modifiers: list[RewardModifier] = field(default_factory=list)
    member_reward_modifiers: list[RewardModifier] = field(default_factory=list)
    grant_time_sec: Int64 = 0
    item_instances: dict[str, RewardInventoryItem] = field(default_factory=dict)
    to_mailbox_expiry_sec: Int64 = 0
    member_reward: TeamMemberReward | None = None


@dataclass(slots=True)
class Reward(Message):
    """A reward that was rolled: amounts by ids.

    `to_mailbox_expiry_sec` is 0 unless it goes to the mailbox; there it expires so much later, below 0 never.
    """

    items: dict[str, Int64] = field(default_factory=dict)
    currencies: dict[str, Int64] = field(default_factory=dict)
    energies: dict[str, Int32] = field(default_factory=dict)
    energy_modifiers: list[RewardEnergyModifier] = field(default_factory=list)
    reward_modifiers: list[RewardModifier] = field(default_factory=list)
    grant_time_sec: Int64 = 0
    item_instances: dict[str, RewardInventoryItem] = field(default_factory=dict)
    to_mailbox_expiry_sec: Int64 = 0
    team_reward: TeamReward | None = None
    message: str = ""


@dataclass(slots=True)
class RewardList(Message):
    """Several rewards."""

    rewards: list[Reward] = field(default_factory=list)


@dataclass(slots=True)
class ActiveRewardModifier(Message):
    """A modifier in force from `start_time_sec` to `end_time_sec`."""

    id: str = ""
    type: str = ""
    operator: str = ""
    value: Int64 = 0
    start_time_sec: Int64 = 0
    end_time_sec: Int64 = 0


@dataclass(slots=True)
class RewardRangeInt32(Message):
    """From `min` to `max`, a multiple of `multiple` where that is above 1."""

    min: Int32 = 0
    max: Int32 = 0
    multiple: Int32 = 0


@dataclass(slots=True)
class RewardRangeInt64(Message):
    """The same, for larger numbers."""

    min: Int64 = 0
    max: Int64 = 0
    multiple: Int64 = 0


@dataclass(slots=True)
class RewardRangeDouble(Message):
    """The same, for numbers with fractions."""

    min: float = 0.0
    max: float = 0.0
    multiple: float = 0.0


@dataclass(slots=True)
class AvailableRewardsStringPropertyOption(Message):
    """How likely a text is."""

    weight: Int64 = 0


@dataclass(slots=True)
class AvailableRewardsStringProperty(Message):
    """The texts of which a property gets one."""

    options: dict[str, AvailableRewardsStringPropertyOption] = field(default_factory=dict)
    total_weight: Int64 = 0


@dataclass(slots=True)
class AvailableRewardsItem(Message):
    """How many of an item, and with what properties."""

    count: RewardRangeInt64 | None = None
    numeric_properties: dict[str, RewardRangeDouble] = field(default_factory=dict)
    string_properties: dict[str, AvailableRewardsStringProperty] = field(default_factory=dict)


@dataclass(slots=True)
class AvailableRewardsItemSet(Message):
    """How many items that belong to all of some sets."""

    count: RewardRangeInt64 | None = None
    max_repeats: Int64 = 0
    set: list[str] = field(default_factory=list)


@dataclass(slots=True)
class AvailableRewardsCurrency(Message):
    """How much of a currency."""

    count: RewardRangeInt64 | None = None


@dataclass(slots=True)
class AvailableRewardsEnergy(Message):
    """How much of an energy."""

    count: RewardRangeInt32 | None = None


@dataclass(slots=True)
class AvailableRewardsEnergyModifier(Message):
    """A modifier of an energy."""

    id: str = ""
    operator: str = ""
    value: RewardRangeInt64 | None = None
    duration_sec: RewardRangeInt64 | None = None


@dataclass(slots=True)
class AvailableRewardsRewardModifier(Message):
    """A modifier of rewards."""

    id: str = ""
    type: str = ""
    operator: str = ""
    value: RewardRangeInt64 | None = None
    duration_sec: RewardRangeInt64 | None = None


@dataclass(slots=True)
class AvailableRewardsContents(Message):
    """What is rolled together; `weight` tells how likely, among several."""

    items: dict[str, AvailableRewardsItem] = field(default_factory=dict)
    item_sets: list[AvailableRewardsItemSet] = field(default_factory=list)
    currencies: dict[str, AvailableRewardsCurrency] = field(default_factory=dict)
    energies: dict[str, AvailableRewardsEnergy] = field(default_factory=dict)
    energy_modifiers: list[AvailableRewardsEnergyModifier] = field(default_factory=list)
    reward_modifiers: list[AvailableRewardsRewardModifier] = field(default_factory=list)
    weight: Int64 = 0


@dataclass(slots=True)
class AvailableTeamMemberRewards(Message):
    """What each member of the team would get."""

    guaranteed: AvailableRewardsContents | None = None
    weighted: list[AvailableRewardsContents] = field(default_factory=list)
    max_rolls: Int64 = 0
    total_weight: Int64 = 0
    max_repeat_rolls: Int64 = 0
    to_mailbox_expiry_sec: Int64 = 0


@dataclass(slots=True)
class AvailableTeamRewards(Message):
    """What the team would get besides, and its members."""

    guaranteed: AvailableRewardsContents | None = None
    weighted: list[AvailableRewardsContents] = field(default_factory=list)
    max_rolls: Int64 = 0
    total_weight: Int64 = 0
    max_repeat_rolls: Int64 = 0
    to_mailbox_expiry_sec: Int64 = 0
    member_reward: AvailableTeamMemberRewards | None = None


@dataclass(slots=True)
class AvailableRewards(Message):
    """A reward as it is configured: what there is to win, and how likely."""

    guaranteed: AvailableRewardsContents | None = None
    weighted: list[AvailableRewardsContents] = field(default_factory=list)
    max_rolls: Int64 = 0
    total_weight: Int64 = 0
    max_repeat_rolls: Int64 = 0
    to_mailbox_expiry_sec: Int64 = 0
    team_reward: AvailableTeamRewards | None = None
    message: str = ""
