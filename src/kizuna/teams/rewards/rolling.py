"""Rolling: from a configured reward to what it comes to this time (T-155 to T-164). Pure, and seedable."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from kizuna.teams.rewards.shapes import Part


@dataclass(slots=True)
class Properties:
    """What an item's instance has besides its definition."""

    strings: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Rolled:
    """What a part of a reward came to; nothing in it is zero.

    `properties` are those of the instances to be created, by item, in their order. Modifiers are as on the
    wire.
    """

    items: dict[str, int] = field(default_factory=dict)
    properties: dict[str, list[Properties]] = field(default_factory=dict)
    currencies: dict[str, int] = field(default_factory=dict)
    energies: dict[str, int] = field(default_factory=dict)
    energy_modifiers: list[dict[str, Any]] = field(default_factory=list)
    reward_modifiers: list[dict[str, Any]] = field(default_factory=list)


def roll(
    part: Part, *, owned: Callable[[str], int], item_sets: Mapping[str, frozenset[str]], random: Random
) -> Rolled:
    """Roll a part once. `owned` tells how many of an item the team has; `item_sets` the sets of each item
    that can be drawn."""
    raise NotImplementedError
