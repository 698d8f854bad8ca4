"""What a team has of each item."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from kizuna.db.engine import Record
from kizuna.teams.config.shapes import Item, TeamsConfig
from kizuna.teams.errors import item_not_found
from kizuna.teams.held import Held
from kizuna.teams.inventory import queries
from kizuna.teams.inventory.codex import Codex
from kizuna.teams.inventory.instances import Instance
from kizuna.teams.inventory.properties import Changes
from kizuna.teams.inventory.room import MOST_INSTANCES, Room
from kizuna.teams.wallet.ledger import Ledger
from kizuna.wire.encode import JsonObject


@dataclass(slots=True)
class Added:
    """How many units were really added, and to which instances.

    `instances` are `RewardInventoryItem` messages by instance id: what was added to each, as text, and the
    properties that the instance has now.
    """

    count: int = 0
    instances: dict[str, dict[str, Any]] = field(default_factory=dict)


class Inventory:
    """A team's inventory in a call that may change it.

    Instances of items that are disabled or no longer configured are not in here: nobody sees them, they count
    towards no limit, and they stay as they are stored (T-361).
    """

    def __init__(self, instances: Iterable[Instance], config: TeamsConfig) -> None:
        self._codex = Codex.of(config)
        self._room = Room(config.inventory)
        self._instances: dict[str, Instance] = {}
        self._by_item: dict[str, dict[str, Instance]] = {}
        self._touched: dict[str, Instance] = {}
        self._removed: list[str] = []
        for instance in instances:
            if instance.item_id in self._codex.items:
                self._insert(instance)

    @classmethod
    async def load(cls, held: Held) -> Self:
        rows = await held.tx.read(queries.INSTANCES, [held.team_id])
        return cls(map(Instance.of, rows), held.config)

    @property
    def changed(self) -> bool:
        """Whether there is anything that `save` would write."""
        return bool(self._touched or self._removed)

    def item(self, item_id: str) -> Item | None:
        """A definition, None for an item that is disabled or not configured."""
        return self._codex.items.get(item_id)

    def owned(self, item_id: str) -> int:
        """How many units of an item the team has."""
        return self._room.owned(item_id)

    def new_singles(self, item_id: str, count: int) -> int:
        """How many instances the adding of so many units creates of an item that is not stackable."""
        return 0 if self._codex.items[item_id].stackable else self._new_instances(item_id, count)

    def has_space(self, item_id: str, count: int) -> bool:
        """Whether the team may have all the instances that the adding of so many units creates."""
        return self._new_instances(item_id, count) <= self._space

    def instance(self, instance_id: str) -> Instance:
        """400 for an unknown one."""
        instance = self._instances.get(instance_id)
        if instance is None:
            raise item_not_found()
        return instance

    def stack(self, item_id: str) -> Instance | None:
        """The instance that further units of an item join, None where each is, or begins, one of its own.

        An item that was not stackable before may have several; its oldest becomes the stack.
        """
        if not self._codex.items[item_id].stackable:
            return None
        instances = self._by_item.get(item_id, {}).values()
        return min(instances, key=lambda one: (not one.stack, one.age), default=None)

    def message(self) -> JsonObject:
        """The complete `InventoryList` message."""
        return inventory_message(self._instances.values(), self._codex)

    async def add(
        self,
        held: Held,
        item_id: str,
        count: int,
        source: str,
        source_id: str = "",
        properties: Sequence[Changes] = (),
    ) -> Added:
        """Add units of an item, as many as its maximum and the limits allow, and as there may be instances;
        none of one that is disabled.

        `properties[i]` are for the i-th instance that this creates, `properties[0]` for the stack of a
        stackable item. Adding none to a stackable item that is kept at zero begins its stack.
        """
        item = self.item(item_id)
        if item is None:
            return Added()
        fitting = min(count, self._room.left(item_id))
        new = self._new_instances(item_id, count)
        if not item.stackable:
            added = self._add_singles(held, item_id, min(new, self._space), properties)
        elif (fitting or new) and new <= self._space:
            added = self._add_to_stack(held, item_id, fitting, properties)
        else:
            added = Added()
        if added.count:
            (await held.part(Ledger)).add(source, source_id, items={item_id: added.count})
        return added

    async def take(self, held: Held, item_id: str, count: int, source: str, source_id: str = "") -> int:
        """Take units of an item, from the oldest instances first; how many there were to take."""
        left = count
        for instance in sorted(self._by_item.get(item_id, {}).values(), key=lambda one: one.age):
            if left:
                left -= await self.take_from(held, instance, left, source, source_id)
        return count - left

    async def take_from(
        self, held: Held, instance: Instance, count: int, source: str, source_id: str = ""
    ) -> int:
        """Take units of an instance; how many there were to take."""
        count = min(count, instance.count)
        if count:
            self._change(held, instance, -count)
            (await held.part(Ledger)).add(source, source_id, items={instance.item_id: -count})
        return count

    def set_properties(self, held: Held, instance: Instance, changes: Changes) -> None:
        """Set and remove properties of an instance; the others stay."""
        instance.properties.change(self._codex.items[instance.item_id], changes)
        self._touch(held, instance)

    async def save(self, held: Held) -> None:
        # First: a stack that was used up may have been begun anew.
        if self._removed:
            await held.tx.write(queries.REMOVE, held.team_id, self._removed)
        if self._touched:
            columns = zip(*(instance.row() for instance in self._touched.values()), strict=True)
            held.write_last(queries.STORE, held.team_id, *map(list, columns))
        self._removed, self._touched = [], {}

    @property
    def _space(self) -> int:
        """How many more instances the team may have."""
        return max(0, MOST_INSTANCES - len(self._instances))

    def _new_instances(self, item_id: str, count: int) -> int:
        """How many instances the adding of so many units creates, as far as the maxima of the item allow."""
        item = self._codex.items[item_id]
        fitting = min(count, self._room.left(item_id))
        if not item.stackable:
            return fitting
        begins = fitting > 0 or (count == 0 and item.keep_zero)
        return int(begins and not self._by_item.get(item_id))

    def _add_to_stack(self, held: Held, item_id: str, count: int, properties: Sequence[Changes]) -> Added:
        stack = self.stack(item_id) or self._create(held, item_id, stack=True)
        stack.stack = True
        self._change(held, stack, count)
        if properties:
            self.set_properties(held, stack, properties[0])
        return Added(count, self._reported(stack, count))

    def _add_singles(self, held: Held, item_id: str, count: int, properties: Sequence[Changes]) -> Added:
        added = Added(count)
        for place in range(count):
            single = self._create(held, item_id, stack=False)
            self._change(held, single, 1)
            if place < len(properties):
                self.set_properties(held, single, properties[place])
            added.instances |= self._reported(single, 1)
        return added

    def _create(self, held: Held, item_id: str, *, stack: bool) -> Instance:
        instance = Instance(str(uuid.uuid4()), item_id, stack, 0, held.now, held.now)
        self._insert(instance)
        return instance

    def _insert(self, instance: Instance) -> None:
        self._instances[instance.id] = instance
        self._by_item.setdefault(instance.item_id, {})[instance.id] = instance
        self._room.change(instance.item_id, instance.count)

    def _change(self, held: Held, instance: Instance, amount: int) -> None:
        """Change a count; an instance that comes to nothing goes, but for a stack that is kept (T-360)."""
        instance.count += amount
        self._room.change(instance.item_id, amount)
        if instance.count or (instance.stack and self._codex.items[instance.item_id].keep_zero):
            self._touch(held, instance)
        else:
            self._remove(instance)

    def _touch(self, held: Held, instance: Instance) -> None:
        instance.update_sec = held.now
        self._touched[instance.id] = instance

    def _remove(self, instance: Instance) -> None:
        del self._instances[instance.id]
        del self._by_item[instance.item_id][instance.id]
        self._touched.pop(instance.id, None)
        self._removed.append(instance.id)

    def _reported(self, instance: Instance, count: int) -> dict[str, dict[str, Any]]:
        item = self._codex.items[instance.item_id]
        message: dict[str, Any] = {"id": instance.item_id, "instance_id": instance.id}
        if count:
            message["count"] = str(count)
        return {instance.id: message | instance.properties.message(item)}


def inventory_of(rows: Iterable[Record], config: TeamsConfig, category: str = "") -> JsonObject:
    """The `InventoryList` message of rows of `queries.INSTANCES`; of one category, or "" for all."""
    codex = Codex.of(config)
    instances = (Instance.of(row) for row in rows if row["item_id"] in codex.items)
    return inventory_message(
        (one for one in instances if category in ("", codex.items[one.item_id].category)), codex
    )


def inventory_message(instances: Iterable[Instance], codex: Codex) -> JsonObject:
    """The `InventoryList` message, by instance id."""
    items = {one.id: one.message(codex.items[one.item_id], codex.messages[one.item_id]) for one in instances}
    return {"items": items} if items else {}
