"""What a configuration no longer has that the one before had."""

import json
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

from kizuna.teams.config.ids import ids_of, progress_ids
from kizuna.teams.config.spellings import Spelling

#: Ids of one kind that are named; of more the number is told.
_FEW = 12


def removed(before: str, after: str) -> str:
    """The ids that are gone, by kind, as in `currencies gold, gems; items banner`; "" if all are there.

    Takes JSON texts that are stored, of any release.
    """
    old, new = (dict(_kinds(Spelling.of(json.loads(content)).values)) for content in (before, after))
    gone = {kind: [id for id in ids if id not in new[kind]] for kind, ids in old.items()}
    return "; ".join(f"{kind} {_listed(ids)}" for kind, ids in gone.items() if ids)


def _kinds(values: Mapping[str, Any]) -> Iterator[tuple[str, Collection[str]]]:
    """The ids by what players would miss."""
    yield "currencies", ids_of(values, "wallet", "currencies") or ()
    yield "items", ids_of(values, "inventory", "items") or ()
    yield "achievements", progress_ids(values) or ()
    yield "event leaderboards", ids_of(values, "event_leaderboards", "event_leaderboards") or ()
    yield "gifts", ids_of(values, "gifts", "gifts") or ()
    yield "public stats", ids_of(values, "stats", "stats_public") or ()
    yield "private stats", ids_of(values, "stats", "stats_private") or ()
    yield "store items", ids_of(values, "store_items") or ()


def _listed(ids: list[str]) -> str:
    more = len(ids) - _FEW
    return ", ".join([*islice(ids, _FEW), *([f"and {more} more"] if more > 0 else [])])
