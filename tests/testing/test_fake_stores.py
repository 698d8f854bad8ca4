"""The fakes of the stores, seen with eyes that are not ours: Apple's own library, PyJWT, cryptography."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from appstoreserverlibrary.api_client import APIException, AppStoreServerAPIClient
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.receipt_utility import ReceiptUtility
from appstoreserverlibrary.signed_data_verifier import (
    SignedDataVerifier,
    VerificationException,
    VerificationStatus,
)
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from kizuna.testing import MovableClock
from kizuna.testing.providers import Providers
from kizuna.testing.providers.app_store import AppStore
from kizuna.testing.providers.app_store_chain import CHAINS
from kizuna.testing.providers.app_store_jws import FORGERIES
from kizuna.testing.providers.google_play import GooglePlay
from kizuna.testing.providers.huawei import Huawei

DAY = timedelta(days=1)

#: What of the chains Apple's library does not refuse.
ACCEPTED_CHAINS = {
    "good",
    "expired_since_signing",  # what was signed in time stays good, without online checks
    "code_signing",
    "garbage_as_root",  # only the roots that are trusted count
    "other_root_listed",
}

#: The same of the forgeries: two that are harmless.
ACCEPTED_FORGERIES = {"padded"}

FAILURE = VerificationStatus.VERIFICATION_FAILURE
STATUSES = {
    "no_certificates": FAILURE,
    "two_certificates": VerificationStatus.INVALID_CHAIN_LENGTH,
    "four_certificates": VerificationStatus.INVALID_CHAIN_LENGTH,
    "garbage_as_leaf": VerificationStatus.INVALID_CERTIFICATE,
    "line_breaks": VerificationStatus.INVALID_CERTIFICATE,
}


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def fakes(clock: MovableClock) -> Iterator[Providers]:
    with Providers(clock) as fakes:
        yield fakes


@pytest.fixture
def web(fakes: Providers) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fakes.url, trust_env=False, verify=False) as web:
        yield web


def ids() -> str:
    """A token that no other test uses."""
    return uuid4().hex


class TestAppStoreSignatures:
    @pytest.fixture
    def store(self, fakes: Providers) -> AppStore:
        return fakes.app_store

    @pytest.fixture
    def library(self, fakes: Providers) -> SignedDataVerifier:
        """Apple's verifier, which trusts the root that the settings name."""
        settings = fakes.settings
        pem = Path(settings["iap.apple.root_certificates"]).read_bytes()
        root = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        [bundle_id] = settings["iap.apple.bundle_ids"]
        return SignedDataVerifier([root], False, Environment.SANDBOX, bundle_id)

    def test_a_purchase(self, store: AppStore, library: SignedDataVerifier, clock: MovableClock) -> None:
        now = clock.now()
        bought = library.verify_and_decode_signed_transaction(
            store.transaction("sword", transaction_id="71", user_id="0d6e3f6e-59a1-4c1d-8f3a-1ab8c9e0a7e2")
        )
        assert (bought.productId, bought.transactionId, bought.originalTransactionId) == ("sword", "71", "71")
        assert bought.appAccountToken == "0d6e3f6e-59a1-4c1d-8f3a-1ab8c9e0a7e2"
        assert bought.rawType == "Consumable"
        assert bought.expiresDate is None
        assert bought.revocationDate is None
        assert 0 <= bought.purchaseDate - int(now.timestamp() * 1000) < 60_000

    def test_a_subscription_that_was_taken_back(self, store: AppStore, library: SignedDataVerifier) -> None:
        at = datetime(2030, 1, 1, tzinfo=UTC)
        jws = store.transaction("vip", expires=at, revoked="2029-12-31T00:00:00Z", price=None)
        subscribed = library.verify_and_decode_signed_transaction(jws)
        assert subscribed.rawType == "Auto-Renewable Subscription"
        assert subscribed.expiresDate == 1_893_456_000_000
        assert subscribed.revocationDate == 1_893_456_000_000 - 86_400_000
        assert subscribed.price is None

    def test_a_renewal(self, store: AppStore, library: SignedDataVerifier) -> None:
        at = datetime(2030, 1, 1, tzinfo=UTC)
        jws = store.renewal("vip", "72", renews=at, grace_ends=at + DAY, next_product_id="vip_plus")
        renewal = library.verify_and_decode_renewal_info(jws)
        assert (renewal.originalTransactionId, renewal.autoRenewProductId) == ("72", "vip_plus")
        assert renewal.renewalDate == 1_893_456_000_000
        assert renewal.gracePeriodExpiresDate == 1_893_456_000_000 + 86_400_000

    def test_a_notification(self, store: AppStore, library: SignedDataVerifier) -> None:
        jws = store.transaction("vip", expires=datetime(2030, 1, 1, tzinfo=UTC))
        body = json.loads(store.notification("DID_RENEW", "BILLING_RECOVERY", transaction=jws, uuid="u-1"))
        told = library.verify_and_decode_notification(body["signedPayload"])
        assert (told.rawNotificationType, told.rawSubtype) == ("DID_RENEW", "BILLING_RECOVERY")
        assert told.notificationUUID == "u-1"
        assert told.data.appAppleId == store.app_apple_id
        assert library.verify_and_decode_signed_transaction(told.data.signedTransactionInfo)

    def test_a_notification_about_something_else(self, store: AppStore, library: SignedDataVerifier) -> None:
        summary = {"environment": "Sandbox", "bundleId": store.bundle_id, "productId": "vip"}
        body = store.notification("RENEWAL_EXTENSION", "SUMMARY", data=None, summary=summary)
        told = library.verify_and_decode_notification(json.loads(body)["signedPayload"])
        assert told.data is None
        assert told.summary.productId == "vip"

    @pytest.mark.parametrize("chain", CHAINS)
    def test_chains(self, store: AppStore, library: SignedDataVerifier, chain: str) -> None:
        jws = store.transaction("sword", chain=chain)
        if chain in ACCEPTED_CHAINS:
            assert library.verify_and_decode_signed_transaction(jws).productId == "sword"
            return
        with pytest.raises(VerificationException) as refused:
            library.verify_and_decode_signed_transaction(jws)
        assert refused.value.status == STATUSES.get(chain, FAILURE)

    @pytest.mark.parametrize("forgery", FORGERIES)
    def test_forgeries(self, store: AppStore, library: SignedDataVerifier, forgery: str) -> None:
        jws = store.transaction("sword", forgery=forgery)
        if forgery in ACCEPTED_FORGERIES:
            assert library.verify_and_decode_signed_transaction(jws).productId == "sword"
            return
        with pytest.raises(VerificationException) as refused:
            library.verify_and_decode_signed_transaction(jws)
        assert refused.value.status == FAILURE

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"bundle_id": "com.example.other"}, VerificationStatus.INVALID_APP_IDENTIFIER),
            ({"environment": "Production"}, VerificationStatus.INVALID_ENVIRONMENT),
            ({"environment": "Xcode"}, VerificationStatus.INVALID_ENVIRONMENT),
            ({"header": {"alg": "ES384"}}, FAILURE),
            ({"header": {"x5c": None}}, FAILURE),
        ],
    )
    def test_other_purchases(
        self,
        store: AppStore,
        library: SignedDataVerifier,
        changes: dict[str, Any],
        status: VerificationStatus,
    ) -> None:
        with pytest.raises(VerificationException) as refused:
            library.verify_and_decode_signed_transaction(store.transaction("sword", **changes))
        assert refused.value.status == status

    @pytest.mark.parametrize("note", ["~~~~", "ÿÿÿÿ", "?>?>?>?>"])
    def test_texts_whose_base64_has_other_letters(
        self, store: AppStore, library: SignedDataVerifier, note: str
    ) -> None:
        jws = store.transaction("sword", transaction_id=note)
        assert set("-_") & set(jws.split(".")[1])
        assert library.verify_and_decode_signed_transaction(jws).transactionId == note

    @pytest.mark.parametrize("payload", [None, [], "text", 5])
    def test_payloads_that_are_no_object(
        self, store: AppStore, library: SignedDataVerifier, payload: Any
    ) -> None:
        with pytest.raises(VerificationException):
            library.verify_and_decode_signed_transaction(store.jws(payload))

    def test_names_that_do_not_exist(self, store: AppStore) -> None:
        with pytest.raises(ValueError, match="no chain 'golden'"):
            store.transaction("sword", chain="golden")
        with pytest.raises(ValueError, match="no forgery 'clever'"):
            store.transaction("sword", forgery="clever")

    def test_a_clock_far_off(self, library: SignedDataVerifier) -> None:
        with Providers(MovableClock(datetime(2050, 1, 1, tzinfo=UTC))) as later:
            root = later.app_store.chains.root.public_bytes(Encoding.DER)
            library = SignedDataVerifier([root], False, Environment.SANDBOX, later.app_store.bundle_id)
            assert library.verify_and_decode_signed_transaction(later.app_store.transaction("sword"))


