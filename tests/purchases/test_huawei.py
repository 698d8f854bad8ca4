"""Huawei's AppGallery: what is signed, what its order service confirms, and whatever else may come."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from pydantic import ValidationError

from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError
from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Outside, Unavailable
from kizuna.provider_settings import Huawei as HuaweiSettings
from kizuna.purchases.stores.huawei import AppClient, AppGallery
from kizuna.purchases.stores.interface import Environment, InvalidReceipt, Store
from kizuna.purchases.stores.interface import refusal as told
from kizuna.settings import Settings
from kizuna.testing.providers import Providers
from kizuna.testing.providers.huawei import APP_TOUCH, CLIENT_ID, CLIENT_SECRET
from kizuna.testing.providers.keys import ec_key, public_der, rsa_key
from tests.purchases.stores import NO_ANSWERS, NO_IDS, NO_TOKENS, assert_hidden, refusal, unavailability

NOON = datetime(2026, 5, 1, 12, 0, 0, 123000, UTC)

TOKEN = "/oauth2/v3/token"
ORDER = "/applications/purchases/tokens/verify"


@pytest.fixture(autouse=True)
def well(providers: Providers) -> None:
    """Every test begins with a Huawei at which all is well, and of which nobody has asked anything."""
    providers.faults.clear()
    providers.requests.clear()
    providers.huawei.expires_in = 3600


@pytest_asyncio.fixture(scope="module")
async def outside() -> AsyncIterator[Outside]:
    outside = Outside(10.0)
    yield outside
    await outside.close()


@pytest.fixture(scope="module")
def settings(provider_settings: dict[str, Any]) -> Settings:
    return Settings.model_validate(provider_settings)


@pytest.fixture
def new_store(settings: Settings, outside: Outside, app_clock: ShiftedClock) -> AppGallery:
    """A store that has asked for nothing yet."""
    return AppGallery(settings.iap.huawei, outside, app_clock)


@pytest.fixture(scope="module")
def store(settings: Settings, outside: Outside, app_clock: ShiftedClock) -> AppGallery:
    """One that may have a token already."""
    return AppGallery(settings.iap.huawei, outside, app_clock)


def asked(providers: Providers) -> list[str]:
    return [seen.path for seen in providers.requests]


class TestPurchase:
    async def test_what_huawei_confirms(self, store: AppGallery, providers: Providers) -> None:
        checks = Checks()
        bought, signature = providers.huawei.purchase("sword", token="h-1", purchased=NOON)

        found = await store.purchase(bought, signature, checks)

        assert (found.transaction_id, found.product_id, found.store) == ("h-1", "sword", Store.HUAWEI)
        assert (found.environment, found.purchase_time) == (Environment.PRODUCTION, NOON)
        assert (found.refund_time, found.tells_refund) == (None, False)
        assert found.raw == found.provider_response
        assert json.loads(found.raw)["responseCode"] == "0"
        assert [check.name for check in checks.done if check.passed] == [
            *("form", "signature", "token", "product", "receipt"),
            *("signature of the answer", "form of the answer", "token of the answer"),
            *("product of the answer", "state", "purchase time", "characters"),
        ]
        assert len(checks.done) == 12

    async def test_is_asked_about_in_huaweis_own_way(
        self, new_store: AppGallery, providers: Providers
    ) -> None:
        bought, signature = providers.huawei.purchase("sword", token="h-2")
        await new_store.purchase(bought, signature, Checks())
        first, second = providers.requests
        assert (first.method, first.path, first.raw_query) == ("POST", TOKEN, "")
        assert (second.method, second.path, second.raw_query) == ("POST", ORDER, "")
        assert json.loads(second.body) == {"purchaseToken": "h-2", "productId": "sword"}
        kind, encoded = second.headers["authorization"].split()
        assert (kind, base64.b64decode(encoded)[:6]) == ("Basic", b"APPAT:")

    async def test_in_the_sandbox(self, store: AppGallery, providers: Providers) -> None:
        bought = providers.huawei.purchase("sword", sandbox=True)
        assert (await store.purchase(*bought, Checks())).environment is Environment.SANDBOX

    async def test_of_an_account_of_app_touch(self, store: AppGallery, providers: Providers) -> None:
        bought = providers.huawei.purchase("sword", account_flag=APP_TOUCH)
        await store.purchase(*bought, Checks())
        assert providers.requests[-1].headers["host"].startswith("localhost")

    async def test_of_another_account(self, store: AppGallery, providers: Providers) -> None:
        bought = providers.huawei.purchase("sword", account_flag=0)
        await store.purchase(*bought, Checks())
        assert providers.requests[-1].headers["host"].startswith("127.0.0.1")

    @pytest.mark.parametrize("application", ["101234567", 101234567, None, []])
    async def test_of_an_app_with_a_number(
        self, store: AppGallery, providers: Providers, application: object
    ) -> None:
        bought = providers.huawei.purchase("sword", applicationId=application, orderId=7)
        await store.purchase(*bought, Checks())

    async def test_in_any_script(self, store: AppGallery, providers: Providers) -> None:
        bought = providers.huawei.purchase("剣🗡", token="größe")
        found = await store.purchase(*bought, Checks())
        assert (found.product_id, found.transaction_id) == ("剣🗡", "größe")

    async def test_with_line_breaks_in_the_signature(self, store: AppGallery, providers: Providers) -> None:
        bought, signature = providers.huawei.purchase("sword")
        await store.purchase(bought, f"{signature[:76]}\r\n{signature[76:]}\n", Checks())

    @pytest.mark.parametrize(("said", "year"), [(-1000, 1969), ("0", 1970), (253370764799999, 9998)])
    async def test_at_any_time(
        self, store: AppGallery, providers: Providers, said: object, year: int
    ) -> None:
        bought = providers.huawei.purchase("sword", purchaseTime=said)
        assert (await store.purchase(*bought, Checks())).purchase_time.year == year

    @pytest.mark.parametrize("said", [253370764800000, 253402300799999, 2**63, "soon", 1.5, True, None, []])
    async def test_at_no_time(self, store: AppGallery, providers: Providers, said: object) -> None:
        checks = Checks()
        bought = providers.huawei.purchase("sword", purchaseTime=said)
        await refusal(store.purchase(*bought, checks), checks, "purchase time")


class TestOrder:
    @pytest.mark.parametrize("missing", ["public_key", "client_id", "client_secret"])
    async def test_configuration_comes_first(
        self, store: AppGallery, providers: Providers, missing: str
    ) -> None:
        with pytest.raises(ApiError, match="Huawei IAP is not configured") as caught:
            await store.with_settings(**{missing: ""}).purchase("", "", Checks())
        assert (caught.value.status, caught.value.code) == (400, 9)
        assert providers.requests == []

    @pytest.mark.parametrize(
        ("purchase", "signature", "message"),
        [
            ("", "", "Purchase cannot be empty."),
            ("", "c2ln", "Purchase cannot be empty."),
            ("{}", "", "Signature cannot be empty."),
        ],
    )
    async def test_then_comes_emptiness(
        self, store: AppGallery, purchase: str, signature: str, message: str
    ) -> None:
        with pytest.raises(ApiError) as caught:
            await store.purchase(purchase, signature, Checks())
        assert (caught.value.status, caught.value.code, caught.value.message) == (400, 3, message)


class TestSigned:
    @pytest.mark.parametrize(
        "text", ["no JSON", "[]", "null", '{"a": 1e999}', "[" * 5000, '{"a": "\ud800"}', '{"a": "\\ud800"}']
    )
    async def test_is_an_object(self, store: AppGallery, providers: Providers, text: str) -> None:
        checks = Checks()
        await refusal(store.purchase(text, "c2ln", checks), checks, "form")
        assert providers.requests == []

    @pytest.mark.parametrize(
        "signature", ["c2ln", "no base64!", "größe", "\ud800", "=", "A" * 344], ids=ascii
    )
    async def test_has_a_signature(self, store: AppGallery, providers: Providers, signature: str) -> None:
        checks = Checks()
        bought, _ = providers.huawei.purchase("sword")
        await refusal(store.purchase(bought, signature, checks), checks, "signature")
        assert providers.requests == []

    async def test_by_huawei(self, store: AppGallery, providers: Providers) -> None:
        checks = Checks()
        bought, _ = providers.huawei.purchase("sword")
        forged = providers.huawei.sign(bought, rsa_key("mallory"))
        await refusal(store.purchase(bought, forged, checks), checks, "signature")

    async def test_byte_for_byte(self, store: AppGallery, providers: Providers) -> None:
        checks = Checks()
        bought, signature = providers.huawei.purchase("sword")
        await refusal(store.purchase(bought + " ", signature, checks), checks, "signature")

    @pytest.mark.parametrize("value", NO_IDS.values(), ids=NO_IDS)
    @pytest.mark.parametrize(("member", "check"), [("purchaseToken", "token"), ("productId", "product")])
    async def test_has_ids(
        self, store: AppGallery, providers: Providers, member: str, check: str, value: object
    ) -> None:
        checks = Checks()
        text = json.dumps({"purchaseToken": "t", "productId": "sword", "purchaseTime": 0, member: value})
        await refusal(store.purchase(text, providers.huawei.sign(text), checks), checks, check)
        assert providers.requests == []


class TestOrderServicesWord:
    @pytest.mark.parametrize("code", ["5", "6", "8", 9, "-1", "60051"])
    async def test_is_no(self, store: AppGallery, providers: Providers, code: object) -> None:
        checks = Checks()
        bought = providers.huawei.purchase("sword", order={"responseCode": code})
        refused = await refusal(store.purchase(*bought, checks), checks, "receipt")
        assert isinstance(refused, InvalidReceipt)
        error = told(Store.HUAWEI, refused)
        assert (error.status, error.code, error.message) == (400, 9, f"Invalid Receipt. Code: {code}")

    async def test_about_what_it_does_not_know(self, store: AppGallery, providers: Providers) -> None:
        checks = Checks()
        text = json.dumps({"purchaseToken": "unknown", "productId": "sword", "purchaseTime": 0})
        await refusal(store.purchase(text, providers.huawei.sign(text), checks), checks, "receipt")

    async def test_may_be_a_number(self, store: AppGallery, providers: Providers) -> None:
        await store.purchase(*providers.huawei.purchase("sword", order={"responseCode": 0}), Checks())

    @pytest.mark.parametrize(
        "answer",
        [
            {"responseCode": None},
            {"responseCode": "zero"},
            {"responseCode": True},
            {"purchaseTokenData": None},
            {"purchaseTokenData": {"purchaseState": 0}},
            {"dataSignature": None},
            {"dataSignature": 7},
        ],
    )
    async def test_is_none(self, store: AppGallery, providers: Providers, answer: dict[str, Any]) -> None:
        bought = providers.huawei.purchase("sword", order=answer)
        assert next(iter(answer)) in await unavailability(store.purchase(*bought, Checks()))

    @pytest.mark.parametrize("signature", ["c2ln", "no base64!", ""])
    async def test_is_signed(self, store: AppGallery, providers: Providers, signature: str) -> None:
        checks = Checks()
        bought = providers.huawei.purchase("sword", order={"dataSignature": signature})
        await refusal(store.purchase(*bought, checks), checks, "signature of the answer")

    async def test_is_not_changed_on_its_way(self, store: AppGallery, providers: Providers) -> None:
        checks = Checks()
        data = '{"purchaseToken":"h-9","productId":"sword","purchaseState":0}'
        changed = {"purchaseTokenData": data, "dataSignature": providers.huawei.sign(data + " ")}
        bought = providers.huawei.purchase("sword", token="h-9", order=changed)
        await refusal(store.purchase(*bought, checks), checks, "signature of the answer")

    @pytest.mark.parametrize("data", ["no JSON", "[]", ""])
    async def test_is_an_object(self, store: AppGallery, providers: Providers, data: str) -> None:
        checks = Checks()
        changed = {"purchaseTokenData": data, "dataSignature": providers.huawei.sign(data)}
        bought = providers.huawei.purchase("sword", order=changed)
        await refusal(store.purchase(*bought, checks), checks, "form of the answer")

    @pytest.mark.parametrize("said", ["another", None, 7])
    @pytest.mark.parametrize(
        ("member", "check"),
        [("purchaseToken", "token of the answer"), ("productId", "product of the answer")],
    )
    async def test_is_about_the_same(
        self, store: AppGallery, providers: Providers, member: str, check: str, said: object
    ) -> None:
        checks = Checks()
        bought = providers.huawei.purchase("sword", order={member: said})
        await refusal(store.purchase(*bought, checks), checks, check)

    @pytest.mark.parametrize(
        ("state", "told_state"), [(1, "1"), (2, "2"), (-1, "-1"), (None, "unknown"), ("paid", "unknown")]
    )
    async def test_decides_about_the_state(
        self, store: AppGallery, providers: Providers, state: object, told_state: str
    ) -> None:
        checks = Checks()
        bought = providers.huawei.purchase("sword", order={"purchaseState": state})
        refused = await refusal(store.purchase(*bought, checks), checks, "state")
        assert told(Store.HUAWEI, refused).message == f"Invalid Receipt. State: {told_state}"

    async def test_has_no_nul(self, store: AppGallery, providers: Providers) -> None:
        checks = Checks()
        bought = providers.huawei.purchase("sword", order={"responseMessage": "\x00"})
        await refusal(store.purchase(*bought, checks), checks, "characters")


class TestHuaweiAtFault:
    @pytest.mark.parametrize("wrong", NO_TOKENS.values(), ids=NO_TOKENS)
    async def test_no_token(self, new_store: AppGallery, providers: Providers, wrong: dict[str, Any]) -> None:
        bought = providers.huawei.purchase("sword")
        providers.faults.add(TOKEN, **wrong)
        await unavailability(new_store.purchase(*bought, Checks()))
        assert asked(providers) == [TOKEN]

    @pytest.mark.parametrize(
        "wrong",
        [*NO_ANSWERS.values(), *({"status": status, "json": {}} for status in (400, 403, 404))],
        ids=[*NO_ANSWERS, "400", "403", "404"],
    )
    async def test_no_answer(self, store: AppGallery, providers: Providers, wrong: dict[str, Any]) -> None:
        bought = providers.huawei.purchase("sword")
        providers.faults.add(ORDER, **wrong)
        await unavailability(store.purchase(*bought, Checks()))

    @pytest.mark.parametrize("path", [TOKEN, ORDER])
    async def test_a_slow_answer(
        self, settings: Settings, app_clock: ShiftedClock, providers: Providers, path: str
    ) -> None:
        impatient = Outside(0.3)
        store = AppGallery(settings.iap.huawei, impatient, app_clock)
        providers.faults.add(path, delay=30.0)
        try:
            async with asyncio.timeout(5):
                await unavailability(store.purchase(*providers.huawei.purchase("sword"), Checks()))
        finally:
            await impatient.close()

    @pytest.mark.parametrize("status", [401, 403])
    async def test_an_app_without_rights_is_the_operators_affair(
        self, store: AppGallery, providers: Providers, caplog: pytest.LogCaptureFixture, status: int
    ) -> None:
        providers.faults.add(ORDER, status=status, json={})
        await unavailability(store.purchase(*providers.huawei.purchase("sword"), Checks()))
        assert f"127.0.0.1 refuses the app {CLIENT_ID} with {status}" in caplog.messages


class TestAccessToken:
    async def test_is_fetched_once_until_shortly_before_its_end(
        self, new_store: AppGallery, providers: Providers, clock: ShiftedClock
    ) -> None:
        bought = providers.huawei.purchase("sword")
        for passed, fetched in ((0, 1), (3290, 1), (20, 2)):
            clock.offset += timedelta(seconds=passed)
            await new_store.purchase(*bought, Checks())
            assert asked(providers).count(TOKEN) == fetched

    async def test_is_fetched_once_however_many_ask(
        self, new_store: AppGallery, providers: Providers
    ) -> None:
        bought = [providers.huawei.purchase("sword") for _ in range(40)]
        providers.faults.add(TOKEN, delay=0.2)
        await asyncio.gather(*(new_store.purchase(*each, Checks()) for each in bought))
        assert asked(providers).count(TOKEN) == 1

    async def test_that_is_refused_is_fetched_anew_once(
        self, new_store: AppGallery, providers: Providers
    ) -> None:
        bought = providers.huawei.purchase("sword")
        await new_store.purchase(*bought, Checks())
        providers.faults.add(ORDER, status=401, json={}, times=1)
        await new_store.purchase(*bought, Checks())
        assert asked(providers) == [TOKEN, ORDER, ORDER, TOKEN, ORDER]

    async def test_of_a_request_with_credentials_of_its_own(
        self, new_store: AppGallery, providers: Providers, caplog: pytest.LogCaptureFixture
    ) -> None:
        bought = providers.huawei.purchase("sword")
        await new_store.purchase(*bought, Checks())
        foreign = new_store.with_settings(client_secret="another secret")
        await unavailability(foreign.purchase(*bought, Checks()))
        assert f"refuses the credentials of the app {CLIENT_ID}: 1101" in caplog.text


NO_KEYS = {
    "text": "no key",
    "base64": base64.b64encode(b"no key").decode(),
    "elliptic": base64.b64encode(public_der(ec_key("a key of another kind"))).decode(),
    "not ASCII": "größe",
}


class TestPublicKey:
    @pytest.mark.parametrize("text", NO_KEYS.values(), ids=NO_KEYS)
    async def test_that_is_none(
        self, store: AppGallery, providers: Providers, caplog: pytest.LogCaptureFixture, text: str
    ) -> None:
        bought = providers.huawei.purchase("sword")
        await unavailability(store.with_settings(public_key=text).purchase(*bought, Checks()))
        assert "iap.huawei.public_key is no " in caplog.text

    @pytest.mark.parametrize("odd", [" ", "!", "\t", "-", "=", "\0"])
    def test_that_could_not_be_read_stops_the_start(self, settings: Settings, odd: str) -> None:
        key = settings.iap.huawei.public_key
        with pytest.raises(ValidationError, match="must be base64 of an RSA key"):
            HuaweiSettings(public_key=f"{key[:40]}{odd}{key[40:]}")

    async def test_may_have_several_lines(
        self, store: AppGallery, settings: Settings, providers: Providers
    ) -> None:
        key = settings.iap.huawei.public_key
        lines = HuaweiSettings(public_key=f"{key[:64]}\r\n{key[64:]}\n").public_key
        await store.with_settings(public_key=lines).purchase(*providers.huawei.purchase("sword"), Checks())

    async def test_of_somebody_else(self, store: AppGallery, providers: Providers) -> None:
        checks = Checks()
        foreign = base64.b64encode(public_der(rsa_key("mallory"))).decode()
        bought = providers.huawei.purchase("sword")
        asking = store.with_settings(public_key=foreign).purchase(*bought, checks)
        await refusal(asking, checks, "signature")


class TestSecrets:
    """Neither errors nor the log tell the secret, an access token or a purchase token."""

    @pytest.mark.parametrize(
        "wrong", [*NO_ANSWERS.values(), {"status": 401, "json": {}}, {"json": {"responseCode": "6"}}]
    )
    @pytest.mark.parametrize("path", [TOKEN, ORDER])
    async def test_stay_secret(
        self,
        new_store: AppGallery,
        providers: Providers,
        caplog: pytest.LogCaptureFixture,
        path: str,
        wrong: dict[str, Any],
    ) -> None:
        caplog.set_level(logging.DEBUG, "kizuna")
        checks = Checks()
        bought = providers.huawei.purchase("sword", token="a-purchase-token-that-is-secret")
        providers.faults.add(path, **wrong)
        with pytest.raises((Refused, Unavailable)) as caught:
            await new_store.purchase(*bought, checks)
        shown = [seen.headers.get("authorization", "Basic ").split()[1:] for seen in providers.requests]
        tokens = [token for tokens in shown for token in tokens]
        plain = [base64.b64decode(token).decode().removeprefix("APPAT:") for token in tokens]
        secrets = [*tokens, *plain, CLIENT_SECRET, "a-purchase-token-that-is-secret", bought[1]]
        assert_hidden(secrets, str(caught.value), caplog.text, *(check.detail for check in checks.done))

    def test_stay_secret_in_representations(self) -> None:
        assert CLIENT_SECRET not in repr(AppClient("1", CLIENT_SECRET, "https://example.com"))
