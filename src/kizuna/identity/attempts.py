"""Limits on guessing passwords.

Wrong passwords count per account and client address, and per client address over all accounts; so guessing
slows down whoever guesses, and never the player whose account it is, who comes from elsewhere.
"""

import math
from dataclasses import dataclass
from datetime import timedelta

from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.errors import RateLimited
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

    async def begin(self, user_id: str, address: str) -> list[str]:
        """Count an attempt before it is made, so that simultaneous guesses cannot pass together.

        Returns what `forgive` needs if the password turns out right. 429 when a limit is reached.
        """
        now = self._clock.now()
        limits = self._limits
        client = network(address)
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

    async def forgive(self, subjects: list[str]) -> None:
        """The attempt was right and does not count."""
        await self._database.write(queries.FORGIVE_ATTEMPT, subjects)

    async def forget_expired(self) -> None:
        """Drop counters whose time is over."""
        await self._database.write(queries.FORGET_ATTEMPTS, self._clock.now())
