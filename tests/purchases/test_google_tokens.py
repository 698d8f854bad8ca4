"""Access to the publisher API of Google Play: tokens, keys, and whatever Google may answer instead."""

import asyncio
import logging
from datetime import timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Outside, Unavailable
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.purchases.stores.google_service_account import ServiceAccount
from kizuna.purchases.stores.interface import Store
from kizuna.purchases.stores.interface import refusal as told
from kizuna.settings import Settings
from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play import CLIENT_EMAIL
from kizuna.testing.providers.google_play_access import TOKEN_PATH
from kizuna.testing.providers.keys import ec_key, private_pem, rsa_key
from tests.purchases.google import (
    ME,
    PRODUCTS,
    SUBSCRIPTIONS,
    new_store,
    outside,
    purchases_asked,
    receipt,
    settings,
    store,
    tokens_asked,
    well,
)
from tests.purchases.stores import NO_ANSWERS, NO_TOKENS, assert_hidden, refusal, unavailability

__all__ = ["new_store", "outside", "settings", "store", "well"]


class TestGoogleAtFault:
    @pytest.mark.parametrize("status", [400, 404, 410])
    @pytest.mark.parametrize(("asked", "path"), [("purchase", PRODUCTS), ("subscription", SUBSCRIPTIONS)])
    async def test_a_receipt_that_google_does_not_know(
        self, store: GooglePlay, providers: Providers, status: int, asked: str, path: str
    ) -> None:
        checks = Checks()
        bought = getattr(providers.google_play, asked)("sword")
        providers.faults.add(path, status=status, json={"error": {"message": "gone"}})
        refused = await refusal(getattr(store, asked)(bought, ME, checks), checks, "receipt")
        assert told(Store.GOOGLE, refused).message == "Invalid Receipt."

    @pytest.mark.parametrize("wrong", NO_ANSWERS.values(), ids=NO_ANSWERS)
    @pytest.mark.parametrize(("asked", "path"), [("purchase", PRODUCTS), ("subscription", SUBSCRIPTIONS)])
    async def test_no_answer(
        self, store: GooglePlay, providers: Providers, wrong: dict[str, Any], asked: str, path: str
    ) -> None:
        bought = getattr(providers.google_play, asked)("sword")
        providers.faults.add(path, **wrong)
        await unavailability(getattr(store, asked)(bought, ME, Checks()))

    @pytest.mark.parametrize("wrong", NO_TOKENS.values(), ids=NO_TOKENS)
    async def test_no_token(self, new_store: GooglePlay, providers: Providers, wrong: dict[str, Any]) -> None:
        bought = providers.google_play.purchase("sword")
        providers.faults.add(TOKEN_PATH, **wrong)
        await unavailability(new_store.purchase(bought, ME, Checks()))
        assert purchases_asked(providers) == []

        providers.faults.clear()
        await new_store.purchase(bought, ME, Checks())

    @pytest.mark.parametrize("path", [TOKEN_PATH, PRODUCTS])
    @pytest.mark.parametrize("slow", [{"delay": 30.0}, {"body_delay": 30.0}], ids=["answer", "body"])
    async def test_a_slow_answer(
        self, settings: Settings, clock: ShiftedClock, providers: Providers, path: str, slow: dict[str, Any]
    ) -> None:
        impatient = Outside(0.3)
        store = GooglePlay(settings.iap.google, providers.url, impatient, clock)
        bought = providers.google_play.purchase("sword")
        providers.faults.add(path, **slow)
        try:
            async with asyncio.timeout(5):
                assert "within 0.3 s" in await unavailability(store.purchase(bought, ME, Checks()))
        finally:
            await impatient.close()

    async def test_nobody_there(self, settings: Settings, outside: Outside, clock: ShiftedClock) -> None:
        nowhere = settings.iap.google.model_copy(update={"token_url": "http://127.0.0.1:9/token"})
        store = GooglePlay(nowhere, "http://127.0.0.1:9", outside, clock)
        await unavailability(store.purchase(receipt(), ME, Checks()))

    @pytest.mark.parametrize("status", [401, 403])
    async def test_an_account_without_rights_is_the_operators_affair(
        self, store: GooglePlay, providers: Providers, caplog: pytest.LogCaptureFixture, status: int
    ) -> None:
        bought = providers.google_play.purchase("sword")
        providers.faults.add(PRODUCTS, status=status, json={"error": {"status": "PERMISSION_DENIED"}})
        with caplog.at_level(logging.ERROR):
            await unavailability(store.purchase(bought, ME, Checks()))
        [record] = caplog.records
        assert record.getMessage() == f"127.0.0.1 refuses the service account {CLIENT_EMAIL} with {status}"


