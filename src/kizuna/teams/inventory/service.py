"""Team inventories: codex, items, grant, consume, update."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson

from kizuna.db.engine import Database
from kizuna.teams import catalogue
from kizuna.teams.errors import bad_input, item_not_found, too_many_instances
from kizuna.teams.functions import Reading, Reply, Request, Served, Writing
from kizuna.teams.held import Held, View
from kizuna.teams.inventory import queries
from kizuna.teams.inventory.changes import PropertyChanges
from kizuna.teams.inventory.codex import Codex
from kizuna.teams.inventory.consuming import Consumption
from kizuna.teams.inventory.holdings import Inventory, inventory_of
from kizuna.teams.inventory.instances import Instance
from kizuna.teams.reading import RowsOfTeams
from kizuna.teams.rewards.granting import GRANTING, Rewards
from kizuna.teams.rewards.sources import Source, SourceKind

GRANT = "inventory_grant"

#: The most instances of items that are not stackable that one call may create (T-038).
MOST_NEW_INSTANCES = 1000

#: How many statements may read inventories at the same time: small ones need not wait for one large one.
_READS_IN_FLIGHT = 2


class TeamInventories:
    """What items there are, which of them a team has, and how they come and go."""

    def __init__(self, database: Database, rewards: Rewards) -> None:
        self._rewards = rewards
        self._instances = RowsOfTeams(database, queries.INSTANCES, in_flight=_READS_IN_FLIGHT)

    def functions(self) -> list[Served]:
        return [
            Reading(catalogue.INVENTORY_LIST, self.codex),
            Reading(catalogue.INVENTORY_LIST_INVENTORY, self.owned),
            Writing(catalogue.INVENTORY_CONSUME, self.consume, reads=GRANTING),
            Writing(catalogue.INVENTORY_GRANT, self.grant),
            Writing(catalogue.INVENTORY_UPDATE, self.update),
        ]

    async def codex(self, view: View, request: Request) -> Reply:
        """The `InventoryList` of all items there are, by item id."""
        category = request.get("item_category", "")
        codex = Codex.of(view.config)
        items = {
            id: message
            for id, message in codex.messages.items()
            if category in ("", codex.items[id].category)
        }
        return {"items": items} if items else {}

    async def owned(self, view: View, request: Request) -> Reply:
        """The `InventoryList` of what the team has, by instance id."""
        return inventory_of(
            await self._instances.of(view.team_id), view.config, request.get("item_category", "")
        )

    async def grant(self, held: Held, request: Request) -> Reply:
        """Add items, each as far as there is room for it; the `InventoryUpdateAck`. 400 as in T-373."""
        items: dict[str, int] = request.get("items", {})
        properties = {
            id: PropertyChanges.of(message) for id, message in request.get("properties", {}).items()
        }
        inventory = await held.part(Inventory)
        _check_grant(inventory, items, properties)
        for item_id, changes in properties.items():
            changes.check_for(held.config.inventory, item_id, inventory.stack(item_id))
        created = 0
        # In the order of their ids: items of one category or set share its room (T-374).
        for item_id, count in sorted(items.items()):
            # What counts is what is created: whoever asks for more than there is room for gets what fits.
            created += inventory.new_singles(item_id, count)
            if created > MOST_NEW_INSTANCES or not inventory.has_space(item_id, count):
                raise too_many_instances()
            await _add(held, inventory, item_id, count, properties.get(item_id))
        return {"inventory": inventory.message()}

    async def update(self, held: Held, request: Request) -> Reply:
        """Change properties of instances; the `InventoryUpdateAck`. 400 as in T-378 and T-382."""
        updates = {id: PropertyChanges.of(message) for id, message in request.get("item_updates", {}).items()}
        if not updates:
            raise bad_input()
        inventory = await held.part(Inventory)
        found = [(inventory.instance(id), changes) for id, changes in updates.items()]
        for instance, changes in found:
            changes.check_for(held.config.inventory, instance.item_id, instance)
        for instance, changes in found:
            inventory.set_properties(held, instance, changes)
            _publish_update(held, instance)
        return {"inventory": inventory.message()}

    async def consume(self, held: Held, request: Request) -> Reply:
        """Take items, all that are asked for or none, and give the rewards of each unit; the
        `InventoryConsumeRewards`. 400 as in T-366."""
        inventory = await held.part(Inventory)
        plan = Consumption.planned(inventory, request)
        for item_id, count in (await _take(held, inventory, plan)).items():
            held.publish("teamItemsConsumed", count, itemId=item_id)
        # Only now: rewards find the room that the consumed items leave.
        instances = {one.id: (one.item_id, count) for one, count in plan.instances.items()}
        items = {id: (id, count) for id, count in plan.items.items()}
        answer = {
            "instance_rewards": await self._reward(held, instances),
            "rewards": await self._reward(held, items),
        }
        return {"inventory": inventory.message()} | {
            name: rewards for name, rewards in answer.items() if rewards
        }

    async def _reward(self, held: Held, consumed: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
        """`InventoryConsumeRewards` lists by what was consumed: (item id, units) by any id."""
        rewards = {}
        for id, (item_id, count) in consumed.items():
            reward = held.config.inventory.items[item_id].consume_reward
            if reward is not None:
                source = Source(SourceKind.INVENTORY_CONSUME, item_id)
                rewards[id] = {"rewards": await self._rewards.grant_many(held, reward, count, source)}
        return rewards


def _check_grant(
    inventory: Inventory, items: Mapping[str, int], properties: Mapping[str, PropertyChanges]
) -> None:
    if not items or min(items.values()) < 0:
        raise bad_input()
    if any(inventory.item(item_id) is None for item_id in items):
        raise item_not_found()
    if not properties.keys() <= items.keys():
        raise bad_input()


async def _add(
    held: Held, inventory: Inventory, item_id: str, count: int, changes: PropertyChanges | None
) -> None:
    """Add units of an item, all of them with these properties."""
    # Also of the stack that a grant of none begins.
    of_each = [changes] * min(max(count, 1), MOST_NEW_INSTANCES) if changes else []
    added = await inventory.add(held, item_id, count, GRANT, properties=of_each)
    if added.count:
        held.publish("teamItemsGranted", added.count, itemId=item_id, source=GRANT)


async def _take(held: Held, inventory: Inventory, plan: Consumption) -> Counter[str]:
    """Take what is planned: how many units of each item."""
    taken: Counter[str] = Counter()
    for instance, count in plan.instances.items():
        taken[instance.item_id] += await inventory.take_from(
            held, instance, count, SourceKind.INVENTORY_CONSUME, instance.item_id
        )
    for item_id, count in plan.items.items():
        taken[item_id] += await inventory.take(held, item_id, count, SourceKind.INVENTORY_CONSUME, item_id)
    return taken


def _publish_update(held: Held, instance: Instance) -> None:
    item = held.config.inventory.items[instance.item_id]
    properties = instance.properties.message(item)
    held.publish(
        "teamItemUpdated",
        itemId=instance.item_id,
        stringProperties=orjson.dumps(properties.get("string_properties", {})).decode(),
        numericProperties=orjson.dumps(properties.get("numeric_properties", {})).decode(),
    )
