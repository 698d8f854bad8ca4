"""Properties as requests set them, checked before anything is changed."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Self

from kizuna.teams.config.shapes import Inventory as InventoryConfig
from kizuna.teams.errors import bad_input, property_not_defined
from kizuna.teams.inventory.instances import Instance
from kizuna.teams.inventory.properties import InstanceProperties

#: The most properties of one instance (T-038).
MOST_PROPERTIES = 64

#: The longest text of a property, in bytes.
LONGEST_PROPERTY = 1024

_NONE: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class PropertyChanges:
    """Properties to set on an instance; None and "" remove one."""

    strings: Mapping[str, str | None] = field(default_factory=dict)
    numbers: Mapping[str, float | None] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Self:
        """Those of an `InventoryUpdateItemProperties` message. 400 for too many and for too large ones."""
        changes = cls(request.get("string_properties", {}), request.get("numeric_properties", {}))
        if len(changes.strings) + len(changes.numbers) > MOST_PROPERTIES:
            raise bad_input()
        if any(len((text or "").encode()) > LONGEST_PROPERTY for text in changes.strings.values()):
            raise bad_input()
        if not all(isfinite(number or 0) for number in changes.numbers.values()):
            raise bad_input()
        return changes

    def check_for(self, config: InventoryConfig, item_id: str, instance: Instance | None = None) -> None:
        """400 for a property that is not the item's, and for more than an instance may have (T-382).

        An item's properties are those of its definition, those that rewards give it, and, where it is about
        an instance, what that has already.
        """
        item = config.items[item_id]
        own = instance.properties if instance else InstanceProperties()
        rolled_strings, rolled_numbers = config.rolled_properties.get(item_id, _NONE)
        _check_names(self.strings, own.strings.own.keys() | rolled_strings | item.string_properties.keys())
        _check_names(self.numbers, own.numbers.own.keys() | rolled_numbers | item.numeric_properties.keys())
        names = len(own.strings.own.keys() | self.strings) + len(own.numbers.own.keys() | self.numbers)
        if names > MOST_PROPERTIES:
            raise bad_input()


def _check_names(changes: Mapping[str, Any], known: Set[str]) -> None:
    if not changes.keys() <= known:
        raise property_not_defined()
