"""Friends from elsewhere become friends here: what the service makes of the ids that a provider lists."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from kizuna.app import Application
from kizuna.db.engine import Database
from kizuna.db.statements import Command
from kizuna.errors import ApiError
from kizuna.friends.service import Actor, Friends, Provider
from tests.friends.support import (
    ACCEPTED,
    BLOCKED,
    FRIEND,
    IMPORTED,
    INVITED,
    RECEIVED,
    SENT,
    Neighbour,
    between,
    counts,
    good,
    refusal,
)

Enter = Callable[[], Awaitable[Neighbour]]


class Importer:
    """Links players with a provider, and imports."""

    def __init__(self, database: Database, friends: Friends, provider: Provider) -> None:
        self._database = database
        self._friends = friends
        self._provider = provider
        self._link = Command(
            "test.link",
            "Give a player an account of the provider.",
            f"update users set {provider}_id = $2 where id = $1",
        )

    async def ids(self, *players: Neighbour) -> list[str]:
        """The players' ids at the provider, who have none before."""
        ids = [f"id-{player.id}" for player in players]
        for player, provider_id in zip(players, ids, strict=True):
            await self._database.write(self._link, player.id, provider_id)
        return ids

    async def run(self, player: Neighbour, *friends: Neighbour, reset: bool = False) -> None:
        """The player's friends at the provider are these, who have accounts there, and somebody unknown."""
        listed = [*await self.ids(*friends), f"unknown-{uuid4()}"]
        await self.raw(player, listed, reset)

    async def raw(self, player: Neighbour, provider_ids: list[str], reset: bool = False) -> None:
        await self._friends.import_friends(Actor(player.id, player.name), self._provider, provider_ids, reset)


@pytest.fixture(params=["facebook", "steam"])
def provider(request: pytest.FixtureRequest) -> Provider:
    name: Provider = request.param
    return name


@pytest.fixture
def importer(app: Application, friends: Friends, provider: Provider) -> Importer:
    return Importer(app.database, friends, provider)


async def test_strangers_become_friends(
    importer: Importer, provider: Provider, ada: Neighbour, bob: Neighbour, cleo: Neighbour
) -> None:
    await importer.run(ada, bob, cleo)
    for other in (bob, cleo):
        assert await between(ada, other) == (FRIEND, FRIEND)
        for edge in (await ada.edge_to(other), await other.edge_to(ada)):
            assert edge["metadata"] == f'{{"provider": "{provider}"}}'
        assert await other.notes() == [(IMPORTED, ada.id)]
    assert await counts(ada, bob, cleo) == [2, 1, 1]
    assert await ada.notes() == []
    [note] = good(await bob.ask("GET", "/v2/notification"))["notifications"]
    assert note["subject"] == "Your friend has just joined the game"
    assert note["content"] == f'{{"username": "{ada.name}"}}'


async def test_invitations_in_both_directions_are_accepted(
    importer: Importer, provider: Provider, ada: Neighbour, bob: Neighbour, cleo: Neighbour
) -> None:
    await ada.add(bob, metadata='{"x":1}')
    await cleo.add(ada)
    await importer.run(ada, bob, cleo)
    assert await between(ada, bob) == await between(ada, cleo) == (FRIEND, FRIEND)
    assert await counts(ada, bob, cleo) == [2, 1, 1]
    assert (await ada.edge_to(bob))["metadata"] == f'{{"x": 1, "provider": "{provider}"}}'
    assert await bob.notes() == [(INVITED, ada.id), (IMPORTED, ada.id)]


async def test_friends_stay_as_they_are(importer: Importer, ada: Neighbour, bob: Neighbour) -> None:
    listed = await importer.ids(bob)
    await ada.befriend(bob)
    before = await ada.edge_to(bob)
    await importer.raw(ada, listed)
    await importer.raw(ada, listed)
    assert await ada.edge_to(bob) == before
    assert await counts(ada, bob) == [1, 1]
    assert await bob.notes() == [(INVITED, ada.id)]


@pytest.mark.parametrize("reset", [False, True])
async def test_blocks_in_either_direction_stay(
    importer: Importer, ada: Neighbour, bob: Neighbour, cleo: Neighbour, reset: bool
) -> None:
    await ada.block(bob)
    await cleo.block(ada)
    await importer.run(ada, bob, cleo, reset=reset)
    assert await between(ada, bob) == (BLOCKED, None)
    assert await between(ada, cleo) == (None, BLOCKED)
    assert await counts(ada, bob, cleo) == [1, 0, 1]
    assert await bob.notes() == await cleo.notes() == []


