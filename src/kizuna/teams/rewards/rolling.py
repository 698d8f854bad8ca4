"""Rolling: from a configured reward to what it comes to this time (T-155 to T-164). Pure, and seedable."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, cycle, islice, repeat
from random import Random
from typing import Any

from kizuna.teams.inventory.room import MOST_INSTANCES
from kizuna.teams.rewards.ranges import pick, roll_integer, roll_number
from kizuna.teams.rewards.shapes import (
    Contents,
    EnergyModifier,
    IntRange,
    ItemReward,
    ItemSetReward,
    Part,
    RewardModifier,
    StringProperty,
)
from kizuna.wire.encode import int64_text, omit_empty
from kizuna.wire.integers import INT32_MAX, INT64_MAX

#: The most draws from a table or an item set in one roll, however many are configured: a roll must end.
MOST_DRAWS = 10_000

LARGEST = INT64_MAX
LARGEST_ENERGY = INT32_MAX


@dataclass(slots=True)
class Properties:
    """What an item's instance has besides its definition."""

    strings: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Lot:
    """So many units of an item as one entry of the configuration gave; None for a draw from an item set."""

    count: int
    entry: ItemReward | None


@dataclass(slots=True)
class Rolled:
    """What a part of a reward came to; nothing in it is zero.

    `lots` tell by item what its units came from, in the order in which they were rolled. Properties are
    rolled of them later (`roll_properties`), when it is settled how many units there are: `properties` are
    then those of the instances to be created, by item, in their order. Modifiers are as on the wire.
    """

    items: dict[str, int] = field(default_factory=dict)
    lots: dict[str, list[Lot]] = field(default_factory=dict)
    properties: dict[str, list[Properties]] = field(default_factory=dict)
    currencies: dict[str, int] = field(default_factory=dict)
    energies: dict[str, int] = field(default_factory=dict)
    energy_modifiers: list[dict[str, Any]] = field(default_factory=list)
    reward_modifiers: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether it came to anything."""
        return bool(self.currencies or self.in_kind)

    @property
    def in_kind(self) -> bool:
        """Whether it came to anything but currencies."""
        return bool(self.items or self.energies or self.energy_modifiers or self.reward_modifiers)

    def add(self, other: "Rolled") -> None:
        """Sum up with another roll; sums stay within what the wire can hold (T-162)."""
        _sum(self.items, other.items, LARGEST)
        _sum(self.currencies, other.currencies, LARGEST)
        _sum(self.energies, other.energies, LARGEST_ENERGY)
        for item_id, lots in other.lots.items():
            self.lots.setdefault(item_id, []).extend(lots)
        self.energy_modifiers += other.energy_modifiers
        self.reward_modifiers += other.reward_modifiers

    def multiply(self, times: int) -> None:
        """As the sum of so many rolls that come to the same amounts."""
        self.items = _product(self.items, times, LARGEST)
        self.currencies = _product(self.currencies, times, LARGEST)
        self.energies = _product(self.energies, times, LARGEST_ENERGY)


#: How many of an item the receiver has already.
Owned = Callable[[str], int]

#: The sets of each item that can be drawn.
ItemSets = Mapping[str, frozenset[str]]


def roll(part: Part, *, owned: Owned, item_sets: ItemSets, random: Random) -> Rolled:
    """Roll a part once. `owned` tells how many of an item the receiver has; `item_sets` the sets of each item
    that can be drawn."""
    dice = _Dice(owned, item_sets, random)
    rolled = Rolled()
    if part.guaranteed is not None:
        rolled.add(dice.roll(part.guaranteed, 0))
    for drawn in _draw(part, random):
        rolled.add(dice.roll(drawn, drawn.weight))
    return rolled


def roll_properties(lots: Iterable[Lot], count: int, random: Random, *, stack: bool) -> list[Properties]:
    """What each of `count` units of an item has, in their order; only one for a stack (T-164), and no more
    than a team may have.

    Empty where no entry of the configuration gives any. Units beyond those that were rolled, which modifiers
    have added, are like those that were, in turn.
    """
    entries = [(lot.count, lot.entry) for lot in lots]
    if not any(entry is not None and _has_properties(entry) for _, entry in entries):
        return []
    if stack:
        return [_roll_properties((entry for _, entry in entries), random)]
    units = cycle(chain.from_iterable(repeat(entry, min(count, most)) for most, entry in entries))
    return [_roll_properties((entry,), random) for entry in islice(units, min(count, MOST_INSTANCES))]


def draws_items(part: Part | None) -> bool:
    """Whether rolling depends on what items the receiver has."""
    return part is not None and any(contents.item_sets for contents in _all_contents(part))


def is_certain(part: Part | None) -> bool:
    """Whether the part always comes to the same amounts, and to nothing else."""
    if part is None or part.guaranteed is None:
        return part is None or not part.weighted
    contents = part.guaranteed
    ranges = [item.count for item in contents.items.values()]
    ranges += [*contents.currencies.values(), *contents.energies.values()]
    return (
        not (part.weighted or contents.item_sets or contents.energy_modifiers or contents.reward_modifiers)
        and not any(_has_properties(item) for item in contents.items.values())
        and all(amount.min == amount.top for amount in ranges)
    )


def total_weight(weights: Iterable[int], configured: int) -> int:
    """The weight of all together, with that of "none" (T-158)."""
    return max(configured, sum(weights))


def number_of_draws(part: Part) -> int:
    """How often a row is drawn (T-159)."""
    return min(part.max_rolls or 1, MOST_DRAWS) if part.weighted else 0


@dataclass(frozen=True, slots=True)
class _Dice:
    """What rolling depends on."""

    owned: Owned
    item_sets: ItemSets
    random: Random

    def roll(self, contents: Contents, weight: int) -> Rolled:
        """Everything in some contents (T-157)."""
        rolled = Rolled()
        for item_id, entry in contents.items.items():
            _add_lot(rolled, item_id, Lot(self._amount(entry.count), entry))
        for entry_set in contents.item_sets:
            for item_id in self._draw_items(entry_set):
                _add_lot(rolled, item_id, Lot(1, None))
        rolled.currencies = self._amounts(contents.currencies)
        rolled.energies = self._amounts(contents.energies)
        rolled.energy_modifiers = [
            self._modifier(modifier, weight=int64_text(weight)) for modifier in contents.energy_modifiers
        ]
        rolled.reward_modifiers = [
            self._modifier(modifier, type=modifier.type) for modifier in contents.reward_modifiers
        ]
        return rolled

    def _modifier(self, modifier: EnergyModifier | RewardModifier, **more: str) -> dict[str, Any]:
        """The modifier's message, without zeros."""
        return omit_empty(
            {
                "id": modifier.id,
                "operator": modifier.operator,
                "value": int64_text(self._amount(modifier.value)),
                "duration_sec": int64_text(self._amount(modifier.duration_sec)),
                **more,
            }
        )

    def _amount(self, wanted: IntRange) -> int:
        return roll_integer(wanted, self.random)

    def _amounts(self, wanted: Mapping[str, IntRange]) -> dict[str, int]:
        return {id: self._amount(amount) for id, amount in wanted.items()}

    def _draw_items(self, entry: ItemSetReward) -> Iterator[str]:
        """Items of a set, one at a time: what the receiver has already is a repeat, and so is what was drawn
        before; of these there may only be so many (T-163)."""
        wanted = frozenset(entry.set)
        candidates = [item_id for item_id, sets in self.item_sets.items() if wanted <= sets]
        fresh = [item_id for item_id in candidates if not self.owned(item_id)]
        repeats = entry.max_repeats
        for _ in range(min(self._amount(entry.count), MOST_DRAWS)):
            pool = candidates if repeats > 0 else fresh
            if not pool:
                return
            drawn = self.random.choice(pool)
            if drawn in fresh:
                fresh.remove(drawn)
            else:
                repeats -= 1
            yield drawn


