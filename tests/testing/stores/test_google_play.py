"""Google's store as it is played, seen with PyJWT and cryptography."""

import base64
import json
from typing import Any

import httpx
import jwt
import pytest

from kizuna.testing import MovableClock
from kizuna.testing.providers import Providers
from kizuna.testing.providers.google_play import GooglePlay
from tests.testing.stores.support import ask, assertion_of, bearer, ids, purchase_path


class TestGooglePlayAccess:
    @pytest.fixture
    def store(self, fakes: Providers) -> GooglePlay:
        return fakes.google_play

    def test_the_key_is_of_the_form_that_google_gives_out(self, fakes: Providers) -> None:
        assert fakes.settings["iap.google.private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")

    def test_tokens_differ_and_end(
        self, fakes: Providers, web: httpx.Client, store: GooglePlay, clock: MovableClock
    ) -> None:
        token = ids()
        store.purchase("sword", token=token)
        first, second = (ask(fakes, assertion_of(fakes)).json() for _ in range(2))
        assert first["expires_in"] == 3600
        assert first["token_type"] == "Bearer"
        assert first["access_token"] != second["access_token"]
        headers = {"authorization": f"Bearer {first['access_token']}"}
        assert web.get(purchase_path(store, token), headers=headers).status_code == 200
        clock.advance(hours=1)
        refused = web.get(purchase_path(store, token), headers=headers)
        assert (refused.status_code, refused.json()["error"]["status"]) == (401, "UNAUTHENTICATED")

    def test_tokens_that_are_withdrawn(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token = ids()
        store.purchase("sword", token=token)
        headers = bearer(fakes)
        assert web.get(purchase_path(store, token), headers=headers).status_code == 200
        store.access_tokens.withdraw()
        assert web.get(purchase_path(store, token), headers=headers).status_code == 401

    def test_googles_own_address_is_an_audience(self, fakes: Providers) -> None:
        assertion = assertion_of(fakes, aud="https://oauth2.googleapis.com/token")
        assert ask(fakes, assertion).status_code == 200

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
        refused = ask(fakes, assertion_of(fakes, **claims))
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")

    def test_assertions_of_others(self, fakes: Providers) -> None:
        secret = "s" * 64
        assert ask(fakes, assertion_of(fakes, secret, "HS256")).status_code == 400
        apples = fakes.app_store.api_settings()["iap.apple.signing_key"]
        assert ask(fakes, assertion_of(fakes, apples, "ES256")).status_code == 400
        start, end = assertion_of(fakes).rsplit(".", 1)
        assert ask(fakes, f"{start}.{end[:-8]}AAAAAAAA").status_code == 400
        assert ask(fakes, "nonsense").status_code == 400

    def test_another_grant(self, fakes: Providers) -> None:
        refused = ask(fakes, assertion_of(fakes), grant_type="client_credentials")
        assert refused.status_code == 400

    def test_only_the_header_counts(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token = ids()
        store.purchase("sword", token=token)
        key = bearer(fakes)["authorization"].split()[1]
        assert web.get(purchase_path(store, token), params={"access_token": key}).status_code == 401
        for wrong in (key, f"bearer {key}", f"Basic {key}", "Bearer tok-999"):
            headers = {"authorization": wrong}
            assert web.get(purchase_path(store, token), headers=headers).status_code == 401

    def test_products(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token, headers = ids(), bearer(fakes)
        receipt = json.loads(
            store.purchase(
                "sword", token=token, state=1, test=True, account_id="me", receipt={"purchaseState": 0}
            )
        )
        assert (receipt["purchaseToken"], receipt["purchaseState"]) == (token, 0)
        assert receipt["packageName"] == store.package_name
        told = web.get(purchase_path(store, token), headers=headers).json()
        assert (told["purchaseState"], told["purchaseType"]) == (1, 0)
        assert told["purchaseTimeMillis"] == str(receipt["purchaseTime"])
        assert told["obfuscatedExternalAccountId"] == "me"
        v2 = web.get(purchase_path(store, token, "productsv2"), headers=headers).json()
        assert v2["purchaseStateContext"] == {"purchaseState": "CANCELLED"}
        assert v2["productLineItem"][0]["productId"] == "sword"
        assert v2["orderId"] == told["orderId"] == receipt["orderId"]

    def test_subscriptions(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token, headers = ids(), bearer(fakes)
        wrapped = json.loads(
            store.subscription("vip", token=token, expires="2030-01-01T00:00:00Z", linked="old", wrapped=True)
        )
        assert json.loads(wrapped["json"])["purchaseToken"] == token
        path = purchase_path(store, token, "subscriptionsv2")
        told = web.get(path, headers=headers).json()
        assert told["lineItems"][0]["expiryTime"] == "2030-01-01T00:00:00.000Z"
        assert told["linkedPurchaseToken"] == "old"
        assert "testPurchase" not in told
        store.change(token, state="EXPIRED", expires="2029-01-01T00:00:00Z", regionCode="DE")
        told = web.get(path, headers=headers).json()
        assert (told["subscriptionState"], told["regionCode"]) == ("SUBSCRIPTION_STATE_EXPIRED", "DE")
        assert told["lineItems"][0]["expiryTime"] == "2029-01-01T00:00:00.000Z"

    def test_what_is_not_there(self, fakes: Providers, web: httpx.Client, store: GooglePlay) -> None:
        token, headers = ids(), bearer(fakes)
        store.purchase("sword", token=token)
        path = purchase_path(store, token)
        assert web.get(purchase_path(store, "unknown"), headers=headers).status_code == 404
        assert web.get(path.replace(store.package_name, "com.other"), headers=headers).status_code == 404
        assert web.get(purchase_path(store, token, "subscriptionsv2"), headers=headers).status_code == 404
        assert web.get(purchase_path(store, token, "products/shield"), headers=headers).status_code == 400

    @pytest.mark.parametrize("kind", ["products/sword", "subscriptions/sword", "subscriptions"])
    def test_acknowledgement(self, fakes: Providers, web: httpx.Client, store: GooglePlay, kind: str) -> None:
        token, headers = ids(), bearer(fakes)
        buy = store.purchase if kind.startswith("products") else store.subscription
        buy("sword", token=token)
        path = purchase_path(store, token, kind) + ":acknowledge"
        assert web.post(path).status_code == 401
        assert not store.is_acknowledged(token)
        assert web.post(path, headers=headers, json={}).is_success
        assert store.is_acknowledged(token)
        other = "products/sword" if kind.startswith("products") else "subscriptionsv2"
        told = web.get(purchase_path(store, token, other), headers=headers).json()
        assert told["acknowledgementState"] in (1, "ACKNOWLEDGEMENT_STATE_ACKNOWLEDGED")

    def test_what_is_not_paid_cannot_be_acknowledged(
        self, fakes: Providers, web: httpx.Client, store: GooglePlay
    ) -> None:
        token = ids()
        store.purchase("sword", token=token, state=2)
        path = purchase_path(store, token) + ":acknowledge"
        assert web.post(path, headers=bearer(fakes), json={}).status_code == 400


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
