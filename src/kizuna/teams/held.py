"""A team while a call changes it, and a team while a call looks at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

from kizuna.db.engine import Database, Record, Transaction
from kizuna.groups.roles import Role
from kizuna.teams.config.shapes import TeamsConfig


@dataclass(frozen=True, slots=True)
class Actor:
    """The player who calls a function."""

    user_id: str
    username: str


@dataclass(frozen=True, slots=True)
class TeamEvent:
    """What a call did, for the publisher: told after it is committed (T-035).

    `value` is an integer as text, "" for none.
    """

    name: str
    metadata: Mapping[str, str]
    value: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A team that a call looks at, as the caller may see it.

    `now` is in whole unix seconds. `actor` is None for the server itself, which may see everything; its
    `role` is then that of a superadmin.
    """

    database: Database
    config: TeamsConfig
    team_id: str
    actor: Actor | None
    role: Role | None
    now: int


class Part(Protocol):
    """Something a team has, loaded once in a call, changed in memory, and written at its end.

    The team's row is locked all the while, so what was loaded stays true.
    """

    @classmethod
    async def load(cls, held: "Held") -> Self:
        """As it stands in the database."""

    async def save(self, held: "Held") -> None:
        """Write what has changed."""


P = TypeVar("P", bound=Part)


@dataclass(slots=True, eq=False)
class Held:
    """A team whose row this transaction has locked, so that nobody else changes what belongs to it.

    `now` is in whole unix seconds, `at` the same instant in full. `actor` is None for the server itself.
    `group` is the row of the team's group: id, name, state, edge_count, max_count.
    """

    tx: Transaction
    config: TeamsConfig
    team_id: str
    group: Record
    actor: Actor | None
    role: Role | None
    at: datetime
    events: list[TeamEvent] = field(default_factory=list)
    _parts: dict[type, Any] = field(default_factory=dict)

    @property
    def now(self) -> int:
        return int(self.at.timestamp())

    async def part(self, kind: type[P]) -> P:
        """The team's wallet, inventory, …: always the same object in one call."""
        if kind not in self._parts:
            self._parts[kind] = await kind.load(self)
        loaded: P = self._parts[kind]
        return loaded

    def publish(self, name: str, value: int | None = None, /, **metadata: str) -> None:
        """Note an event; `teamId` is added."""
        text = "" if value is None else str(value)
        self.events.append(TeamEvent(name, {"teamId": self.team_id, **metadata}, text))

    async def save(self) -> None:
        """Write all parts, in the order in which they were first used."""
        for part in self._parts.values():
            await part.save(self)
