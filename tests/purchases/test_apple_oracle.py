"""What the App Store has signed, or not, before two judges: Apple's own library, and kizuna's verifier.

They agree but for `DIFFERENCES`, each with its reason.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import attrs
import pytest
import pytest_asyncio
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier, VerificationException
from cryptography.hazmat.primitives.serialization import Encoding

from kizuna.clock import Clock
from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Outside
from kizuna.purchases.stores.app_store import AppStore as Verifier
from kizuna.testing.providers import Providers
from kizuna.testing.providers.app_store import AppStore as Fake
from kizuna.testing.providers.app_store_chain import CHAINS
from kizuna.testing.providers.app_store_jws import FORGERIES
from tests.purchases.app_stores import app_store
from tests.support.boards import NOON

Changes = Mapping[str, Any]
#: What a judge has read, None for what was refused.
Verdict = tuple[Any, ...] | None

# Milliseconds, as Apple has them.
NOW = int(NOON * 1000)
DAY = 86_400_000
LONG = 9000 * DAY

#: Ways in which something signed can be wrong, or odd, whatever it is.
SIGNED: dict[str, Changes] = {
    **{f"chain {name}": {"chain": name} for name in CHAINS},
    **{f"forgery {name}": {"forgery": name} for name in FORGERIES},
    "chain not_yet_valid, signed later": {"chain": "not_yet_valid", "signedDate": NOW + 60 * DAY},
    "typ in the header": {"header": {"typ": "JWT"}},
    "crit in the header": {"header": {"crit": ["exp"]}},
    "b64 in the header": {"header": {"b64": False}},
    "kid in the header": {"header": {"kid": "k"}},
    "kid that is no text": {"header": {"kid": 5}},
    "alg that is a list": {"header": {"alg": ["ES256"]}},
    "alg of another kind": {"header": {"alg": "PS256"}},
    "x5c that is null": {"header": {"x5c": None}},
    "x5c that is a text": {"header": {"x5c": "abc"}},
    "x5c with numbers": {"header": {"x5c": [1, 2, 3]}},
    "x5c with what is no certificate": {"header": {"x5c": ["AAAA", "AAAA", "AAAA"]}},
    "x5c with empty texts": {"header": {"x5c": ["", "", ""]}},
    "signedDate absent": {"signedDate": None},
    "signedDate 0": {"signedDate": 0},
    "signedDate negative": {"signedDate": -1},
    "signedDate true": {"signedDate": True},
    "signedDate that is a text": {"signedDate": str(NOW)},
    "signedDate that is a fraction": {"signedDate": NOW + 0.5},
    "signedDate of tomorrow": {"signedDate": NOW + DAY},
    "signedDate long ago": {"signedDate": NOW - LONG},
    "signedDate far off": {"signedDate": NOW + LONG},
    "signedDate beyond all": {"signedDate": 10**30},
    "exp": {"payload": {"exp": 1}},
    "nbf": {"payload": {"nbf": 99_999_999_999}},
    "iat": {"payload": {"iat": 99_999_999_999}},
}

#: More of that for transactions.
TRANSACTIONS: dict[str, Changes] = {
    **SIGNED,
    "production": {"environment": "Production"},
    "Xcode": {"environment": "Xcode"},
    "LocalTesting": {"environment": "LocalTesting"},
    "no environment": {"environment": None},
    "an environment nobody knows": {"environment": "sandbox"},
    "another app": {"bundle_id": "com.example.other"},
    "no app": {"bundleId": None},
    "an app that is a number": {"bundleId": 5},
    "Unicode": {"productId": "~ÿ~ÿ~剣"},
    "a transaction id that is a number": {"transactionId": 7},
    "a product that is a list": {"productId": ["sword"]},
    "a purchase date that is a text": {"purchaseDate": "1"},
    "no transaction id": {"transactionId": None},
    "no product": {"productId": None},
    "no purchase date": {"purchaseDate": None},
}


@dataclass(frozen=True)
class Difference:
    """A case in which one of the two accepts what the other one refuses."""

    accepts: str
    reason: str


OF_JWT = Difference("kizuna", "the library takes for a JWT what is a JWS: its members have no such meaning")
STRICT = Difference("library", "what is kept in a row has to be there, with the type that Apple gives it")

#: By the name of a variation; everything that is not here is judged alike.
DIFFERENCES = {
    "forgery padded": Difference("library", "base64url of a JWS has no padding: one spelling of everything"),
    "chain not_yet_valid, signed later": Difference("library", "nothing is signed in the future: now counts"),
    "signedDate far off": Difference("kizuna", "nothing is signed in the future: now counts"),
    "signedDate that is a text": STRICT,
    "signedDate that is a fraction": STRICT,
    "kid that is no text": Difference("kizuna", "the key is the certificate's, and kid is not looked at"),
    "exp": OF_JWT,
    "nbf": OF_JWT,
    "iat": OF_JWT,
    "a transaction id that is a number": STRICT,
    "a product that is a list": STRICT,
    "a purchase date that is a text": STRICT,
    "no transaction id": STRICT,
    "no product": STRICT,
    "no purchase date": STRICT,
}


class Library:
    """Apple's library, without online checks: one verifier for each environment, of which one may accept."""

    def __init__(self, fake: Fake) -> None:
        root = fake.chains.root.public_bytes(Encoding.DER)
        self._verifiers = [
            SignedDataVerifier([root], False, environment, fake.bundle_id, fake.app_apple_id)
            for environment in (Environment.SANDBOX, Environment.PRODUCTION)
        ]

    def transaction(self, jws: str) -> Verdict:
        return self._verdict(
            lambda judge: _transaction(attrs.asdict(judge.verify_and_decode_signed_transaction(jws)))
        )

    def notification(self, jws: str) -> Verdict:
        return self._verdict(lambda judge: self._notification(judge, jws))

    def _notification(self, judge: SignedDataVerifier, jws: str) -> Verdict:
        told = judge.verify_and_decode_notification(jws)
        verdict: list[Any] = [told.rawNotificationType, told.notificationUUID]
        if told.data and told.data.signedTransactionInfo:
            nested = judge.verify_and_decode_signed_transaction(told.data.signedTransactionInfo)
            verdict.append(_transaction(attrs.asdict(nested)))
        if told.data and told.data.signedRenewalInfo:
            renewal = judge.verify_and_decode_renewal_info(told.data.signedRenewalInfo)
            verdict.append(_renewal(attrs.asdict(renewal)))
        return tuple(verdict)

    def _verdict(self, ask: Callable[[SignedDataVerifier], Verdict]) -> Verdict:
        for verifier in self._verifiers:
            try:
                return ask(verifier)
            except VerificationException:
                continue
        return None


