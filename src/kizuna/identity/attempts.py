"""Limits on guessing passwords.

Wrong passwords count per account and client address, and per client address over all accounts; so guessing
slows down whoever guesses, and never the player whose account it is, who comes from elsewhere.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.errors import ApiError, RateLimited
from kizuna.http.address import network
from kizuna.identity import queries


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """How many wrong passwords in how long, for one account and for all accounts of one address."""

    per_account: int
    account_window: timedelta
    per_address: int
    address_window: timedelta


class Attempts:
    """Counts password attempts in the database, so that all processes share the count."""

    def __init__(self, database: Database, clock: Clock, limits: AttemptLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        #: Held while a password is checked, by account and client.
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def check(self, user_id: str, address: str, is_right: Callable[[], Awaitable[bool]]) -> bool:
        """Whether the password is right, which `is_right` tells. 429 when a limit is reached.

        An attempt is counted before it is made, so that simultaneous guesses cannot pass together, and
        forgiven when the password is right or could not be checked. One client's attempts on one account take
        turns, lest right ones that are made at once count together until they are forgiven.
        """
        client = network(address)
        turn = self._turns.setdefault((user_id, client), asyncio.Lock())
        async with turn:
            subjects = await self._count(user_id, client)
            try:
                right = await is_right()
            except ApiError:
                await self._forgive(subjects)
                raise
            if right:
                await self._forgive(subjects)
            return right

    async def _count(self, user_id: str, client: str) -> list[str]:
        """Count an attempt; the subjects it counts against. 429 when one of them has reached its limit."""
        now = self._clock.now()
        limits = self._limits
        subjects = {
            f"account:{user_id}:{client}": (limits.per_account, now + limits.account_window),
            f"address:{client}": (limits.per_address, now + limits.address_window),
        }

        async def count(tx: Transaction) -> None:
            expiries = [expiry for _, expiry in subjects.values()]
            rows = await tx.write(queries.COUNT_ATTEMPTS, list(subjects), expiries, now)
            over = [row["expires_at"] for row in rows if row["failures"] > subjects[row["subject"]][0]]
            if over:
                # Raised inside the transaction: a refused attempt is not counted.
                wait = math.ceil((max(over) - now).total_seconds())
                raise RateLimited("Too many attempts. Try again later.", max(wait, 1))

        await self._database.atomically(count)
        return list(subjects)

    async def _forgive(self, subjects: list[str]) -> None:
        await self._database.write(queries.FORGIVE_ATTEMPT, subjects)

    async def clean_up(self) -> None:
        """Drop counters whose time is over."""
        await self._database.write(queries.FORGET_ATTEMPTS, self._clock.now())
