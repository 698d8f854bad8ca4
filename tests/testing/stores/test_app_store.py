"""Apple's store as it is played, seen with Apple's own library."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
from cryptography.hazmat.primitives.serialization import Encoding

from kizuna.testing import MovableClock
from kizuna.testing.providers import Providers
from kizuna.testing.providers.app_store import AppStore
from kizuna.testing.providers.app_store_chain import CHAINS
from kizuna.testing.providers.app_store_jws import FORGERIES
from tests.testing.stores.support import DAY

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
