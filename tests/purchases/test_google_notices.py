"""What Google Play tells about, and is told: products and subscriptions by their tokens, acknowledgements,
and who sends notifications."""

import json
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError
from kizuna.outside.checks import Checks
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.purchases.stores.interface import Environment
from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play import PUSH_SERVICE_ACCOUNT
from kizuna.testing.providers.keys import key_id, rsa_key
from kizuna.wire.microseconds import EPOCH
from tests.purchases.google import (
    ME,
    NOON,
    OTHER,
    PRODUCTS,
    new_store,
    outside,
    settings,
    store,
    well,
)
from tests.purchases.stores import assert_hidden, refusal, unavailability

__all__ = ["new_store", "outside", "settings", "store", "well"]


class TestByToken:
    async def test_a_subscription(self, store: GooglePlay, providers: Providers) -> None:
        play = providers.google_play
        play.subscription("vip", token="n-1", started=NOON, account_id=ME, profile_id=OTHER)
        found, account_id = await store.subscription_by_token(play.package_name, "n-1", Checks())
        assert (found.original_transaction_id, found.product_id, account_id) == ("n-1", "vip", ME)
        assert found.purchase_time == NOON

    async def test_a_subscription_of_a_profile(self, store: GooglePlay, providers: Providers) -> None:
        play = providers.google_play
        play.subscription("vip", token="n-2", profile_id=OTHER)
        assert (await store.subscription_by_token(play.package_name, "n-2", Checks()))[1] == OTHER

    async def test_a_subscription_of_nobody(self, store: GooglePlay, providers: Providers) -> None:
        play = providers.google_play
        play.subscription("vip", token="n-3")
        assert (await store.subscription_by_token(play.package_name, "n-3", Checks()))[1] == ""

    async def test_a_product(self, store: GooglePlay, providers: Providers) -> None:
        play = providers.google_play
        play.purchase("sword", token="n-4", purchased=NOON, account_id=ME, test=True)
        found, account_id = await store.product_by_token(play.package_name, "n-4", Checks())
        assert (found.transaction_id, found.product_id, account_id) == ("n-4", "sword", ME)
        assert (found.purchase_time, found.environment) == (NOON, Environment.SANDBOX)
        assert found.refund_time is None

    async def test_a_product_that_was_refunded(
        self, store: GooglePlay, providers: Providers, clock: ShiftedClock
    ) -> None:
        play = providers.google_play
        play.purchase("sword", token="n-5", state=1, payload_v2={"purchaseCompletionTime": None})
        before = clock.now()
        found, _ = await store.product_by_token(play.package_name, "n-5", Checks())
        assert found.refund_time is not None
        assert before <= found.refund_time <= clock.now()
        assert found.purchase_time == EPOCH

    @pytest.mark.parametrize(
        ("answer", "check"),
        [
            ({"purchaseStateContext": {"purchaseState": "PENDING"}}, "state"),
            ({"purchaseStateContext": None}, "state"),
            ({"purchaseStateContext": {"purchaseState": ["PURCHASED"]}}, "state"),
            ({"productLineItem": None}, "product"),
            ({"productLineItem": []}, "product"),
            ({"productLineItem": [7]}, "product"),
            ({"productLineItem": [{"productId": "x" * 513}]}, "product"),
            ({"purchaseCompletionTime": "soon"}, "purchase time"),
            ({"note": "\x00"}, "characters"),
        ],
    )
    async def test_a_product_that_is_none(
        self, store: GooglePlay, providers: Providers, answer: dict[str, Any], check: str
    ) -> None:
        play, checks = providers.google_play, Checks()
        play.purchase("sword", token="n-6", payload_v2=answer)
        await refusal(store.product_by_token(play.package_name, "n-6", checks), checks, check)

    @pytest.mark.parametrize("asked", ["subscription_by_token", "product_by_token"])
    @pytest.mark.parametrize(
        ("package_name", "token", "check"),
        [
            ("com.example.other", "t", "package"),
            ("../com.example.game", "t", "package"),
            ("com.example.game", "..", "token"),
            ("com.example.game", "", "token"),
            ("com.example.game", "x" * 513, "token"),
            ("com.example.game", "nobody-knows-it", "receipt"),
        ],
    )
    async def test_what_cannot_be_asked(
        self, store: GooglePlay, asked: str, package_name: str, token: str, check: str
    ) -> None:
        checks = Checks()
        await refusal(getattr(store, asked)(package_name, token, checks), checks, check)

    @pytest.mark.parametrize("asked", ["subscription_by_token", "product_by_token"])
    async def test_of_a_store_that_is_not_configured(self, store: GooglePlay, asked: str) -> None:
        with pytest.raises(ApiError, match="not configured"):
            await getattr(store.with_settings(client_email=""), asked)("com.example.game", "t", Checks())


