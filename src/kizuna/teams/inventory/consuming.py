"""What is consumed, decided before anything is taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from kizuna.teams.config.shapes import Item
from kizuna.teams.errors import bad_input, insufficient_items, item_not_found, items_not_consumable
from kizuna.teams.inventory.holdings import Inventory
from kizuna.teams.inventory.instances import Instance

#: The most units that one call may consume (T-038).
MOST_UNITS = 1000


@dataclass(frozen=True, slots=True)
class Consumption:
    """What to take: first from instances, then of items."""

    instances: Mapping[Instance, int]
    items: Mapping[str, int]

    @classmethod
    def planned(cls, inventory: Inventory, request: Mapping[str, Any]) -> Self:
        """What a `TeamInventoryConsumeRequest` comes to, given what the team has. 400 as in T-366."""
        items, instances = request.get("items", {}), request.get("instances", {})
        partially = request.get("overconsume", False)
        _check_counts([*items.values(), *instances.values()])
        found = [inventory.instance(id) for id in instances]
        _check_consumable([*map(inventory.item, items), *(inventory.item(one.item_id) for one in found)])
        left = {id: inventory.owned(id) for id in items}
        taken: dict[Instance, int] = {}
        for one in found:
            taken[one] = _available(instances[one.id], one.count, partially)
            if one.item_id in left:
                left[one.item_id] -= taken[one]
        return cls(taken, {id: _available(count, left[id], partially) for id, count in items.items()})


def _check_counts(counts: list[int]) -> None:
    if not counts or min(counts) <= 0 or sum(counts) > MOST_UNITS:
        raise bad_input()


def _check_consumable(items: list[Item | None]) -> None:
    if None in items:
        raise item_not_found()
    if not all(item is not None and item.consumable for item in items):
        raise items_not_consumable()


def _available(wanted: int, available: int, partially: bool) -> int:
    """How many units are taken. 400 for too few, and for none at all even where fewer will do (T-367)."""
    if wanted > available and not (partially and available):
        raise insufficient_items()
    return min(wanted, available)