class TestAppStoreReceipts:
    def ask(self, fakes: Providers, receipt: str, sandbox: bool = True, **changes: Any) -> dict[str, Any]:
        """What verifyReceipt answers to a server with the settings of the fake."""
        settings = fakes.settings
        name = "sandbox" if sandbox else "production"
        body = {
            "receipt-data": receipt,
            "exclude-old-transactions": True,
            "password": settings["iap.apple.shared_password"],
        }
        url = f"{settings[f'iap.apple.receipt_base_url_{name}']}/verifyReceipt"
        with httpx.Client(trust_env=False, verify=False) as web:
            answer = web.post(url, json={**body, **changes})
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told

    def test_purchases(self, fakes: Providers) -> None:
        store = fakes.app_store
        sword = store.entry("sword", transaction_id="81", purchased="2029-01-01T00:00:00Z")
        receipt = store.receipt(sword, "shield")
        told = self.ask(fakes, receipt)
        assert (told["status"], told["environment"]) == (0, "Sandbox")
        first, second = told["receipt"]["in_app"]
        assert first["purchase_date_ms"] == "1861920000000"
        assert first["purchase_date"] == "2029-01-01 00:00:00 Etc/GMT"
        assert (first["transaction_id"], first["original_transaction_id"]) == ("81", "81")
        assert second["product_id"] == "shield"
        assert told["latest_receipt_info"] == []

    def test_subscriptions(self, fakes: Providers) -> None:
        store = fakes.app_store
        vip = store.entry("vip", expires="2030-01-01T00:00:00Z", cancelled="2029-01-01T00:00:00Z")
        told = self.ask(fakes, store.receipt("sword", vip))
        assert told["latest_receipt_info"] == [vip]
        assert (vip["expires_date_ms"], vip["cancellation_date_ms"]) == ("1893456000000", "1861920000000")

    def test_what_apples_library_reads_in_one(self, fakes: Providers) -> None:
        store = fakes.app_store
        entry = store.entry("sword" * 40, transaction_id="82")
        read = ReceiptUtility().extract_transaction_id_from_app_receipt
        assert read(store.receipt(entry)) == "82"
        assert read(store.receipt()) is None

    def test_environments(self, fakes: Providers) -> None:
        sandbox = fakes.app_store.receipt("sword")
        production = fakes.app_store.receipt("sword", environment="Production")
        assert self.ask(fakes, sandbox, sandbox=False) == {"status": 21007}
        assert self.ask(fakes, production, sandbox=True) == {"status": 21008}
        assert self.ask(fakes, production, sandbox=False)["environment"] == "Production"

    def test_another_answer(self, fakes: Providers) -> None:
        receipt = fakes.app_store.receipt("sword", status=21199, receipt=None, **{"is-retryable": True})
        told = self.ask(fakes, receipt)
        assert (told["status"], told["is-retryable"]) == (21199, True)
        assert "receipt" not in told

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"password": "other"}, 21004),
            ({"receipt-data": "AAAA"}, 21002),
            ({"receipt-data": None}, 21002),
            ({"exclude-old-transactions": False}, 21002),
        ],
    )
    def test_requests_that_are_wrong(self, fakes: Providers, changes: dict[str, Any], status: int) -> None:
        receipt = fakes.app_store.receipt("sword")
        assert self.ask(fakes, receipt, **changes) == {"status": status}


