"""How game code calls Teams functions: arguments to a request, the answer to objects."""

import json
import reprlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from kizuna.db.engine import Database
from kizuna.runtime.nakama.services import Calls, user_not_found
from kizuna.runtime.values import uuid_of
from kizuna.teams.config.loading import ConfigError, load
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.feature import Teams
from kizuna.teams.functions import Function, Reply
from kizuna.teams.held import Actor, Held
from kizuna.teams.protocol.fields import Unreadable
from kizuna.teams.rewards.shapes import Reward

T = TypeVar("T")

#: Where a reward stands while it is checked, and how the caller calls it.
_REWARD_PLACE, _REWARD = "reward: store_items.granted.reward", "reward"


class TeamCalls(Calls):
    """The base of all parts of `nk.teams`."""

    @property
    def _teams(self) -> Teams:
        teams = self._services.teams
        if teams is None or not teams.is_configured:
            raise RuntimeError("there are no Teams here: the setting teams.config names no configuration")
        return teams

    @property
    def _teams_database(self) -> Database:
        """What is read without a function. As for those, there must be Teams."""
        assert self._teams
        return self._services.database

    async def _call(self, function: Function, user_id: str | None, /, **fields: Any) -> Reply:
        """What a function answers to a player, or to the server. Fields of None are not set."""
        teams = self._teams
        request = {name: _field(function, name, value) for name, value in fields.items() if value is not None}
        actor = await self._actor(user_id)
        served = next(each for each in teams.served if each.function is function)
        return await teams.calls.call(served, actor, request)

    async def _ask(self, function: Function, team_id: str, user_id: str | None, /, **fields: Any) -> Reply:
        """The same about a team."""
        return await self._call(function, user_id, id=uuid_of(team_id, "team id"), **fields)

    async def _change(self, team_id: str, work: Callable[[Held], Awaitable[T]]) -> T:
        """Change a team as the server, by what is no function."""
        return await self._teams.calls.change(uuid_of(team_id, "team id"), None, work)

    async def _actor(self, user_id: str | None) -> Actor | None:
        if user_id is None:
            return None
        player = await self._services.lookup.by_id(uuid_of(user_id))
        if player is None:
            raise user_not_found()
        return Actor(player.id, player.username)


def _field(function: Function, name: str, value: Any) -> Any:
    """A field of a request. TypeError for a value of another kind."""
    try:
        return function.request.fields[name].read(value)
    except Unreadable:
        raise TypeError(f"{name} cannot be {reprlib.repr(value)}") from None


def reward_of(values: Mapping[str, Any], config: TeamsConfig) -> Reward:
    """A reward in the form in which configurations have it. ValueError with the reasons for what is none."""
    document = {
        "wallet": {"currencies": dict.fromkeys(config.currencies, 0)},
        "inventory": {"items": {id: {} for id in config.inventory.items}},
        "store_items": {"granted": {"reward": values}},
    }
    try:
        checked, _ = load(json.dumps(document), source=_REWARD)
    except ConfigError as error:
        raise ValueError("; ".join(each.replace(_REWARD_PLACE, _REWARD) for each in error.problems)) from None
    reward = checked.store_items["granted"].reward
    if reward is None:
        raise ValueError("reward must be a dict")
    return reward
