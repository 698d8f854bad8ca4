"""Lists of friends that come slowly: they are given up as a whole, however short each wait is."""

import logging
import time
from typing import Any

import httpx
import pytest
import pytest_asyncio

from kizuna.testing.providers import Providers
from tests.friends.support import Neighbour, good, refusal
from tests.identity.identities import enter, new_id
from tests.support.providers import nested

#: How long one request may take, and each page of a list does, in seconds.
PATIENCE, LATE = 1.0, 0.5

#: Pages of Facebook's list, with 25 friends each: the whole of it would take 20 seconds.
PAGES = 40

FACEBOOK, STEAM = "/v22.0/me/friends", "/ISteamUser/GetFriendList/v0001/"


@pytest.fixture(scope="module")
def app_settings(providers: Providers) -> dict[str, Any]:
    settings = providers.settings | {"social.http_timeout_ms": int(PATIENCE * 1000)}
    return nested(settings)


@pytest.fixture(autouse=True)
def well_again(providers: Providers) -> None:
    providers.faults.clear()
    providers.requests.clear()


@pytest_asyncio.fixture
async def listed(api: httpx.AsyncClient, providers: Providers) -> str:
    """The Facebook id of somebody who plays."""
    await enter(api, "facebook", {"token": providers.facebook.user(id := new_id())})
    return id


def with_many_friends(providers: Providers, listed: str) -> dict[str, str]:
    others = [new_id() for _ in range(25 * PAGES - 1)]
    return {"token": providers.facebook.user(new_id(), friends=[listed, *others])}


async def test_a_sign_in_does_not_wait_for_a_long_list(
    api: httpx.AsyncClient, providers: Providers, listed: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kizuna")
    providers.faults.add(FACEBOOK, delay=LATE)
    started = time.monotonic()
    player = await enter(api, "facebook", with_many_friends(providers, listed), sync="true")
    assert time.monotonic() - started < PAGES * LATE / 2
    assert await Neighbour(api, player).states() == {}
    assert f"Facebook friends of {player.id} not imported" in caplog.text
    assert "the friends were not listed within 2 s" in caplog.text
    asked = len(providers.asked(FACEBOOK))
    assert 1 < asked < PAGES / 2, "each page came in time"


async def test_a_link_does_not_wait_for_a_long_list(
    ada: Neighbour, providers: Providers, listed: str
) -> None:
    providers.faults.add(FACEBOOK, delay=LATE)
    credentials = with_many_friends(providers, listed)
    started = time.monotonic()
    good(await ada.ask("POST", "/v2/account/link/facebook", json=credentials, params={"sync": "true"}))
    assert time.monotonic() - started < PAGES * LATE / 2
    assert "facebook_id" in await ada.account()
    assert await ada.states() == {}


async def test_an_import_of_a_long_list_is_refused(
    ada: Neighbour, bob: Neighbour, providers: Providers, listed: str
) -> None:
    await ada.befriend(bob)
    providers.faults.add(FACEBOOK, delay=LATE)
    credentials = with_many_friends(providers, listed)
    started = time.monotonic()
    answer = await ada.ask("POST", "/v2/friend/facebook", json=credentials, params={"reset": "true"})
    assert refusal(answer) == (401, 16, "Could not authenticate Facebook profile.")
    assert time.monotonic() - started < PAGES * LATE / 2
    assert list(await ada.states()) == [bob.id]


@pytest.mark.parametrize("slow", [{"delay": 20.0}, {"body_delay": 20.0}])
async def test_steams_list_is_not_waited_for_either(
    api: httpx.AsyncClient, ada: Neighbour, providers: Providers, slow: dict[str, float]
) -> None:
    fault = providers.faults.add(STEAM, **slow)
    started = time.monotonic()
    ticket = {"token": providers.steam.ticket(new_id(), friends=[new_id()])}
    player = await enter(api, "steam", ticket, sync="true")
    assert await Neighbour(api, player).states() == {}
    answer = await ada.ask("POST", "/v2/friend/steam", json=ticket)
    assert refusal(answer) == (401, 16, "Could not authenticate Steam profile.")
    assert time.monotonic() - started < 15
    assert fault.hits == 2