class TestAppStoreServerApi:
    """With Apple's own client, whose idea of Apple's address is changed alone."""

    def client(self, fakes: Providers, environment: str = "sandbox", **changes: Any) -> Any:
        settings = {**fakes.settings, **fakes.app_store.api_settings()}
        arguments = {
            "signing_key": settings["iap.apple.signing_key"].encode(),
            "key_id": settings["iap.apple.key_id"],
            "issuer_id": settings["iap.apple.issuer_id"],
            "bundle_id": settings["iap.apple.bundle_ids"][0],
            "environment": Environment.SANDBOX,
        }
        client = AppStoreServerAPIClient(**{**arguments, **changes})
        client._base_url = settings[f"iap.apple.api_base_url_{environment}"]
        return client

    def claims(self, jws: str) -> dict[str, Any]:
        told: dict[str, Any] = jwt.decode(jws, options={"verify_signature": False})
        return told

    def test_a_transaction(self, fakes: Providers) -> None:
        fakes.app_store.transaction("sword", transaction_id="91")
        fakes.app_store.revoked("91")
        answer = self.client(fakes).get_transaction_info("91")
        told = self.claims(answer.signedTransactionInfo)
        assert (told["transactionId"], told["productId"]) == ("91", "sword")
        assert told["revocationDate"] <= told["signedDate"]

    def test_a_subscription(self, fakes: Providers, clock: MovableClock) -> None:
        store = fakes.app_store
        store.transaction("vip", transaction_id="92", expires=clock.now() + DAY)
        store.renewed("92", clock.now() + 2 * DAY)
        answer = self.client(fakes).get_all_subscription_statuses("92")
        [item] = answer.data[0].lastTransactions
        assert (item.originalTransactionId, item.rawStatus) == ("92", 1)
        told = self.claims(item.signedTransactionInfo)
        assert told["transactionId"] != "92"
        assert self.claims(item.signedRenewalInfo)["renewalDate"] == told["expiresDate"]

    @pytest.mark.parametrize(("changes", "status"), [({"expires": -DAY}, 2), ({"revoked": -DAY}, 5)])
    def test_subscriptions_that_are_over(
        self, fakes: Providers, clock: MovableClock, changes: dict[str, timedelta], status: int
    ) -> None:
        now = clock.now()
        times = {"expires": now + DAY, **{name: now + distance for name, distance in changes.items()}}
        told = self.claims(fakes.app_store.transaction("vip", **times))
        answer = self.client(fakes).get_all_subscription_statuses(told["transactionId"])
        assert answer.data[0].lastTransactions[0].rawStatus == status

    def test_what_this_environment_does_not_know(self, fakes: Providers) -> None:
        fakes.app_store.transaction("sword", transaction_id="93", environment="Production")
        fakes.app_store.transaction("sword", transaction_id="94", chain="other_root")
        for unknown in ("93", "94", "95"):
            with pytest.raises(APIException) as refused:
                self.client(fakes).get_transaction_info(unknown)
            assert (refused.value.http_status_code, refused.value.raw_api_error) == (404, 4040010)
        assert self.client(fakes, "production").get_transaction_info("93").signedTransactionInfo

    @pytest.mark.parametrize("changed", ["key_id", "issuer_id", "bundle_id"])
    def test_callers_who_are_somebody_else(self, fakes: Providers, changed: str) -> None:
        fakes.app_store.transaction("sword", transaction_id="96")
        with pytest.raises(APIException) as refused:
            self.client(fakes, **{changed: "other"}).get_transaction_info("96")
        assert refused.value.http_status_code == 401

    @pytest.mark.parametrize(
        ("header", "claims"),
        [
            ({}, {"aud": "appstoreconnect-v2"}),
            ({}, {"exp": 0}),
            ({}, {"exp": 10_000}),
            ({}, {"iat": 120}),
            ({"typ": "JOSE"}, {}),
        ],
    )
    def test_tokens_that_are_wrong(
        self, fakes: Providers, web: httpx.Client, header: dict[str, str], claims: dict[str, Any]
    ) -> None:
        """Times are from now on."""
        fakes.app_store.transaction("sword", transaction_id="97")
        assert self.asked(fakes, web, {}, {}) == 200
        assert self.asked(fakes, web, header, claims) == 401

    def asked(
        self, fakes: Providers, web: httpx.Client, header: dict[str, str], claims: dict[str, Any]
    ) -> int:
        api, now = fakes.app_store.api_settings(), int(fakes.clock.unix())
        told = {"aud": "appstoreconnect-v1", "iat": 0, "exp": 300, **claims}
        told.update({name: now + told[name] for name in ("iat", "exp")})
        token = jwt.encode(
            {"iss": api["iap.apple.issuer_id"], "bid": fakes.app_store.bundle_id, **told},
            api["iap.apple.signing_key"],
            "ES256",
            {"kid": api["iap.apple.key_id"], **header},
        )
        host = httpx.URL(fakes.settings["iap.apple.api_base_url_sandbox"]).netloc.decode()
        headers = {"authorization": f"Bearer {token}", "host": host}
        return web.get("/inApps/v1/transactions/97", headers=headers).status_code


