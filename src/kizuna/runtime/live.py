"""Matches and parties as game code sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kizuna.runtime.values import parsed


@dataclass(frozen=True, slots=True)
class Match:
    """A running match; `size` is the number of those in it.

    Label, tick rate in ticks a second, and the name of the handler are those of `authoritative` matches,
    which the server runs; others are only relayed.
    """

    match_id: str
    authoritative: bool
    label: str
    size: int
    tick_rate: int
    handler_name: str


@dataclass(frozen=True, slots=True)
class Party:
    """A party; those that are `hidden` are no client's to find."""

    party_id: str
    open: bool
    hidden: bool
    max_size: int
    label: dict[str, Any]


def match_of(message: Mapping[str, Any]) -> Match:
    """The match of a `Match` message."""
    return Match(
        match_id=message["match_id"],
        authoritative=message.get("authoritative", False),
        label=message.get("label", ""),
        size=message.get("size", 0),
        tick_rate=message.get("tick_rate", 0),
        handler_name=message.get("handler_name", ""),
    )


def party_of(message: Mapping[str, Any]) -> Party:
    """The party of a `Party` message."""
    return Party(
        party_id=message["party_id"],
        open=message.get("open", False),
        hidden=message.get("hidden", False),
        max_size=message.get("max_size", 0),
        label=parsed(message.get("label", "{}")),
    )
