"""Reward modifiers that are in force for a team (T-166, T-176)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from kizuna.db.statements import Query
from kizuna.teams.held import Held
from kizuna.teams.rewards import queries
from kizuna.teams.rewards.rolling import LARGEST, Rolled
from kizuna.teams.row import Row
from kizuna.wire.encode import int64_text, omit_empty

#: The most modifiers that a team has; of more, those that end soonest fall. Every reward of the team's is
#: rolled with all of them, and whoever looks at its store gets them all.
MOST_MODIFIERS = 1_000


@dataclass(frozen=True, slots=True)
class Modifier:
    """For a while, rewards have more of `target`, a currency or an item. Times are in unix seconds.

    An `id` of 0 is that of one which is not stored yet.
    """

    target: str
    type: str
    operator: str
    value: int
    start_sec: int
    end_sec: int
    id: int = 0

    @classmethod
    def of(cls, row: Row) -> Self:
        """That of a row of `queries.MODIFIERS`."""
        return cls(**{name: row[name] for name in cls.__slots__})

    def message(self) -> dict[str, Any]:
        """The `ActiveRewardModifier` message."""
        return omit_empty(
            {
                "id": self.target,
                "type": self.type,
                "operator": self.operator,
                "value": int64_text(self.value),
                "start_time_sec": int64_text(self.start_sec),
                "end_time_sec": int64_text(self.end_sec),
            }
        )


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

    query: ClassVar[Query] = queries.MODIFIERS

    def __init__(self, modifiers: Sequence[Modifier]) -> None:
        self._modifiers = list(modifiers)
        #: Kept from roll to roll: a call may roll a thousand times with any number of modifiers.
        self._effects: Effects | None = None

    @classmethod
    async def load(cls, held: Held) -> Self:
        return cls([Modifier.of(row) for row in await held.rows(cls)])

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
        if self._effects is not None:
            self._effects.include(modifier)

    async def save(self, held: Held) -> None:
        lasting = _in_force(self._modifiers, held.now)
        ids = {modifier.id for modifier in lasting}
        gone = [modifier.id for modifier in self._modifiers if modifier.id and modifier.id not in ids]
        new = [modifier for modifier in lasting if not modifier.id]
        if gone or new:
            await held.tx.write(
                queries.STORE_MODIFIERS,
                held.team_id,
                gone,
                [modifier.target for modifier in new],
                [modifier.type for modifier in new],
                [modifier.operator for modifier in new],
                [modifier.value for modifier in new],
                [modifier.start_sec for modifier in new],
                [modifier.end_sec for modifier in new],
            )

    def _effects_at(self, now: int) -> Effects:
        if self._effects is None or self._effects.now != now:
            self._effects = Effects(_in_force(self._modifiers, now), now)
        return self._effects


def active_of(rows: Iterable[Row], now: int) -> list[dict[str, Any]]:
    """`ActiveRewardModifier` messages of a team's rows of `queries.MODIFIERS`, oldest first."""
    return [modifier.message() for modifier in _in_force(map(Modifier.of, rows), now)]


def _in_force(modifiers: Iterable[Modifier], now: int) -> list[Modifier]:
    """Those that last, in their order; of too many, those that last longest, of equals the newest."""
    lasting = [modifier for modifier in modifiers if now < modifier.end_sec]
    if len(lasting) <= MOST_MODIFIERS:
        return lasting
    by_end = sorted(range(len(lasting)), key=lambda place: (lasting[place].end_sec, place))
    return [lasting[place] for place in sorted(by_end[-MOST_MODIFIERS:])]