class TestAcknowledgement:
    @pytest.mark.parametrize("asked", ["purchase", "subscription"])
    async def test_is_sent_if_wanted(self, store: GooglePlay, providers: Providers, asked: str) -> None:
        play = providers.google_play
        wishing = store.with_settings(acknowledge=True)
        bought = getattr(play, asked)("sword/1", token=f"a/{asked}")
        found = await getattr(wishing, asked)(bought, ME, Checks())
        assert not play.is_acknowledged(f"a/{asked}")

        await wishing.acknowledge(found)

        assert play.is_acknowledged(f"a/{asked}")
        last = providers.requests[-1]
        kind = "products" if asked == "purchase" else "subscriptions"
        assert (last.method, last.body) == ("POST", b"{}")
        assert last.path.endswith(f"/purchases/{kind}/sword%2F1/tokens/a%2F{asked}:acknowledge")

    @pytest.mark.parametrize("asked", ["purchase", "subscription"])
    async def test_is_not_sent_twice(self, store: GooglePlay, providers: Providers, asked: str) -> None:
        wishing = store.with_settings(acknowledge=True)
        bought = getattr(providers.google_play, asked)("sword", acknowledged=True)
        found = await getattr(wishing, asked)(bought, ME, Checks())
        providers.requests.clear()
        await wishing.acknowledge(found)
        assert providers.requests == []

    async def test_is_not_sent_unless_wanted(self, store: GooglePlay, providers: Providers) -> None:
        found = await store.purchase(providers.google_play.purchase("sword"), ME, Checks())
        providers.requests.clear()
        await store.acknowledge(found)
        assert providers.requests == []

    async def test_of_a_linked_subscription_is_that_of_its_own_token(
        self, store: GooglePlay, providers: Providers
    ) -> None:
        play, wishing = providers.google_play, store.with_settings(acknowledge=True)
        found, _ = await wishing.subscription_by_token(
            play.package_name, json.loads(play.subscription("vip", linked="old"))["purchaseToken"], Checks()
        )
        await wishing.acknowledge(found)
        assert "/subscriptions/vip/tokens/" in providers.requests[-1].path
        assert "/tokens/old" not in providers.requests[-1].path

    @pytest.mark.parametrize(
        "wrong", [{"status": 500}, {"status": 400, "json": {}}, {"reset": True}, {"redirect": "http://a.b/"}]
    )
    async def test_that_fails_is_only_logged(
        self,
        store: GooglePlay,
        providers: Providers,
        caplog: pytest.LogCaptureFixture,
        wrong: dict[str, Any],
    ) -> None:
        wishing = store.with_settings(acknowledge=True)
        found = await wishing.purchase(providers.google_play.purchase("sword"), ME, Checks())
        providers.faults.add(f"{PRODUCTS}:acknowledge", **wrong)
        await wishing.acknowledge(found)
        assert "has not taken an acknowledgement of 'sword'" in caplog.text


