"""Rolling a reward with all its parts, for the team that earns it or for one of its players."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from random import Random
from typing import Any

from kizuna.teams.held import Held
from kizuna.teams.inventory.holdings import Inventory
from kizuna.teams.rewards.earned import Earned
from kizuna.teams.rewards.modifiers import Modifiers
from kizuna.teams.rewards.rolling import (
    MOST_DRAWS,
    Owned,
    Properties,
    Rolled,
    draws_items,
    is_certain,
    roll,
    roll_properties,
)
from kizuna.teams.rewards.shapes import Part, Reward
from kizuna.wire.encode import JsonObject

#: For how long rewards are rolled before the process turns to whatever else it has to do, in seconds.
_LONGEST_TURN = 0.005


class Pace:
    """Keeps rolling from holding up everything else in the process. One for all calls."""

    def __init__(self) -> None:
        #: When rolling last made room for others, in seconds of the event loop's clock.
        self._since = 0.0

    async def rounds(self, times: int) -> AsyncIterator[int]:
        """So many rounds, with room for others in between wherever they have taken long."""
        loop = asyncio.get_running_loop()
        for number in range(times):
            if loop.time() - self._since > _LONGEST_TURN:
                await asyncio.sleep(0)
                self._since = loop.time()
            yield number


class Earning:
    """Rolls rewards in a call that earns them."""

    def __init__(self, held: Held, random: Random, pace: Pace) -> None:
        self._held = held
        self._random = random
        self._pace = pace
        self._item_sets: Mapping[str, frozenset[str]] | None = None

    async def roll(self, reward: Reward) -> Earned:
        """What belongs to the team, with its modifiers, and what its members get, without (T-166)."""
        earned = await self._roll_team_reward(reward)
        earned.own = await self._roll_for_team(reward)
        earned.own_expiry_sec = reward.to_mailbox_expiry_sec
        return earned

    async def roll_personal(self, reward: Reward, times: int) -> Earned:
        """The sum of several rolls whose own contents belong to a player (T-171)."""
        most = most_times(reward)
        if most is not None and times > most:
            raise ValueError(f"{times} rolls at once, {most} at most")
        total = await self._roll_personal(reward)
        if most is None:
            total.multiply(times)
        else:
            async for _ in self._pace.rounds(times - 1):
                total.add(await self._roll_personal(reward))
        return total

    def settle(self, rolled: Rolled) -> None:
        """Roll the properties of a team's items, now that it is known how many of each there are."""
        items = self._held.config.inventory.items
        for item_id, lots in rolled.lots.items():
            if count := rolled.items.get(item_id):
                properties = roll_properties(lots, count, self._random, stack=items[item_id].stackable)
                if properties:
                    rolled.properties[item_id] = properties

    def loose_instances(self, rolled: Rolled) -> JsonObject:
        """A player's items with properties, which no inventory here keeps: all units of one are alike."""
        instances: JsonObject = {}
        for item_id, lots in rolled.lots.items():
            if count := rolled.items.get(item_id):
                for properties in roll_properties(lots, count, self._random, stack=True):
                    instance_id = str(uuid.uuid4())
                    instances[instance_id] = _instance(item_id, count, properties, instance_id)
        return instances

    async def _roll_personal(self, reward: Reward) -> Earned:
        earned = await self._roll_team_reward(reward)
        # Players have no mailbox here: what is theirs they get at once.
        earned.own = self._roll_for_player(reward)
        return earned

    async def _roll_team_reward(self, reward: Reward) -> Earned:
        earned = Earned(text=reward.message)
        if (team := reward.team_reward) is not None:
            earned.team = await self._roll_for_team(team)
            earned.team_expiry_sec = team.to_mailbox_expiry_sec
            if team.member_reward is not None:
                earned.member = self._roll_for_player(team.member_reward)
        return earned

    async def _roll_for_team(self, part: Part) -> Rolled:
        owned = (await self._held.part(Inventory)).owned if draws_items(part) else _nothing
        rolled = self._roll(part, owned)
        (await self._held.part(Modifiers)).apply(rolled, self._held.now)
        return rolled

    def _roll_for_player(self, part: Part) -> Rolled:
        # Item sets are those of the team's items: nothing else says what belongs to a set.
        return self._roll(part, _nothing)

    def _roll(self, part: Part, owned: Owned) -> Rolled:
        item_sets = self._sets() if draws_items(part) else {}
        return roll(part, owned=owned, item_sets=item_sets, random=self._random)

    def _sets(self) -> Mapping[str, frozenset[str]]:
        if self._item_sets is None:
            items = self._held.config.inventory.items
            self._item_sets = {
                id: frozenset(item.item_sets) for id, item in items.items() if not item.disabled
            }
        return self._item_sets


def most_times(reward: Reward) -> int | None:
    """How often a reward can be rolled at once for a player; None for any number.

    Amounts that are fixed are multiplied, anything else is really rolled so many times.
    """
    team = reward.team_reward
    parts = (reward, team, team.member_reward if team is not None else None)
    return None if all(map(is_certain, parts)) else MOST_DRAWS


def _nothing(_item_id: str) -> int:
    return 0


def _instance(item_id: str, count: int, properties: Properties, instance_id: str) -> dict[str, Any]:
    """The `RewardInventoryItem` message."""
    message: dict[str, Any] = {"id": item_id, "count": str(count), "instance_id": instance_id}
    if properties.strings:
        message["string_properties"] = properties.strings
    if properties.numbers:
        message["numeric_properties"] = properties.numbers
    return message