class TestAccessToken:
    async def test_is_fetched_once_until_shortly_before_its_end(
        self, new_store: GooglePlay, providers: Providers, clock: ShiftedClock
    ) -> None:
        bought = providers.google_play.purchase("sword")
        await new_store.purchase(bought, ME, Checks())
        clock.offset += timedelta(seconds=3600 - 300 - 5)
        await new_store.purchase(bought, ME, Checks())
        assert tokens_asked(providers) == 1

        clock.offset += timedelta(seconds=6)
        await new_store.purchase(bought, ME, Checks())
        assert tokens_asked(providers) == 2

    async def test_is_fetched_once_however_many_ask(
        self, new_store: GooglePlay, providers: Providers
    ) -> None:
        receipts = [providers.google_play.purchase("sword") for _ in range(100)]
        providers.faults.add(TOKEN_PATH, delay=0.3)
        found = await asyncio.gather(*(new_store.purchase(each, ME, Checks()) for each in receipts))
        assert len({each.transaction_id for each in found}) == 100
        assert tokens_asked(providers) == 1

    async def test_outlives_whoever_asked_first(self, new_store: GooglePlay, providers: Providers) -> None:
        first, second = (providers.google_play.purchase("sword") for _ in range(2))
        providers.faults.add(TOKEN_PATH, delay=0.3)
        asking = [asyncio.create_task(new_store.purchase(each, ME, Checks())) for each in (first, second)]
        await asyncio.sleep(0)  # both wait now
        asking[0].cancel()
        assert (await asking[1]).product_id == "sword"
        assert tokens_asked(providers) == 1

    async def test_that_nobody_waits_for_any_more_may_fail(
        self, new_store: GooglePlay, providers: Providers, caplog: pytest.LogCaptureFixture
    ) -> None:
        providers.faults.add(TOKEN_PATH, delay=0.2, status=500, times=1)
        asking = asyncio.create_task(
            new_store.purchase(providers.google_play.purchase("sword"), ME, Checks())
        )
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await unavailability(new_store.purchase(receipt(), ME, Checks()))  # waits for the same request
        assert tokens_asked(providers) == 1
        assert "never retrieved" not in caplog.text

    async def test_with_a_short_life_serves_for_half_of_it(
        self, new_store: GooglePlay, providers: Providers, clock: ShiftedClock
    ) -> None:
        providers.google_play.access_tokens.expires_in = 200
        bought = providers.google_play.purchase("sword")
        for passed, fetched in ((0, 1), (95, 1), (10, 2)):
            clock.offset += timedelta(seconds=passed)
            await new_store.purchase(bought, ME, Checks())
            assert tokens_asked(providers) == fetched

    @pytest.mark.parametrize("lifetime", [0, -5, "3600"])
    async def test_with_an_odd_life_serves_once(
        self, new_store: GooglePlay, providers: Providers, lifetime: object
    ) -> None:
        providers.google_play.access_tokens.expires_in = 3600
        bought = providers.google_play.purchase("sword")
        await new_store.purchase(bought, ME, Checks())
        [issued] = [seen.headers["authorization"].split()[1] for seen in providers.requests[1:]]
        clean = new_store.with_settings(client_email="other@example.com")
        providers.faults.add(TOKEN_PATH, json={"access_token": issued, "expires_in": lifetime})
        await clean.purchase(bought, ME, Checks())

    async def test_that_is_refused_is_fetched_anew_once(
        self, new_store: GooglePlay, providers: Providers, caplog: pytest.LogCaptureFixture
    ) -> None:
        bought = providers.google_play.purchase("sword")
        await new_store.purchase(bought, ME, Checks())
        providers.google_play.access_tokens.withdraw()
        await new_store.purchase(bought, ME, Checks())
        assert tokens_asked(providers) == 2
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]

    async def test_that_is_refused_to_many_is_fetched_anew_once(
        self, new_store: GooglePlay, providers: Providers
    ) -> None:
        receipts = [providers.google_play.purchase("sword") for _ in range(50)]
        await new_store.purchase(receipts[0], ME, Checks())
        providers.google_play.access_tokens.withdraw()
        await asyncio.gather(*(new_store.purchase(each, ME, Checks()) for each in receipts))
        assert tokens_asked(providers) == 2

    async def test_that_is_refused_always_is_not_fetched_again_and_again(
        self, new_store: GooglePlay, providers: Providers
    ) -> None:
        bought = providers.google_play.purchase("sword")
        providers.faults.add(PRODUCTS, status=401, json={})
        await unavailability(new_store.purchase(bought, ME, Checks()))
        assert (tokens_asked(providers), len(purchases_asked(providers))) == (2, 2)

    async def test_of_other_credentials_is_another(
        self, new_store: GooglePlay, providers: Providers, caplog: pytest.LogCaptureFixture
    ) -> None:
        bought = providers.google_play.purchase("sword")
        await new_store.purchase(bought, ME, Checks())
        foreign = new_store.with_settings(private_key=private_pem(rsa_key("somebody else's")))
        await unavailability(foreign.purchase(bought, ME, Checks()))
        assert tokens_asked(providers) == 2
        assert "refuses the credentials of the service account" in caplog.text
        assert "'invalid_grant'" in caplog.text


