"""The ledger: every change of what a team has, for whoever operates the game."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import orjson

from kizuna.teams.held import Held
from kizuna.teams.wallet import queries

Amounts = Mapping[str, int]


@dataclass(slots=True)
class _Entry:
    currencies: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    items: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Ledger:
    """The changes of one call: an entry for what came in from each source, and one for what went out.

    A source is what the change came from: `wallet_grant`, `store_purchase`, … and the id of what was bought,
    claimed or consumed.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, bool], _Entry] = {}

    @classmethod
    async def load(cls, held: Held) -> Self:
        return cls()

    def add(
        self,
        source: str,
        source_id: str = "",
        *,
        currencies: Amounts | None = None,
        items: Amounts | None = None,
    ) -> None:
        """Note amounts by currency and by item, below zero for what the team lost."""
        for currency, amount in (currencies or {}).items():
            self._entry(source, source_id, amount).currencies[currency] += amount
        for item, amount in (items or {}).items():
            self._entry(source, source_id, amount).items[item] += amount

    def _entry(self, source: str, source_id: str, amount: int) -> _Entry:
        return self._entries.setdefault((source, source_id, amount < 0), _Entry())

    async def save(self, held: Held) -> None:
        rows = [
            (source, source_id, _text(entry.currencies), _text(entry.items))
            for (source, source_id, _), entry in self._entries.items()
            if any(entry.currencies.values()) or any(entry.items.values())
        ]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            user_id = held.actor.user_id if held.actor else None
            held.write_last(queries.RECORD, held.team_id, user_id, *columns, held.at)


def _text(amounts: Amounts) -> str:
    return orjson.dumps({id: amount for id, amount in amounts.items() if amount}).decode()
