"""Transactions, renewals and notifications of the App Store, as it has signed them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from kizuna.clock import Clock
from kizuna.outside.checks import Checks, quoted
from kizuna.purchases.stores.answers import LONGEST_NOTIFICATION_ID, identifier
from kizuna.purchases.stores.app_store_signed_data import Payload, SignedData, optional_time, time
from kizuna.purchases.stores.interface import (
    Environment,
    InvalidReceipt,
    Store,
    StorePurchase,
    StoreSubscription,
    invalid_receipt,
)

#: Where real signatures come from. Those that Xcode makes for local tests are nobody's.
ENVIRONMENTS = {"Sandbox": Environment.SANDBOX, "Production": Environment.PRODUCTION}

#: What a notification may be about; one of these members tells of which app it is.
_SUBJECTS = ("data", "summary", "externalPurchaseToken", "appData")


@dataclass(frozen=True, slots=True)
class Transaction:
    """A verified transaction; `payload` is all that it says, `jws` how it was signed.

    `expire_time` is None for what is no subscription, `refund_time` for what was not taken back.
    """

    jws: str
    payload: Payload
    transaction_id: str
    original_transaction_id: str
    product_id: str
    bundle_id: str
    environment: Environment
    purchase_time: datetime
    original_purchase_time: datetime
    expire_time: datetime | None
    refund_time: datetime | None
    signed_time: datetime

    @property
    def account(self) -> str:
        """What the game has told Apple of who buys, "" for nothing."""
        said = self.payload.get("appAccountToken")
        return said if isinstance(said, str) else ""

    @property
    def raw(self) -> str:
        """What is kept of it, as JSON."""
        return orjson.dumps({"jws": self.jws}).decode()

    def until(self, time: datetime | None) -> "Transaction":
        """The same, expiring at this time if that is later."""
        if time is None or self.expire_time is None:
            return self
        return replace(self, expire_time=max(self.expire_time, time))

    def purchase(self, checks: Checks) -> StorePurchase:
        """The purchase that it is. `InvalidReceipt` for a subscription."""
        if self.expire_time is not None:
            raise not_for_subscriptions(checks)
        checks.passed("kind", "a purchase")
        return StorePurchase(
            transaction_id=self.transaction_id,
            product_id=self.product_id,
            store=Store.APPLE,
            environment=self.environment,
            purchase_time=self.purchase_time,
            raw=self.raw,
            refund_time=self.refund_time,
            tells_refund=True,
            store_time=self.signed_time,
            account=self.account,
        )

    def subscription(self, checks: Checks) -> StoreSubscription:
        """The subscription that it belongs to. `InvalidReceipt` for a purchase."""
        if self.expire_time is None:
            raise not_for_purchases(checks)
        checks.passed("kind", "a subscription")
        return StoreSubscription(
            original_transaction_id=self.original_transaction_id,
            product_id=self.product_id,
            store=Store.APPLE,
            environment=self.environment,
            purchase_time=self.original_purchase_time,
            expire_time=self.expire_time,
            store_time=self.signed_time,
            raw=self.raw,
            refund_time=self.refund_time,
            tells_refund=True,
            period_time=self.purchase_time,
            account=self.account,
        )


def not_for_subscriptions(checks: Checks) -> InvalidReceipt:
    """The refusal of a subscription where a purchase belongs."""
    message = "Subscription Receipt. Use the appropriate function instead."
    return invalid_receipt(checks, "kind", "it is a subscription", message)


def not_for_purchases(checks: Checks) -> InvalidReceipt:
    """The refusal of a purchase where a subscription belongs."""
    message = "Purchase Receipt. Use the appropriate function instead."
    return invalid_receipt(checks, "kind", "it is no subscription", message)


def check_bundle_id(bundle_id: object, own: Collection[str], checks: Checks) -> None:
    """The check that something is about the game's own app; without `own`, about any app."""
    if not own:
        checks.passed("bundle id", "any: none is configured")
        return
    is_own = isinstance(bundle_id, str) and bundle_id in own
    checks.require("bundle id", is_own, f"{quoted(bundle_id)} is not configured", detail=quoted(bundle_id))


