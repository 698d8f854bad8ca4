"""Signed transactions of StoreKit 2: what Apple's own library takes is taken, for the game's own apps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from kizuna.clock import ShiftedClock
from kizuna.errors import ApiError
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside
from kizuna.purchases.stores.app_store import AppStore
from kizuna.purchases.stores.interface import Environment, InvalidReceipt, Store
from kizuna.testing.providers import Providers
from kizuna.testing.providers.app_store import AppStore as Fake
from kizuna.testing.providers.app_store_chain import CHAINS
from kizuna.testing.providers.app_store_jws import FORGERIES
from tests.purchases.app_stores import app_store, apple, outside, refusal

__all__ = ["apple", "outside"]

BOUGHT = datetime(2026, 5, 4, 3, 2, 1, 123000, UTC)
LATER = BOUGHT + timedelta(days=30)

#: The check that a chain fails; "" for those that are good enough.
OF_CHAINS = {
    "good": "",
    "expired_since_signing": "",
    "code_signing": "",
    "garbage_as_root": "",
    "other_root_listed": "",
    "no_leaf_marker": "marker of the leaf certificate",
    "no_intermediate_marker": "marker of the intermediate certificate",
    "other_root": "chain",
    "expired_at_signing": "validity of the leaf certificate",
    "not_yet_valid": "validity of the leaf certificate",
    "intermediate_expired": "validity of the intermediate certificate",
    "leaf_by_root": "chain",
    "leaf_by_leaf": "chain",
    "leaf_by_impostor": "chain",
    "intermediate_is_no_authority": "authority of the intermediate certificate",
    "intermediate_signs_no_certificates": "authority of the intermediate certificate",
    "no_certificates": "certificates",
    "two_certificates": "certificates",
    "four_certificates": "certificates",
    "reversed": "chain",
    "p384_leaf": "algorithm",
    "rsa_leaf": "algorithm",
    "no_key_identifiers": "key identifier of the intermediate certificate",
    "garbage_as_leaf": "certificates",
    "line_breaks": "certificates",
}

#: The check that a forgery fails. What has not three parts is taken for a receipt of StoreKit 1.
OF_FORGERIES = {
    "unsigned": "algorithm",
    "hmac_with_public_key": "algorithm",
    "rsa": "algorithm",
    "other_algorithm_named": "algorithm",
    "other_key": "signature",
    "embedded_key": "signature",
    "key_url": "signature",
    "der_signature": "signature",
    "empty_signature": "signature",
    "zero_signature": "signature",
    "tampered_header": "signature",
    "tampered_payload": "signature",
    "tampered_signature": "signature",
    "without_chain": "certificates",
    "no_json": "form",
    "padded": "form",
    "four_parts": "status",
    "trailing_dot": "status",
    "two_parts": "status",
}


@pytest.fixture
def store(apple: Fake, providers: Providers, outside: Outside, clock: ShiftedClock) -> AppStore:
    """What is tested."""
    return app_store(providers, outside, clock)


async def test_a_purchase(apple: Fake, store: AppStore, providers: Providers) -> None:
    checks = Checks()
    receipt = apple.transaction("sword", transaction_id="42", purchased=BOUGHT)
    [purchase] = await store.purchases(receipt, checks)
    assert (purchase.transaction_id, purchase.product_id, purchase.store) == ("42", "sword", Store.APPLE)
    assert (purchase.purchase_time, purchase.environment) == (BOUGHT, Environment.SANDBOX)
    assert (purchase.refund_time, purchase.tells_refund) == (None, True)
    assert orjson.loads(purchase.raw) == {"jws": receipt}
    assert purchase.provider_response == ""
    assert all(check.passed for check in checks.done)
    assert providers.requests == []  # no configuration, no network


async def test_production_and_a_refund(apple: Fake, store: AppStore) -> None:
    receipt = apple.transaction("sword", environment="Production", revoked=LATER)
    [purchase] = await store.purchases(receipt, Checks())
    assert (purchase.environment, purchase.refund_time) == (Environment.PRODUCTION, LATER)


async def test_a_subscription(apple: Fake, store: AppStore) -> None:
    receipt = apple.transaction(
        "vip",
        transaction_id="43",
        original_transaction_id="42",
        purchased=LATER,
        originalPurchaseDate=int(BOUGHT.timestamp() * 1000),
        expires=LATER + timedelta(days=30),
        signed=LATER + timedelta(seconds=1),
    )
    [subscription] = await store.subscriptions(receipt, Checks())
    assert (subscription.original_transaction_id, subscription.product_id) == ("42", "vip")
    assert (subscription.purchase_time, subscription.expire_time) == (BOUGHT, LATER + timedelta(days=30))
    assert (subscription.store_time, subscription.refund_time) == (LATER + timedelta(seconds=1), None)
    assert (subscription.store, subscription.environment) == (Store.APPLE, Environment.SANDBOX)
    assert orjson.loads(subscription.raw) == {"jws": receipt}
    assert subscription.tells_refund


async def test_purchases_and_subscriptions_are_told_apart(apple: Fake, store: AppStore) -> None:
    with pytest.raises(InvalidReceipt) as caught:
        await store.purchases(apple.transaction("vip", expires=LATER), Checks())
    assert caught.value.message == "Subscription Receipt. Use the appropriate function instead."
    nones: list[dict[str, Any]] = [{}, {"expiresDate": 0}]
    for none in nones:
        with pytest.raises(InvalidReceipt) as caught:
            await store.subscriptions(apple.transaction("sword", **none), Checks())
        assert caught.value.message == "Purchase Receipt. Use the appropriate function instead."


async def test_no_receipt_is_told_before_no_configuration_by_purchases_alone(
    providers: Providers, outside: Outside, clock: ShiftedClock, apple: Fake
) -> None:
    bare = app_store(providers, outside, clock, shared_password="")
    cases = [
        (bare.purchases, "", "Receipt cannot be empty."),
        (bare.purchases, "legacy", "Apple IAP is not configured."),
        (bare.subscriptions, "", "Apple IAP is not configured."),
        (bare.subscriptions, apple.transaction("vip", expires=LATER), "Apple IAP is not configured."),
        (bare.with_settings(shared_password="x").subscriptions, "", "Receipt cannot be empty."),
    ]
    for operation, receipt, message in cases:
        with pytest.raises(ApiError) as caught:
            await operation(receipt, Checks())
        assert (caught.value.message, caught.value.status) == (message, 400)
    assert await bare.purchases(apple.transaction("sword"), Checks())


@pytest.mark.parametrize("chain", CHAINS)
async def test_chains(apple: Fake, store: AppStore, chain: str) -> None:
    checks = Checks()
    asked = store.purchases(apple.transaction("sword", chain=chain), checks)
    if name := OF_CHAINS[chain]:
        assert await refusal(asked, checks) == name
    else:
        assert len(await asked) == 1


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_forgeries(apple: Fake, store: AppStore, forgery: str) -> None:
    checks = Checks()
    asked = store.purchases(apple.transaction("sword", forgery=forgery), checks)
    assert await refusal(asked, checks) == OF_FORGERIES[forgery]


@pytest.mark.parametrize("chain", ["p384_leaf", "rsa_leaf"])
async def test_a_key_of_another_kind(apple: Fake, store: AppStore, chain: str) -> None:
    """Whatever the header says of the algorithm."""
    checks = Checks()
    receipt = apple.transaction("sword", chain=chain, header={"alg": "ES256"})
    assert await refusal(store.purchases(receipt, checks), checks) == "key"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ({"alg": "es256"}, "algorithm"),
        ({"alg": None}, "algorithm"),
        ({"alg": ["ES256"]}, "algorithm"),
        ({"crit": ["exp"]}, "extensions of the header"),
        ({"b64": False}, "extensions of the header"),
        ({"x5c": "MIIB"}, "certificates"),
        ({"x5c": [1, 2, 3]}, "certificates"),
        ({"x5c": ["", "", ""]}, "certificates"),
        ({"x5c": ["é", "é", "é"]}, "certificates"),
        ({"x5c": ["MAA=", "MAA=", "MAA="]}, "certificates"),
        ({"x5c": {"0": "MIIB"}}, "certificates"),
    ],
)
async def test_headers(apple: Fake, store: AppStore, header: dict[str, Any], name: str) -> None:
    checks = Checks()
    receipt = apple.transaction("sword", header=header)
    assert await refusal(store.purchases(receipt, checks), checks) == name


@pytest.mark.parametrize("receipt", ["..", "e30.e30.", "e30.e30.e30", "e30=.e30.e30", "a.b.c", "é.é.é"])
async def test_what_has_two_dots_and_no_more(store: AppStore, receipt: str) -> None:
    checks = Checks()
    assert await refusal(store.purchases(receipt, checks), checks) in ("form", "algorithm")


async def test_any_characters_in_a_payload(apple: Fake, store: AppStore) -> None:
    """The reference decodes with an alphabet that has no - and _."""
    receipt = apple.transaction("剣~剣?剣>")
    assert set("-_") & set(receipt.split(".")[1])
    [purchase] = await store.purchases(receipt, Checks())
    assert purchase.product_id == "剣~剣?剣>"


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({"environment": "Xcode"}, "environment"),
        ({"environment": "LocalTesting"}, "environment"),
        ({"environment": "sandbox"}, "environment"),
        ({"environment": None}, "environment"),
        ({"environment": ["Sandbox"]}, "environment"),
        ({"bundle_id": "com.example.other"}, "bundle id"),
        ({"bundle_id": ""}, "bundle id"),
        ({"bundleId": None}, "bundle id"),
        ({"bundleId": ["com.example.game"]}, "bundle id"),
        ({"transactionId": None}, "kind"),
        ({"transactionId": ""}, "transactionId"),
        ({"transactionId": "1" * 513}, "transactionId"),
        ({"transactionId": "1\0"}, "transactionId"),
        ({"transactionId": 1}, "transactionId"),
        ({"originalTransactionId": ""}, "originalTransactionId"),
        ({"originalTransactionId": "1" * 513}, "originalTransactionId"),
        ({"productId": None}, "kind"),
        ({"productId": ""}, "productId"),
        ({"productId": "1" * 513}, "productId"),
        ({"productId": "1\0"}, "productId"),
        ({"productId": 1}, "productId"),
        ({"purchaseDate": None}, "kind"),
        ({"purchaseDate": "1700000000000"}, "purchaseDate"),
        ({"purchaseDate": True}, "purchaseDate"),
        ({"purchaseDate": 1.5}, "purchaseDate"),
        ({"purchaseDate": 253402300800000}, "purchaseDate"),
        ({"purchaseDate": -62135596800001}, "purchaseDate"),
        ({"purchaseDate": 2**63}, "purchaseDate"),
        ({"purchaseDate": 10**40}, "purchaseDate"),
        ({"originalPurchaseDate": 2**63}, "originalPurchaseDate"),
        ({"expiresDate": 2**63}, "expiresDate"),
        ({"revocationDate": 2**63}, "revocationDate"),
        ({"revocationDate": "yes"}, "revocationDate"),
        ({"signedDate": "now"}, "signedDate"),
        ({"signedDate": 2**63}, "signedDate"),
        ({"signedDate": 0}, "validity of the leaf certificate"),
    ],
)
async def test_payloads(apple: Fake, store: AppStore, payload: dict[str, Any], name: str) -> None:
    checks = Checks()
    receipt = apple.transaction("sword", **payload)
    assert await refusal(store.purchases(receipt, checks), checks) == name


async def test_the_longest_ids_and_the_earliest_and_latest_times(apple: Fake, store: AppStore) -> None:
    id, first, last = "1" * 512, -62104060800000, 253370764799999
    receipt = apple.transaction(id, transaction_id=id, purchaseDate=first, revocationDate=last)
    [purchase] = await store.purchases(receipt, Checks())
    assert (purchase.transaction_id, purchase.product_id) == (id, id)
    assert purchase.purchase_time == datetime(2, 1, 1, tzinfo=UTC)
    assert purchase.refund_time == datetime(9998, 12, 31, 23, 59, 59, 999000, UTC)


async def test_what_apple_signs_besides_transactions_is_no_purchase(apple: Fake, store: AppStore) -> None:
    notification = orjson.loads(apple.notification("TEST"))["signedPayload"]
    for jws in (apple.renewal("vip", "42"), notification, apple.jws({"bundleId": apple.bundle_id})):
        checks = Checks()
        assert await refusal(store.purchases(jws, checks), checks) == "kind"
    checks = Checks()
    assert await refusal(store.purchases(apple.jws(None), checks), checks) == "form"


async def test_without_bundle_ids_any_app_counts(
    providers: Providers, outside: Outside, clock: ShiftedClock, apple: Fake
) -> None:
    anyones = app_store(providers, outside, clock, bundle_ids=())
    for fields in ({"bundle_id": "com.example.other"}, {"bundleId": None}):
        assert await anyones.purchases(apple.transaction("sword", **fields), Checks())


async def test_a_signature_outlives_its_certificates(
    apple: Fake, store: AppStore, clock: ShiftedClock
) -> None:
    receipt = apple.transaction("sword")
    clock.offset = timedelta(days=9000)
    assert await store.purchases(receipt, Checks())


async def test_what_does_not_say_when_it_was_signed_counts_at_the_present(
    apple: Fake, store: AppStore
) -> None:
    checks = Checks()
    receipt = apple.transaction("sword", chain="expired_since_signing", signedDate=None)
    assert await refusal(store.purchases(receipt, checks), checks) == "validity of the leaf certificate"
    assert await store.purchases(apple.transaction("sword", signedDate=None), Checks())


async def test_a_signature_of_the_future_counts_at_the_present(
    apple: Fake, store: AppStore, clock: ShiftedClock
) -> None:
    """A certificate that is not valid yet does not become so by what was signed with it."""
    checks = Checks()
    signed = clock.now() + timedelta(days=60)
    receipt = apple.transaction("sword", chain="not_yet_valid", signed=signed)
    assert await refusal(store.purchases(receipt, checks), checks) == "validity of the leaf certificate"
    assert await store.purchases(apple.transaction("sword", signed=signed), Checks())


async def test_a_chain_that_is_known_already_is_checked_as_well(apple: Fake, store: AppStore) -> None:
    good = apple.transaction("sword")
    first, second = Checks(), Checks()
    assert await store.purchases(good, first) == await store.purchases(good, second)
    assert first.done == second.done
    head, payload, signature = good.split(".")
    checks, other = Checks(), ("B" if signature[0] != "B" else "C") + signature[1:]
    assert await refusal(store.purchases(f"{head}.{payload}.{other}", checks), checks) == "signature"
