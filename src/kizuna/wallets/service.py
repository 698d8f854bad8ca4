"""Wallets: balances of a player's currencies, and the ledger of their changes."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.wallets import queries
from kizuna.wire.cursors import decode_cursor, encode_cursor
from kizuna.wire.integers import INT64_MAX
from kizuna.wire.microseconds import from_microseconds, to_microseconds
from kizuna.wire.uuids import parse_uuid

_CURSOR = "wallet_ledger"

Balances = dict[str, int]


class WalletError(Exception):
    """An update that would leave a balance below zero, or beyond 64 bits; nothing of it was applied.

    `path` is the currency, `current` its balance, `amount` what was to be added.
    """

    def __init__(self, user_id: str, path: str, current: int, amount: int) -> None:
        # A balance too large is "negative" too: in the reference's 64-bit arithmetic it turns so.
        super().__init__(f"wallet update rejected negative value at path '{path}'")
        self.user_id = user_id
        self.path = path
        self.current = current
        self.amount = amount


class LedgerError(Exception):
    """A cursor that is none of this user's ledger, or an item that is not there."""


@dataclass(frozen=True, slots=True)
class WalletUpdate:
    """What to add to a user's balances; negative amounts are taken away.

    `metadata` is kept with the change in the ledger: a JSON object that says what it was for.
    """

    user_id: str
    changeset: Mapping[str, int]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WalletResult:
    """All balances of a user after and before an update."""

    user_id: str
    updated: Balances
    previous: Balances


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One change of a wallet. Times are aware UTC datetimes."""

    id: str
    user_id: str
    changeset: Balances
    metadata: dict[str, Any]
    create_time: datetime
    update_time: datetime


class Wallets:
    """Update wallets, read and annotate their ledger.

    User ids are canonical UUIDs, amounts 64-bit integers, metadata encodable as JSON: callers have checked.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def update(self, updates: Sequence[WalletUpdate], *, update_ledger: bool) -> list[WalletResult]:
        """Apply updates in their order, all or none (`WalletError`). Unknown users are left out."""
        if not updates:
            return []
        return await self._database.atomically(
            lambda tx: self.update_within(tx, updates, update_ledger=update_ledger)
        )

    async def update_within(
        self, tx: Transaction, updates: Sequence[WalletUpdate], *, update_ledger: bool
    ) -> list[WalletResult]:
        """The same as part of a transaction."""
        rows = await tx.read(queries.LOCK, sorted({update.user_id for update in updates}))
        wallets: dict[str, Balances] = {row["id"]: orjson.loads(row["wallet"]) for row in rows}
        known = [update for update in updates if update.user_id in wallets]
        results = []
        for update in known:
            previous = wallets[update.user_id]
            wallets[update.user_id] = updated = _applied(update, previous)
            results.append(WalletResult(update.user_id, dict(updated), dict(previous)))
        if known:
            # Only now: whoever waited for the lock must not be dated before the one who held it.
            now = self._clock.now()
            texts = [_text(balances) for balances in wallets.values()]
            await tx.write(queries.STORE, list(wallets), texts, now)
            if update_ledger:
                await self._record(tx, known, now)
        return results

    async def hold(self, tx: Transaction, user_ids: Collection[str]) -> set[str]:
        """Let nobody else change these users until the transaction ends: those of them who exist.

        Whoever will change several of them in another order than that of the ids must begin with this, or two
        such transactions wait for each other.
        """
        return {row["id"] for row in await tx.read(queries.LOCK, sorted(user_ids))}

    async def ledger(self, user_id: str, limit: int, cursor: str) -> tuple[list[LedgerItem], str]:
        """A page of a user's ledger, newest first, and the cursor to the next, "" where there is none.

        `LedgerError` for a cursor that was not made for this user's ledger.
        """
        after = _position(cursor, user_id) if cursor else (None, None)
        if not limit:
            return [], ""
        rows = await self._database.read(queries.LEDGER, user_id, *after, limit + 1)
        items = [_item(row) for row in rows[:limit]]
        return items, _cursor(items[-1]) if len(rows) > limit else ""

    async def annotate(self, item_id: str, metadata: Mapping[str, Any]) -> LedgerItem:
        """Merge metadata into that of a ledger item. `LedgerError` if there is no such item."""
        rows = await self._database.write(queries.ANNOTATE, item_id, _text(metadata), self._clock.now())
        if not rows:
            raise LedgerError("wallet ledger item not found")
        # The reference answers with an item that lacks its id and metadata; this one is complete.
        return _item(rows[0])

    async def _record(self, tx: Transaction, updates: Sequence[WalletUpdate], now: datetime) -> None:
        await tx.write(
            queries.RECORD,
            [str(uuid.uuid4()) for _ in updates],
            [update.user_id for update in updates],
            [_text(update.changeset) for update in updates],
            [_text(update.metadata) for update in updates],
            now,
        )


def _applied(update: WalletUpdate, balances: Balances) -> Balances:
    """The balances with the changes added."""
    updated = dict(balances)
    for path, amount in update.changeset.items():
        current = updated.get(path, 0)
        if not 0 <= current + amount <= INT64_MAX:
            raise WalletError(update.user_id, path, current, amount)
        updated[path] = current + amount
    return updated


def _text(value: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(value)).decode()


def _item(row: Record) -> LedgerItem:
    return LedgerItem(
        id=row["id"],
        user_id=row["user_id"],
        changeset=orjson.loads(row["changeset"]),
        metadata=orjson.loads(row["metadata"]),
        create_time=row["create_time"],
        update_time=row["update_time"],
    )


def _cursor(item: LedgerItem) -> str:
    return encode_cursor(_CURSOR, (item.user_id, to_microseconds(item.create_time), item.id))


def _position(cursor: str, user_id: str) -> tuple[datetime, str]:
    """(time, id) of the last item that was seen."""
    values = decode_cursor(_CURSOR, cursor, str, int, str)
    time = from_microseconds(values[1]) if values else None
    if values is None or time is None or values[0] != user_id or not parse_uuid(values[2]):
        raise LedgerError("wallet ledger cursor invalid")
    return time, values[2]
