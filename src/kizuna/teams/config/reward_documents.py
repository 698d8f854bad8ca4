"""Rewards as they are written (T-149 to T-154)."""

from typing import Annotated, Literal

from pydantic import Field

from kizuna.teams.config.values import (
    LAST_SECOND,
    Count,
    Document,
    Draws,
    Id,
    Number,
    Seconds,
    SmallCount,
)
from kizuna.wire.integers import INT64_MIN


class Range(Document):
    """A whole number between two."""

    min: Count = 0
    max: Count = 0
    multiple: Count = 0


class SmallRange(Document):
    """The same where 32 bits are all that clients have."""

    min: SmallCount = 0
    max: SmallCount = 0
    multiple: SmallCount = 0


class SecondsRange(Document):
    """A length of time."""

    min: Seconds = 0
    max: Seconds = 0
    multiple: Seconds = 0


class NumberRange(Document):
    """A number between two."""

    min: Number = 0.0
    max: Number | None = None
    multiple: Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)] = 0.0


class Weighted(Document):
    """An option of a text property."""

    weight: Count = 0


class TextProperty(Document):
    """What a text property may become."""

    options: dict[str, Weighted] = Field(default_factory=dict)
    total_weight: Count = 0


class ItemEntry(Range):
    """So many of an item."""

    string_properties: dict[Id, TextProperty] = Field(default_factory=dict)
    numeric_properties: dict[Id, NumberRange] = Field(default_factory=dict)


class ItemSetEntry(Document):
    """So many items out of sets."""

    min: Draws = 0
    max: Draws = 0
    multiple: Draws = 0
    max_repeats: Count = 0
    set: tuple[Id, ...] = ()


class EnergyModifierEntry(Document):
    id: Id
    operator: Literal["infinite", "set_refill_count", "set_refill_sec", "set_max_count"]
    value: Range = Range()
    duration_sec: SecondsRange = SecondsRange()


class RewardModifierEntry(Document):
    id: Id
    type: Literal["currency", "item"]
    operator: Literal["multiplier", "addition"]
    value: Range = Range()
    duration_sec: SecondsRange = SecondsRange()


class TeamContentsEntry(Document):
    """What a team may get: everything but energies, which players have (T-151)."""

    items: dict[Id, ItemEntry] = Field(default_factory=dict)
    item_sets: tuple[ItemSetEntry, ...] = ()
    currencies: dict[Id, Range] = Field(default_factory=dict)
    reward_modifiers: tuple[RewardModifierEntry, ...] = ()
    weight: Count = 0


class ContentsEntry(TeamContentsEntry):
    """What a player may get."""

    energies: dict[Id, SmallRange] = Field(default_factory=dict)
    energy_modifiers: tuple[EnergyModifierEntry, ...] = ()


class PartEntry(Document):
    """How contents are drawn, and where they go."""

    max_rolls: Draws = 0
    max_repeat_rolls: Count = 0
    total_weight: Count = 0
    to_mailbox_expiry_sec: Annotated[int, Field(strict=True, ge=INT64_MIN, le=LAST_SECOND)] = 0


class MemberRewardEntry(PartEntry):
    guaranteed: ContentsEntry | None = None
    weighted: tuple[ContentsEntry, ...] = ()


class TeamRewardEntry(PartEntry):
    guaranteed: TeamContentsEntry | None = None
    weighted: tuple[TeamContentsEntry, ...] = ()
    member_reward: MemberRewardEntry | None = None


class RewardEntry(PartEntry):
    guaranteed: ContentsEntry | None = None
    weighted: tuple[ContentsEntry, ...] = ()
    team_reward: TeamRewardEntry | None = None
    message: str = ""
