"""Google is told that what was bought is kept, if the operator wants that."""

import asyncio
import time
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.purchases.stores.afterwards import Afterwards
from kizuna.testing.providers import Providers
from tests.purchases.support import Receipt, Shelf, Shopper
from tests.purchases.test_subscriptions import MONTH, NOON_TIME
from tests.support.applications import client_of, running_application
from tests.support.boards import SETTINGS
from tests.support.players import sign_in_async
from tests.support.waiting import wait_until_async


@pytest.fixture(scope="module")
def app_settings(provider_settings: dict[str, Any]) -> dict[str, Any]:
    """Settings with which Google is told."""
    iap = provider_settings["iap"]
    return SETTINGS | {**provider_settings, "iap": {**iap, "google": {**iap["google"], "acknowledge": True}}}


async def told(fact: bool) -> bool:
    return fact


async def acknowledged(providers: Providers, receipt: Receipt) -> None:
    """Wait until Google has been told of what was bought."""
    play = providers.google_play
    await wait_until_async(lambda: told(play.is_acknowledged(receipt.id)), what="the acknowledgement")


@pytest.fixture(params=["purchase", "subscription"])
def receipt(request: pytest.FixtureRequest, shelf: Shelf) -> Receipt:
    if request.param == "purchase":
        return shelf.buy("google")
    return shelf.subscribe("google", "vip", NOON_TIME + MONTH)


async def test_what_is_kept_is_acknowledged(providers: Providers, ada: Shopper, receipt: Receipt) -> None:
    await ada.send(receipt, persist=False)
    assert not providers.google_play.is_acknowledged(receipt.id)
    await ada.send(receipt)
    await acknowledged(providers, receipt)


async def test_nobody_waits_for_it(providers: Providers, ada: Shopper, receipt: Receipt) -> None:
    """The answer may be the only one that says that a purchase is new."""
    await ada.send(receipt, persist=False)  # there is a token, so that what is slow is the acknowledgement
    fault = providers.faults.add("*", after=1, delay=30)
    began = time.monotonic()
    answer = await ada.send(receipt)
    assert time.monotonic() - began < 10
    assert isinstance(answer, dict), answer
    assert "seen_before" not in str(answer)
    await wait_until_async(lambda: told(fault.hits == 1), what="the acknowledgement")
    assert not providers.google_play.is_acknowledged(receipt.id)


async def test_the_end_of_the_server_waits_for_it(
    database_url: str,
    app_clock: ShiftedClock,
    app_settings: dict[str, Any],
    providers: Providers,
    receipt: Receipt,
) -> None:
    async with running_application(database_url, app_clock, app_settings) as app, client_of(app) as api:
        ada = Shopper(api, await sign_in_async(api))
        await ada.send(receipt, persist=False)
        fault = providers.faults.add("*", after=1, delay=0.3)
        await ada.send(receipt)
    assert fault.hits == 1
    assert providers.google_play.is_acknowledged(receipt.id)


async def test_what_does_not_end_is_ended() -> None:
    afterwards, begun, ended = Afterwards(), asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    afterwards.begin(hang, "test")
    await begun.wait()
    async with asyncio.timeout(5):
        await afterwards.close(grace=0.01)
    assert ended.is_set()


async def test_too_much_is_left_out_and_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    afterwards, go, done = Afterwards(), asyncio.Event(), 0

    async def work() -> None:
        nonlocal done
        await go.wait()
        done += 1
        if done == 1:
            raise LookupError("broken")

    for _ in range(70):
        afterwards.begin(work, "test")
    go.set()
    await afterwards.close()
    assert done == 64
    assert caplog.messages.count("The test is left out: 64 of the kind are under way") == 6
    assert caplog.messages.count("The test has failed") == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"reset": True}])
async def test_a_failure_is_no_failure_of_the_validation(
    providers: Providers, shelf: Shelf, ada: Shopper, bob: Shopper, receipt: Receipt, fault: dict[str, Any]
) -> None:
    await ada.send(shelf.buy("google"))  # there is a token, so that what follows is all that is asked
    wrong = providers.faults.add("*", after=1, **fault)
    answer = await ada.send(receipt)
    assert isinstance(answer, dict), answer
    await wait_until_async(lambda: told(wrong.hits > 0), what="the acknowledgement")
    assert not providers.google_play.is_acknowledged(receipt.id)
    providers.faults.clear()
    await bob.send(receipt)
    await acknowledged(providers, receipt)  # whoever comes next makes up for it


async def test_not_unless_it_is_wanted(
    database_url: str,
    app_clock: ShiftedClock,
    provider_settings: dict[str, Any],
    providers: Providers,
    receipt: Receipt,
) -> None:
    settings = SETTINGS | provider_settings
    async with running_application(database_url, app_clock, settings) as app, client_of(app) as api:
        await Shopper(api, await sign_in_async(api)).send(receipt)
    assert not providers.google_play.is_acknowledged(receipt.id)
