"""Rewards as the configuration has them (T-149 to T-156). Pure values; checked when they are loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IntRange:
    """A whole number between two, both included, a multiple of a third where that is above 1."""

    min: int = 0
    max: int = 0
    multiple: int = 0

    @property
    def top(self) -> int:
        """The largest possible number: a `max` that is absent, 0 or too small is the `min`."""
        return self.max if self.max and self.max > self.min else self.min


@dataclass(frozen=True, slots=True)
class FloatRange:
    """A number between two, a multiple of a third where that is above 0. An absent `max` is the `min`."""

    min: float = 0.0
    max: float | None = None
    multiple: float = 0.0

    @property
    def top(self) -> float:
        return self.min if self.max is None or self.max < self.min else self.max


@dataclass(frozen=True, slots=True)
class StringProperty:
    """One of some texts, by weight; `total_weight` leaves room for none of them."""

    options: Mapping[str, int] = field(default_factory=dict)
    total_weight: int = 0


@dataclass(frozen=True, slots=True)
class ItemReward:
    """So many of an item, and what properties each instance gets."""

    count: IntRange
    string_properties: Mapping[str, StringProperty] = field(default_factory=dict)
    numeric_properties: Mapping[str, FloatRange] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemSetReward:
    """So many items out of those that belong to every one of the sets `set`."""

    count: IntRange
    max_repeats: int = 0
    set: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnergyModifier:
    id: str
    operator: str
    value: IntRange
    duration_sec: IntRange


@dataclass(frozen=True, slots=True)
class RewardModifier:
    """For a while, rewards have more of a `type`: currency or item. `operator`: multiplier or addition."""

    id: str
    type: str
    operator: str
    value: IntRange
    duration_sec: IntRange


@dataclass(frozen=True, slots=True)
class Contents:
    """What is rolled together. `weight` counts only among other contents to be drawn."""

    items: Mapping[str, ItemReward] = field(default_factory=dict)
    item_sets: tuple[ItemSetReward, ...] = ()
    currencies: Mapping[str, IntRange] = field(default_factory=dict)
    energies: Mapping[str, IntRange] = field(default_factory=dict)
    energy_modifiers: tuple[EnergyModifier, ...] = ()
    reward_modifiers: tuple[RewardModifier, ...] = ()
    weight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Contents that are always rolled, and others of which some are drawn by weight."""

    guaranteed: Contents | None = None
    weighted: tuple[Contents, ...] = ()
    max_rolls: int = 0
    max_repeat_rolls: int = 0
    total_weight: int = 0
    to_mailbox_expiry_sec: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReward(Part):
    """What every member of the team gets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamReward(Part):
    """What the team gets besides the reward's own contents, and its members."""

    member_reward: MemberReward | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward(Part):
    """A configured reward."""

    team_reward: TeamReward | None = None
    message: str = ""