class Transactions:
    """Verifies what the App Store has signed for the apps with the `bundle_ids`; for any app without them."""

    def __init__(
        self, signed_data: SignedData, bundle_ids: Collection[str], app_apple_id: int, clock: Clock
    ) -> None:
        self._signed_data = signed_data
        self._bundle_ids = bundle_ids
        self._app_apple_id = app_apple_id
        self._clock = clock

    def transaction(self, jws: str, checks: Checks) -> Transaction:
        """A signed transaction. `Refused`, also for anything else that the App Store signs.

        The reference looks neither at the app nor at the kind of what is signed: a purchase of another app,
        or a renewal, is a purchase to it.
        """
        payload = self._signed_data.verified(jws, checks)
        is_transaction = all(name in payload for name in ("transactionId", "productId", "purchaseDate"))
        checks.require("kind", is_transaction, "it is no transaction", detail="a transaction")
        environment = _environment(payload.get("environment"), checks)
        check_bundle_id(payload.get("bundleId"), self._bundle_ids, checks)
        return self._read(jws, payload, environment, checks)

    def renewal(self, jws: str, checks: Checks) -> Payload:
        """What is known of a subscription's next renewal: its payload. `Refused`."""
        payload = self._signed_data.verified(jws, checks)
        is_renewal = "originalTransactionId" in payload and "transactionId" not in payload
        checks.require("kind", is_renewal, "it is no renewal", detail="a renewal")
        _environment(payload.get("environment"), checks)
        identifier(payload["originalTransactionId"], "originalTransactionId", checks)
        for name in ("productId", "autoRenewProductId"):
            if payload.get(name):
                identifier(payload[name], name, checks)
        for name in ("renewalDate", "gracePeriodExpiresDate"):
            optional_time(payload, name, checks)
        return payload

    def notification(self, jws: str, checks: Checks) -> Payload:
        """A notification (V2); what is signed in it is verified and replaced by its payload. `Refused`."""
        payload = self._signed_data.verified(jws, checks)
        is_notification = "notificationType" in payload
        checks.require("kind", is_notification, "it is no notification", detail="a notification")
        identifier(payload["notificationType"], "notificationType", checks)
        id = payload.get("notificationUUID")
        identifier(id, "notificationUUID", checks, longest=LONGEST_NOTIFICATION_ID)
        subject = next((found for name in _SUBJECTS if isinstance(found := payload.get(name), dict)), {})
        self._check_app(subject, checks)
        data = payload.get("data")
        return {**payload, "data": self._unsigned(data, checks)} if isinstance(data, dict) else payload

    def _check_app(self, subject: dict[str, Any], checks: Checks) -> None:
        environment = _environment(_environment_of(subject), checks)
        check_bundle_id(subject.get("bundleId"), self._bundle_ids, checks)
        if environment is not Environment.PRODUCTION or not self._app_apple_id:
            return  # Apple tells the app's number only in production
        said = subject.get("appAppleId")
        checks.require("app id", said == self._app_apple_id, f"{quoted(said)} is not {self._app_apple_id}")

    def _unsigned(self, data: dict[str, Any], checks: Checks) -> dict[str, Any]:
        """The `data` of a notification without signatures inside it."""
        nested: dict[str, Payload] = {}
        if (signed := data.get("signedTransactionInfo")) is not None:
            nested["signedTransactionInfo"] = self.transaction(_text(signed, checks), checks).payload
        if (signed := data.get("signedRenewalInfo")) is not None:
            nested["signedRenewalInfo"] = self.renewal(_text(signed, checks), checks)
        for name, payload in nested.items():
            same = payload["environment"] == data["environment"]
            checks.require("environment", same, f"the one of {name} is another one")
        return {**data, **nested}

    def _read(self, jws: str, payload: Payload, environment: Environment, checks: Checks) -> Transaction:
        transaction_id = identifier(payload["transactionId"], "transactionId", checks, shown=True)
        original_id = payload.get("originalTransactionId", transaction_id)
        purchase_time = time(payload, "purchaseDate", checks)
        return Transaction(
            jws=jws,
            payload=payload,
            transaction_id=transaction_id,
            original_transaction_id=identifier(original_id, "originalTransactionId", checks, shown=True),
            product_id=identifier(payload["productId"], "productId", checks, shown=True),
            bundle_id=str(payload.get("bundleId", "")),
            environment=environment,
            purchase_time=purchase_time,
            original_purchase_time=optional_time(payload, "originalPurchaseDate", checks) or purchase_time,
            expire_time=optional_time(payload, "expiresDate", checks),
            refund_time=optional_time(payload, "revocationDate", checks),
            signed_time=optional_time(payload, "signedDate", checks) or self._clock.now(),
        )


def _environment(value: object, checks: Checks) -> Environment:
    known = isinstance(value, str) and value in ENVIRONMENTS
    otherwise = f"{quoted(value)} is not {' or '.join(map(repr, ENVIRONMENTS))}"
    checks.require("environment", known, otherwise, detail=quoted(value))
    return ENVIRONMENTS[str(value)]


def _environment_of(subject: dict[str, Any]) -> object:
    """Where something has happened; tokens of external purchases do not say it but by their id."""
    if "externalPurchaseId" not in subject:
        return subject.get("environment")
    return "Sandbox" if str(subject["externalPurchaseId"]).startswith("SANDBOX") else "Production"


def _text(value: object, checks: Checks) -> str:
    if not isinstance(value, str):
        raise checks.refused("form", "what is signed inside it is no text")
    return value
