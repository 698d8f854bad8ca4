"""What stands behind a mailbox entry: everything that a claim gives, as text (T-172)."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson

from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.rewards.earned import Earned
from kizuna.teams.rewards.rolling import Properties, Rolled


def pack(earned: Earned, time_sec: int) -> str:
    """The text of parts whose properties are rolled; members' parts are never in a parcel."""
    parcel = {
        "time_sec": time_sec,
        "text": earned.text,
        "own": None if earned.own is None else _packed(earned.own),
        "team": None if earned.team is None else _packed(earned.team),
    }
    return orjson.dumps(parcel).decode()


def unpack(parcel: str, config: TeamsConfig) -> tuple[Earned, int]:
    """What a parcel holds, and when it was rolled.

    A currency or an item that is no longer configured is left out: nobody could see it, nor spend it.
    """
    values = orjson.loads(parcel)
    own, team = (
        None if values[name] is None else _unpacked(values[name], config) for name in ("own", "team")
    )
    return Earned(own=own, team=team, text=values["text"]), values["time_sec"]


def _packed(rolled: Rolled) -> dict[str, Any]:
    return {
        "items": rolled.items,
        "properties": {
            item_id: [[one.strings, one.numbers] for one in properties]
            for item_id, properties in rolled.properties.items()
        },
        "currencies": rolled.currencies,
        "energies": rolled.energies,
        "energy_modifiers": rolled.energy_modifiers,
        "reward_modifiers": rolled.reward_modifiers,
    }


def _unpacked(values: dict[str, Any], config: TeamsConfig) -> Rolled:
    return Rolled(
        items=_of(values["items"], config.inventory.items),
        properties={
            item_id: [Properties(strings, numbers) for strings, numbers in properties]
            for item_id, properties in values["properties"].items()
        },
        currencies=_of(values["currencies"], config.currencies),
        energies=values["energies"],
        energy_modifiers=values["energy_modifiers"],
        reward_modifiers=values["reward_modifiers"],
    )


def _of(amounts: Mapping[str, int], configured: Collection[str]) -> dict[str, int]:
    return {id: amount for id, amount in amounts.items() if id in configured}
