"""The ids that a configuration defines, as far as anybody can tell from values that may be wrong."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kizuna.teams.config.errors import Place
from kizuna.teams.config.schema import keys_at


@dataclass(frozen=True)
class Known:
    """The ids that can be referred to, whatever else is wrong with their entries. None: nobody can tell."""

    currencies: Collection[str] | None
    items: Collection[str] | None
    achievements: Collection[str] | None
    stats: Collection[str] | None


def known(values: Mapping[str, Any]) -> Known:
    """The ids of a file whose spelling is ours."""
    stats = [ids_of(values, "stats", kind) for kind in ("stats_public", "stats_private")]
    return Known(
        currencies=ids_of(values, "wallet", "currencies"),
        items=ids_of(values, "inventory", "items"),
        achievements=progress_ids(values),
        stats=None if None in stats else {name for names in stats if names for name in names},
    )


def ids_of(values: Mapping[str, Any], *keys: str) -> Collection[str] | None:
    """The keys of a map within maps; None where it cannot be told which that map is."""
    entries = _below(values, *keys)
    return None if entries is None else entries.keys()


def progress_ids(values: Mapping[str, Any]) -> Collection[str] | None:
    """The ids of achievements and their parts."""
    achievements = _below(values, "achievements", "achievements")
    return None if achievements is None else dict.fromkeys(_with_parts(achievements))


def _below(values: Mapping[str, Any], *keys: str) -> dict[str, Any] | None:
    """A map within maps, {} where there is none.

    None where something else is in its way, or where a key that is none may be its own, misspelt.
    """
    place: Place = ()
    below: Any = values
    for key in keys:
        if key not in below and below.keys() - set(keys_at(place)):
            return None
        place, below = (*place, key), below.get(key, {})
        if not isinstance(below, dict):
            return None
    return dict(below)


def _with_parts(achievements: Mapping[str, Any]) -> Iterator[str]:
    for id, achievement in achievements.items():
        yield id
        if isinstance(achievement, dict) and isinstance(subs := achievement.get("sub_achievements"), dict):
            yield from subs
