"""Reward modifiers that are in force for a team (T-166, T-176)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from kizuna.db.engine import Record
from kizuna.teams.held import Held
from kizuna.teams.rewards import queries
from kizuna.teams.rewards.rolling import LARGEST, Rolled


@dataclass(frozen=True, slots=True)
class Modifier:
    """For a while, rewards have more of `target`, a currency or an item. Times are in unix seconds."""

    target: str
    type: str
    operator: str
    value: int
    start_sec: int
    end_sec: int

    @classmethod
    def of(cls, row: Record) -> Self:
        """That of a row of `queries.MODIFIERS`."""
        return cls(**{name: row[name] for name in cls.__slots__})

    def message(self) -> dict[str, Any]:
        """The `ActiveRewardModifier` message."""
        message = {
            "id": self.target,
            "type": self.type,
            "operator": self.operator,
            "value": str(self.value),
            "start_time_sec": str(self.start_sec),
            "end_time_sec": str(self.end_sec),
        }
        return {name: value for name, value in message.items() if value != "0"}


@dataclass(slots=True)
class Effect:
    """What several modifiers come to together: first the sum of their additions, then the product of their
    multipliers, in whatever order they were granted."""

    addition: int = 0
    multiplier: int = 1

    def include(self, modifier: Modifier) -> None:
        if modifier.operator == "addition":
            self.addition += modifier.value
        elif modifier.operator == "multiplier":
            # Within bounds at each step: what is beyond them comes back by no factor but 0.
            self.multiplier = max(-LARGEST, min(self.multiplier * modifier.value, LARGEST))

    def of(self, amount: int) -> int:
        """The amount that it makes of one, never below 0 nor beyond 64 bits."""
        return max(0, min((amount + self.addition) * self.multiplier, LARGEST))


class Effects:
    """What modifiers in force at a time come to, by what they are for."""

    def __init__(self, modifiers: Iterable[Modifier], now: int) -> None:
        self.now = now
        self._effects: dict[tuple[str, str], Effect] = defaultdict(Effect)
        for modifier in modifiers:
            self.include(modifier)

    def include(self, modifier: Modifier) -> None:
        """One more, unless it has ended."""
        if self.now < modifier.end_sec:
            self._effects[modifier.type, modifier.target].include(modifier)

    def on(self, type: str, amounts: Mapping[str, int]) -> dict[str, int]:
        """What amounts of a type, by id, come to; those that come to nothing are left out."""
        after = {id: self._of_one(type, id, amount) for id, amount in amounts.items()}
        return {id: amount for id, amount in after.items() if amount}

    def _of_one(self, type: str, id: str, amount: int) -> int:
        effect = self._effects.get((type, id))
        return amount if effect is None else effect.of(amount)


class Modifiers:
    """A team's reward modifiers in a call that may change them, oldest first."""

    def __init__(self, modifiers: Sequence[Modifier]) -> None:
        self._modifiers = list(modifiers)
        self._new: list[Modifier] = []
        #: Kept from roll to roll: a call may roll a thousand times with any number of modifiers.
        self._effects: Effects | None = None

    @classmethod
    async def load(cls, held: Held) -> Self:
        rows = await held.tx.read(queries.MODIFIERS, [held.team_id])
        return cls([Modifier.of(row) for row in rows])

    def active(self, now: int) -> list[dict[str, Any]]:
        """`ActiveRewardModifier` messages of those in force, oldest first."""
        return [modifier.message() for modifier in _in_force(self._modifiers, now)]

    def apply(self, rolled: Rolled, now: int) -> None:
        """Change what a reward came to by what is in force; what comes to nothing is dropped."""
        if self._modifiers:
            effects = self._effects_at(now)
            rolled.currencies = effects.on("currency", rolled.currencies)
            rolled.items = effects.on("item", rolled.items)

    def add(self, granted: Mapping[str, Any], now: int) -> None:
        """Put a `RewardModifier` message in force, from now on for as long as it says."""
        modifier = Modifier(
            granted["id"],
            granted["type"],
            granted["operator"],
            int(granted.get("value", 0)),
            now,
            min(now + int(granted.get("duration_sec", 0)), LARGEST),
        )
        self._modifiers.append(modifier)
        self._new.append(modifier)
        if self._effects is not None:
            self._effects.include(modifier)

    async def save(self, held: Held) -> None:
        lasting = [modifier for modifier in self._new if modifier.end_sec > held.now]
        if lasting or any(modifier.end_sec <= held.now for modifier in self._modifiers):
            await held.tx.write(
                queries.STORE_MODIFIERS,
                held.team_id,
                held.now,
                [modifier.target for modifier in lasting],
                [modifier.type for modifier in lasting],
                [modifier.operator for modifier in lasting],
                [modifier.value for modifier in lasting],
                [modifier.end_sec for modifier in lasting],
            )
        self._new.clear()

    def _effects_at(self, now: int) -> Effects:
        if self._effects is None or self._effects.now != now:
            self._effects = Effects(self._modifiers, now)
        return self._effects


def active_of(rows: Iterable[Record], now: int) -> list[dict[str, Any]]:
    """`ActiveRewardModifier` messages of a team's rows of `queries.MODIFIERS`, oldest first."""
    return [modifier.message() for modifier in _in_force(map(Modifier.of, rows), now)]


def _in_force(modifiers: Iterable[Modifier], now: int) -> list[Modifier]:
    return [modifier for modifier in modifiers if now < modifier.end_sec]
