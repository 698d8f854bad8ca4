"""Whatever players do in groups, the server answers, lists and tells the same as a model of it does."""

import asyncio
import base64
import uuid
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.groups.model import BANNED, GOOD, REQUEST, SUPERADMIN, Answer, Group, Line, Model, note
from tests.hostile.clients import Client, Refused, clients
from tests.leaderboards.crowd import ENVIRONMENT, bearer
from tests.support.environment import WISHES
from tests.support.players import SERVER_KEY, Player, claims
from tests.support.processes import Server, start_server

PLAYERS, GROUPS, NAMES = 6, 3, 4
CONNECTIONS = 8

#: How a game signs its players in.
KEY = "Basic " + base64.b64encode(f"{SERVER_KEY}:".encode()).decode()

player = st.integers(0, PLAYERS - 1)
group = st.integers(0, GROUPS - 1)
#: Who does something: see `_caller`.
caller = st.integers(0, 3 * PLAYERS - 1)
#: Whom it is done to; the last number is nobody.
targets = st.lists(st.sampled_from([*range(PLAYERS)] * 4 + [PLAYERS]), max_size=4)
named = st.integers(0, NAMES - 1)


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose sessions last."""
    log = tmp_path_factory.mktemp("machine") / "server.log"
    server = start_server(database_url=database_url, log=log, env=ENVIRONMENT)
    yield server
    server.stop()


class Wire:
    """A few connections to a server, from synchronous code."""

    def __init__(self, runner: asyncio.Runner, connected: Sequence[Client]) -> None:
        self._runner = runner
        self._free: asyncio.Queue[Client] = asyncio.Queue()
        for client in connected:
            self._free.put_nowait(client)

    def at_once(self, *questions: Awaitable[Any]) -> list[Any]:
        """The answers to several questions."""

        async def all_of_them() -> list[Any]:
            return await asyncio.gather(*questions)

        return self._runner.run(all_of_them())

    async def ask(
        self, method: str, path: str, me: Player | None = None, body: Any = None, **query: Any
    ) -> Any:
        """The content of a good answer below `/v2`, `Refused` for any other."""
        client = await self._free.get()
        try:
            target = f"/v2{path}?{urlencode(query, doseq=True)}"
            return await client.ask(method, target, body, authorization=bearer(me) if me else KEY)
        finally:
            self._free.put_nowait(client)


class Circle(RuleBasedStateMachine):
    """Six players in three groups at most; who deletes his account is followed by somebody new."""

    wire: Wire

    @initialize(sizes=st.lists(st.integers(2, 5), min_size=1, max_size=2))
    def begin(self, sizes: list[int]) -> None:
        self.model = Model()
        # Names of this run, so that its groups can be told from others'.
        self.run = uuid.uuid4().hex[:12]
        self.groups = [str(uuid.uuid4()) for _ in range(GROUPS)]
        self.players = self.wire.at_once(*(self._sign_up() for _ in range(PLAYERS)))
        for player in self.players:
            self.model.enter(player.id, player.username)
        for place, size in enumerate(sizes):
            self.create(place, place, True, size)

    def teardown(self) -> None:
        """No group is left without a superadmin."""
        if not hasattr(self, "players"):
            return
        witness, *others = self.players
        for player in others:
            self._ask("DELETE", "/account", player)
        for id, _ in self.model.groups_of(witness.id):
            self._answer("DELETE", f"/group/{id}", witness)
        left = self._ask("GET", "/group", witness, name=f"{self.run}%", limit=100)
        self._ask("DELETE", "/account", witness)
        assert left == {}

    # --- asking ---

    def _ask(self, method: str, path: str, me: Player, body: Any = None, **query: Any) -> Any:
        return self.wire.at_once(self.wire.ask(method, path, me, body, **query))[0]

    def _answer(self, method: str, path: str, me: Player, body: Any = None, **query: Any) -> Answer:
        """What somebody is told who wants something done."""
        try:
            assert self._ask(method, path, me, body, **query) == {}
        except Refused as refused:
            return refused.status, refused.message
        return GOOD

    async def _sign_up(self) -> Player:
        device = f"device-{uuid.uuid4()}"
        path = "/account/authenticate/device"
        session = await self.wire.ask("POST", path, body={"id": device}, create="true")
        told = claims(session["token"])
        return Player(told["uid"], told["usn"], device, session["token"], session["refresh_token"])

    def _name(self, number: int) -> str:
        return f"{self.run}-{number}"

    def _caller(self, number: int, place: int) -> Player:
        """Any player for the first numbers; for the others one who belongs to the group, mostly."""
        there = self.model.groups.get(self.groups[place])
        insiders = [id for id, _ in there.roster(*range(REQUEST))] if there and number >= PLAYERS else []
        by_id = {player.id: player for player in self.players}
        return by_id[insiders[number % len(insiders)]] if insiders else self.players[number % PLAYERS]

    def _free_place(self) -> int | None:
        return next((place for place, id in enumerate(self.groups) if id not in self.model.groups), None)

    # --- the groups themselves ---

    @precondition(lambda self: self._free_place() is not None)
    @rule(me=player, name=named, open=st.booleans(), size=st.integers(2, 5))
    def create(self, me: int, name: int, open: bool, size: int) -> None:
        place, creator = self._free_place(), self.players[me]
        assert place is not None
        body = {"name": self._name(name), "open": open, "max_count": size}
        created, answer = None, GOOD
        try:
            created = self._ask("POST", "/group", creator, body)
        except Refused as refused:
            answer = refused.status, refused.message
        assert answer == self.model.may_create(self._name(name))
        if created is None:
            return
        assert created["creator_id"] == creator.id
        self.groups[place] = created["id"]
        self.model.create(creator.id, created["id"], Group(self._name(name), open, size))

    @rule(place=group, me=caller, name=st.none() | named, open=st.none() | st.booleans())
    def update(self, place: int, me: int, name: int | None, open: bool | None) -> None:
        who, id = self._caller(me, place), self.groups[place]
        wanted = None if name is None else self._name(name)
        body = {field: value for field, value in (("name", wanted), ("open", open)) if value is not None}
        assert self._answer("PUT", f"/group/{id}", who, body) == self.model.update(who.id, id, wanted, open)

    @rule(place=group, me=caller)
    def delete(self, place: int, me: int) -> None:
        who, id = self._caller(me, place), self.groups[place]
        assert self._answer("DELETE", f"/group/{id}", who) == self.model.delete(who.id, id)

    # --- one's own membership ---

    @rule(place=group, me=player)
    def join(self, place: int, me: int) -> None:
        who, id = self.players[me], self.groups[place]
        assert self._answer("POST", f"/group/{id}/join", who) == self.model.join(who.id, id)

    @rule(place=group)
    def everybody_joins(self, place: int) -> None:
        for me in range(PLAYERS):
            self.join(place, me)

    @rule(place=group, me=caller)
    def leave(self, place: int, me: int) -> None:
        who, id = self._caller(me, place), self.groups[place]
        assert self._answer("POST", f"/group/{id}/leave", who) == self.model.leave(who.id, id)

    # --- others' memberships ---

    def _act(self, operation: str, place: int, me: int, others: list[int]) -> None:
        who, id = self._caller(me, place), self.groups[place]
        ids = [*(player.id for player in self.players), str(uuid.uuid4())]
        users = [ids[other] for other in others]
        expected = getattr(self.model, operation)(who.id, id, users)
        assert self._answer("POST", f"/group/{id}/{operation}", who, user_ids=users) == expected

    @rule(place=group, me=caller, others=targets)
    def add(self, place: int, me: int, others: list[int]) -> None:
        self._act("add", place, me, others)

    @rule(place=group, me=caller, others=targets)
    def kick(self, place: int, me: int, others: list[int]) -> None:
        self._act("kick", place, me, others)

    @rule(place=group, me=caller, others=targets)
    def ban(self, place: int, me: int, others: list[int]) -> None:
        self._act("ban", place, me, others)

    @rule(place=group, me=caller, others=targets)
    def promote(self, place: int, me: int, others: list[int]) -> None:
        self._act("promote", place, me, others)

    @rule(place=group, me=caller)
    def promote_all(self, place: int, me: int) -> None:
        """So that there are more admins than chance would make."""
        self._act("promote", place, me, list(range(PLAYERS)))

    @rule(place=group, me=caller, others=targets)
    def demote(self, place: int, me: int, others: list[int]) -> None:
        self._act("demote", place, me, others)

    # --- accounts ---

    @rule(me=player)
    def rename(self, me: int) -> None:
        """The token goes on telling the old name."""
        name = f"renamed-{uuid.uuid4()}"
        assert self._answer("PUT", "/account", self.players[me], {"username": name}) == GOOD
        self.model.rename(self.players[me].id, name)

    @rule(me=player)
    def vanish(self, me: int) -> None:
        assert self._answer("DELETE", "/account", self.players[me]) == GOOD
        self.model.vanish(self.players[me].id)
        [self.players[me]] = self.wire.at_once(self._sign_up())
        self.model.enter(self.players[me].id, self.players[me].username)

    # --- what is there ---

    @invariant()
    def the_server_tells_what_the_model_tells(self) -> None:
        self.wire.at_once(
            self._check_groups(),
            *(self._check_players(group) for group in self.groups),
            *(self._check_lines(id) for id in self.model.groups),
            *(self._check_groups_of(player) for player in self.players),
            *(self._check_notes(player) for player in self.players),
        )

    async def _check_groups(self) -> None:
        """All groups of this run and their numbers of members."""
        found = await self.wire.ask("GET", "/group", self.players[0], name=f"{self.run}%", limit=100)
        listed = {one["id"]: _profile(one) for one in found.get("groups", ())}
        assert listed == {id: _expected(group) for id, group in self.model.groups.items()}

    async def _check_players(self, id: str) -> None:
        """Everybody who has to do with a group, in order."""
        group = self.model.groups.get(id, Group("", open=True, max_count=1))
        for query, states in (({}, range(BANNED)), ({"state": BANNED}, (BANNED,))):
            page = await self.wire.ask("GET", f"/group/{id}/user", self.players[0], **query)
            listed = [(entry["user"]["id"], entry["state"]) for entry in page.get("group_users", ())]
            assert listed == group.roster(*states)

    async def _check_groups_of(self, player: Player) -> None:
        """Where a player has what role, in order."""
        page = await self.wire.ask("GET", f"/user/{player.id}/group", self.players[0])
        found = page.get("user_groups", ())
        listed = [(entry["group"]["id"], entry["state"]) for entry in found]
        assert listed == self.model.groups_of(player.id)
        for entry in found:
            assert _profile(entry["group"]) == _expected(self.model.groups[entry["group"]["id"]])

    async def _check_lines(self, id: str) -> None:
        """What the group's channel says; those of one second have no order."""
        group = self.model.groups[id]
        reader = next(player for player in self.players if group.states.get(player.id) == SUPERADMIN)
        lines: Counter[Line] = Counter()
        cursor = ""
        while True:
            page = await self.wire.ask("GET", f"/channel/3.{id}..", reader, limit=100, cursor=cursor)
            for one in page.get("messages", ()):
                assert (one["content"], one["group_id"]) == ("{}", id)
                lines[one["code"], one["sender_id"], one["username"]] += 1
            if not (cursor := page.get("next_cursor", "")):
                break
        assert lines == group.lines

    async def _check_notes(self, player: Player) -> None:
        """What a player has been told, in order."""
        page = await self.wire.ask("GET", "/notification", player, limit=100)
        assert [note(one) for one in page.get("notifications", ())] == self.model.notes[player.id]


def _profile(message: dict[str, Any]) -> dict[str, Any]:
    return {key: message[key] for key in ("name", "open", "edge_count", "max_count")}


def _expected(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "open": group.open,
        "edge_count": group.size,
        "max_count": group.max_count,
    }


def test_players_in_groups(server: Server) -> None:
    class OfThisServer(Circle):
        pass

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        connected = runner.run(stack.enter_async_context(clients(server.port, CONNECTIONS)))
        OfThisServer.wire = Wire(runner, connected)
        try:
            run_state_machine_as_test(
                OfThisServer,
                settings=settings(
                    max_examples=max(5, int(5 * WISHES.soak_seconds)),
                    stateful_step_count=30,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(stack.aclose())
