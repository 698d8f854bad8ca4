"""A team while a call changes it, and a team while a call looks at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, Self, TypeVar

from kizuna.caller import SYSTEM_USER
from kizuna.db.engine import Database, Record, Transaction
from kizuna.db.statements import Command, Query
from kizuna.db.together import at_once
from kizuna.groups.roles import Role
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.row import Row


@dataclass(frozen=True, slots=True)
class Actor:
    """The player who calls a function."""

    user_id: str
    username: str


#: The game's server where somebody must be named; a call of its own has an actor of None.
SERVER = Actor(SYSTEM_USER, "")


@dataclass(frozen=True, slots=True)
class PublisherEvent:
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
        """Write what has changed: at once, or better with what others write (`Held.write_last`)."""


class RowsPart(Part, Protocol):
    """A part that is loaded from the team's rows of a query, which others may have read along with the team.

    The query takes a list of teams, and tells the `team_id` of each row: others use it by this name alone.
    """

    query: ClassVar[Query]


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
    #: The rows of parts that were read along with the group.
    read: Mapping[type[RowsPart], Sequence[Row]] = field(default_factory=dict)
    events: list[PublisherEvent] = field(default_factory=list)
    _parts: dict[type, Any] = field(default_factory=dict)
    _last: list[tuple[Command, tuple[Any, ...]]] = field(default_factory=list)

    @property
    def now(self) -> int:
        return int(self.at.timestamp())

    async def part(self, kind: type[P]) -> P:
        """The team's wallet, inventory, …: always the same object in one call."""
        if kind not in self._parts:
            self._parts[kind] = await kind.load(self)
        loaded: P = self._parts[kind]
        return loaded

    async def rows(self, kind: type[RowsPart]) -> Sequence[Row]:
        """The rows that a part is loaded from."""
        found = self.read.get(kind)
        return await self.tx.read(kind.query, [self.team_id]) if found is None else found

    def write_last(self, command: Command, *args: Any) -> None:
        """Have a command run at the end of the call, in one statement with others and in no order.

        No two of them may change the same row, and none may begin with `with`.
        """
        self._last.append((command, args))

    def publish(self, name: str, value: int | None = None, /, **metadata: str) -> None:
        """Note an event; `teamId` is added."""
        text = "" if value is None else str(value)
        self.events.append(PublisherEvent(name, {"teamId": self.team_id, **metadata}, text))

    async def save(self) -> None:
        """Write all parts, in the order in which they were first used, and then what is written last."""
        for part in self._parts.values():
            await part.save(self)
        await self.write_now()

    async def write_now(self) -> None:
        """Write what was to be written last."""
        if self._last:
            command = at_once(tuple(command for command, _ in self._last))
            await self.tx.write(command, *(arg for _, args in self._last for arg in args))
            self._last.clear()
