"""Subscriptions of Google Play: what its publisher API confirms, and what it does not."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.clock import ShiftedClock
from kizuna.outside.checks import Checks
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.purchases.stores.interface import Environment, Store
from kizuna.purchases.stores.interface import refusal as told
from kizuna.testing.providers import Providers
from tests.purchases.google import ME, NOON, new_store, outside, settings, store, well
from tests.purchases.stores import NO_IDS, refusal, unavailability

__all__ = ["new_store", "outside", "settings", "store", "well"]


class TestSubscription:
    async def test_what_google_confirms(
        self, store: GooglePlay, providers: Providers, clock: ShiftedClock
    ) -> None:
        checks = Checks()
        bought = providers.google_play.subscription(
            "vip", token="s-1", started=NOON, expires=NOON + timedelta(days=7), account_id=ME
        )

        before = clock.now()
        found = await store.subscription(bought, ME, checks)

        assert (found.original_transaction_id, found.product_id) == ("s-1", "vip")
        assert (found.store, found.environment) == (Store.GOOGLE, Environment.PRODUCTION)
        assert (found.purchase_time, found.expire_time) == (NOON, NOON + timedelta(days=7))
        assert before <= found.store_time <= clock.now()
        assert (found.refund_time, found.tells_refund) == (None, False)
        assert found.raw == found.provider_response
        assert json.loads(found.raw)["subscriptionState"] == "SUBSCRIPTION_STATE_ACTIVE"
        assert [check.name for check in checks.done] == [
            *("form", "package", "token", "package", "package", "token"),
            *(
                "receipt",
                "state",
                "expiry",
                "line items",
                "product",
                "purchase time",
                "characters",
                "account",
            ),
        ]

    async def test_in_the_wrapper_of_unity(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.subscription("vip", token="unity-s", wrapped=True)
        found = await store.subscription(bought, ME, Checks())
        assert found.original_transaction_id == "unity-s"

    async def test_a_test_purchase(self, store: GooglePlay, providers: Providers) -> None:
        found = await store.subscription(providers.google_play.subscription("vip", test=True), ME, Checks())
        assert found.environment is Environment.SANDBOX

    @pytest.mark.parametrize("state", ["PENDING", "PENDING_PURCHASE_CANCELED", "UNSPECIFIED"])
    async def test_that_was_not_paid(self, store: GooglePlay, providers: Providers, state: str) -> None:
        checks = Checks()
        bought = providers.google_play.subscription("vip", state=state)
        refused = await refusal(store.subscription(bought, ME, checks), checks, "state")
        said = told(Store.GOOGLE, refused).message
        assert said == f"Invalid Receipt. State: SUBSCRIPTION_STATE_{state}"

    @pytest.mark.parametrize(
        "state", ["ACTIVE", "PAUSED", "IN_GRACE_PERIOD", "ON_HOLD", "CANCELED", "EXPIRED", "OF_THE_FUTURE"]
    )
    async def test_that_was_paid_expires_when_it_does(
        self, store: GooglePlay, providers: Providers, state: str
    ) -> None:
        bought = providers.google_play.subscription("vip", state=state, started=NOON, expires=NOON)
        assert (await store.subscription(bought, ME, Checks())).expire_time == NOON

    @pytest.mark.parametrize("state", [None, 1, []])
    async def test_without_a_state(self, store: GooglePlay, providers: Providers, state: object) -> None:
        bought = providers.google_play.subscription("vip", subscriptionState=state)
        assert "subscriptionState" in await unavailability(store.subscription(bought, ME, Checks()))

    async def test_is_kept_by_the_token_that_it_has_replaced(
        self, store: GooglePlay, providers: Providers
    ) -> None:
        bought = providers.google_play.subscription("vip", token="s-new", linked="s-old")
        found = await store.subscription(bought, ME, Checks())
        assert found.original_transaction_id == "s-old"

    @pytest.mark.parametrize("linked", ["x" * 513, "a\nb", 7, ["a"]])
    async def test_replaces_what_has_an_id(
        self, store: GooglePlay, providers: Providers, linked: object
    ) -> None:
        checks = Checks()
        bought = providers.google_play.subscription("vip", linkedPurchaseToken=linked)
        await refusal(store.subscription(bought, ME, checks), checks, "linked token")

    async def test_of_a_price_that_will_change(self, store: GooglePlay, providers: Providers) -> None:
        """The reference cannot read such an answer."""
        change = {"priceChangeMode": "PRICE_INCREASE", "priceChangeState": "OUTSTANDING"}
        item = {
            "productId": "vip",
            "expiryTime": "2026-05-01T12:00:00Z",
            "autoRenewingPlan": {"priceChangeDetails": change},
        }
        bought = providers.google_play.subscription("vip", lineItems=[item])
        await store.subscription(bought, ME, Checks())

    async def test_begins_when_the_client_says_if_google_does_not(
        self, store: GooglePlay, providers: Providers
    ) -> None:
        bought = providers.google_play.subscription("vip", started=NOON, startTime=None)
        assert (await store.subscription(bought, ME, Checks())).purchase_time == NOON

    @pytest.mark.parametrize(
        "said", ["yesterday", "", 7, "9999-12-31T23:59:59-01:00", "2026-02-30T00:00:00Z"]
    )
    async def test_begins_at_a_time(self, store: GooglePlay, providers: Providers, said: object) -> None:
        checks = Checks()
        bought = providers.google_play.subscription("vip", startTime=said)
        await refusal(store.subscription(bought, ME, checks), checks, "purchase time")

    async def test_without_a_product_in_the_receipt(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.subscription("vip", receipt={"productId": None})
        assert (await store.subscription(bought, ME, Checks())).product_id == "vip"


class TestLineItems:
    @staticmethod
    def item(product_id: object, expiry: object) -> dict[str, Any]:
        return {"productId": product_id, "expiryTime": expiry}

    @pytest.mark.parametrize("backwards", [False, True])
    async def test_the_one_that_expires_last_counts(
        self, store: GooglePlay, providers: Providers, backwards: bool
    ) -> None:
        items = [self.item("basic", "2026-05-01T12:00:00Z"), self.item("gold", "2026-06-01T12:00:00Z")]
        bought = providers.google_play.subscription("basic", lineItems=items[:: -1 if backwards else 1])
        found = await store.subscription(bought, ME, Checks())
        assert (found.product_id, found.expire_time.month) == ("gold", 6)

    @pytest.mark.parametrize("asked", ["basic", "gold"])
    async def test_of_several_such_the_one_that_was_asked_for(
        self, store: GooglePlay, providers: Providers, asked: str
    ) -> None:
        items = [self.item(name, "2026-05-01T12:00:00Z") for name in ("basic", "gold")]
        bought = providers.google_play.subscription(asked, lineItems=items)
        assert (await store.subscription(bought, ME, Checks())).product_id == asked

    async def test_the_client_is_not_believed_about_the_product(
        self, store: GooglePlay, providers: Providers
    ) -> None:
        bought = providers.google_play.subscription("vip", receipt={"productId": "emperor"})
        assert (await store.subscription(bought, ME, Checks())).product_id == "vip"

    async def test_times_may_be_in_nanoseconds(self, store: GooglePlay, providers: Providers) -> None:
        items = [self.item("vip", "2026-05-01T12:00:00.123456789Z")]
        bought = providers.google_play.subscription("vip", lineItems=items)
        found = await store.subscription(bought, ME, Checks())
        assert found.expire_time == datetime(2026, 5, 1, 12, 0, 0, 123456, UTC)

    @pytest.mark.parametrize(
        "items",
        [None, [], {}, "vip", [7], [{}], [{"productId": "vip"}], [{"productId": "a", "expiryTime": None}]],
    )
    async def test_there_must_be_one(self, store: GooglePlay, providers: Providers, items: object) -> None:
        checks = Checks()
        bought = providers.google_play.subscription("vip", lineItems=items)
        await refusal(store.subscription(bought, ME, checks), checks, "line items")

    @pytest.mark.parametrize(
        "expiry",
        ["tomorrow", "", 7, [], "0001-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z", "2026-05-01 12:00:00Z"],
    )
    async def test_it_expires_at_a_time(
        self, store: GooglePlay, providers: Providers, expiry: object
    ) -> None:
        checks = Checks()
        bought = providers.google_play.subscription("vip", lineItems=[self.item("vip", expiry)])
        await refusal(store.subscription(bought, ME, checks), checks, "expiry")

    @pytest.mark.parametrize("product_id", NO_IDS.values(), ids=NO_IDS)
    async def test_it_is_of_a_product(
        self, store: GooglePlay, providers: Providers, product_id: object
    ) -> None:
        checks = Checks()
        items = [self.item(product_id, "2026-05-01T12:00:00Z")]
        bought = providers.google_play.subscription("vip", lineItems=items)
        await refusal(store.subscription(bought, ME, checks), checks, "product")
