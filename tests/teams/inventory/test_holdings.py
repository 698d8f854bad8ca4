"""The inventory against a model: every unit in its place, and never more than there is room for."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kizuna.teams.config import shapes
from kizuna.teams.config.shapes import Item, TeamsConfig
from kizuna.teams.held import Held
from kizuna.teams.inventory import holdings
from kizuna.teams.inventory.changes import PropertyChanges
from kizuna.teams.inventory.holdings import Inventory
from kizuna.teams.inventory.instances import Instance

ITEMS = ("arrow", "bow", "candle", "drum")
SETS = ("loud", "wooden")
LARGEST = 2**63 - 1

#: The most instances here, so few that they are reached.
MOST = 12

#: What a row is stored from, in that order.
COLUMNS = (
    "instance_id",
    "item_id",
    "stack",
    "count",
    "strings",
    "numbers",
    "removed",
    "owned_sec",
    "update_sec",
)

small = st.integers(0, 6)
items = st.builds(
    Item,
    category=st.sampled_from(("tools", "toys")),
    item_sets=st.lists(st.sampled_from(SETS), max_size=3).map(tuple),
    max_count=small,
    stackable=st.booleans(),
    keep_zero=st.booleans(),
    string_properties=st.dictionaries(st.sampled_from("xy"), st.sampled_from("pq")),
)
configs = st.builds(
    lambda items, categories, sets: TeamsConfig(
        inventory=shapes.Inventory(items=items, category_limits=categories, item_set_limits=sets)
    ),
    st.fixed_dictionaries(dict.fromkeys(ITEMS, items)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(("tools", "toys"), small)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(SETS, small)),
)


@dataclass
class Table:
    """The rows of one team, as the statements of an inventory read and write them."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def read(self, _query: Any, _team_ids: Any) -> list[dict[str, Any]]:
        return list(self.rows.values())

    async def write(self, command: Any, *args: Any) -> None:
        if command.name == "team_inventory.remove":
            for instance_id in args[1]:
                self.rows.pop(instance_id, None)
        elif command.name == "team_inventory.store":
            for values in zip(*args[1:], strict=True):
                self.rows[values[0]] = dict(zip(COLUMNS, values, strict=True))


class InventoryMachine(RuleBasedStateMachine):
    """A team's inventory, and how many units of each item there should be."""

    @initialize(config=configs)
    def begin(self, config: TeamsConfig) -> None:
        self.config = config
        self.table = Table()
        self.model: Counter[str] = Counter()
        self.now = 1_000
        self.load()

    def load(self) -> None:
        self.held = Held(
            cast(Any, self.table),
            self.config,
            "",
            cast(Any, {}),
            None,
            None,
            datetime.fromtimestamp(self.now, UTC),
        )
        self.inventory = asyncio.run(self.held.part(Inventory))

    def room(self, item_id: str) -> int:
        """How much fits, counted anew."""
        inventory, item = self.config.inventory, self.config.inventory.items[item_id]
        rooms = [LARGEST - self.model[item_id]]
        if item.max_count:
            rooms.append(item.max_count - self.model[item_id])
        if most := inventory.category_limits.get(item.category, 0):
            alike = [id for id, one in inventory.items.items() if one.category == item.category]
            rooms.append(most - sum(self.model[id] for id in alike))
        for name in item.item_sets:
            if most := inventory.item_set_limits.get(name, 0):
                alike = [id for id, one in inventory.items.items() if name in one.item_sets]
                rooms.append(most - sum(self.model[id] for id in alike))
        space = MOST - len(self.inventory.message().get("items", {}))
        if not item.stackable:
            rooms.append(space)
        elif not space and not self.instances(item_id):
            return 0
        return max(0, min(rooms))

    @rule(
        item_id=st.sampled_from(ITEMS), count=st.integers(0, 9), colour=st.sampled_from(("p", "q", "", None))
    )
    def add(self, item_id: str, count: int, colour: str | None) -> None:
        fitting = min(count, self.room(item_id))
        changes = [PropertyChanges({"x": colour})] * count
        added = asyncio.run(self.inventory.add(self.held, item_id, count, "test", properties=changes))
        assert added.count == fitting
        assert sum(int(one.get("count", 0)) for one in added.instances.values()) == fitting
        for one in added.instances.values() if count else ():
            assert one.get("string_properties", {}).get("x", "") == (colour or "")
        self.model[item_id] += fitting

    @rule(item_id=st.sampled_from(ITEMS))
    def add_very_many(self, item_id: str) -> None:
        if self.config.inventory.items[item_id].stackable:
            self.model[item_id] += self.room(item_id)
            asyncio.run(self.inventory.add(self.held, item_id, LARGEST, "test"))

    @rule(item_id=st.sampled_from(ITEMS), count=st.integers(1, 9))
    def take(self, item_id: str, count: int) -> None:
        oldest = sorted(self.instances(item_id), key=lambda one: (one.owned_sec, one.id))
        taken = asyncio.run(self.inventory.take(self.held, item_id, count, "test"))
        assert taken == min(count, self.model[item_id])
        self.model[item_id] -= taken
        if not self.config.inventory.items[item_id].stackable:
            assert self.instances(item_id) == oldest[taken:]

    @rule(item_id=st.sampled_from(ITEMS), place=st.integers(0, 5), count=st.integers(1, 9))
    def take_from(self, item_id: str, place: int, count: int) -> None:
        for instance in self.instances(item_id)[place : place + 1]:
            wanted = min(count, instance.count)
            assert asyncio.run(self.inventory.take_from(self.held, instance, count, "test")) == wanted
            self.model[item_id] -= wanted

    @rule()
    def next_call(self) -> None:
        """What is stored is what there was."""
        before = self.inventory.message()
        asyncio.run(self.inventory.save(self.held))
        asyncio.run(self.held.write_now())
        assert not self.inventory.changed
        self.now += 1
        self.load()
        assert self.inventory.message() == before

    @invariant()
    def there_are_not_too_many(self) -> None:
        assert len(self.inventory.message().get("items", {})) <= MOST

    @invariant()
    def every_unit_is_there(self) -> None:
        for item_id, item in self.config.inventory.items.items():
            instances = self.instances(item_id)
            assert self.inventory.owned(item_id) == self.model[item_id]
            assert sum(one.count for one in instances) == self.model[item_id]
            if item.stackable:
                assert len(instances) <= 1
                assert all(one.count or item.keep_zero for one in instances)
            else:
                assert all(one.count == 1 for one in instances)

    def instances(self, item_id: str) -> list[Instance]:
        ids = [id for id, one in self.inventory.message().get("items", {}).items() if one["id"] == item_id]
        found = [self.inventory.instance(id) for id in ids]
        return sorted(found, key=lambda one: (one.owned_sec, one.id))


def test_the_inventory_against_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """T-358 to T-362, T-369, T-374 to T-376: whatever is added and taken, in one call and in several."""
    monkeypatch.setattr(holdings, "MOST_INSTANCES", MOST)
    limits = settings(max_examples=60, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(InventoryMachine, settings=limits)
