"""What waits in a team's mailbox."""

import uuid
from dataclasses import dataclass
from typing import Any, Self

import orjson

from kizuna.db.engine import Record
from kizuna.teams.held import Held
from kizuna.teams.mailbox import queries
from kizuna.wire.encode import int64_text, omit_empty
from kizuna.wire.integers import INT64_MAX

#: The most expired entries that a call removes on its way; the rest is cleared away in the background.
_EXPIRED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What clients see of an entry: `reward` is a `Reward` message, times are in unix seconds."""

    id: str
    reward: dict[str, Any]
    create_sec: int
    update_sec: int
    expiry_sec: int | None
    claim_sec: int | None = None

    @classmethod
    def of(cls, row: Record) -> Self:
        """That of a stored row."""
        return cls(
            id=row["id"],
            reward=orjson.loads(row["reward"]),
            create_sec=row["create_sec"],
            update_sec=row["update_sec"],
            expiry_sec=row["expiry_sec"],
            claim_sec=row["claim_sec"],
        )

    def can_claim(self, now: int) -> bool:
        """Whether it still holds what it was given."""
        return self.claim_sec is None and (self.expiry_sec is None or now < self.expiry_sec)

    def message(self, now: int) -> dict[str, Any]:
        """The `RewardMailboxEntry` message."""
        return omit_empty(
            {
                "id": self.id,
                "reward": self.reward,
                "create_time_sec": int64_text(self.create_sec),
                "update_time_sec": int64_text(self.update_sec),
                "expiry_time_sec": int64_text(self.expiry_sec or 0),
                "claim_time_sec": int64_text(self.claim_sec or 0),
                "can_claim": self.can_claim(now),
            }
        )


class Mailbox:
    """A team's mailbox in a call that puts something in. What is in there already is not loaded."""

    def __init__(self) -> None:
        self._new: list[tuple[Entry, str]] = []

    @classmethod
    async def load(cls, held: Held) -> Self:
        return cls()

    async def put(
        self, held: Held, reward: dict[str, Any], parcel: str, expiry_sec: int | None
    ) -> dict[str, Any]:
        """Add an entry, the newest; the `RewardMailboxEntry` message.

        `reward` is the `Reward` message that clients see, `parcel` what `Rewards.open_parcel` makes it of,
        `expiry_sec` the unix second in which the entry expires, None for never. The oldest entries go where
        the mailbox is full.
        """
        entry = Entry(
            id=str(uuid.uuid4()),
            reward=reward,
            create_sec=held.now,
            update_sec=held.now,
            expiry_sec=None if expiry_sec is None else min(expiry_sec, INT64_MAX),
        )
        self._new.append((entry, parcel))
        return entry.message(held.now)

    async def save(self, held: Held) -> None:
        if self._new:
            await remove_expired(held)
            await self._make_room(held)
            await self._store(held)
            self._new.clear()

    async def _make_room(self, held: Held) -> None:
        """Keep no more than the mailbox's size, of what is stored and of what is new; 0 is no limit."""
        size = held.config.mailbox_max_size
        if size:
            self._new = self._new[-size:]
            await held.tx.write(queries.KEEP_NEWEST, held.team_id, held.now, size - len(self._new))

    async def _store(self, held: Held) -> None:
        entries = [entry for entry, _ in self._new]
        await held.tx.write(
            queries.PUT,
            held.team_id,
            [entry.id for entry in entries],
            [orjson.dumps(entry.reward).decode() for entry in entries],
            [parcel for _, parcel in self._new],
            [entry.expiry_sec for entry in entries],
            held.now,
        )


async def remove_expired(held: Held) -> None:
    """Remove what has expired, as every call does that changes the mailbox (T-396)."""
    await held.tx.write(queries.REMOVE_EXPIRED, held.team_id, held.now, _EXPIRED_AT_ONCE)
