"""Where the team's share of rewards lands: wallet, inventory, modifiers (T-168, T-174)."""

from collections import Counter
from dataclasses import replace

from kizuna.teams.held import Held
from kizuna.teams.inventory.holdings import Inventory
from kizuna.teams.rewards.earned import part_message
from kizuna.teams.rewards.member_grants import with_instances
from kizuna.teams.rewards.modifiers import Modifiers
from kizuna.teams.rewards.rolling import Rolled
from kizuna.teams.rewards.sources import Source
from kizuna.teams.wallet.balances import Wallet
from kizuna.wire.encode import JsonObject


class Landing:
    """Gives a team what it gets from one source in one call: part by part, and told of as a whole.

    Items and modifiers are the team's at once, so that later parts find them; currencies when it finishes.
    """

    def __init__(self, held: Held, source: Source) -> None:
        self._held = held
        self._source = source
        self._currencies: Counter[str] = Counter()
        self._items: Counter[str] = Counter()
        self._modifiers: list[JsonObject] = []

    async def land(self, rolled: Rolled, time_sec: int) -> JsonObject:
        """Give a part; what was given of it, as a message."""
        self._currencies.update(rolled.currencies)
        items, instances = await self._add_items(rolled)
        if rolled.reward_modifiers:
            modifiers = await self._held.part(Modifiers)
            for granted in rolled.reward_modifiers:
                modifiers.add(granted, self._held.now)
            self._modifiers += rolled.reward_modifiers
        return with_instances(part_message(replace(rolled, items=items), time_sec), instances)

    async def finish(self) -> None:
        """Fill the wallet, and tell what was given. 400 where a balance would go beyond 64 bits."""
        if self._currencies:
            wallet = await self._held.part(Wallet)
            await wallet.change(self._held, self._currencies, self._source.kind, self._source.id)
        self._publish()

    async def _add_items(self, rolled: Rolled) -> tuple[dict[str, int], JsonObject]:
        """How many of each item the team took, and the instances."""
        taken: dict[str, int] = {}
        instances: JsonObject = {}
        for item_id, count in rolled.items.items():
            inventory = await self._held.part(Inventory)
            properties = rolled.properties.get(item_id, ())
            added = await inventory.add(
                self._held, item_id, count, self._source.kind, self._source.id, properties
            )
            if added.count:
                taken[item_id] = added.count
                instances |= added.instances
                self._items[item_id] += added.count
        return taken, instances

    def _publish(self) -> None:
        source = self._source.kind.value
        for currency, amount in self._currencies.items():
            self._held.publish("currencyGranted", amount, currencyId=currency, source=source)
        for item_id, count in self._items.items():
            self._held.publish("teamItemsGranted", count, itemId=item_id, source=source)
        for granted in self._modifiers:
            self._held.publish(
                "rewardModifierGranted",
                int(granted.get("value", 0)),
                id=granted["id"],
                type=granted["type"],
                operator=granted["operator"],
                durationSec=granted.get("duration_sec", "0"),
            )
