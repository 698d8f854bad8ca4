"""What a team has of each currency."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

import orjson

from kizuna.db.engine import Record
from kizuna.db.statements import Query
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.errors import balance_out_of_range, not_enough_currency
from kizuna.teams.held import Held
from kizuna.teams.wallet import queries
from kizuna.teams.wallet.ledger import Ledger
from kizuna.wire.integers import INT64_MAX


class Wallet:
    """A team's wallet in a call that may change it.

    Every currency begins with its configured balance. Those that are no longer configured are kept, and
    nobody sees them (T-452).
    """

    query: ClassVar[Query] = queries.BALANCES

    def __init__(self, stored: Mapping[str, int], update_sec: int | None, config: TeamsConfig) -> None:
        self._balances = {**config.currencies, **stored}
        self._visible = config.currencies.keys()
        self._changed: set[str] = set()
        self.update_sec = update_sec

    @classmethod
    async def load(cls, held: Held) -> Self:
        [row] = await held.rows(cls)
        return cls(orjson.loads(row["balances"]), row["update_sec"], held.config)

    def balance(self, currency: str) -> int:
        """The balance of a configured currency."""
        return self._balances[currency]

    async def change(self, held: Held, amounts: Mapping[str, int], source: str, source_id: str = "") -> None:
        """Add amounts, all or none; those below zero are taken away. Zeros change nothing.

        400 where a balance would go below zero or beyond 64 bits.
        """
        amounts = {currency: amount for currency, amount in amounts.items() if amount}
        after = {currency: self._balances[currency] + amount for currency, amount in amounts.items()}
        if any(balance < 0 for balance in after.values()):
            raise not_enough_currency()
        if any(balance > INT64_MAX for balance in after.values()):
            raise balance_out_of_range()
        if not after:
            return
        self._balances.update(after)
        self._changed.update(after)
        self.update_sec = held.now
        (await held.part(Ledger)).add(source, source_id, currencies=amounts)

    def message(self, team_id: str) -> dict[str, Any]:
        """The `TeamWallet` message."""
        return wallet_message(team_id, self._visible, self._balances, self.update_sec)

    async def save(self, held: Held) -> None:
        if self._changed:
            currencies = sorted(self._changed)
            balances = [self._balances[currency] for currency in currencies]
            starts = [held.config.currencies[currency] for currency in currencies]
            held.write_last(queries.STORE, held.team_id, currencies, starts, balances)
            held.write_last(queries.TOUCH, held.team_id, self.update_sec)
            self._changed.clear()


def wallet_of(row: Record, config: TeamsConfig) -> dict[str, Any]:
    """The `TeamWallet` message of a row of `queries.BALANCES`."""
    balances = {**config.currencies, **orjson.loads(row["balances"])}
    return wallet_message(row["team_id"], config.currencies, balances, row["update_sec"])


def wallet_message(
    team_id: str, visible: Collection[str], balances: Mapping[str, int], update_sec: int | None
) -> dict[str, Any]:
    """All configured currencies, zeros included (T-450)."""
    message: dict[str, Any] = {"id": team_id}
    if visible:
        message["currencies"] = {currency: str(balances[currency]) for currency in visible}
    if update_sec:
        message["update_time_sec"] = str(update_sec)
    return message
