"""Whatever players do in groups, the server answers, lists and tells the same as a model of it does."""

import asyncio
import base64
import uuid
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import AsyncExitStack
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.groups.model import ADMIN, BANNED, GOOD, SUPERADMIN, Answer, Group, Line, Model, note_of
from tests.hostile.clients import Client, Refused, clients
from tests.leaderboards.crowd import ENVIRONMENT, bearer
from tests.support.environment import WISHES
from tests.support.players import SERVER_KEY, Player, claims
from tests.support.processes import Server, start_server

PLAYERS, GROUPS, NAMES = 6, 3, 4
CONNECTIONS = 8

#: How a game signs its players in.
KEY = "Basic " + base64.b64encode(f"{SERVER_KEY}:".encode()).decode()

#: What happens, and how often compared with other things.
DEEDS = {
    "join": 6,
    "leave": 2,
    "add": 4,
    "kick": 2,
    "ban": 3,
    "promote": 6,
    "demote": 3,
    "create": 2,
    "update": 3,
    "delete": 1,
    "rename": 1,
    "vanish": 1,
}

SIZES = (2, 3, 5, 7)


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

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        # Names of this run, so that its groups can be told from others'.
        self.run = uuid.uuid4().hex[:12]
        self.groups = [str(uuid.uuid4()) for _ in range(GROUPS)]
        self.players = self.wire.at_once(*(self._sign_up() for _ in range(PLAYERS)))
        for player in self.players:
            self.model.enter(player.id, player.username)
        first, second, *others = self.players
        self.create(first, self._name(0), True, PLAYERS)
        self.create(second, self._name(1), False, 4)
        for player in others:
            self.join(player, self.groups[0])
            self.join(player, self.groups[1])
        self.act("promote", first, self.groups[0], [others[place].id for place in (0, 1, 2, 0)])

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

    # --- chance, such that most of what happens has an effect ---

    @rule(dice=st.randoms(use_true_random=True))
    def something_happens(self, dice: Random) -> None:
        """Left to itself, Hypothesis would say the same things over and over."""
        [deed] = dice.choices(list(DEEDS), list(DEEDS.values()))
        id = self._group(dice)
        manager = self._manager(dice, id)
        player = dice.choice(self.players)
        note(f"{deed} in {id} by {player.id}, or as a manager {manager.id}")
        if deed in ("add", "kick", "ban", "promote", "demote"):
            self.act(deed, manager, id, self._users(dice))
        elif deed == "create":
            self.create(player, self._name(dice.randrange(NAMES)), dice.random() < 0.6, dice.choice(SIZES))
        elif deed == "update":
            name = self._name(dice.randrange(NAMES)) if dice.random() < 0.3 else None
            self.update(manager, id, name, dice.choice((True, False, None)))
        elif deed == "delete":
            self.delete(manager, id)
        elif deed in ("join", "leave"):
            getattr(self, deed)(player, id)
        else:
            getattr(self, deed)(player)

    def _group(self, dice: Random) -> str:
        """The id of a group, now and then of one that is gone."""
        return dice.choice(self.groups if dice.random() < 0.1 else list(self.model.groups) or self.groups)

    def _manager(self, dice: Random, id: str) -> Player:
        """Somebody who manages the group, now and then anybody."""
        there = self.model.groups.get(id) if dice.random() < 0.8 else None
        managers = there.those(SUPERADMIN, ADMIN) if there else []
        return dice.choice([player for player in self.players if player.id in managers] or self.players)

    def _users(self, dice: Random) -> list[str]:
        """A few players, some of them named twice, and now and then one who does not exist."""
        ids = [player.id for player in dice.choices(self.players, k=dice.randint(1, 4))]
        return [*ids, str(uuid.uuid4())] if dice.random() < 0.1 else ids

    # --- what happens ---

    def create(self, me: Player, name: str, open: bool, size: int) -> None:
        """In the first place that is free, if there is one."""
        free = [place for place, id in enumerate(self.groups) if id not in self.model.groups]
        if not free:
            return
        created, answer = None, GOOD
        try:
            created = self._ask("POST", "/group", me, {"name": name, "open": open, "max_count": size})
        except Refused as refused:
            answer = refused.status, refused.message
        assert answer == self.model.may_create(name)
        if created is not None:
            assert created["creator_id"] == me.id
            self.groups[free[0]] = created["id"]
            self.model.create(me.id, created["id"], Group(name, open, size))

    def update(self, me: Player, id: str, name: str | None, open: bool | None) -> None:
        body = {field: value for field, value in (("name", name), ("open", open)) if value is not None}
        assert self._answer("PUT", f"/group/{id}", me, body) == self.model.update(me.id, id, name, open)

    def delete(self, me: Player, id: str) -> None:
        assert self._answer("DELETE", f"/group/{id}", me) == self.model.delete(me.id, id)

    def join(self, me: Player, id: str) -> None:
        assert self._answer("POST", f"/group/{id}/join", me) == self.model.join(me.id, id)

    def leave(self, me: Player, id: str) -> None:
        assert self._answer("POST", f"/group/{id}/leave", me) == self.model.leave(me.id, id)

    def act(self, operation: str, me: Player, id: str, users: Sequence[str]) -> None:
        """Add, kick, ban, promote or demote."""
        expected = getattr(self.model, operation)(me.id, id, users)
        assert self._answer("POST", f"/group/{id}/{operation}", me, user_ids=users) == expected

    def rename(self, me: Player) -> None:
        """The token goes on telling the old name."""
        name = f"renamed-{uuid.uuid4()}"
        assert self._answer("PUT", "/account", me, {"username": name}) == GOOD
        self.model.rename(me.id, name)

    def vanish(self, me: Player) -> None:
        """An account is deleted; somebody new takes the place."""
        assert self._answer("DELETE", "/account", me) == GOOD
        self.model.vanish(me.id)
        [successor] = self.wire.at_once(self._sign_up())
        self.players[self.players.index(me)] = successor
        self.model.enter(successor.id, successor.username)

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
        assert [note_of(one) for one in page.get("notifications", ())] == self.model.notes[player.id]


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
                    max_examples=max(5, int(6 * WISHES.soak_seconds)),
                    stateful_step_count=30,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(stack.aclose())
