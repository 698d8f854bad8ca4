"""Friends whom Facebook and Steam list become friends here: asked for, and on the way in."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from kizuna.testing.providers import Providers
from tests.friends.support import (
    BLOCKED,
    FRIEND,
    IMPORTED,
    INVITED,
    Neighbour,
    between,
    counts,
    good,
    refusal,
)
from tests.identity.identities import enter as signed_in
from tests.identity.identities import new_id
from tests.support.players import Player

Enter = Callable[[], Awaitable[Neighbour]]

REJECTED = {
    "facebook": (401, 16, "Could not authenticate Facebook profile."),
    "steam": (401, 16, "Could not authenticate Steam profile."),
}
LISTS = {"facebook": "/v22.0/me/friends", "steam": "/ISteamUser/GetFriendList/v0001/"}

#: An answer in which friends are no list, with either of the two.
NO_LIST: dict[str, Any] = {"json": {"data": 1, "friendslist": {"friends": 1}}}


@pytest.fixture(scope="module")
def app_settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    return provider_settings


class Network:
    """Facebook or Steam: who is there, and whom they list."""

    def __init__(self, providers: Providers, api: httpx.AsyncClient, kind: str) -> None:
        self.providers = providers
        self.kind = kind
        self._api = api

    async def enter(self) -> tuple[Neighbour, str]:
        """A player who plays under an id of the network."""
        id = new_id()
        return Neighbour(self._api, await signed_in(self._api, self.kind, self.shown(id))), id

    def shown(self, id: str, friends: list[str] | None = None) -> dict[str, str]:
        """The account object of somebody with these friends."""
        if self.kind == "facebook":
            return {"token": self.providers.facebook.user(id, friends=friends or [])}
        return {"token": self.providers.steam.ticket(id, friends=friends or [])}

    async def bring(
        self, player: Neighbour, *friends: str, id: str = "", reset: str = "false"
    ) -> httpx.Response:
        """Import these friends."""
        content = self.shown(id or new_id(), list(friends))
        return await self.send(player, content, reset)

    async def send(self, player: Neighbour, content: dict[str, str], reset: str = "false") -> httpx.Response:
        return await player.ask("POST", f"/v2/friend/{self.kind}", json=content, params={"reset": reset})


@pytest.fixture(params=["facebook", "steam"])
def network(request: pytest.FixtureRequest, providers: Providers, api: httpx.AsyncClient) -> Network:
    return Network(providers, api, request.param)


@pytest.fixture
def steam(providers: Providers, api: httpx.AsyncClient) -> Network:
    return Network(providers, api, "steam")


@pytest.fixture
def facebook(providers: Providers, api: httpx.AsyncClient) -> Network:
    return Network(providers, api, "facebook")


# --- on request ---


async def test_those_who_play_become_friends(network: Network, ada: Neighbour) -> None:
    (bob, bobs_id), (cleo, cleos_id) = await network.enter(), await network.enter()
    assert good(await network.bring(ada, bobs_id, new_id(), cleos_id)) == {}
    for other in (bob, cleo):
        assert await between(ada, other) == (FRIEND, FRIEND)
        assert await other.notes() == [(IMPORTED, ada.id)]
        assert (await other.edge_to(ada))["metadata"] == f'{{"provider": "{network.kind}"}}'
    assert await counts(ada, bob, cleo) == [2, 1, 1]
    [note] = good(await bob.ask("GET", "/v2/notification"))["notifications"]
    assert note["content"] == f'{{"username": "{ada.name}"}}'
    assert note["persistent"] is True
    assert await ada.notes() == []
    # The ids in the credentials are nobody's, neither before nor after.
    assert f"{network.kind}_id" not in await ada.account()


async def test_invitations_are_accepted_and_blocks_stay(network: Network, ada: Neighbour) -> None:
    (bob, first), (cleo, second), (dan, third), (eve, fourth) = [await network.enter() for _ in range(4)]
    await ada.add(bob)
    await cleo.add(ada)
    await ada.block(dan)
    await eve.block(ada)
    good(await network.bring(ada, first, second, third, fourth))
    assert [await between(ada, other) for other in (bob, cleo)] == [(FRIEND, FRIEND)] * 2
    assert await between(ada, dan) == (BLOCKED, None)
    assert await between(ada, eve) == (None, BLOCKED)
    assert await counts(ada, bob, cleo, dan, eve) == [3, 1, 1, 0, 1]
    assert await dan.notes() == await eve.notes() == []


async def test_nobody_listed(network: Network, ada: Neighbour, bob: Neighbour) -> None:
    await ada.befriend(bob)
    assert good(await network.bring(ada)) == {}
    assert await between(ada, bob) == (FRIEND, FRIEND)
    assert good(await network.bring(ada, reset="true")) == {}
    assert await between(ada, bob) == (None, None)


async def test_a_reset_leaves_those_who_are_listed(network: Network, ada: Neighbour, bob: Neighbour) -> None:
    cleo, listed = await network.enter()
    await ada.befriend(bob)
    good(await network.bring(ada, listed, reset="true"))
    assert await ada.states() == {cleo.id: FRIEND}
    assert await counts(ada, bob, cleo) == [1, 0, 1]


async def test_nobody_listed_is_a_friend_at_the_other_network(
    facebook: Network, steam: Network, ada: Neighbour
) -> None:
    _, listed = await facebook.enter()
    good(await steam.bring(ada, listed))
    assert await ada.states() == {}


async def test_facebook_s_pages(facebook: Network, ada: Neighbour) -> None:
    others = [await facebook.enter() for _ in range(3)]
    strangers = [new_id() for _ in range(60)]
    ids = [id for _, id in others]
    asked = len(facebook.providers.asked(LISTS["facebook"]))
    good(await facebook.bring(ada, ids[0], *strangers[:30], ids[1], *strangers[30:], ids[2]))
    assert set(await ada.states()) == {other.id for other, _ in others}
    assert len(facebook.providers.asked(LISTS["facebook"])) == asked + 3


async def test_a_page_that_fails_and_nobody_is_a_friend(facebook: Network, ada: Neighbour) -> None:
    bob, listed = await facebook.enter()
    path = LISTS["facebook"]
    facebook.providers.faults.add(path, status=500, after=2, times=1)
    answer = await facebook.bring(ada, listed, *[new_id() for _ in range(60)], reset="true")
    assert refusal(answer) == REJECTED["facebook"]
    assert await between(ada, bob) == (None, None)


@pytest.mark.parametrize("reset", ["false", "true"])
async def test_a_list_that_cannot_be_had_changes_nothing(
    network: Network, ada: Neighbour, bob: Neighbour, reset: str
) -> None:
    await ada.befriend(bob)
    faults: list[dict[str, Any]] = [
        {"status": 500},
        {"status": 403},
        {"body": b"<html>"},
        {"json": []},
        {"truncated": True},
        {"huge": 50_000_000},
        NO_LIST,
    ]
    for fault in (*faults, NO_LIST):
        network.providers.faults.add(LISTS[network.kind], times=1, **fault)
        _, listed = await network.enter()
        assert refusal(await network.bring(ada, listed, reset=reset)) == REJECTED[network.kind]
    assert refusal(await network.send(ada, {"token": "nonsense"}, reset)) == REJECTED[network.kind]
    assert await ada.states() == {bob.id: FRIEND}


async def test_friends_who_are_private(steam: Network, ada: Neighbour, bob: Neighbour) -> None:
    """The reference takes them for none, and a reset with them ends all friendships."""
    await ada.befriend(bob)
    content = {"token": steam.providers.steam.ticket(new_id(), private=True)}
    assert good(await steam.send(ada, content)) == {}
    assert refusal(await steam.send(ada, content, "true")) == REJECTED["steam"]
    assert await ada.states() == {bob.id: FRIEND}


async def test_limited_login_lists_nobody(facebook: Network, ada: Neighbour) -> None:
    content = {"token": facebook.providers.limited_login.token(new_id())}
    assert refusal(await facebook.send(ada, content)) == REJECTED["facebook"]


@pytest.mark.parametrize("body", [{}, {"token": ""}, {"account": {"token": "x"}}])
async def test_a_token_is_required(network: Network, ada: Neighbour, body: dict[str, Any]) -> None:
    name = network.kind.capitalize()
    assert refusal(await network.send(ada, body)) == (400, 3, f"{name} token is required.")


async def test_many_imports_at_once(network: Network, enter: Enter) -> None:
    """Everybody brings everybody: there is one friendship for each pair, and nobody is told twice."""
    everybody = [await network.enter() for _ in range(6)]
    ids = [id for _, id in everybody]
    answers = await asyncio.gather(
        *[network.bring(player, *ids, id=id) for player, id in everybody for _ in range(2)]
    )
    assert {answer.status_code for answer in answers} == {200}
    assert await counts(*(player for player, _ in everybody)) == [5] * 6
    notes = [note for player, _ in everybody for note in await player.notes()]
    assert len(notes) == 15


# --- on the way in ---


async def authenticate(network: Network, content: dict[str, str], **options: str) -> Player:
    return await signed_in(network._api, network.kind, content, **options)


async def test_a_first_sign_in_imports_if_it_says_so(network: Network, api: httpx.AsyncClient) -> None:
    bob, listed = await network.enter()
    content = network.shown(id := new_id(), [listed])
    ada = Neighbour(api, await authenticate(network, content, username=f"Ada-{id}"))
    assert await ada.states() == {}, "not by itself"
    for sync, states in (("false", {}), ("true", {bob.id: FRIEND})):
        await authenticate(network, network.shown(id, [listed]), sync=sync)
        assert await ada.states() == states
    assert await bob.notes() == [(IMPORTED, ada.id)]
    [note] = good(await bob.ask("GET", "/v2/notification"))["notifications"]
    assert note["content"] == f'{{"username": "{ada.name}"}}'

    cleo = Neighbour(api, await authenticate(network, network.shown(new_id(), [listed]), sync="true"))
    assert await cleo.states() == {bob.id: FRIEND}


async def link(network: Network, player: Neighbour, content: dict[str, str], sync: bool | None) -> None:
    body: dict[str, Any] = content
    query: dict[str, str] = {}
    if network.kind == "steam":
        body = {"account": content} | ({} if sync is None else {"sync": sync})
    elif sync is not None:
        query = {"sync": str(sync).lower()}
    good(await player.ask("POST", f"/v2/account/link/{network.kind}", json=body, params=query))


@pytest.mark.parametrize("sync", [None, True, False])
async def test_a_link_imports_unless_it_says_no(network: Network, ada: Neighbour, sync: bool | None) -> None:
    bob, listed = await network.enter()
    await link(network, ada, network.shown(new_id(), [listed]), sync)
    assert await ada.states() == ({} if sync is False else {bob.id: FRIEND})
    assert await bob.notes() == ([] if sync is False else [(IMPORTED, ada.id)])


async def test_a_link_that_is_refused_imports_nobody(network: Network, ada: Neighbour) -> None:
    bob, listed = await network.enter()
    _, taken = await network.enter()
    body: dict[str, Any] = network.shown(taken, [listed])
    answer = await ada.ask(
        "POST",
        f"/v2/account/link/{network.kind}",
        json={"account": body, "sync": True} if network.kind == "steam" else body,
        params={} if network.kind == "steam" else {"sync": "true"},
    )
    assert answer.status_code == 409
    assert await between(ada, bob) == (None, None)


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}, {"huge": 50_000_000}, NO_LIST])
async def test_an_import_that_fails_hinders_nobody(
    network: Network,
    api: httpx.AsyncClient,
    ada: Neighbour,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Any],
) -> None:
    caplog.set_level(logging.INFO, "kizuna")
    bob, listed = await network.enter()
    network.providers.faults.add(LISTS[network.kind], times=2, **fault)
    entered = await authenticate(network, network.shown(new_id(), [listed]), sync="true")
    assert await Neighbour(api, entered).states() == {}
    await link(network, ada, network.shown(id := new_id(), [listed]), True)
    assert (await ada.account())[f"{network.kind}_id"] == id
    assert await bob.notes() == []
    for player_id in (entered.id, ada.id):
        assert f"friends of {player_id} not imported" in caplog.text


@pytest.mark.parametrize("reset", ["false", "true"])
@pytest.mark.parametrize(
    "impossible", ["", "a\0b", "x" * 129, "x" * 100_000, "0", "-1", "99999999999999999999"]
)
async def test_an_id_of_nobody_hinders_no_other(
    network: Network, ada: Neighbour, impossible: str, reset: str
) -> None:
    bob, listed = await network.enter()
    assert good(await network.bring(ada, impossible, listed, impossible, reset=reset)) == {}
    assert await between(ada, bob) == (FRIEND, FRIEND)
    assert list(await ada.states()) == [bob.id]


async def test_private_friends_hinder_nobody(steam: Network, ada: Neighbour) -> None:
    ticket = {"token": steam.providers.steam.ticket(new_id(), private=True)}
    await link(steam, ada, ticket, True)
    assert await ada.states() == {}


async def test_limited_login_imports_nobody(
    facebook: Network, api: httpx.AsyncClient, ada: Neighbour, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kizuna")
    tokens = facebook.providers.limited_login
    asked = len(facebook.providers.asked(LISTS["facebook"]))
    entered = await authenticate(facebook, {"token": tokens.token(new_id())}, sync="true")
    assert await Neighbour(api, entered).states() == {}
    await link(facebook, ada, {"token": tokens.token(new_id())}, True)
    assert len(facebook.providers.asked(LISTS["facebook"])) == asked
    assert "not imported" not in caplog.text


async def test_steam_is_asked_once_who_it_is(steam: Network, ada: Neighbour) -> None:
    path = "/ISteamUserAuth/AuthenticateUserTicket/v1/"
    asked = len(steam.providers.asked(path))
    await link(steam, ada, steam.shown(new_id(), [new_id()]), True)
    assert len(steam.providers.asked(path)) == asked + 1


async def test_an_invitation_becomes_a_friendship_at_sign_in(
    network: Network, api: httpx.AsyncClient, ada: Neighbour
) -> None:
    bob, listed = await network.enter()
    await ada.add(bob)
    await link(network, ada, network.shown(new_id(), [listed]), None)
    assert await between(ada, bob) == (FRIEND, FRIEND)
    assert await bob.notes() == [(INVITED, ada.id), (IMPORTED, ada.id)]
    assert await counts(ada, bob) == [1, 1]


async def test_imports_need_a_session(network: Network, api: httpx.AsyncClient) -> None:
    content = network.shown(new_id())
    assert (await api.post(f"/v2/friend/{network.kind}", json=content)).status_code == 401
