"""App Store Server Notifications, version 2."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from kizuna.outside.checks import Checks
from kizuna.outside.encoding import json_object
from kizuna.purchases.notices.notice import Notice, StoreNotificationType
from kizuna.purchases.stores.answers import identifier, json_text, time_of_milliseconds
from kizuna.purchases.stores.app_store import AppStore
from kizuna.purchases.stores.app_store_transactions import ENVIRONMENTS
from kizuna.purchases.stores.interface import Environment, Store, StorePurchase, StoreSubscription

Json = dict[str, Any]

#: Notifications of a period that was paid for, and what game code is told.
_PAID = {
    "SUBSCRIBED": StoreNotificationType.SUBSCRIBED,
    "DID_RENEW": StoreNotificationType.RENEWED,
    "DID_CHANGE_RENEWAL_PREF": StoreNotificationType.SUBSCRIBED,
    "OFFER_REDEEMED": StoreNotificationType.SUBSCRIBED,
    "RENEWAL_EXTENDED": None,
}

#: Notifications of how long a subscription goes on, or went.
_ENDING = {
    "EXPIRED": StoreNotificationType.EXPIRED,
    "GRACE_PERIOD_EXPIRED": StoreNotificationType.EXPIRED,
    "DID_CHANGE_RENEWAL_STATUS": None,
    "DID_FAIL_TO_RENEW": None,
}


def read(body: bytes, store: AppStore, checks: Checks) -> Notice | None:
    """What a request of Apple's tells, None for nothing that changes anything. `Refused`."""
    payload = store.notification(_signed_payload(body, checks), checks)
    data = payload.get("data")
    if not isinstance(data, dict):
        return None  # a summary, or a purchase outside the store
    return _notice(_Told(payload, data, body.decode(), checks))


def is_reversed(refund: str, others: Iterable[str]) -> bool:
    """Whether a refund was taken back later, by one of the other notifications about the same purchase or
    subscription, as they are kept."""
    told = orjson.loads(refund)
    return any(
        other["signedDate"] > told["signedDate"] and _transaction_id(other) == _transaction_id(told)
        for other in map(orjson.loads, others)
        if str(other["notificationType"]).upper() == "REFUND_REVERSED"
    )


def _transaction_id(told: Json) -> object:
    """Of a subscription, each period has one of its own."""
    return told["data"]["signedTransactionInfo"]["transactionId"]


def _signed_payload(body: bytes, checks: Checks) -> str:
    try:
        signed = json_object(body).get("signedPayload")
    except ValueError as error:
        raise checks.refused("body", f"it {error}") from None
    checks.require("body", isinstance(signed, str), "it has no signedPayload")
    return str(signed)


@dataclass(frozen=True, slots=True)
class _Told:
    """A verified notification; `data` is the part of its `payload` that tells what has happened."""

    payload: Json
    data: Json
    body: str
    checks: Checks

    @property
    def type(self) -> str:
        return str(self.payload.get("notificationType")).upper()

    @property
    def subtype(self) -> str:
        return str(self.payload.get("subtype") or "").upper()

    @property
    def said_at(self) -> datetime:
        return time_of_milliseconds(self.payload.get("signedDate"), "signed date", self.checks)

    @property
    def environment(self) -> Environment:
        return ENVIRONMENTS[self.data["environment"]]

    @property
    def known(self) -> Json:
        """What is said of the purchase, by the renewal where the transaction does not."""
        parts = (self.data.get("signedRenewalInfo"), self.data.get("signedTransactionInfo"))
        return {name: value for part in parts if part for name, value in part.items()}

    def time(self, name: str) -> datetime | None:
        """A time of what is known, None for one that is not."""
        said = self.known.get(name)
        return time_of_milliseconds(said, name, self.checks) if said else None

    def id(self, name: str) -> str:
        """An id of what is known, which must be."""
        return identifier(self.known.get(name), name, self.checks)

    def notice(
        self,
        type: StoreNotificationType | None,
        subject: StorePurchase | StoreSubscription,
        *,
        needs_owner: bool = False,
        is_remembered: bool = False,
        ends_refund: datetime | None = None,
        period_end: datetime | None = None,
        refund_said: datetime | None = None,
    ) -> Notice:
        """What is to become of it."""
        account = self.known.get("appAccountToken")
        return Notice(
            id=f"apple:{self.payload['notificationUUID']}",
            type=type,
            subject=subject,
            account=account if isinstance(account, str) else "",
            payload=json_text(self.payload, "body", self.checks),
            body=self.body,
            needs_owner=needs_owner,
            is_remembered=is_remembered,
            ends_refund=ends_refund,
            period_end=period_end,
            refund_said=refund_said,
        )

    def require(self, *names: str) -> None:
        """The checks that parts are there. `Refused` for one that is not."""
        for name in names:
            self.checks.require(name, bool(self.data.get(name)), f"there is none, as {self.type} must have")


