"""Products of Google Play: what its publisher API confirms, and what it does not."""

import json
from typing import Any

import pytest

from kizuna.errors import ApiError
from kizuna.outside.checks import Checks
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.purchases.stores.interface import Environment, InvalidReceipt, Store
from kizuna.purchases.stores.interface import refusal as told
from kizuna.settings import Settings
from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play import CLIENT_EMAIL
from kizuna.testing.providers.google_play_access import TOKEN_PATH
from kizuna.wire.microseconds import EPOCH
from tests.purchases.google import (
    ME,
    NOON,
    OTHER,
    new_store,
    outside,
    purchases_asked,
    receipt,
    settings,
    store,
    tokens_asked,
    well,
)
from tests.purchases.stores import NO_IDS, refusal, unavailability

__all__ = ["new_store", "outside", "settings", "store", "well"]


class TestPurchase:
    async def test_what_google_confirms(self, store: GooglePlay, providers: Providers) -> None:
        checks = Checks()
        bought = providers.google_play.purchase("sword", token="t-1", purchased=NOON, account_id=ME)

        found = await store.purchase(bought, ME, checks)

        assert (found.transaction_id, found.product_id, found.store) == ("t-1", "sword", Store.GOOGLE)
        assert found.environment is Environment.PRODUCTION
        assert found.purchase_time == NOON
        assert (found.refund_time, found.tells_refund) == (None, False)
        assert found.raw == found.provider_response
        assert json.loads(found.raw)["purchaseTimeMillis"] == str(int(NOON.timestamp() * 1000))
        assert [check.name for check in checks.done if check.passed] == [
            *("form", "package", "token", "package", "package", "product", "token"),
            *("receipt", "state", "product", "purchase time", "characters", "account"),
        ]
        assert len(checks.done) == 13

    async def test_asks_with_a_bearer_token_and_no_query(
        self, new_store: GooglePlay, providers: Providers
    ) -> None:
        await new_store.purchase(providers.google_play.purchase("sword"), ME, Checks())

        first, second = providers.requests
        assert (first.method, first.path, first.raw_query) == ("POST", TOKEN_PATH, "")
        assert (second.method, second.raw_query) == ("GET", "")
        assert second.headers["authorization"].startswith("Bearer tok-")
        assert second.headers["accept"] == "application/json"

    async def test_in_the_wrapper_of_unity(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.purchase("sword", token="unity", wrapped=True)
        assert (await store.purchase(bought, ME, Checks())).transaction_id == "unity"

    async def test_a_json_member_that_is_no_text_is_no_wrapper(
        self, store: GooglePlay, providers: Providers
    ) -> None:
        bought = providers.google_play.purchase("sword", token="bare", receipt={"json": {"not": "a text"}})
        assert (await store.purchase(bought, ME, Checks())).transaction_id == "bare"

    async def test_a_test_purchase(self, store: GooglePlay, providers: Providers) -> None:
        found = await store.purchase(providers.google_play.purchase("sword", test=True), ME, Checks())
        assert found.environment is Environment.SANDBOX

    async def test_other_kinds_of_purchase_are_made_in_production(
        self, store: GooglePlay, providers: Providers
    ) -> None:
        found = await store.purchase(providers.google_play.purchase("sword", purchaseType=1), ME, Checks())
        assert found.environment is Environment.PRODUCTION

    @pytest.mark.parametrize("unused", [{"orderId": 7}, {"purchaseState": "0"}, {"purchaseTime": []}])
    async def test_members_that_are_not_used_may_be_anything(
        self, store: GooglePlay, providers: Providers, unused: dict[str, Any]
    ) -> None:
        await store.purchase(providers.google_play.purchase("sword", receipt=unused), ME, Checks())

    @pytest.mark.parametrize(
        ("product_id", "token"),
        [
            ("a/../../b", "c/../d"),
            ("50%25", "%2e%2e/x?y=1#z"),
            ("schwert-größe 剣", "tök🗡en"),
            ("...", "..a"),
            ("a;b=c", ":acknowledge"),
        ],
    )
    async def test_ids_are_one_segment_of_the_path_whatever_they_are(
        self, store: GooglePlay, providers: Providers, product_id: str, token: str
    ) -> None:
        bought = providers.google_play.purchase(product_id, token=token)
        found = await store.purchase(bought, ME, Checks())
        assert (found.product_id, found.transaction_id) == (product_id, token)

    async def test_an_id_as_long_as_it_may_be(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.purchase("剣" * 512, token="t" * 512)
        assert len((await store.purchase(bought, ME, Checks())).product_id) == 512


class TestPurchaseTime:
    async def test_is_googles_and_not_the_clients(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.purchase("sword", purchased=NOON, receipt={"purchaseTime": 1})
        assert (await store.purchase(bought, ME, Checks())).purchase_time == NOON

    async def test_is_the_clients_if_google_says_none(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.purchase("sword", purchased=NOON, purchaseTimeMillis=None)
        assert (await store.purchase(bought, ME, Checks())).purchase_time == NOON

    async def test_is_the_epoch_if_nobody_says_any(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.purchase(
            "sword", purchaseTimeMillis=None, receipt={"purchaseTime": None}
        )
        assert (await store.purchase(bought, ME, Checks())).purchase_time == EPOCH

    @pytest.mark.parametrize(
        ("said", "year"),
        [(-1000, 1969), ("-1000", 1969), (-62104060800000, 2), ("253370764799999", 9998)],
    )
    async def test_may_be_of_any_year(
        self, store: GooglePlay, providers: Providers, said: object, year: int
    ) -> None:
        bought = providers.google_play.purchase("sword", purchaseTimeMillis=said)
        assert (await store.purchase(bought, ME, Checks())).purchase_time.year == year

    @pytest.mark.parametrize(
        "said",
        [
            *(
                253370764800000,
                253402300800000,
                -62104060800001,
                -62135596800001,
                10**18,
                -(10**18),
                2**63,
                "9" * 20,
                "9" * 5000,
            ),
            *("", "1.5", 1.5, "١٢٣", True, [], {}, "1e3", " 1"),
        ],
    )
    async def test_is_a_time(self, store: GooglePlay, providers: Providers, said: object) -> None:
        checks = Checks()
        bought = providers.google_play.purchase("sword", purchaseTimeMillis=said)
        await refusal(store.purchase(bought, ME, checks), checks, "purchase time")

    async def test_of_the_client_is_a_time_too(self, store: GooglePlay, providers: Providers) -> None:
        checks = Checks()
        bought = providers.google_play.purchase(
            "sword", purchaseTimeMillis=None, receipt={"purchaseTime": 10**17}
        )
        await refusal(store.purchase(bought, ME, checks), checks, "purchase time")


class TestConfiguration:
    @pytest.mark.parametrize("missing", ["client_email", "private_key"])
    @pytest.mark.parametrize("asked", ["purchase", "subscription"])
    async def test_comes_before_everything(
        self, store: GooglePlay, providers: Providers, missing: str, asked: str
    ) -> None:
        unset = store.with_settings(**{missing: ""})
        with pytest.raises(ApiError, match="Google IAP is not configured") as caught:
            await getattr(unset, asked)("", ME, Checks())
        assert (caught.value.status, caught.value.code) == (400, 9)
        assert providers.requests == []

    @pytest.mark.parametrize(
        ("asked", "message"),
        [("purchase", "Purchase cannot be empty."), ("subscription", "Receipt cannot be empty.")],
    )
    async def test_then_comes_emptiness(
        self, store: GooglePlay, providers: Providers, asked: str, message: str
    ) -> None:
        with pytest.raises(ApiError) as caught:
            await getattr(store, asked)("", ME, Checks())
        assert (caught.value.status, caught.value.code, caught.value.message) == (400, 3, message)
        assert providers.requests == []

    @pytest.mark.parametrize("asked", ["purchase", "subscription"])
    @pytest.mark.parametrize(
        ("text", "check"),
        [
            ("no JSON", "form"),
            (receipt(purchaseToken=7), "token"),
            (receipt(packageName="com.other.game"), "package"),
        ],
    )
    async def test_then_the_receipt_whether_google_answers_or_not(
        self, new_store: GooglePlay, providers: Providers, asked: str, text: str, check: str
    ) -> None:
        providers.faults.add("*", status=503)
        checks = Checks()
        await refusal(getattr(new_store, asked)(text, ME, checks), checks, check)
        assert providers.requests == []

    async def test_settings_of_a_request_do_not_change_the_store(
        self, store: GooglePlay, providers: Providers
    ) -> None:
        store.with_settings(client_email="", package_names=())
        await store.purchase(providers.google_play.purchase("sword"), ME, Checks())

    async def test_credentials_of_requests_share_their_token(
        self, new_store: GooglePlay, providers: Providers, settings: Settings
    ) -> None:
        own = {"client_email": CLIENT_EMAIL, "private_key": settings.iap.google.private_key}
        for _ in range(3):
            other = new_store.with_settings(**own)
            await other.purchase(providers.google_play.purchase("sword"), ME, Checks())
        assert tokens_asked(providers) == 1


@pytest.mark.parametrize("asked", ["purchase", "subscription"])
class TestReceipt:
    @pytest.mark.parametrize(
        "text",
        [
            *("no JSON", "", "[]", "null", '"text"', "1", '{"json": "no JSON"}', '{"json": "[]"}'),
            *('{"a": 1e999}', "[" * 5000, '{"a": "\\ud800"}', '{"a": "\ud800"}', "\ufeff{}", "{}\x00"),
        ],
    )
    async def test_is_an_object(self, store: GooglePlay, asked: str, text: str) -> None:
        checks = Checks()
        await refusal(getattr(store, asked)(text or " ", ME, checks), checks, "form")

    @pytest.mark.parametrize("value", NO_IDS.values(), ids=NO_IDS)
    @pytest.mark.parametrize(("member", "check"), [("purchaseToken", "token"), ("packageName", "package")])
    async def test_has_ids(
        self,
        store: GooglePlay,
        providers: Providers,
        asked: str,
        member: str,
        check: str,
        value: object,
    ) -> None:
        checks = Checks()
        await refusal(getattr(store, asked)(receipt(**{member: value}), ME, checks), checks, check)
        assert purchases_asked(providers) == []

    @pytest.mark.parametrize(
        "name",
        [
            *("..", ".", "a/../b", "com.x/", "com..x", ".com", "com.", "com.x%2f", "com.x?y", "com.größe"),
            *("com x", "com.x\n", "com.x#", "com-x"),
        ],
    )
    async def test_has_a_package_name(
        self, store: GooglePlay, providers: Providers, asked: str, name: str
    ) -> None:
        checks = Checks()
        asking = getattr(store.with_settings(package_names=()), asked)(receipt(packageName=name), ME, checks)
        await refusal(asking, checks, "package")
        assert purchases_asked(providers) == []

    async def test_is_of_our_app(self, store: GooglePlay, providers: Providers, asked: str) -> None:
        checks = Checks()
        bought = getattr(providers.google_play, asked)("sword", package_name="com.example.other")
        found = await refusal(getattr(store, asked)(bought, ME, checks), checks, "package")
        assert "com.example.other" in found.reason
        assert purchases_asked(providers) == []

    async def test_is_of_any_app_if_none_is_named(
        self, store: GooglePlay, providers: Providers, asked: str
    ) -> None:
        bought = getattr(providers.google_play, asked)("sword", package_name="com.example.other")
        await getattr(store.with_settings(package_names=()), asked)(bought, ME, Checks())

    @pytest.mark.parametrize("token", [".", ".."])
    async def test_leads_nowhere_else(
        self, store: GooglePlay, providers: Providers, asked: str, token: str
    ) -> None:
        checks = Checks()
        await refusal(getattr(store, asked)(receipt(purchaseToken=token), ME, checks), checks, "token")
        assert purchases_asked(providers) == []


@pytest.mark.parametrize("value", [*NO_IDS.values(), ".", ".."], ids=[*NO_IDS, "here", "above"])
async def test_a_product_has_an_id(store: GooglePlay, providers: Providers, value: object) -> None:
    checks = Checks()
    await refusal(store.purchase(receipt(productId=value), ME, checks), checks, "product")
    assert purchases_asked(providers) == []


class TestGooglesWord:
    @pytest.mark.parametrize("state", [1, 2, 3, -1])
    async def test_decides_about_the_state(self, store: GooglePlay, providers: Providers, state: int) -> None:
        checks = Checks()
        bought = providers.google_play.purchase("sword", purchaseState=state, receipt={"purchaseState": 0})
        refused = await refusal(store.purchase(bought, ME, checks), checks, "state")
        assert isinstance(refused, InvalidReceipt)
        assert told(Store.GOOGLE, refused).message == f"Invalid Receipt. State: {state}"
        assert told(Store.GOOGLE, refused).code == 9

    async def test_outweighs_the_clients(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.purchase("sword", receipt={"purchaseState": 1})
        await store.purchase(bought, ME, Checks())

    @pytest.mark.parametrize("state", [None, "0", True, False, 0.0, []])
    async def test_is_none_without_a_state(
        self, store: GooglePlay, providers: Providers, state: object
    ) -> None:
        bought = providers.google_play.purchase("sword", purchaseState=state)
        assert "purchaseState" in await unavailability(store.purchase(bought, ME, Checks()))

    @pytest.mark.parametrize("said", ["shield", "", 7, []])
    async def test_names_the_same_product(
        self, store: GooglePlay, providers: Providers, said: object
    ) -> None:
        checks = Checks()
        bought = providers.google_play.purchase("sword", productId=said)
        await refusal(store.purchase(bought, ME, checks), checks, "product")

    async def test_is_refused_for_another_product(self, store: GooglePlay, providers: Providers) -> None:
        checks = Checks()
        bought = providers.google_play.purchase("sword", receipt={"productId": "castle"})
        await refusal(store.purchase(bought, ME, checks), checks, "receipt")

    async def test_may_have_members_that_nobody_knows(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.purchase(
            "sword", payload={"new": {"deep": [1, None]}}, consumptionState="1"
        )
        assert "deep" in (await store.purchase(bought, ME, Checks())).raw

    async def test_has_no_nul(self, store: GooglePlay, providers: Providers) -> None:
        checks = Checks()
        bought = providers.google_play.purchase("sword", developerPayload="a\x00b")
        await refusal(store.purchase(bought, ME, checks), checks, "characters")

    async def test_may_have_what_looks_like_one(self, store: GooglePlay, providers: Providers) -> None:
        bought = providers.google_play.purchase("sword", developerPayload="a\\u0000b\\\\u0000")
        await store.purchase(bought, ME, Checks())


@pytest.mark.parametrize("asked", ["purchase", "subscription"])
class TestAccount:
    @pytest.mark.parametrize("said", [ME, ME.upper(), None, "", "player 7", "0" * 32, 7, [], "x" * 36])
    async def test_may_be_the_callers_or_no_users(
        self, store: GooglePlay, providers: Providers, asked: str, said: Any
    ) -> None:
        bought = getattr(providers.google_play, asked)("sword", account_id=said)
        checks = Checks()
        await getattr(store, asked)(bought, ME, checks)
        assert checks.done[-1].name == "account"

    async def test_may_not_be_another_users(
        self, store: GooglePlay, providers: Providers, asked: str
    ) -> None:
        checks = Checks()
        bought = getattr(providers.google_play, asked)("sword", account_id=OTHER)
        await refusal(getattr(store, asked)(bought, ME, checks), checks, "account")

    async def test_may_be_anybodys_if_nobody_asks(
        self, store: GooglePlay, providers: Providers, asked: str
    ) -> None:
        bought = getattr(providers.google_play, asked)("sword", account_id=OTHER)
        await getattr(store, asked)(bought, "", Checks())
