"""Google is told that what was bought is kept, if the operator wants that."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.purchases.support import Receipt, Shelf, Shopper
from tests.purchases.test_subscriptions import MONTH, NOON_TIME
from tests.support.applications import client_of, running_application
from tests.support.boards import SETTINGS
from tests.support.players import sign_in_async


@pytest_asyncio.fixture(scope="module")
async def app(
    database_url: str, app_clock: ShiftedClock, provider_settings: dict[str, Any]
) -> AsyncIterator[Application]:
    iap = provider_settings["iap"]
    wanting = {**provider_settings, "iap": {**iap, "google": {**iap["google"], "acknowledge": True}}}
    async with running_application(database_url, app_clock, SETTINGS | wanting) as application:
        yield application


@pytest.fixture(params=["purchase", "subscription"])
def receipt(request: pytest.FixtureRequest, shelf: Shelf) -> Receipt:
    if request.param == "purchase":
        return shelf.buy("google")
    return shelf.subscribe("google", "vip", NOON_TIME + MONTH)


async def test_what_is_kept_is_acknowledged(providers: Providers, ada: Shopper, receipt: Receipt) -> None:
    await ada.send(receipt, persist=False)
    assert not providers.google_play.is_acknowledged(receipt.id)
    await ada.send(receipt)
    assert providers.google_play.is_acknowledged(receipt.id)


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 404}, {"reset": True}])
async def test_a_failure_is_no_failure_of_the_validation(
    providers: Providers, shelf: Shelf, ada: Shopper, bob: Shopper, receipt: Receipt, fault: dict[str, Any]
) -> None:
    await ada.send(shelf.buy("google"))  # there is a token, so that what follows is all that is asked
    providers.faults.add("*", after=1, **fault)
    answer = await ada.send(receipt)
    assert isinstance(answer, dict), answer
    assert not providers.google_play.is_acknowledged(receipt.id)
    providers.faults.clear()
    await bob.send(receipt)
    assert providers.google_play.is_acknowledged(receipt.id), "whoever comes next makes up for it"


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