class Kizuna:
    """Kizuna's verifier."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    async def transaction(self, jws: str) -> Verdict:
        try:
            [bought] = await self._verifier.purchases(jws, Checks())
        except Refused:
            return None
        return bought.transaction_id, bought.product_id, int(bought.purchase_time.timestamp() * 1000)

    async def notification(self, jws: str) -> Verdict:
        try:
            told = self._verifier.notification(jws, Checks())
        except Refused:
            return None
        data = told.get("data", {})
        verdict: list[Any] = [told["notificationType"], told["notificationUUID"]]
        if "signedTransactionInfo" in data:
            verdict.append(_transaction(data["signedTransactionInfo"]))
        if "signedRenewalInfo" in data:
            verdict.append(_renewal(data["signedRenewalInfo"]))
        return tuple(verdict)


def _transaction(payload: Changes) -> tuple[Any, ...]:
    return payload["transactionId"], payload["productId"], payload["purchaseDate"]


def _renewal(payload: Changes) -> tuple[Any, ...]:
    return payload["originalTransactionId"], payload["autoRenewProductId"]


@pytest.fixture
def fake(providers: Providers) -> Fake:
    return providers.app_store


@pytest.fixture
def library(fake: Fake) -> Library:
    return Library(fake)


@pytest_asyncio.fixture
async def kizuna(providers: Providers, app_clock: Clock) -> AsyncIterator[Kizuna]:
    outside = Outside(timeout=20)
    yield Kizuna(app_store(providers, outside, app_clock))
    await outside.close()


def assert_alike(variation: str, library: Verdict, kizuna: Verdict) -> None:
    """That both have read the same, or refuse; or that they differ as it is written."""
    if variation not in DIFFERENCES:
        assert library == kizuna
        return
    accepts = {name for name, verdict in (("library", library), ("kizuna", kizuna)) if verdict is not None}
    assert accepts == {DIFFERENCES[variation].accepts}, DIFFERENCES[variation].reason


def outer(notification: bytes) -> str:
    """What of a notification is signed."""
    return str(json.loads(notification)["signedPayload"])


async def test_both_can_do_either(fake: Fake, library: Library, kizuna: Kizuna) -> None:
    """Without this, two judges who refuse everything would agree."""
    good, bad = fake.transaction("sword", transaction_id="1"), fake.transaction("sword", chain="other_root")
    assert library.transaction(good) == await kizuna.transaction(good) == ("1", "sword", NOW)
    assert library.transaction(bad) is await kizuna.transaction(bad) is None
    renewal = fake.renewal("vip", "1", next_product_id="vip_plus")
    told = outer(fake.notification("DID_RENEW", uuid="u", transaction=good, renewal=renewal))
    whole = ("DID_RENEW", "u", ("1", "sword", NOW), ("1", "vip_plus"))
    assert library.notification(told) == await kizuna.notification(told) == whole
    told = outer(fake.notification("DID_RENEW", chain="other_root"))
    assert library.notification(told) is await kizuna.notification(told) is None


def test_differences_are_of_what_is_judged() -> None:
    assert set(DIFFERENCES) <= set(TRANSACTIONS)


@pytest.mark.parametrize("variation", TRANSACTIONS)
async def test_transactions(fake: Fake, library: Library, kizuna: Kizuna, variation: str) -> None:
    jws = fake.transaction("sword", **TRANSACTIONS[variation])
    assert_alike(variation, library.transaction(jws), await kizuna.transaction(jws))


@pytest.mark.parametrize("payload", [None, [], [1], "text", 5, True])
async def test_payloads_that_are_no_object(
    fake: Fake, library: Library, kizuna: Kizuna, payload: Any
) -> None:
    jws = fake.jws(payload)
    assert library.transaction(jws) is await kizuna.transaction(jws) is None
    assert library.notification(jws) is await kizuna.notification(jws) is None


@pytest.mark.parametrize("variation", SIGNED)
async def test_notifications(fake: Fake, library: Library, kizuna: Kizuna, variation: str) -> None:
    told = outer(fake.notification("TEST", **SIGNED[variation]))
    assert_alike(variation, library.notification(told), await kizuna.notification(told))


@pytest.mark.parametrize("variation", TRANSACTIONS)
async def test_transactions_in_notifications(
    fake: Fake, library: Library, kizuna: Kizuna, variation: str
) -> None:
    jws = fake.transaction("sword", **TRANSACTIONS[variation])
    environment = TRANSACTIONS[variation].get("environment") or "Sandbox"
    told = outer(fake.notification("ONE_TIME_CHARGE", transaction=jws, environment=environment))
    assert_alike(variation, library.notification(told), await kizuna.notification(told))


@pytest.mark.parametrize("variation", SIGNED)
async def test_renewals_in_notifications(
    fake: Fake, library: Library, kizuna: Kizuna, variation: str
) -> None:
    jws = fake.renewal("vip", "1", **SIGNED[variation])
    told = outer(fake.notification("DID_RENEW", renewal=jws))
    assert_alike(variation, library.notification(told), await kizuna.notification(told))


_SUMMARY = {"bundleId": "com.example.game", "appAppleId": 1234567890, "environment": "Sandbox"}
_TOKEN = {"bundleId": "com.example.game", "appAppleId": 1234567890, "externalPurchaseId": "SANDBOX-1"}


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": "Production"},
        {"environment": "Production", "data": {"appAppleId": 1}},
        {"environment": "Production", "data": {"appAppleId": None}},
        {"data": {"appAppleId": 1}},
        {"data": {"appAppleId": None}},
        {"data": {"bundleId": "com.example.other"}},
        {"data": {"bundleId": None}},
        {"environment": "Xcode"},
        {"environment": "LocalTesting"},
        {"data": {"environment": None}},
        {"data": None},
        {"data": None, "summary": _SUMMARY},
        {"data": None, "summary": {**_SUMMARY, "bundleId": "com.example.other"}},
        {"data": None, "summary": {**_SUMMARY, "environment": "Production", "appAppleId": 1}},
        {"data": None, "appData": _SUMMARY},
        {"data": None, "appData": {**_SUMMARY, "bundleId": "com.example.other"}},
        {"data": None, "externalPurchaseToken": _TOKEN},
        {"data": None, "externalPurchaseToken": {**_TOKEN, "externalPurchaseId": "1"}},
        {"data": None, "externalPurchaseToken": {**_TOKEN, "externalPurchaseId": "1", "appAppleId": 1}},
    ],
)
async def test_whom_notifications_are_for(
    fake: Fake, library: Library, kizuna: Kizuna, changes: Changes
) -> None:
    told = outer(fake.notification("TEST", **changes))
    assert library.notification(told) == await kizuna.notification(told)


@pytest.mark.parametrize(
    ("outside", "inside"), [("Sandbox", "Production"), ("Production", "Sandbox"), ("Sandbox", "Xcode")]
)
async def test_environments_that_are_mixed(
    fake: Fake, library: Library, kizuna: Kizuna, outside: str, inside: str
) -> None:
    jws = fake.transaction("sword", environment=inside)
    told = outer(fake.notification("TEST", environment=outside, transaction=jws))
    assert library.notification(told) is await kizuna.notification(told) is None


async def test_kinds_that_are_mixed(fake: Fake, kizuna: Kizuna) -> None:
    """Apple's library reads anything as a transaction that names the app; nothing here depends on that."""
    renewal = fake.renewal("vip", "1", bundleId=fake.bundle_id)
    notification = fake.jws(
        {"notificationType": "TEST", "bundleId": fake.bundle_id, "environment": "Sandbox"}
    )
    assert await kizuna.transaction(renewal) is None
    assert await kizuna.transaction(notification) is None
    assert await kizuna.notification(fake.transaction("sword")) is None
