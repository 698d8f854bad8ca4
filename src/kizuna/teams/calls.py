"""How a Teams function is called: who may, in what order things are checked, and in which transaction.

The order is that of T-020: the request's form, the team, the caller's membership and role, the request's
limits, and only then what the function itself looks at.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from kizuna.clock import Clock
from kizuna.db.coalesce import SharedReads
from kizuna.db.engine import COLLIDED, LOCKED, REFUSED, Database, Transaction
from kizuna.db.statements import Query
from kizuna.db.together import rows_of, with_rows_of
from kizuna.groups import roles
from kizuna.groups.roles import Role
from kizuna.teams import queries
from kizuna.teams.admission import Admission
from kizuna.teams.config.shapes import TeamsConfig
from kizuna.teams.errors import (
    admin_required,
    bad_input,
    membership_required,
    not_allowed,
    team_is_busy,
    team_not_found,
)
from kizuna.teams.functions import Access, Free, Function, Reading, Reply, Request, Served, Writing
from kizuna.teams.held import SERVER, Actor, Held, PublisherEvent, RowsPart, View
from kizuna.teams.protocol.decode import decode
from kizuna.wire.uuids import parse_uuid

log = logging.getLogger(__name__)

T = TypeVar("T")

#: How often a call is tried whose wait for the team's lock took too long (T-029).
_ATTEMPTS = 4

#: Refuses that a group becomes a team: (transaction, group id).
BeforeAdoption = Callable[[Transaction, str], Awaitable[None]]

#: Receives what calls did, after they are committed.
Publish = Callable[[Sequence[PublisherEvent]], None]


class Calls:
    """Runs functions for players, and whatever else changes a team.

    `config` tells the configuration in force: a call has the same one from its beginning to its end.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        config: Callable[[], TeamsConfig],
        publish: Publish,
        admission: Admission,
        before_adoption: BeforeAdoption,
        *,
        debug: bool = False,
        closed: Collection[str] = (),
    ) -> None:
        self._database = database
        self._clock = clock
        self._config = config
        #: Tells the game what calls did, after they are committed.
        self.publish = publish
        self._debug = debug
        self._closed = frozenset(closed)
        self._admission = admission
        self._before_adoption = before_adoption
        self._standings: SharedReads[tuple[str, str], tuple[bool, Role | None]] = SharedReads(
            self._read_standings
        )

    async def receive(self, served: Served, actor: Actor, payload: bytes) -> Reply:
        """What a function answers to a request as it came, in JSON. `ApiError` where it does not."""
        self.check_enabled(served.function)
        return await self.call(served, actor, decode(served.function.request, payload))

    @property
    def config(self) -> TeamsConfig:
        """The configuration in force now; a call that is longer than a moment keeps the one it began with."""
        return self._config()

    def check_enabled(self, function: Function) -> None:
        """501 for a function that the settings do not allow (T-010)."""
        if function.name in self._closed or (function.debug and not self._debug):
            raise not_allowed()

    async def call(self, served: Served, actor: Actor | None, request: Request) -> Reply:
        """What a function answers to a decoded request. `ApiError` where it does not.

        An actor of None is the server itself: it may do whatever a superadmin may.
        """
        function = served.function
        try:
            if isinstance(served, Free):
                _check_limits(function, request)
                return await served.run(actor or SERVER, request)
            team_id = _team_id(request)
            if isinstance(served, Reading):
                view = await self.view(team_id, actor, function.access)
                _check_limits(function, request)
                return await served.run(view, request)
            return await self._write(served, team_id, actor, request)
        except REFUSED as error:
            # What the database cannot store (NUL in a text, for example) is the client's.
            log.info("%s refused by the database: %s", function.name, error)
            raise bad_input() from error

    async def view(self, team_id: str, actor: Actor | None, access: Access = Access.MEMBER) -> View:
        """A team to look at. 400 for an unknown one, 403 for who may not."""
        exists, role = await self._standing(team_id, actor)
        if not exists:
            raise team_not_found()
        now = int(self._clock.unix())
        return View(self._database, self._config(), team_id, actor, _allowed(access, actor, role), now)

    async def change(
        self,
        team_id: str,
        actor: Actor | None,
        work: Callable[[Held], Awaitable[T]],
        access: Access = Access.MEMBER,
        queue: str | None = None,
        reads: tuple[type[RowsPart], ...] = (),
    ) -> T:
        """Do something to a team, in one transaction that holds it; then publish what was done.

        Those of one `queue` wait for each other; the parts `reads` are loaded without a statement of their
        own. 400 for an unknown team, 403 for who may not, 409 where somebody else holds the team for
        too long.
        """
        events: list[PublisherEvent] = []

        async def within(tx: Transaction) -> T:
            events.clear()
            held = await self._hold(tx, team_id, actor, access, reads)
            result = await work(held)
            await self._adopt(held)
            await held.save()
            events.extend(held.events)
            return result

        try:
            async with self._admission.to_change(team_id, queue):
                result = await self._persistently(within, lock=(queries.LOCK, UUID(team_id)))
        except LOCKED as error:
            raise team_is_busy() from error
        if events:
            self.publish(events)
        return result

    async def _write(self, served: Writing, team_id: str, actor: Actor | None, request: Request) -> Reply:
        async def work(held: Held) -> Reply | Callable[[], Reply]:
            _check_limits(served.function, request)
            return await served.run(held, request)

        queue = served.queue(request) if served.queue else None
        reply = await self.change(team_id, actor, work, served.function.access, queue, served.reads)
        return reply() if callable(reply) else reply

    async def persistently(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run something in a transaction that changes no team that there is, but may ask the game.

        Again where a lock is not given in time; 409 in the end (T-029).
        """
        async with self._admission.to_ask():
            return await self._persistently(work)

    async def _persistently(
        self, work: Callable[[Transaction], Awaitable[T]], lock: tuple[Query, UUID] | None = None
    ) -> T:
        for left in range(_ATTEMPTS - 1, -1, -1):
            try:
                return await self._database.atomically(work, lock=lock)
            except LOCKED as error:
                if not left:
                    raise team_is_busy() from error
            except COLLIDED as error:
                raise team_is_busy() from error  # often enough: the database has tried again itself
        raise AssertionError("unreachable")

    async def _hold(
        self,
        tx: Transaction,
        team_id: str,
        actor: Actor | None,
        access: Access,
        reads: tuple[type[RowsPart], ...],
    ) -> Held:
        """The team that the transaction has locked, if the actor may change it as they stand to it now."""
        query = with_rows_of(queries.HELD, tuple(part.query for part in reads))
        rows = await tx.read(query, [team_id], (actor or SERVER).user_id)
        if not rows:
            raise team_not_found()
        [group] = rows
        role = _allowed(access, actor, None if group["role"] is None else Role(group["role"]))
        read = {part: rows_of(group, number) for number, part in enumerate(reads)}
        return Held(tx, self._config(), team_id, group, actor, role, self._clock.now(), read)

    async def _adopt(self, held: Held) -> None:
        """Make a group a team if it was none before.

        This comes last because it locks the members' accounts, which the game may want to change during the
        call.
        """
        if held.group["adopted"]:
            return
        await self._before_adoption(held.tx, held.team_id)
        # Of two that take the same short code at the same moment, the second goes without.
        if not await held.tx.write(queries.ADOPT, held.team_id, held.now):
            await held.tx.write(queries.ADOPT_PLAINLY, held.team_id, held.now)

    async def _standing(self, team_id: str, actor: Actor | None) -> tuple[bool, Role | None]:
        """Whether a team exists, and how the actor stands to it."""
        return await self._standings((team_id, (actor or SERVER).user_id))

    async def _read_standings(self, pairs: list[tuple[str, str]]) -> list[tuple[bool, Role | None]]:
        teams, users = zip(*pairs, strict=True)
        rows = await self._database.read(queries.STANDING, list(teams), list(users))
        found: Mapping[tuple[str, str], int | None] = {
            (row["team_id"], row["user_id"]): row["state"] for row in rows
        }
        return [
            (pair in found, None if (state := found.get(pair)) is None else Role(state)) for pair in pairs
        ]


def _team_id(request: Request) -> str:
    team_id = parse_uuid(request.get("id", ""))
    if team_id is None:
        raise bad_input()
    return team_id


def _allowed(access: Access, actor: Actor | None, role: Role | None) -> Role | None:
    """The role in which the function runs, None for a stranger. 403 for who may not call it."""
    if actor is None:
        return Role.SUPERADMIN
    if access is not Access.ANYBODY:
        if role is None or not roles.belongs(role):
            raise membership_required()
        if access is Access.ADMIN and not roles.manages(role):
            raise admin_required()
    return role


def _check_limits(function: Function, request: Request) -> None:
    if not function.request.within_limits(request):
        raise bad_input()
