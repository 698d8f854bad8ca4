"""What a game's reward hook answers, read with suspicion: it may put anything into a `Reward` (T-167)."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.protocol.fields import is_key
from kizuna.teams.rewards.earned import Earned
from kizuna.teams.rewards.rolling import LARGEST, LARGEST_ENERGY, Rolled
from kizuna.wire.encode import int64_text, omit_empty
from kizuna.wire.integers import parse_integer
from kizuna.wire.messages import Kind

#: What the server adds when the reward is given, and does not read.
_ADDED = frozenset({"grant_time_sec"})
_PART = frozenset({"items", "currencies", "reward_modifiers"}) | _ADDED
_FULL = _PART | {"energies", "energy_modifiers"}
_OWN = _FULL | {"to_mailbox_expiry_sec", "team_reward", "message"}
_TEAM = _PART | {"to_mailbox_expiry_sec", "member_reward"}


class BadReward(ValueError):
    """The hook's answer is no `Reward` that can be given."""


def read_reward(answer: Any, rolled: Earned, config: TeamsConfig, *, personal: bool) -> Earned:
    """The reward that a hook answered in place of the one that was rolled. `BadReward` for anything else.

    What a team gets must be configured; what players get, as by the `personal` rewards' own contents, may
    have any names. Items keep the properties that their entries in the configuration give them.
    """
    reward = _members(answer, _OWN, "reward")
    team = reward.get("team_reward")
    member = None
    own = _part(reward, rolled.own, _AnyNames() if personal else _TeamNames(config), "reward")
    earned = Earned(
        own=own if own or rolled.own is not None else None,
        own_expiry_sec=_integer(reward.get("to_mailbox_expiry_sec", 0), "to_mailbox_expiry_sec"),
        text=_text(reward.get("message", ""), "message"),
    )
    if team is not None:
        team = _members(team, _TEAM, "team_reward")
        member = team.get("member_reward")
        earned.team = _part(team, rolled.team, _TeamNames(config), "team_reward")
        earned.team_expiry_sec = _integer(team.get("to_mailbox_expiry_sec", 0), "to_mailbox_expiry_sec")
    if member is not None:
        member = _members(member, _FULL, "member_reward")
        earned.member = _part(member, rolled.member, _AnyNames(), "member_reward")
    return earned


class _AnyNames:
    """Players' currencies and items: this server knows no list of them."""

    currencies: Collection[str] | None = None
    items: Collection[str] | None = None


class _TeamNames(_AnyNames):
    def __init__(self, config: TeamsConfig) -> None:
        self.currencies = config.currencies.keys()
        self.items = config.inventory.items.keys()


def _part(part: Mapping[str, Any], rolled: Rolled | None, names: _AnyNames, where: str) -> Rolled:
    return Rolled(
        items=_amounts(part, "items", names.items, where),
        lots=rolled.lots if rolled is not None else {},
        properties=rolled.properties if rolled is not None else {},
        currencies=_amounts(part, "currencies", names.currencies, where),
        energies=_amounts(part, "energies", None, where, LARGEST_ENERGY),
        energy_modifiers=_modifiers(part, "energy_modifiers", _energy_modifier, where),
        reward_modifiers=_modifiers(part, "reward_modifiers", _reward_modifier, where),
    )


def _amounts(
    part: Mapping[str, Any],
    name: str,
    known: Collection[str] | None,
    where: str,
    largest: int = LARGEST,
) -> dict[str, int]:
    """A map from ids to amounts, without zeros."""
    where = f"{where}.{name}"
    amounts: dict[str, int] = {}
    for id, value in _object(part.get(name, {}), where).items():
        if not is_key(_text(id, where)) or (known is not None and id not in known):
            raise BadReward(f"{where}: {id!r:.200} is not configured")
        amount = _integer(value, f"{where}.{id}")
        if not 0 <= amount <= largest:
            raise BadReward(f"{where}.{id}: {amount} is out of range")
        if amount:
            amounts[id] = amount
    return amounts


def _modifiers(
    part: Mapping[str, Any], name: str, read: Callable[[Any, str], dict[str, Any]], where: str
) -> list[dict[str, Any]]:
    values = part.get(name, [])
    if not isinstance(values, list | tuple):
        raise BadReward(f"{where}.{name}: not a list")
    return [read(value, f"{where}.{name}[{place}]") for place, value in enumerate(values)]


def _reward_modifier(value: Any, where: str) -> dict[str, Any]:
    modifier = _members(value, {"id", "type", "operator", "value", "duration_sec"}, where)
    if modifier.get("type") not in ("currency", "item"):
        raise BadReward(f"{where}.type: neither currency nor item")
    if modifier.get("operator") not in ("multiplier", "addition"):
        raise BadReward(f"{where}.operator: neither multiplier nor addition")
    if not is_key(_text(modifier.get("id", ""), f"{where}.id")):
        raise BadReward(f"{where}.id: no id")
    return _settled(modifier, ("value", "duration_sec"), where)


def _energy_modifier(value: Any, where: str) -> dict[str, Any]:
    modifier = _members(value, {"id", "operator", "value", "duration_sec", "weight"}, where)
    for name in ("id", "operator"):
        _text(modifier.get(name, ""), f"{where}.{name}")
    return _settled(modifier, ("value", "duration_sec", "weight"), where)


def _settled(modifier: Mapping[str, Any], integers: tuple[str, ...], where: str) -> dict[str, Any]:
    """A modifier with its integers as text, without what is not set."""
    message = dict(modifier)
    for name in integers:
        message[name] = int64_text(_integer(modifier.get(name, 0), f"{where}.{name}"))
    if message["duration_sec"].startswith("-"):
        raise BadReward(f"{where}.duration_sec: below 0")
    return omit_empty(message)


def _members(value: Any, known: Collection[str], where: str) -> Mapping[str, Any]:
    """An object of known members; what is None is not set."""
    message = {name: member for name, member in _object(value, where).items() if member is not None}
    for name in message:
        if name not in known:
            raise BadReward(f"{where}: {name!r} cannot be set")
    return message


def _object(value: Any, where: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise BadReward(f"{where}: not an object")
    return value


def _text(value: Any, where: str) -> str:
    # A lone surrogate is no text that could be sent or stored, and neither is NUL.
    if not isinstance(value, str) or "\0" in value or not _is_unicode(value):
        raise BadReward(f"{where}: not a text")
    return value


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer(value: Any, where: str) -> int:
    """A whole number of 64 bits, or the text of one."""
    number = parse_integer(value, Kind.INT64) if isinstance(value, str) else value
    if number.__class__ is not int or not -LARGEST - 1 <= number <= LARGEST:
        raise BadReward(f"{where}: {value!r:.100} is no integer of 64 bits")
    return int(number)