def _notice(told: _Told) -> Notice | None:
    """What becomes of a notification of each type.

    What is bought once (ONE_TIME_CHARGE) is not kept: the player's own validation must be the first, for
    games give nothing for what was seen before.
    """
    if told.type in _PAID:
        return _paid(told)
    if told.type in _ENDING:
        return _ending(told)
    match told.type:
        case "REFUND":
            return _refunded(told)
        case "REFUND_REVERSED":
            return _refund_reversed(told)
        case "REVOKE" | "REVOKED":  # the second is how the reference spells the first
            return _revoked(told)
    return None


def _paid(told: _Told) -> Notice | None:
    told.require("signedTransactionInfo")
    if not told.time("expiresDate"):
        return None
    subscription = _subscription(told)
    # A downgrade takes effect when the subscription is renewed.
    if told.subtype == "UPGRADE" and "autoRenewProductId" in told.known:
        subscription = replace(subscription, product_id=told.id("autoRenewProductId"))
    return told.notice(
        _PAID[told.type],
        subscription,
        # An extension is told of masses of subscriptions, also of those that nobody has validated.
        needs_owner=told.type != "RENEWAL_EXTENDED",
        # A period is paid for up to a day before it begins, and may be paid back before that.
        ends_refund=min(told.time("purchaseDate") or told.said_at, told.said_at),
    )


def _ending(told: _Told) -> Notice | None:
    if told.type == "DID_FAIL_TO_RENEW" and told.subtype != "GRACE_PERIOD":
        return None  # Apple goes on trying, and it lasts no longer than was known
    told.require("signedRenewalInfo")
    type = _ENDING[told.type]
    if told.type == "DID_CHANGE_RENEWAL_STATUS" and told.subtype == "AUTO_RENEW_DISABLED":
        type = StoreNotificationType.CANCELLED
    said = (told.time("renewalDate"), told.time("gracePeriodExpiresDate"))
    times = [time for time in said if time is not None]
    # The reference lets one that says neither end in 1970.
    return told.notice(type, _subscription(told, max(times) if times else None))


def _refunded(told: _Told) -> Notice:
    told.require("signedTransactionInfo")
    when = told.time("revocationDate") or told.said_at
    subject: StorePurchase | StoreSubscription = _purchase(told, when)
    expires = told.time("expiresDate")
    if expires:
        subject = replace(_subscription(told), refund_time=when)
    return told.notice(
        StoreNotificationType.REFUNDED,
        subject,
        is_remembered=True,
        period_end=expires,
        refund_said=told.said_at,
    )


def _refund_reversed(told: _Told) -> Notice:
    told.require("signedTransactionInfo")
    if not told.time("expiresDate"):
        return told.notice(None, _purchase(told, None), ends_refund=told.said_at)
    subscription = replace(_subscription(told), refund_time=None)
    return told.notice(None, subscription, ends_refund=told.said_at, period_end=subscription.expire_time)


def _revoked(told: _Told) -> Notice:
    """Whoever shared it with the family does so no more."""
    told.require("signedTransactionInfo")
    when = told.time("revocationDate") or told.said_at
    expires = told.time("expiresDate")
    if expires is None:
        return told.notice(StoreNotificationType.REFUNDED, _purchase(told, when), is_remembered=True)
    # Of all that is shared: a next period may be paid for already.
    ended = replace(_subscription(told, min(expires, when)), period_time=None)
    return told.notice(StoreNotificationType.EXPIRED, ended, is_remembered=True)


def _purchase(told: _Told, refund_time: datetime | None) -> StorePurchase:
    return StorePurchase(
        transaction_id=told.id("transactionId"),
        product_id=told.id("productId"),
        store=Store.APPLE,
        environment=told.environment,
        purchase_time=told.time("purchaseDate") or told.said_at,
        raw="",
        refund_time=refund_time,
        store_time=told.said_at,
    )


def _subscription(told: _Told, expire_time: datetime | None = None) -> StoreSubscription:
    """As it is known, expiring at this time; None for the transaction's."""
    bought = told.time("originalPurchaseDate") or told.time("recentSubscriptionStartDate")
    return StoreSubscription(
        original_transaction_id=told.id("originalTransactionId"),
        product_id=told.id("productId"),
        store=Store.APPLE,
        environment=told.environment,
        purchase_time=bought or told.said_at,
        expire_time=expire_time or told.time("expiresDate") or told.said_at,
        store_time=told.said_at,
        raw="",
        refund_time=told.time("revocationDate"),
        period_time=told.time("purchaseDate"),
    )