NO_KEYS = {
    "text": "no key",
    "broken": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "elliptic": private_pem(ec_key("a key of another kind")),
    "surrogate": "\ud800",
}


class TestPrivateKey:
    @pytest.mark.parametrize("text", NO_KEYS.values(), ids=NO_KEYS)
    async def test_that_is_none_makes_the_store_unavailable(
        self, store: GooglePlay, providers: Providers, caplog: pytest.LogCaptureFixture, text: str
    ) -> None:
        broken = store.with_settings(private_key=text)
        await unavailability(broken.purchase(receipt(), ME, Checks()))
        [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert "iap.google.private_key is no " in record.getMessage()
        assert text not in record.getMessage()
        assert providers.requests == []

    async def test_may_be_copied_as_it_stands_in_googles_file(
        self, store: GooglePlay, providers: Providers, settings: Settings
    ) -> None:
        escaped = settings.iap.google.private_key.replace("\n", "\\n")
        other = store.with_settings(private_key=escaped)
        await other.purchase(providers.google_play.purchase("sword"), ME, Checks())


class TestSecrets:
    """Neither errors nor the log tell an access token, the private key, an assertion, a purchase token."""

    @pytest.mark.parametrize(
        "wrong", [*NO_ANSWERS.values(), {"status": 401, "json": {}}, {"status": 404, "json": {}}]
    )
    @pytest.mark.parametrize("path", [TOKEN_PATH, PRODUCTS])
    async def test_stay_secret(
        self,
        new_store: GooglePlay,
        providers: Providers,
        settings: Settings,
        caplog: pytest.LogCaptureFixture,
        path: str,
        wrong: dict[str, Any],
    ) -> None:
        caplog.set_level(logging.DEBUG, "kizuna")
        checks = Checks()
        token = "a-purchase-token-that-is-secret"
        bought = providers.google_play.purchase("sword", token=token)
        providers.faults.add(path, **wrong)
        with pytest.raises((Refused, Unavailable)) as caught:
            await new_store.purchase(bought, ME, checks)
        sent = [seen.headers.get("authorization", "").removeprefix("Bearer ") for seen in providers.requests]
        forms = [seen.body.decode() for seen in providers.requests if seen.path == TOKEN_PATH]
        assertions = [form.partition("assertion=")[2] for form in forms]
        key = settings.iap.google.private_key.splitlines()[1]
        secrets = [*filter(None, [*sent, *assertions]), key, token]
        details = [check.detail for check in checks.done]
        assert_hidden(secrets, str(caught.value), caplog.text, *details)

    def test_stay_secret_in_representations(self, settings: Settings) -> None:
        key = settings.iap.google.private_key
        assert key.splitlines()[1] not in repr(ServiceAccount("a@b", key, "https://example.com/token"))
