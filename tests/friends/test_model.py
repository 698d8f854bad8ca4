"""Whatever players do to each other, the server tells the same as a model of it does."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.friends.model import Model, metadata_of
from tests.support.environment import WISHES
from tests.support.players import Player, sign_in
from tests.support.processes import Server, start_server

PLACES = 4

one = st.integers(0, PLACES - 1)
some = st.lists(one, min_size=1, max_size=PLACES, unique=True)
#: Which of those who are named are named by their username.
by_name = st.sets(one)
notes = st.none() | st.dictionaries(st.sampled_from("xyz"), st.integers(0, 9), max_size=2)


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose sessions last."""
    log = tmp_path_factory.mktemp("model") / "server.log"
    env = {"KIZUNA_SESSION__TOKEN_EXPIRY_SEC": "3600"}
    server = start_server(database_url=database_url, log=log, env=env)
    yield server
    server.stop()


class Circle(RuleBasedStateMachine):
    """Four players; who leaves is followed by somebody new."""

    client: httpx.Client

    @initialize()
    def begin(self) -> None:
        self.model = Model()
        self.players: list[Player] = []
        self.ids: dict[str, str] = {}
        for _ in range(PLACES):
            self._enter(len(self.players))

    def _enter(self, place: int) -> None:
        player = sign_in(self.client)
        self.players[place : place + 1] = [player]
        self.model.enter(player.id)

    def _ask(self, method: str, path: str, who: Player, **query: Any) -> dict[str, Any]:
        answer = self.client.request(method, path, params=query, headers=who.headers)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def _send(
        self, method: str, path: str, me: int, others: list[int], named: set[int], **query: Any
    ) -> list[str]:
        """Ask for it; whom it is aimed at, in the order that counts."""
        others = [other for other in others if other != me]
        ids = [self.players[other].id for other in others if other not in named]
        usernames = [self.players[other].username for other in others if other in named]
        # Nobody is there by this id, which shall not matter.
        ids.append(str(uuid.uuid4()))
        self._ask(method, path, self.players[me], ids=ids, usernames=usernames, **query)
        return ids[:-1] + [self.players[other].id for other in others if other in named]

    @rule(me=one, others=some, named=by_name, note=notes)
    def add(self, me: int, others: list[int], named: set[int], note: dict[str, int] | None) -> None:
        query = {} if note is None else {"metadata": json.dumps(note)}
        targets = self._send("POST", "/v2/friend", me, others, named, **query)
        self.model.add(self.players[me].id, targets, note)

    @rule(me=one, others=some, named=by_name)
    def delete(self, me: int, others: list[int], named: set[int]) -> None:
        targets = self._send("DELETE", "/v2/friend", me, others, named)
        self.model.delete(self.players[me].id, targets)

    @rule(me=one, others=some, named=by_name)
    def block(self, me: int, others: list[int], named: set[int]) -> None:
        targets = self._send("POST", "/v2/friend/block", me, others, named)
        self.model.block(self.players[me].id, targets)

    @rule(one=one, other=one)
    def befriend(self, one: int, other: int) -> None:
        """So that there are more friends than chance would make."""
        for me, target in ((one, other), (other, one)):
            self.add(me, [target], set(), None)

    @rule(me=one)
    def leave(self, me: int) -> None:
        self._ask("DELETE", "/v2/account", self.players[me])
        self.model.leave(self.players[me].id)
        self._enter(me)

    @invariant()
    def everybody_is_told_what_the_model_tells(self) -> None:
        for player in self.players:
            friends = self._ask("GET", "/v2/friend", player).get("friends", [])
            listed = [(friend["user"]["id"], friend["state"], metadata_of(friend)) for friend in friends]
            assert listed == self.model.list(player.id)
            account = self._ask("GET", "/v2/account", player)
            assert account["user"].get("edge_count", 0) == len(listed)
            found = self._ask("GET", "/v2/notification", player, limit=100).get("notifications", [])
            told = [(note["code"], note["sender_id"]) for note in found]
            assert told == self.model.told[player.id][:100]


def test_a_circle_of_players(client: httpx.Client) -> None:
    class OfThisServer(Circle):
        pass

    OfThisServer.client = client
    run_state_machine_as_test(
        OfThisServer,
        settings=settings(
            max_examples=max(5, int(3 * WISHES.soak_seconds)),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