async def test_nobody_befriends_themselves(importer: Importer, ada: Neighbour, bob: Neighbour) -> None:
    await importer.run(ada, ada, bob)
    assert list(await ada.states()) == [bob.id]
    assert await counts(ada) == [1]


async def test_one_who_is_listed_twice(importer: Importer, ada: Neighbour, bob: Neighbour) -> None:
    ids = await importer.ids(bob)
    await importer.raw(ada, ids * 3)
    assert await counts(ada, bob) == [1, 1]
    assert await bob.notes() == [(IMPORTED, ada.id)]


async def test_reset_ends_everything_but_blocks(importer: Importer, ada: Neighbour, enter: Enter) -> None:
    friend, invited, asking, blocked, blocker, listed = [await enter() for _ in range(6)]
    await ada.befriend(friend)
    await ada.add(invited)
    await asking.add(ada)
    await ada.block(blocked)
    await blocker.block(ada)
    others = [friend, invited, asking, blocked, blocker, listed]
    before = [await other.notes() for other in others[:5]]
    await importer.run(ada, listed, reset=True)
    assert await ada.states() == {listed.id: FRIEND, blocked.id: BLOCKED}
    assert await counts(ada, *others) == [2, 0, 0, 0, 0, 1, 1]
    assert [await other.notes() for other in others[:5]] == before, "nobody is told of the reset"


async def test_reset_begins_anew_with_those_who_are_listed(
    importer: Importer, provider: Provider, ada: Neighbour, bob: Neighbour, cleo: Neighbour
) -> None:
    await ada.befriend(bob)
    await ada.add(bob, cleo, metadata='{"x":1}')
    await importer.run(ada, cleo, bob, reset=True)
    assert await between(ada, bob) == await between(ada, cleo) == (FRIEND, FRIEND)
    assert {edge["metadata"] for edge in await ada.friends()} == {f'{{"provider": "{provider}"}}'}
    assert await counts(ada, bob, cleo) == [2, 1, 1]
    assert (await bob.notes())[-1] == (await cleo.notes())[-1] == (IMPORTED, ada.id)


async def test_nobody_is_listed(importer: Importer, ada: Neighbour, bob: Neighbour, cleo: Neighbour) -> None:
    """Nothing happens, unless with a reset."""
    await ada.befriend(bob)
    await ada.block(cleo)
    await importer.raw(ada, [])
    assert await between(ada, bob) == (FRIEND, FRIEND)
    await importer.raw(ada, [], reset=True)
    assert await between(ada, bob) == (None, None)
    assert await between(ada, cleo) == (BLOCKED, None)
    assert await counts(ada, bob, cleo) == [1, 0, 0]
    assert await ada.notes() == [(ACCEPTED, bob.id)]


async def test_only_the_provider_s_own_ids_count(importer: Importer, ada: Neighbour, bob: Neighbour) -> None:
    await importer.raw(ada, [bob.id, bob.name])
    assert await between(ada, bob) == (None, None)


@pytest.mark.parametrize("reset", [False, True])
async def test_an_account_that_is_gone_imports_nothing(
    importer: Importer, ada: Neighbour, bob: Neighbour, reset: bool
) -> None:
    await ada.leave()
    with pytest.raises(ApiError) as refused:
        await importer.run(ada, bob, reset=reset)
    assert refused.value.status == 400
    assert await bob.page() == {}
    assert await counts(bob) == [0]


async def test_an_import_touches_nobody_who_is_not_listed(
    importer: Importer, ada: Neighbour, bob: Neighbour, cleo: Neighbour
) -> None:
    await ada.add(bob)
    await importer.run(ada, cleo)
    assert await between(ada, bob) == (SENT, RECEIVED)


# --- over the wire ---


@pytest.mark.parametrize("body", [{}, {"token": "x"}])
async def test_steam_has_to_be_configured(ada: Neighbour, body: dict[str, str]) -> None:
    answer = await ada.ask("POST", "/v2/friend/steam", json=body)
    assert refusal(answer) == (400, 9, "Steam authentication is not configured.")
