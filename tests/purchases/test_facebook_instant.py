"""Facebook Instant Games: what Facebook has signed, and what it has not."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kizuna.errors import ApiError
from kizuna.outside.checks import Checks
from kizuna.purchases.stores.facebook_instant import FacebookInstantStore
from kizuna.purchases.stores.interface import Environment, Store
from kizuna.purchases.stores.interface import refusal as told
from kizuna.settings import Settings
from kizuna.testing.providers import Providers
from kizuna.testing.providers.instant_store import APP_ID, APP_SECRET
from tests.purchases.stores import NO_IDS, assert_hidden, refusal

NOON = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(provider_settings: dict[str, Any]) -> FacebookInstantStore:
    return FacebookInstantStore(Settings.model_validate(provider_settings).iap.facebook_instant)


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class TestPurchase:
    async def test_what_facebook_has_signed(self, store: FacebookInstantStore, providers: Providers) -> None:
        checks = Checks()
        signed = providers.instant_store.signed_request("sword", token="f-1", purchased=NOON)

        found = await store.purchase(signed, checks)

        assert (found.transaction_id, found.product_id) == ("f-1", "sword")
        assert (found.store, found.environment) == (Store.FACEBOOK_INSTANT, Environment.PRODUCTION)
        assert found.purchase_time == NOON
        assert (found.refund_time, found.tells_refund) == (None, False)
        assert found.raw == found.provider_response
        assert json.loads(found.raw)["purchase_price"] == {"amount": "0.99", "currency": "USD"}
        assert [check.name for check in checks.done if check.passed] == [
            *("form", "signature", "payload", "algorithm", "app"),
            *("token", "product", "purchase time", "characters"),
        ]
        assert len(checks.done) == 9
        assert providers.requests == []

    @pytest.mark.parametrize("is_consumed", [True, False, None, "yes"])
    async def test_may_be_consumed_already(
        self, store: FacebookInstantStore, providers: Providers, is_consumed: object
    ) -> None:
        await store.purchase(
            providers.instant_store.signed_request("sword", is_consumed=is_consumed), Checks()
        )

    async def test_may_have_any_other_members(
        self, store: FacebookInstantStore, providers: Providers
    ) -> None:
        signed = providers.instant_store.signed_request(
            "sword", payment_id=7, issued_at=[], payload={"new": {"a": "剣"}}
        )
        assert json.loads((await store.purchase(signed, Checks())).raw)["new"] == {"a": "剣"}

    @pytest.mark.parametrize("app_id", [APP_ID, int(APP_ID)])
    async def test_is_of_our_app(
        self, store: FacebookInstantStore, providers: Providers, app_id: object
    ) -> None:
        await store.purchase(providers.instant_store.signed_request("sword", app_id=app_id), Checks())

    @pytest.mark.parametrize("app_id", ["1", 1, None, [APP_ID], "", True])
    async def test_is_not_of_another_app(
        self, store: FacebookInstantStore, providers: Providers, app_id: object
    ) -> None:
        checks = Checks()
        signed = providers.instant_store.signed_request("sword", app_id=app_id)
        await refusal(store.purchase(signed, checks), checks, "app")

    @pytest.mark.parametrize("app_id", ["1", None])
    async def test_is_of_any_app_if_none_is_configured(
        self, store: FacebookInstantStore, providers: Providers, app_id: object
    ) -> None:
        signed = providers.instant_store.signed_request("sword", app_id=app_id)
        await store.with_settings(app_id="").purchase(signed, Checks())

    @pytest.mark.parametrize("value", NO_IDS.values(), ids=NO_IDS)
    @pytest.mark.parametrize(("member", "check"), [("purchase_token", "token"), ("product_id", "product")])
    async def test_has_ids(
        self, store: FacebookInstantStore, providers: Providers, member: str, check: str, value: object
    ) -> None:
        checks = Checks()
        payload = _payload(providers.instant_store.signed_request("sword"))
        signed = providers.instant_store.sign(json.dumps({**payload, member: value}).encode())
        await refusal(store.purchase(signed, checks), checks, check)

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            (1700000000.999, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
            (-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
            (0, datetime(1970, 1, 1, tzinfo=UTC)),
            (253370764799, datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ],
    )
    async def test_has_a_time(
        self, store: FacebookInstantStore, providers: Providers, said: float, expected: datetime
    ) -> None:
        signed = providers.instant_store.signed_request("sword", purchase_time=said)
        assert (await store.purchase(signed, Checks())).purchase_time == expected

    @pytest.mark.parametrize(
        "said",
        [
            253370764800,
            253402300800,
            -62135596800,
            -62135596801,
            1e300,
            -1e300,
            2**63,
            "1700000000",
            None,
            True,
            [],
            {},
        ],
    )
    async def test_has_no_other_time(
        self, store: FacebookInstantStore, providers: Providers, said: object
    ) -> None:
        checks = Checks()
        signed = providers.instant_store.signed_request("sword", purchase_time=said)
        await refusal(store.purchase(signed, checks), checks, "purchase time")

    async def test_has_no_nul(self, store: FacebookInstantStore, providers: Providers) -> None:
        checks = Checks()
        signed = providers.instant_store.signed_request("sword", developer_payload="a\x00b")
        await refusal(store.purchase(signed, checks), checks, "characters")


class TestOrder:
    async def test_configuration_comes_first(self, store: FacebookInstantStore) -> None:
        with pytest.raises(ApiError, match="Facebook Instant IAP is not configured") as caught:
            await store.with_settings(app_secret="").purchase("", Checks())
        assert (caught.value.status, caught.value.code) == (400, 9)

    async def test_then_comes_emptiness(self, store: FacebookInstantStore) -> None:
        with pytest.raises(ApiError, match="SignedRequest cannot be empty") as caught:
            await store.purchase("", Checks())
        assert (caught.value.status, caught.value.code) == (400, 3)

    async def test_then_the_signature_before_the_payload(self, store: FacebookInstantStore) -> None:
        checks = Checks()
        await refusal(store.purchase(f"{base64url(b'x' * 32)}.AAAA", checks), checks, "signature")


class TestForm:
    @pytest.mark.parametrize(
        "text",
        [
            *("a", "a.b.c", "..", "größe.AAAA", "AAAA.größe", "\ud800.AAAA", "AAAA.\ud800", "A.AAAA"),
            *("AAA=.AAAA", "AA+A.AAAA", "AAAA.AA/A", "AAAA.AAA\n", " AAAA.AAAA"),
        ],
        ids=ascii,
    )
    async def test_is_two_parts_in_base64(self, store: FacebookInstantStore, text: str) -> None:
        checks = Checks()
        refused = await refusal(store.purchase(text, checks), checks, "form")
        assert told(Store.FACEBOOK_INSTANT, refused).message == "Invalid Receipt."

    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"no JSON",
            b"null",
            b"[]",
            b'"text"',
            b'{"a": 1e999}',
            b"\xff",
            b"[" * 5000,
            b'{"a":"\\ud800"}',
        ],
    )
    async def test_is_an_object(
        self, store: FacebookInstantStore, providers: Providers, payload: bytes
    ) -> None:
        checks = Checks()
        await refusal(store.purchase(providers.instant_store.sign(payload), checks), checks, "payload")

    @pytest.mark.parametrize("algorithm", ["HMAC-SHA1", "none", "", "hmac-sha256", "HS256", None, 7])
    async def test_names_the_one_algorithm(
        self, store: FacebookInstantStore, providers: Providers, algorithm: object
    ) -> None:
        checks = Checks()
        signed = providers.instant_store.signed_request("sword", algorithm=algorithm)
        await refusal(store.purchase(signed, checks), checks, "algorithm")


class TestSignature:
    async def test_of_another_app(self, store: FacebookInstantStore, providers: Providers) -> None:
        checks = Checks()
        signed = providers.instant_store.signed_request("sword", secret="another secret")
        await refusal(store.purchase(signed, checks), checks, "signature")

    async def test_of_another_payload(self, store: FacebookInstantStore, providers: Providers) -> None:
        checks = Checks()
        mine, other = (providers.instant_store.signed_request("sword") for _ in range(2))
        mixed = f"{mine.split('.')[0]}.{other.split('.')[1]}"
        await refusal(store.purchase(mixed, checks), checks, "signature")

    @pytest.mark.parametrize("name", ["sha1", "sha512"])
    async def test_by_another_hash(
        self, store: FacebookInstantStore, providers: Providers, name: str
    ) -> None:
        checks = Checks()
        payload = providers.instant_store.signed_request("sword").split(".")[1]
        signature = hmac.new(APP_SECRET.encode(), payload.encode(), name).digest()
        await refusal(store.purchase(f"{base64url(signature)}.{payload}", checks), checks, "signature")

    async def test_that_is_missing_or_cut(self, store: FacebookInstantStore, providers: Providers) -> None:
        signature, payload = providers.instant_store.signed_request("sword").split(".")
        for part in ("", signature[:40], signature + "A"):
            checks = Checks()
            await refusal(store.purchase(f"{part}.{payload}", checks), checks, "signature")

    async def test_with_an_empty_key(self, store: FacebookInstantStore, providers: Providers) -> None:
        checks = Checks()
        signed = providers.instant_store.signed_request("sword", secret="")
        await refusal(store.purchase(signed, checks), checks, "signature")

    async def test_tells_nothing(self, store: FacebookInstantStore, providers: Providers) -> None:
        checks = Checks()
        signed = providers.instant_store.signed_request("sword", secret="another secret")
        refused = await refusal(store.purchase(signed, checks), checks, "signature")
        expected = hmac.new(APP_SECRET.encode(), signed.split(".")[1].encode(), hashlib.sha256)
        hidden = [APP_SECRET, base64url(expected.digest()), expected.hexdigest(), *signed.split(".")]
        assert_hidden(hidden, str(refused), *(check.detail for check in checks.done))


def _payload(signed: str) -> dict[str, Any]:
    text = signed.split(".")[1]
    payload = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert isinstance(payload, dict)
    return payload
