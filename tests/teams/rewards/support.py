"""Rewards, granted to a team as a call of the game would."""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import httpx

from kizuna.app import Application
from kizuna.errors import ApiError
from kizuna.teams.config.shapes import Item, TeamsConfig
from kizuna.teams.held import Actor, Held, PublisherEvent
from kizuna.teams.hooks import TeamHooks
from kizuna.teams.rewards.shapes import (
    Contents,
    EnergyModifier,
    FloatRange,
    IntRange,
    ItemReward,
    ItemSetReward,
    MemberReward,
    Reward,
    RewardModifier,
    StringProperty,
    TeamReward,
)
from kizuna.teams.rewards.sources import Source, SourceKind
from tests.support.players import Player
from tests.teams.support import Cast, answered

LARGEST = 2**63 - 1
RAID = Source(SourceKind.ACHIEVEMENT, "raid")

#: Items besides those of the example: without any maximum, and one that is out of use.
MORE_ITEMS = {
    "ore": Item(stackable=True),
    "pebble": Item(string_properties={"colour": "grey"}),
    "relic": Item(disabled=True, item_sets=("hall",)),
}


def with_more_items(config: TeamsConfig) -> TeamsConfig:
    """A configuration with `MORE_ITEMS`, and no limits on sets and categories."""
    inventory = dataclasses.replace(
        config.inventory, items={**config.inventory.items, **MORE_ITEMS}, item_set_limits={}
    )
    return dataclasses.replace(config, inventory=inventory)


def contents(
    *modifiers: RewardModifier,
    items: dict[str, int | ItemReward] | None = None,
    item_sets: Sequence[ItemSetReward] = (),
    energies: dict[str, int] | None = None,
    energy_modifiers: Sequence[EnergyModifier] = (),
    weight: int = 0,
    **currencies: int,
) -> Contents:
    """Contents of fixed amounts."""
    return Contents(
        items={
            id: item if isinstance(item, ItemReward) else ItemReward(IntRange(item))
            for id, item in (items or {}).items()
        },
        item_sets=tuple(item_sets),
        currencies={id: IntRange(amount) for id, amount in currencies.items()},
        energies={id: IntRange(amount) for id, amount in (energies or {}).items()},
        energy_modifiers=tuple(energy_modifiers),
        reward_modifiers=modifiers,
        weight=weight,
    )


def modifier(
    id: str, operator: str = "multiplier", value: int = 2, type: str = "currency", duration: int = 3600
) -> RewardModifier:
    return RewardModifier(id, type, operator, IntRange(value), IntRange(duration))


def painted(count: int, colour: str = "blue") -> ItemReward:
    """So many of an item, all of a colour."""
    return ItemReward(
        IntRange(count), {"colour": StringProperty({colour: 1})}, {"tear": FloatRange(0.25, 0.25)}
    )


def for_team(guaranteed: Contents | None = None, **rest: Any) -> Reward:
    """A reward of a `team_reward` alone."""
    return Reward(team_reward=TeamReward(guaranteed=guaranteed, **rest))


def for_members(guaranteed: Contents) -> Reward:
    """A reward of a `member_reward` alone."""
    return for_team(member_reward=MemberReward(guaranteed=guaranteed))


class Recorder(TeamHooks):
    """Hooks that keep what they are told, and answer with what the test has put in."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Actor | None, Source, dict[str, Any]]] = []
        self.answer: Any = None

    async def reward(
        self, team_id: str, actor: Actor | None, source: Source, reward: dict[str, Any]
    ) -> dict[str, Any]:
        self.seen.append((team_id, actor, source, reward))
        answer = self.answer(reward) if callable(self.answer) else self.answer
        return reward if answer is None else answer


@dataclasses.dataclass
class Team:
    """A team that is given rewards, and what became of them."""

    app: Application
    cast: Cast
    hooks: Recorder
    events: list[PublisherEvent]

    async def change(self, work: Any, actor: Player | None = None) -> Any:
        """Do something in a call of its own."""
        who = Actor(actor.id, actor.username) if actor else None
        return await self.app.teams.calls.change(self.cast.team, who, work)

    async def grant(
        self, reward: Reward, *, source: Source = RAID, actor: Player | None = None
    ) -> dict[str, Any]:
        [granted] = await self.grant_many(reward, 1, source=source, actor=actor)
        return granted

    async def grant_many(
        self, reward: Reward, times: int, *, source: Source = RAID, actor: Player | None = None
    ) -> list[dict[str, Any]]:
        async def work(held: Held) -> list[dict[str, Any]]:
            return await self.app.teams.rewards.grant_many(held, reward, times, source)

        granted: list[dict[str, Any]] = await self.change(work, actor)
        return granted

    async def grant_personal(self, reward: Reward, actor: Player | None, times: int = 1) -> dict[str, Any]:
        source = Source(SourceKind.GIFT_CLAIM, "feast")

        async def work(held: Held) -> dict[str, Any]:
            return await self.app.teams.rewards.grant_personal(held, reward, source, times=times)

        granted: dict[str, Any] = await self.change(work, actor)
        return granted

    async def refusal(self, reward: Reward, times: int = 1) -> tuple[int, str]:
        """Code and message of what a grant must fail with."""
        try:
            await self.grant_many(reward, times)
        except ApiError as error:
            return error.code, error.message
        raise AssertionError("granted")

    async def balances(self) -> dict[str, int]:
        wallet = await self.cast.call(self.cast.member, "TEAMS_WALLET_GET")
        return {currency: int(balance) for currency, balance in wallet["currencies"].items()}

    async def items(self) -> dict[str, int]:
        """How many the team has of each item."""
        counts: dict[str, int] = {}
        for item in (await self.instances()).values():
            counts[item["id"]] = counts.get(item["id"], 0) + int(item.get("count", 0))
        return counts

    async def instances(self) -> dict[str, dict[str, Any]]:
        inventory = await self.cast.call(self.cast.member, "TEAMS_INVENTORY_LIST_INVENTORY")
        items: dict[str, dict[str, Any]] = inventory.get("items", {})
        return items

    async def mailbox(self) -> list[dict[str, Any]]:
        """The entries, newest first."""
        mailbox = await self.cast.call(self.cast.member, "TEAMS_REWARD_MAILBOX_LIST")
        entries: list[dict[str, Any]] = mailbox.get("entries", [])
        return entries

    async def modifiers(self) -> list[dict[str, Any]]:
        store = await self.cast.call(self.cast.member, "TEAMS_STORE_GET")
        modifiers: list[dict[str, Any]] = store.get("active_reward_modifiers", [])
        return modifiers

    def told(self) -> list[tuple[str, str, dict[str, str]]]:
        """The events so far: name, value and metadata but for the team."""
        told = []
        for event in self.events:
            metadata = dict(event.metadata)
            assert metadata.pop("teamId") == self.cast.team
            told.append((event.name, event.value, metadata))
        return told


async def wallet(api: httpx.AsyncClient, player: Player) -> dict[str, int]:
    """What a player has in the account's wallet."""
    account = answered(await api.get("/v2/account", headers=player.headers))
    balances: dict[str, int] = json.loads(account["wallet"])
    return balances


async def notifications(api: httpx.AsyncClient, player: Player) -> list[dict[str, Any]]:
    """A player's notifications about rewards, oldest first."""
    listed = answered(await api.get("/v2/notification", params={"limit": 100}, headers=player.headers))
    return [one for one in listed.get("notifications", []) if one["subject"] == "team_reward"]