def _draw(part: Part, random: Random) -> Iterator[Contents]:
    """The rows that are drawn by weight; fewer than draws where some come to "none" (T-160, T-161)."""
    weights = {place: row.weight for place, row in enumerate(part.weighted) if row.weight > 0}
    none = total_weight(weights.values(), part.total_weight) - sum(weights.values())
    left = dict.fromkeys(weights, 1 + part.max_repeat_rolls)
    for _ in range(number_of_draws(part)):
        if not weights:
            return
        place = pick(weights, none, random)
        if place is None:
            continue
        left[place] -= 1
        if not left[place]:
            del weights[place]
        yield part.weighted[place]


def _add_lot(rolled: Rolled, item_id: str, lot: Lot) -> None:
    if lot.count > 0:
        rolled.items[item_id] = rolled.items.get(item_id, 0) + lot.count
        rolled.lots.setdefault(item_id, []).append(lot)


def _sum(sums: dict[str, int], amounts: Mapping[str, int], largest: int) -> None:
    for id, amount in amounts.items():
        if amount:
            sums[id] = min(sums.get(id, 0) + amount, largest)


def _product(amounts: Mapping[str, int], times: int, largest: int) -> dict[str, int]:
    return {id: min(amount * times, largest) for id, amount in amounts.items()}


def _has_properties(entry: ItemReward) -> bool:
    return bool(entry.string_properties or entry.numeric_properties)


def _roll_properties(entries: Iterable[ItemReward | None], random: Random) -> Properties:
    """One roll of everything that entries name; later ones win."""
    properties = Properties()
    for entry in entries:
        if entry is None:
            continue
        for name, choice in entry.string_properties.items():
            text = _roll_text(choice, random)
            if text is not None:
                properties.strings[name] = text
        for name, wanted in entry.numeric_properties.items():
            properties.numbers[name] = roll_number(wanted, random)
    return properties


def _roll_text(choice: StringProperty, random: Random) -> str | None:
    weights = {text: weight for text, weight in sorted(choice.options.items()) if weight > 0}
    total = total_weight(weights.values(), choice.total_weight)
    return pick(weights, total - sum(weights.values()), random) if total else None


def _all_contents(part: Part) -> Iterator[Contents]:
    if part.guaranteed is not None:
        yield part.guaranteed
    yield from part.weighted
