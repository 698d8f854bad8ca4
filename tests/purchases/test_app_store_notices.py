"""The App Store's notifications: everything in them that is signed is verified."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from kizuna.clock import ShiftedClock
from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Outside
from kizuna.purchases.stores.app_store import AppStore
from kizuna.testing.providers import Providers
from kizuna.testing.providers.app_store import AppStore as Fake
from tests.purchases.app_stores import app_store, apple, outside

__all__ = ["apple", "outside"]

ENDS = datetime(2026, 5, 4, 3, 2, 1, 123000, UTC)


@pytest.fixture
def store(apple: Fake, providers: Providers, outside: Outside, clock: ShiftedClock) -> AppStore:
    """What is tested."""
    return app_store(providers, outside, clock)


def signed(apple: Fake, kind: str = "DID_RENEW", **fields: Any) -> str:
    return str(orjson.loads(apple.notification(kind, **fields))["signedPayload"])


def refused(store: AppStore, jws: str) -> str:
    checks = Checks()
    with pytest.raises(Refused) as caught:
        store.notification(jws, checks)
    assert not checks.done[-1].passed
    return caught.value.check


def test_what_is_signed_inside_is_in_its_place(apple: Fake, store: AppStore) -> None:
    jws = signed(
        apple,
        uuid="u-1",
        subtype="BILLING_RECOVERY",
        transaction=apple.transaction("vip", transaction_id="7", expires=ENDS),
        renewal=apple.renewal("vip", "7", next_product_id="vip+"),
    )
    checks = Checks()
    notification = store.notification(jws, checks)
    assert (notification["notificationType"], notification["notificationUUID"]) == ("DID_RENEW", "u-1")
    data = notification["data"]
    assert data["bundleId"] == apple.bundle_id
    assert data["signedTransactionInfo"]["transactionId"] == "7"
    assert data["signedTransactionInfo"]["expiresDate"] == int(ENDS.timestamp() * 1000)
    assert data["signedRenewalInfo"]["autoRenewProductId"] == "vip+"
    assert all(check.passed for check in checks.done)


def test_notifications_about_nothing_that_was_bought(apple: Fake, store: AppStore) -> None:
    assert store.notification(signed(apple, "TEST"), Checks())["data"]["environment"] == "Sandbox"
    subject = {"bundleId": apple.bundle_id, "appAppleId": apple.app_apple_id, "environment": "Production"}
    for name in ("summary", "appData"):
        notification = store.notification(signed(apple, "OTHER", data=None, **{name: subject}), Checks())
        assert notification[name] == subject
    for id, environment in (("SANDBOX_1", 0), ("1", apple.app_apple_id)):
        token = {"externalPurchaseId": id, "bundleId": apple.bundle_id, "appAppleId": environment}
        assert store.notification(
            signed(apple, "EXTERNAL_PURCHASE_TOKEN", data=None, externalPurchaseToken=token), Checks()
        )


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"chain": "other_root"}, "chain"),
        ({"chain": "expired_at_signing"}, "validity of the leaf certificate"),
        ({"forgery": "unsigned"}, "algorithm"),
        ({"forgery": "other_key"}, "signature"),
        ({"forgery": "four_parts"}, "form"),
        ({"environment": "Xcode"}, "environment"),
        ({"environment": "LocalTesting"}, "environment"),
        ({"data": None}, "environment"),
        ({"data": {"environment": None}}, "environment"),
        ({"data": {"bundleId": "com.example.other"}}, "bundle id"),
        ({"data": {"bundleId": None}}, "bundle id"),
        ({"environment": "Production", "data": {"appAppleId": 1}}, "app id"),
        ({"environment": "Production", "data": {"appAppleId": None}}, "app id"),
        ({"data": {"signedTransactionInfo": 1}}, "form"),
        ({"data": {"signedRenewalInfo": {}}}, "form"),
        ({"data": {"signedTransactionInfo": "a.b.c"}}, "form"),
        ({"notificationType": None}, "kind"),
        ({"notificationType": ""}, "notificationType"),
        ({"notificationUUID": None}, "notificationUUID"),
        ({"notificationUUID": "1" * 201}, "notificationUUID"),
        ({"notificationUUID": 1}, "notificationUUID"),
    ],
)
def test_notifications_that_are_refused(
    apple: Fake, store: AppStore, fields: dict[str, Any], name: str
) -> None:
    assert refused(store, signed(apple, **fields)) == name


@pytest.mark.parametrize("forgery", ["unsigned", "other_key", "tampered_payload", "without_chain"])
def test_what_is_inside_has_to_be_signed_as_well(apple: Fake, store: AppStore, forgery: str) -> None:
    """The reference believes it for the signature around it."""
    forged = apple.transaction("vip", forgery=forgery)
    assert refused(store, signed(apple, transaction=forged)) in ("algorithm", "signature", "certificates")
    if forgery != "tampered_payload":
        forged = apple.renewal("vip", "7", forgery=forgery)
        assert refused(store, signed(apple, renewal=forged)) in ("algorithm", "signature", "certificates")


def test_what_is_inside_has_to_be_of_its_kind(apple: Fake, store: AppStore) -> None:
    transaction, renewal = apple.transaction("vip", expires=ENDS), apple.renewal("vip", "7")
    assert refused(store, signed(apple, transaction=renewal)) == "kind"
    assert refused(store, signed(apple, renewal=transaction)) == "kind"
    assert refused(store, transaction) == "kind"
    assert refused(store, renewal) == "kind"


def test_what_is_inside_has_to_be_about_the_same_app_and_place(apple: Fake, store: AppStore) -> None:
    others = apple.transaction("vip", bundle_id="com.example.other")
    assert refused(store, signed(apple, transaction=others)) == "bundle id"
    elsewhere = apple.transaction("vip", environment="Production")
    assert refused(store, signed(apple, transaction=elsewhere)) == "environment"
    elsewhere = apple.renewal("vip", "7", environment="Production")
    assert refused(store, signed(apple, renewal=elsewhere)) == "environment"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"renewalDate": "soon"}, "renewalDate"),
        ({"gracePeriodExpiresDate": 2**63}, "gracePeriodExpiresDate"),
        ({"originalTransactionId": ""}, "originalTransactionId"),
        ({"productId": 1}, "productId"),
        ({"autoRenewProductId": "1" * 513}, "autoRenewProductId"),
    ],
)
def test_renewals(apple: Fake, store: AppStore, fields: dict[str, Any], name: str) -> None:
    renewal = apple.renewal("vip", "7", **fields)
    assert refused(store, signed(apple, renewal=renewal)) == name


def test_the_number_of_the_app_counts_where_apple_tells_it(
    apple: Fake, providers: Providers, outside: Outside, clock: ShiftedClock
) -> None:
    store = app_store(providers, outside, clock, app_apple_id=0)
    for environment in ("Production", "Sandbox"):
        assert store.notification(signed(apple, environment=environment, data={"appAppleId": None}), Checks())
    store = app_store(providers, outside, clock)
    assert store.notification(signed(apple, data={"appAppleId": None}), Checks())
    assert store.notification(signed(apple, environment="Production"), Checks())
