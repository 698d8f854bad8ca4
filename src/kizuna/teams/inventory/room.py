"""How much a team has, and how much more it may have (T-359)."""

from collections import Counter

from kizuna.teams.config.shapes import Inventory, Item
from kizuna.wire.integers import INT64_MAX

#: The most instances that a team has, of all items together: a stack is one, and each unit of an item that is
#: not stackable. Every look at an inventory, and every change, reads all of it.
MOST_INSTANCES = 2_000


class Room:
    """Counts of what a team has by item, category and set, within the maxima of each."""

    def __init__(self, config: Inventory) -> None:
        self._config = config
        self._items: Counter[str] = Counter()
        self._categories: Counter[str] = Counter()
        self._item_sets: Counter[str] = Counter()

    def change(self, item_id: str, amount: int) -> None:
        """Note that the team has so many more, or fewer, of a configured item."""
        item = self._config.items[item_id]
        self._items[item_id] += amount
        self._categories[item.category] += amount
        for name in set(item.item_sets):
            self._item_sets[name] += amount

    def owned(self, item_id: str) -> int:
        return self._items[item_id]

    def left(self, item_id: str) -> int:
        """How many more of a configured item fit: the tightest maximum wins."""
        return max(0, min(self._rooms(item_id, self._config.items[item_id])))

    def _rooms(self, item_id: str, item: Item) -> list[int]:
        maxima = [
            (item.max_count, self._items[item_id]),
            (self._config.category_limits.get(item.category, 0), self._categories[item.category]),
        ]
        for name in item.item_sets:
            maxima.append((self._config.item_set_limits.get(name, 0), self._item_sets[name]))
        rooms = [most - owned for most, owned in maxima if most]
        return [INT64_MAX - self._items[item_id], *rooms]
