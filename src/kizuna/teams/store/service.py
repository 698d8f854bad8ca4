"""TEAMS_STORE_GET and TEAMS_STORE_PURCHASE."""

import asyncio

from kizuna.db.engine import Database
from kizuna.teams import catalogue
from kizuna.teams.config.shapes import StoreItem
from kizuna.teams.errors import item_not_found, item_unavailable
from kizuna.teams.functions import Reading, Reply, Request, Served, Writing
from kizuna.teams.held import Held, View
from kizuna.teams.inventory.holdings import Inventory
from kizuna.teams.reading import RowsOfTeams
from kizuna.teams.rewards.granting import GRANTING, Rewards
from kizuna.teams.rewards.modifiers import Modifiers, active_of
from kizuna.teams.rewards.sources import Source, SourceKind
from kizuna.teams.store.shelf import item_message, offered
from kizuna.teams.store.standing import StandingReader, standing_of
from kizuna.teams.wallet.balances import Wallet


class TeamStore:
    """Look at what there is for a team, and buy it from the team's wallet."""

    def __init__(self, database: Database, rewards: Rewards) -> None:
        self._rewards = rewards
        self._modifiers = RowsOfTeams(database, Modifiers.query)
        self._standings = StandingReader(database)

    def functions(self) -> list[Served]:
        return [
            Reading(catalogue.STORE_GET, self.get),
            Writing(catalogue.STORE_PURCHASE, self.purchase, reads=GRANTING),
        ]

    async def get(self, view: View, request: Request) -> Reply:
        """The `TeamStore` message."""
        items = offered(view.config)
        standing, modifiers = await asyncio.gather(
            self._standings.standing(view, items.values()), self._modifiers.of(view.team_id)
        )
        reply: Reply = {"current_time_sec": str(view.now)}
        if items:
            reply["store_items"] = [
                item_message(id, item, available=standing.allows(item)) for id, item in items.items()
            ]
        if active := active_of(modifiers, view.now):
            reply["active_reward_modifiers"] = active
        return reply

    async def purchase(self, held: Held, request: Request) -> Reply:
        """Pay for an item and get what it holds; the `TeamStorePurchaseAck` message. 400 as in T-447."""
        item_id = request.get("item_id", "")
        item = held.config.store_items.get(item_id)
        if item is None or item.disabled:
            raise item_not_found()
        if not (await standing_of(held, item)).allows(item):
            raise item_unavailable()
        await _pay(held, item_id, item)
        if item.reward is None:
            return await _acknowledged(held, None)
        reward = await self._rewards.grant(held, item.reward, Source(SourceKind.STORE_PURCHASE, item_id))
        return await _acknowledged(held, reward)


async def _pay(held: Held, item_id: str, item: StoreItem) -> None:
    """Take the cost, which no modifier changes (T-445), from the team's wallet. 400 for too little in it."""
    wallet = await held.part(Wallet)
    cost = {currency: -amount for currency, amount in item.cost.items()}
    await wallet.change(held, cost, SourceKind.STORE_PURCHASE, item_id)
    for currency, amount in item.cost.items():
        if amount:
            held.publish("currencySpent", amount, currencyId=currency, source=SourceKind.STORE_PURCHASE)


async def _acknowledged(held: Held, reward: Reply | None) -> Reply:
    reply: Reply = {}
    if balances := (await held.part(Wallet)).message(held.team_id).get("currencies"):
        reply["wallet"] = balances
    if reward is not None:
        reply["reward"] = reward
        inventory = await held.part(Inventory)
        if inventory.changed:
            reply["inventory"] = inventory.message()
    return reply