class TestPush:
    async def test_of_google(self, store: GooglePlay, providers: Providers) -> None:
        checks = Checks()
        headers, _ = providers.google_play.notification()
        await store.verify_push(headers["authorization"], checks)
        names = [check.name for check in checks.done if check.passed]
        assert {"signature", "issuer", "expiry", "audience", "email_verified", "email"} <= set(names)
        assert len(names) == len(checks.done)

    @pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
    async def test_in_another_spelling(self, store: GooglePlay, providers: Providers, scheme: str) -> None:
        await store.verify_push(f"{scheme} {providers.google_play.push_token()}", Checks())

    async def test_by_the_older_issuer(self, store: GooglePlay, providers: Providers) -> None:
        token = providers.google_play.push_token(claims={"iss": "accounts.google.com"})
        await store.verify_push(f"Bearer {token}", Checks())

    @pytest.mark.parametrize(
        ("changed", "check"),
        [
            ({"claims": {"iss": "https://accounts.example.com"}}, "issuer"),
            ({"claims": {"aud": "https://other.example.com"}}, "audience"),
            ({"without": ["aud"]}, "audience"),
            ({"claims": {"exp": 1_000_000_000}}, "expiry"),
            ({"without": ["exp"]}, "expiry"),
            ({"claims": {"nbf": 99_000_000_000}}, "start"),
            ({"claims": {"email": "mallory@example.com"}}, "email"),
            ({"claims": {"email": 7}}, "email"),
            ({"without": ["email"]}, "email"),
            ({"claims": {"email_verified": False}}, "email_verified"),
            ({"without": ["email_verified"]}, "email_verified"),
            ({"header": {"alg": "none"}}, "algorithm"),
            ({"header": {"alg": "HS256"}}, "algorithm"),
            ({"header": {"kid": "unknown"}}, "key"),
            ({"key": rsa_key("mallory")}, "signature"),
        ],
        ids=str,
    )
    async def test_of_somebody_else(
        self, store: GooglePlay, providers: Providers, changed: dict[str, Any], check: str
    ) -> None:
        checks = Checks()
        if "key" in changed:  # of another key, under the id of Google's
            current = providers.google_play.world.keys("google").current
            changed = {**changed, "header": {"kid": key_id(current)}}
        token = providers.google_play.push_token(**changed)
        await refusal(store.verify_push(f"Bearer {token}", checks), checks, check)

    @pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Bearer", "tok", "Bearer ", "Bearer a.b"])
    async def test_without_a_token(self, store: GooglePlay, authorization: str) -> None:
        with pytest.raises(Exception, match=r"^(authorization|form): "):
            await store.verify_push(authorization, Checks())

    async def test_of_any_account_if_none_is_named(self, store: GooglePlay, providers: Providers) -> None:
        token = providers.google_play.push_token(claims={"email": "other@example.com"})
        await store.with_settings(push_service_account="").verify_push(f"Bearer {token}", Checks())

    async def test_is_not_asked_for_without_an_audience(
        self, store: GooglePlay, providers: Providers
    ) -> None:
        await store.with_settings(push_audience="").verify_push("", Checks())
        assert providers.requests == []

    async def test_while_there_are_no_keys(self, new_store: GooglePlay, providers: Providers) -> None:
        providers.faults.add("/oauth2/v1/certs", status=500)
        token = providers.google_play.push_token()
        await unavailability(new_store.verify_push(f"Bearer {token}", Checks()))

    async def test_tells_nothing_of_the_token(self, store: GooglePlay, providers: Providers) -> None:
        checks = Checks()
        token = providers.google_play.push_token(claims={"email": "mallory@example.com"})
        refused = await refusal(store.verify_push(f"Bearer {token}", checks), checks, "email")
        assert PUSH_SERVICE_ACCOUNT in refused.reason
        assert_hidden(token.split("."), str(refused), *(check.detail for check in checks.done))