class TestGooglePlayAccess:
    @pytest.fixture
    def store(self, fakes: Providers) -> GooglePlay:
        return fakes.google_play

    def assertion(self, fakes: Providers, key: str = "", algorithm: str = "RS256", **claims: Any) -> str:
        """What a service account shows; times are from now on."""
        settings, now = fakes.settings, int(fakes.clock.unix())
        times = {"iat": claims.pop("iat", 0) + now, "exp": claims.pop("exp", 3600) + now}
        told = {
            "iss": settings["iap.google.client_email"],
            "scope": "https://www.googleapis.com/auth/androidpublisher",
            "aud": settings["iap.google.token_url"],
            **times,
            **claims,
        }
        return jwt.encode(told, key or settings["iap.google.private_key"], algorithm)

    def ask(self, fakes: Providers, assertion: str, **form: str) -> httpx.Response:
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        data = {"grant_type": grant, "assertion": assertion, **form}
        return httpx.post(fakes.settings["iap.google.token_url"], data=data, trust_env=False, verify=False)

    def bearer(self, fakes: Providers) -> dict[str, str]:
        token = self.ask(fakes, self.assertion(fakes)).json()["access_token"]
        return {"authorization": f"Bearer {token}"}

    def path(self, store: GooglePlay, token: str, kind: str = "products/sword") -> str:
        return f"/androidpublisher/v3/applications/{store.package_name}/purchases/{kind}/tokens/{token}"

    def test_the_key_is_of_the_form_that_google_gives_out(self, fakes: Providers) -> None:
        assert fakes.settings["iap.google.private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")

    def test_tokens_differ_and_end(
        self, fakes: Providers, web: httpx.Client, store: GooglePlay, clock: MovableClock
    ) -> None:
        token = ids()
        store.purchase("sword", token=token)
        first, second = (self.ask(fakes, self.assertion(fakes)).json() for _ in range(2))
        assert first["expires_in"] == 3600
        assert first["token_type"] == "Bearer"
        assert first["access_token"] != second["access_token"]
        headers = {"authorization": f"Bearer {first['access_token']}"}
        assert web.get(self.path(store, token), headers=headers).status_code == 200
        clock.advance(hours=1)
        refused = web.get(self.path(store, token), headers=headers)
        assert (refused.status_code, refused.json()["error"]["status"]) == (401, "UNAUTHENTICATED")

    def test_tokens_that_are_withdrawn(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token = ids()
        store.purchase("sword", token=token)
        headers = self.bearer(fakes)
        assert web.get(self.path(store, token), headers=headers).status_code == 200
        store.access_tokens.withdraw()
        assert web.get(self.path(store, token), headers=headers).status_code == 401

    def test_googles_own_address_is_an_audience(self, fakes: Providers) -> None:
        assertion = self.assertion(fakes, aud="https://oauth2.googleapis.com/token")
        assert self.ask(fakes, assertion).status_code == 200

    @pytest.mark.parametrize(
        "claims",
        [
            {"iss": "other@example.com"},
            {"scope": "openid"},
            {"aud": "https://example.com/token"},
            {"exp": 3601},
            {"exp": -1},
            {"iat": 3600, "exp": 3700},
        ],
    )
    def test_assertions_that_are_wrong(self, fakes: Providers, claims: dict[str, Any]) -> None:
        refused = self.ask(fakes, self.assertion(fakes, **claims))
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")

    def test_assertions_of_others(self, fakes: Providers) -> None:
        secret = "s" * 64
        assert self.ask(fakes, self.assertion(fakes, secret, "HS256")).status_code == 400
        apples = fakes.app_store.api_settings()["iap.apple.signing_key"]
        assert self.ask(fakes, self.assertion(fakes, apples, "ES256")).status_code == 400
        start, end = self.assertion(fakes).rsplit(".", 1)
        assert self.ask(fakes, f"{start}.{end[:-8]}AAAAAAAA").status_code == 400
        assert self.ask(fakes, "nonsense").status_code == 400

    def test_another_grant(self, fakes: Providers) -> None:
        refused = self.ask(fakes, self.assertion(fakes), grant_type="client_credentials")
        assert refused.status_code == 400

    def test_only_the_header_counts(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token = ids()
        store.purchase("sword", token=token)
        key = self.bearer(fakes)["authorization"].split()[1]
        assert web.get(self.path(store, token), params={"access_token": key}).status_code == 401
        for wrong in (key, f"bearer {key}", f"Basic {key}", "Bearer tok-999"):
            headers = {"authorization": wrong}
            assert web.get(self.path(store, token), headers=headers).status_code == 401

    def test_products(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token, headers = ids(), self.bearer(fakes)
        receipt = json.loads(
            store.purchase(
                "sword", token=token, state=1, test=True, account_id="me", receipt={"purchaseState": 0}
            )
        )
        assert (receipt["purchaseToken"], receipt["purchaseState"]) == (token, 0)
        assert receipt["packageName"] == store.package_name
        told = web.get(self.path(store, token), headers=headers).json()
        assert (told["purchaseState"], told["purchaseType"]) == (1, 0)
        assert told["purchaseTimeMillis"] == str(receipt["purchaseTime"])
        assert told["obfuscatedExternalAccountId"] == "me"
        v2 = web.get(self.path(store, token, "productsv2"), headers=headers).json()
        assert v2["purchaseStateContext"] == {"purchaseState": "CANCELLED"}
        assert v2["productLineItem"][0]["productId"] == "sword"
        assert v2["orderId"] == told["orderId"] == receipt["orderId"]

    def test_subscriptions(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token, headers = ids(), self.bearer(fakes)
        wrapped = json.loads(
            store.subscription("vip", token=token, expires="2030-01-01T00:00:00Z", linked="old", wrapped=True)
        )
        assert json.loads(wrapped["json"])["purchaseToken"] == token
        path = self.path(store, token, "subscriptionsv2")
        told = web.get(path, headers=headers).json()
        assert told["lineItems"][0]["expiryTime"] == "2030-01-01T00:00:00.000Z"
        assert told["linkedPurchaseToken"] == "old"
        assert "testPurchase" not in told
        store.change(token, state="EXPIRED", expires="2029-01-01T00:00:00Z", regionCode="DE")
        told = web.get(path, headers=headers).json()
        assert (told["subscriptionState"], told["regionCode"]) == ("SUBSCRIPTION_STATE_EXPIRED", "DE")
        assert told["lineItems"][0]["expiryTime"] == "2029-01-01T00:00:00.000Z"

    def test_what_is_not_there(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token, headers = ids(), self.bearer(fakes)
        store.purchase("sword", token=token)
        path = self.path(store, token)
        assert web.get(self.path(store, "unknown"), headers=headers).status_code == 404
        assert web.get(path.replace(store.package_name, "com.other"), headers=headers).status_code == 404
        assert web.get(self.path(store, token, "subscriptionsv2"), headers=headers).status_code == 404
        assert web.get(self.path(store, token, "products/shield"), headers=headers).status_code == 400

    @pytest.mark.parametrize("kind", ["products/sword", "subscriptions/sword", "subscriptions"])
    def test_acknowledgement(self, fakes: Providers, web: httpx.Client, store: GooglePlay, kind: str) -> None:
        token, headers = ids(), self.bearer(fakes)
        buy = store.purchase if kind.startswith("products") else store.subscription
        buy("sword", token=token)
        path = self.path(store, token, kind) + ":acknowledge"
        assert web.post(path).status_code == 401
        assert not store.is_acknowledged(token)
        assert web.post(path, headers=headers, json={}).is_success
        assert store.is_acknowledged(token)
        other = "products/sword" if kind.startswith("products") else "subscriptionsv2"
        told = web.get(self.path(store, token, other), headers=headers).json()
        assert told["acknowledgementState"] in (1, "ACKNOWLEDGEMENT_STATE_ACKNOWLEDGED")

    def test_what_is_not_paid_cannot_be_acknowledged(
        self, fakes: Providers, web: httpx.Client, store: GooglePlay
    ) -> None:
        token = ids()
        store.purchase("sword", token=token, state=2)
        path = self.path(store, token) + ":acknowledge"
        assert web.post(path, headers=self.bearer(fakes), json={}).status_code == 400


class TestGooglePlayNotifications:
    def pushed(self, body: bytes) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(
            base64.b64decode(json.loads(body)["message"]["data"], validate=True)
        )
        return told

    def test_who_sends_them(self, fakes: Providers, web: httpx.Client) -> None:
        headers, _ = fakes.google_play.notification()
        token = headers["authorization"].removeprefix("Bearer ")
        published = jwt.PyJWKSet.from_dict(web.get("/oauth2/v3/certs").json())
        key = published[jwt.get_unverified_header(token)["kid"]].key
        settings = fakes.settings
        told = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=settings["iap.google.push_audience"],
            issuer="https://accounts.google.com",
            options={"verify_exp": False, "verify_iat": False},  # by the time of the fake
        )
        assert told["email"] == settings["iap.google.push_service_account"]
        assert told["email_verified"] is True
        assert told["iat"] <= fakes.clock.unix() < told["exp"]

    def test_who_else_may(self, fakes: Providers) -> None:
        token = fakes.google_play.push_token(claims={"aud": "other"}, without=["email"], header={"kid": "k"})
        told = jwt.decode(token, options={"verify_signature": False})
        assert told["aud"] == "other"
        assert "email" not in told
        assert jwt.get_unverified_header(token)["kid"] == "k"

    def test_what_they_say(self, fakes: Providers) -> None:
        store = fakes.google_play
        token = ids()
        store.subscription("vip", token=token)
        _, body = store.notification("subscription", token, notification_type=13, message_id="7")
        assert json.loads(body)["message"]["messageId"] == "7"
        told = self.pushed(body)
        assert told["packageName"] == store.package_name
        assert told["subscriptionNotification"] == {
            "version": "1.0",
            "purchaseToken": token,
            "notificationType": 13,
        }

    def test_what_was_taken_back(self, fakes: Providers) -> None:
        store = fakes.google_play
        sword, vip = ids(), ids()
        order = json.loads(store.purchase("sword", token=sword))["orderId"]
        store.subscription("vip", token=vip)
        told = self.pushed(store.notification("voided", sword, refundType=2)[1])["voidedPurchaseNotification"]
        assert (told["productType"], told["refundType"], told["orderId"]) == (2, 2, order)
        told = self.pushed(store.notification("voided", vip)[1])["voidedPurchaseNotification"]
        assert (told["productType"], told["refundType"], told["purchaseToken"]) == (1, 1, vip)

    def test_that_somebody_tests(self, fakes: Providers) -> None:
        assert self.pushed(fakes.google_play.notification()[1])["testNotification"] == {"version": "1.0"}


class TestHuawei:
    @pytest.fixture
    def store(self, fakes: Providers) -> Huawei:
        return fakes.huawei

    def check(self, fakes: Providers, text: str, signature: str) -> None:
        key: Any = load_der_public_key(base64.b64decode(fakes.settings["iap.huawei.public_key"]))
        key.verify(base64.b64decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())

    def token(self, fakes: Providers, **changes: str) -> httpx.Response:
        settings = fakes.settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings["iap.huawei.client_id"],
            "client_secret": settings["iap.huawei.client_secret"],
            **changes,
        }
        url = f"{settings['iap.huawei.token_base_url']}/oauth2/v3/token"
        return httpx.post(url, data=form, trust_env=False, verify=False)

    def header(self, token: str, user: str = "APPAT", kind: str = "Basic") -> dict[str, str]:
        encoded = base64.b64encode(f"{user}:{token}".encode()).decode()
        return {"authorization": f"{kind} {encoded}"}

    def ask(
        self, fakes: Providers, purchase: str, headers: dict[str, str], site: str = "", **changes: str
    ) -> httpx.Response:
        told = json.loads(purchase)
        asked = {"purchaseToken": told["purchaseToken"], "productId": told["productId"], **changes}
        url = f"{fakes.settings[f'iap.huawei.order_base_url{site}']}/applications/purchases/tokens/verify"
        return httpx.post(url, json=asked, headers=headers, trust_env=False, verify=False)

    def test_a_purchase(self, fakes: Providers, store: Huawei) -> None:
        purchase, signature = store.purchase("sword", sandbox=True, productName="Schwert")
        self.check(fakes, purchase, signature)
        told = json.loads(purchase)
        assert (told["productId"], told["productName"], told["purchaseType"]) == ("sword", "Schwert", 0)
        assert isinstance(told["applicationId"], int)
        with pytest.raises(InvalidSignature):
            self.check(fakes, purchase + " ", signature)

    def test_an_order(self, fakes: Providers, store: Huawei) -> None:
        purchase, _ = store.purchase("sword", order={"purchaseState": 1})
        headers = self.header(self.token(fakes).json()["access_token"])
        answer = self.ask(fakes, purchase, headers).json()
        assert answer["responseCode"] == "0"
        self.check(fakes, answer["purchaseTokenData"], answer["dataSignature"])
        told = json.loads(answer["purchaseTokenData"])
        assert told["purchaseToken"] == json.loads(purchase)["purchaseToken"]
        assert told["purchaseState"] == 1
        assert self.ask(fakes, purchase, headers, productId="shield").json()["responseCode"] == "6"
        assert self.ask(fakes, purchase, headers, purchaseToken="other").json()["responseCode"] == "6"

    def test_orders_that_are_told_otherwise(self, fakes: Providers, store: Huawei) -> None:
        purchase, _ = store.purchase("sword", order={"responseCode": "9", "dataSignature": None})
        headers = self.header(self.token(fakes).json()["access_token"])
        answer = self.ask(fakes, purchase, headers).json()
        assert answer["responseCode"] == "9"
        assert "dataSignature" not in answer

    def test_accounts_of_app_touch_have_their_own_site(self, fakes: Providers, store: Huawei) -> None:
        purchase, _ = store.purchase("sword", account_flag=1)
        headers = self.header(self.token(fakes).json()["access_token"])
        assert self.ask(fakes, purchase, headers).json()["responseCode"] == "6"
        assert self.ask(fakes, purchase, headers, "_at").json()["responseCode"] == "0"

    @pytest.mark.parametrize("changed", ["grant_type", "client_id", "client_secret"])
    def test_clients_who_are_somebody_else(self, fakes: Providers, changed: str) -> None:
        assert self.token(fakes, **{changed: "other"}).status_code == 400

    def test_tokens_that_do_not_count(self, fakes: Providers, store: Huawei, clock: MovableClock) -> None:
        purchase, _ = store.purchase("sword")
        token = self.token(fakes).json()["access_token"]
        for headers in (
            {"authorization": f"Bearer {token}"},
            self.header(token, kind="Bearer"),
            self.header(token, user="AT"),
            self.header("other"),
            {},
        ):
            assert self.ask(fakes, purchase, headers).status_code == 401
        assert self.ask(fakes, purchase, self.header(token)).status_code == 200
        clock.advance(hours=1)
        assert self.ask(fakes, purchase, self.header(token)).status_code == 401


class TestInstantStore:
    def read(self, text: str, secret: str) -> dict[str, Any] | None:
        """The payload, if it is signed with this secret."""
        signature, payload = text.split(".")
        made = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
        if base64.urlsafe_b64encode(made).decode().rstrip("=") != signature:
            return None
        told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return told

    def test_a_purchase(self, fakes: Providers) -> None:
        settings = fakes.settings
        secret = settings["iap.facebook_instant.app_secret"]
        text = fakes.instant_store.signed_request("sword", token="t-1", purchased="2029-01-01T00:00:00Z")
        told = self.read(text, secret)
        assert told is not None
        assert (told["product_id"], told["purchase_token"]) == ("sword", "t-1")
        assert told["purchase_time"] == 1_861_920_000
        assert told["app_id"] == settings["iap.facebook_instant.app_id"]

    def test_others(self, fakes: Providers) -> None:
        secret = fakes.settings["iap.facebook_instant.app_secret"]
        assert self.read(fakes.instant_store.signed_request("sword", secret="other"), secret) is None
        told = self.read(fakes.instant_store.signed_request("sword", purchase_token=None, app_id="2"), secret)
        assert told is not None
        assert told["app_id"] == "2"
        assert "purchase_token" not in told


class TestOffers:
    """What developers get with curl."""

    @pytest.mark.parametrize(
        ("path", "fields", "members"),
        [
            ("app_store/transaction", {"product_id": "sword"}, {"receipt", "transaction_id"}),
            (
                "app_store/subscription",
                {"product_id": "v", "expires": "2030-01-01T00:00:00Z"},
                {"receipt", "transaction_id"},
            ),
            ("app_store/receipt", {"products": ["sword"]}, {"receipt", "transaction_ids"}),
            ("google_play/purchase", {"product_id": "sword"}, {"purchase", "token"}),
            ("google_play/subscription", {"product_id": "vip"}, {"receipt", "token"}),
            ("huawei/purchase", {"product_id": "sword"}, {"purchase", "signature", "token"}),
            ("instant_store/purchase", {"product_id": "sword"}, {"signed_request", "token"}),
        ],
    )
    def test_offers(self, web: httpx.Client, path: str, fields: dict[str, Any], members: set[str]) -> None:
        answer = web.post(f"/fake/{path}", json=fields)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == members

    def test_a_subscription_lasts_a_month(self, web: httpx.Client, clock: MovableClock) -> None:
        jws = web.post("/fake/app_store/subscription", json={"product_id": "vip"}).json()["receipt"]
        told = jwt.decode(jws, options={"verify_signature": False})
        assert 29 < (told["expiresDate"] / 1000 - clock.unix()) / 86_400 <= 30

    def test_what_becomes_of_a_purchase(self, fakes: Providers, web: httpx.Client) -> None:
        receipt = json.loads(
            web.post("/fake/google_play/purchase", json={"product_id": "p"}).json()["purchase"]
        )
        changed = {"token": receipt["purchaseToken"], "state": 1}
        assert web.post("/fake/google_play/change", json=changed).status_code == 200
        access = TestGooglePlayAccess()
        path = access.path(fakes.google_play, receipt["purchaseToken"], "products/p")
        assert web.get(path, headers=access.bearer(fakes)).json()["purchaseState"] == 1

    def test_a_refund(self, web: httpx.Client) -> None:
        bought = web.post("/fake/app_store/transaction", json={"product_id": "p", "transaction_id": "61"})
        refunded = web.post("/fake/app_store/refund", json={"transaction_id": "61"})
        before, after = (
            jwt.decode(answer.json()["receipt"], options={"verify_signature": False})
            for answer in (bought, refunded)
        )
        assert "revocationDate" not in before
        assert after["revocationDate"] >= before["purchaseDate"]
        assert after["transactionId"] == "61"

    def test_wishes_that_make_no_sense(self, web: httpx.Client) -> None:
        for fields in ({}, {"product_id": "sword", "chain": "golden"}):
            assert web.post("/fake/app_store/transaction", json=fields).status_code == 400
        refused = web.post("/fake/app_store/refund", json={"transaction_id": "62"})
        assert (refused.status_code, refused.text) == (400, "There is no transaction '62'.\n")
        assert web.post("/fake/google_play/change", json={"token": "unknown"}).status_code == 400

    @pytest.mark.parametrize(
        ("offer", "changes", "told"),
        [
            ("purchase", {"state": 3}, 'The field "state" must be 0, 1 or 2, and not 3.'),
            (
                "purchase",
                {"expires": "2030-01-31"},
                'A purchase has no "expires", but state, purchased, ',
            ),
            ("subscription", {"state": 1}, 'The field "state" must be one of ACTIVE, CANCELED, '),
            (
                "subscription",
                {"quantity": 2},
                'A subscription has no "quantity", but state, ',
            ),
            ("subscription", {"nonsense": 2}, 'There is no field "nonsense". The fields are: token'),
        ],
    )
    def test_changes_that_make_no_sense(
        self, web: httpx.Client, offer: str, changes: dict[str, Any], told: str
    ) -> None:
        token = web.post(f"/fake/google_play/{offer}", json={"product_id": "p"}).json()["token"]
        refused = web.post("/fake/google_play/change", json={"token": token, **changes})
        assert refused.status_code == 400
        assert refused.text.startswith(told)

    def test_a_change_tells_what_is_the_case(self, web: httpx.Client) -> None:
        token = web.post("/fake/google_play/subscription", json={"product_id": "p"}).json()["token"]
        changed = {"token": token, "state": "PAUSED", "expires": "2030-01-31"}
        told = web.post("/fake/google_play/change", json=changed).json()
        assert told == {"token": token, "state": "PAUSED", "expires": "2030-01-31T00:00:00.000Z"}


class Game(BaseHTTPRequestHandler):
    """A game's server, which notes what it is told and answers with `status`."""

    status = 204
    told: list[tuple[str, dict[str, str], Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.told.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
        self.send_response(self.status)
        self.send_header("location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the log is for tests that fail."""


@pytest.fixture
def game() -> Iterator[Any]:
    """A game's server that runs; its `url` tells where."""
    handler: Any = type("Handler", (Game,), {"told": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        handler.url = f"http://127.0.0.1:{server.server_port}"
        yield handler
        server.shutdown()
        thread.join()


class TestNotify:
    """What happens to a purchase, and what a server is told of it."""

    def claims(self, jws: str) -> dict[str, Any]:
        told: dict[str, Any] = jwt.decode(jws, options={"verify_signature": False})
        return told

    def apple(self, game: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """The last notification, its transaction and its renewal."""
        path, headers, body = game.told[-1]
        assert path == "/v2/console/apple/notifications/fake-app-store-notifications"
        assert headers["content-type"] == "application/json"
        told = self.claims(body["signedPayload"])
        data = told["data"]
        renewal = data.get("signedRenewalInfo")
        return told, self.claims(data["signedTransactionInfo"]), self.claims(renewal) if renewal else {}

    def test_a_refund(self, fakes: Providers, game: Any, clock: MovableClock) -> None:
        store = fakes.app_store
        store.transaction("sword", transaction_id="1")
        assert store.notify(game, "REFUND", "1") == 204
        told, transaction, renewal = self.apple(game)
        assert (told["notificationType"], transaction["transactionId"]) == ("REFUND", "1")
        assert transaction["revocationDate"] / 1000 == pytest.approx(clock.unix(), abs=60)
        assert renewal == {}
        store.notify(game.url, "REFUND_REVERSED", "1")
        assert "revocationDate" not in self.apple(game)[1]

    def test_a_subscription_that_goes_on_and_ends(
        self, fakes: Providers, game: Any, clock: MovableClock
    ) -> None:
        store, now = fakes.app_store, clock.now()
        store.transaction("vip", transaction_id="2", expires=now + DAY)
        store.notify(game, "DID_RENEW", "2")
        _, renewed, renewal = self.apple(game)
        assert renewed["transactionId"] != renewed["originalTransactionId"] == "2"
        assert (renewed["expiresDate"] / 1000 - now.timestamp()) / 86_400 == pytest.approx(31, abs=0.01)
        assert (renewal["renewalDate"], renewal["autoRenewStatus"]) == (renewed["expiresDate"], 1)
        store.notify(game, "DID_CHANGE_RENEWAL_STATUS", "2")
        told, same, renewal = self.apple(game)
        assert (told["subtype"], renewal["autoRenewStatus"]) == ("AUTO_RENEW_DISABLED", 0)
        assert same["expiresDate"] == renewed["expiresDate"]
        store.notify(game, "EXPIRED", "2")
        told, ended, renewal = self.apple(game)
        assert (told["data"]["status"], ended["transactionId"]) == (2, renewed["transactionId"])
        assert ended["expiresDate"] == renewal["renewalDate"]
        assert ended["expiresDate"] / 1000 == pytest.approx(clock.unix(), abs=60)
        assert store.known("2")["expiresDate"] <= ended["expiresDate"]

    def test_a_time_of_grace(self, fakes: Providers, game: Any, clock: MovableClock) -> None:
        store = fakes.app_store
        store.transaction("vip", transaction_id="3", expires=clock.now())
        store.notify(game, "DID_FAIL_TO_RENEW", "3", subtype="GRACE_PERIOD", expires="2040-01-31")
        told, _, renewal = self.apple(game)
        assert told["data"]["status"] == 4
        assert renewal["gracePeriodExpiresDate"] == 2_211_580_800_000

    def test_another_product(self, fakes: Providers, game: Any) -> None:
        store = fakes.app_store
        store.transaction("vip", transaction_id="4", expires="2040-01-31")
        store.notify(game, "DID_CHANGE_RENEWAL_PREF", "4", product_id="gold")
        assert self.apple(game)[2]["autoRenewProductId"] == "gold"

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"kind": "NONSENSE"}, "there is no kind 'NONSENSE', but TEST, "),
            ({"kind": "REFUND", "transaction_id": "zzz"}, "there is no transaction 'zzz'"),
            (
                {"kind": "EXPIRED", "transaction_id": "5"},
                "EXPIRED is for subscriptions, and '5' is a purchase",
            ),
            ({"kind": "EXPIRED", "subtype": "UPGRADE"}, "EXPIRED has no subtype 'UPGRADE', but VOLUNTARY, "),
        ],
    )
    def test_what_cannot_happen_in_the_app_store(
        self, fakes: Providers, game: Any, fields: dict[str, str], told: str
    ) -> None:
        fakes.app_store.transaction("sword", transaction_id="5")
        with pytest.raises(ValueError, match=told):
            fakes.app_store.notify(game, **fields)
        assert game.told == []

    def google(self, game: Any) -> dict[str, Any]:
        """The last notification."""
        path, headers, body = game.told[-1]
        assert path == "/v2/console/google/notifications/fake-google-play-notifications"
        assert headers["authorization"].startswith("Bearer ")
        told: dict[str, Any] = json.loads(base64.b64decode(body["message"]["data"]))
        return told

    def test_what_becomes_of_a_purchase_on_google_play(self, fakes: Providers, game: Any) -> None:
        store, token = fakes.google_play, ids()
        store.purchase("sword", token=token)
        assert store.notify(game, "PURCHASED", token) == 204
        assert self.google(game)["oneTimeProductNotification"]["notificationType"] == 1
        store.notify(game, "VOIDED", token)
        assert self.google(game)["voidedPurchaseNotification"]["purchaseToken"] == token
        assert store.known(token).state == 1
        assert store.notify(game, "TEST") == 204
        assert "testNotification" in self.google(game)

    def test_what_becomes_of_a_subscription_on_google_play(
        self, fakes: Providers, game: Any, clock: MovableClock
    ) -> None:
        store, token, now = fakes.google_play, ids(), clock.now()
        store.subscription("vip", token=token, expires=now + DAY)
        for kind, type, state, days in (
            ("CANCELED", 3, "CANCELED", 1),
            ("RENEWED", 2, "ACTIVE", 31),
            ("EXPIRED", 13, "EXPIRED", 0),
        ):
            store.notify(game, kind, token)
            assert self.google(game)["subscriptionNotification"]["notificationType"] == type
            record: Any = store.known(token)
            assert record.state == state
            assert (record.expires - now) / DAY == pytest.approx(days, abs=0.01)

    @pytest.mark.parametrize(
        ("kind", "told"),
        [
            ("NONSENSE", "there is no kind"),
            ("EXPIRED", "EXPIRED is for subscriptions"),
            ("VOIDED", "nothing"),
        ],
    )
    def test_what_cannot_happen_on_google_play(
        self, fakes: Providers, game: Any, kind: str, told: str
    ) -> None:
        token = ids()
        fakes.google_play.purchase("sword", token=token)
        with pytest.raises(ValueError, match=told):
            fakes.google_play.notify(game, kind, token if kind != "VOIDED" else "unknown")

    def test_with_curl(self, web: httpx.Client, game: Any) -> None:
        sold = web.post("/fake/app_store/transaction", json={"product_id": "p"}).json()
        wish = {"kind": "REFUND", "transaction_id": sold["transaction_id"], "server": game.url}
        answer = web.post("/fake/app_store/notify", json=wish)
        assert answer.json() == {"status": 204, "transaction_id": sold["transaction_id"]}
        game.status = 307
        answer = web.post("/fake/google_play/notify", json={"kind": "TEST", "server": game.url})
        assert answer.json() == {"status": 307}
        assert len(game.told) == 2

    @pytest.mark.parametrize("store", ["app_store", "google_play"])
    def test_servers_that_are_none(self, web: httpx.Client, store: str) -> None:
        def refused(**fields: Any) -> tuple[int, str]:
            answer = web.post(f"/fake/{store}/notify", json={"kind": "TEST", **fields})
            return answer.status_code, answer.text

        status, told = refused()
        assert (status, "has not started yet" in told) == (400, True)
        for elsewhere in ("http://example.com", "file:///etc/passwd", "http://[", 5):
            status, told = refused(server=elsewhere)
            assert (status, told.startswith('The field "server" must be URL of a server of this')) == (
                400,
                True,
            )
        status, told = refused(server="http://127.0.0.1:1")
        assert status == 502
        assert told.startswith("The server http://127.0.0.1:1 does not answer: ")


class TestOptions:
    """What is merged into payloads, by names that the companies use."""

    @pytest.mark.parametrize(
        "call",
        [
            lambda fakes, **option: fakes.app_store.transaction("p", **option),
            lambda fakes, **option: fakes.app_store.renewal("p", "1", **option),
            lambda fakes, **option: fakes.app_store.notification("TEST", **option),
            lambda fakes, **option: fakes.app_store.receipt("p", **option),
            lambda fakes, **option: fakes.app_store.entry("p", **option),
            lambda fakes, **option: fakes.google_play.purchase("p", **option),
            lambda fakes, **option: fakes.google_play.subscription("p", **option),
            lambda fakes, **option: fakes.google_play.notification(**option),
            lambda fakes, **option: fakes.huawei.purchase("p", **option),
            lambda fakes, **option: fakes.instant_store.signed_request("p", **option),
        ],
    )
    def test_names_that_are_misspelt(self, fakes: Providers, call: Any) -> None:
        with pytest.raises(TypeError, match="'colour' is no option"):
            call(fakes, colour="red")
        assert call(fakes, payload={"colour": "red"})

    def test_a_name_that_is_close(self, fakes: Providers) -> None:
        with pytest.raises(TypeError, match="Did you mean revocationDate"):
            fakes.app_store.transaction("p", revokationDate=1)

    def test_any_other_field(self, fakes: Providers) -> None:
        jws = fakes.app_store.transaction("p", payload={"newOfApples": 1, "price": None}, currency="EUR")
        told = jwt.decode(jws, options={"verify_signature": False})
        assert (told["newOfApples"], told["currency"], "price" in told) == (1, "EUR", False)

    def test_changes(self, fakes: Providers) -> None:
        token = ids()
        fakes.google_play.purchase("p", token=token)
        with pytest.raises(TypeError, match="'stat' is no option"):
            fakes.google_play.change(token, stat=1)
