"""Google Play's real-time developer notifications, as Pub/Sub pushes them.

They tell that something has changed, and nothing more: what is the case now, Google's API is asked.
"""

import base64
import binascii
import logging
from dataclasses import dataclass, replace
from typing import Any

from kizuna.clock import Clock
from kizuna.outside.checks import Checks, Refused, quoted
from kizuna.outside.encoding import json_object
from kizuna.provider_settings import GooglePlay as Settings
from kizuna.purchases.notices.notice import Notice, StoreNotificationType
from kizuna.purchases.stores.answers import LONGEST_NOTIFICATION_ID, identifier, json_text, whole_number
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.purchases.stores.interface import StorePurchase, StoreSubscription

log = logging.getLogger(__name__)

Json = dict[str, Any]

#: What game code is told of the types of subscription notifications; of others it is not told.
_TOLD = {
    2: StoreNotificationType.RENEWED,
    3: StoreNotificationType.CANCELLED,
    4: StoreNotificationType.SUBSCRIBED,
    13: StoreNotificationType.EXPIRED,
}
_REVOKED = 12

#: `productType` and `refundType` of what was voided.
_SUBSCRIPTION = 1
_PARTLY = 2

_STANDARD = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class _Push:
    """A message: its id, the notification in it, also as JSON text, and the body in which it came."""

    id: str
    told: Json
    payload: str
    body: str

    @property
    def about(self) -> Json | None:
        """What has changed, or was voided; None for a notification of something else."""
        parts = (self.told.get("subscriptionNotification"), self.told.get("voidedPurchaseNotification"))
        return next((part for part in parts if isinstance(part, dict)), None)

    @property
    def is_voided(self) -> bool:
        """Whether it was voided."""
        return not isinstance(self.told.get("subscriptionNotification"), dict)

    def notice(
        self, type: StoreNotificationType | None, subject: StorePurchase | StoreSubscription, account: str
    ) -> Notice:
        """What is to become of it."""
        return Notice(
            id=self.id,
            type=type,
            subject=subject,
            account=account,
            payload=self.payload,
            body=self.body,
            is_remembered=type is StoreNotificationType.REFUNDED,
        )


class GoogleNotices:
    """Reads the notifications of Google Play."""

    def __init__(self, settings: Settings, store: GooglePlay, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock

    async def read(self, body: bytes, checks: Checks) -> Notice | None:
        """What a request tells, None for nothing that changes anything.

        `Refused`, `Unavailable`; `ApiError` if the store is not configured.
        """
        push = _push(body, checks)
        package = identifier(push.told.get("packageName"), "package", checks)
        names = self._settings.package_names
        checks.require("package", not names or package in names, f"{quoted(package)} is not configured")
        about = push.about
        if about is None:
            return None  # a test, or a purchase, which the client validates
        token = identifier(about.get("purchaseToken"), "token", checks)
        try:
            return await self._confirmed(push, package, token, about, checks)
        except Refused as error:
            # It would be no better if Google sent it again.
            log.warning("Google Play tells of what it does not confirm: %s", error)
            return None

    async def _confirmed(
        self, push: _Push, package: str, token: str, about: Json, checks: Checks
    ) -> Notice | None:
        """What becomes of a notification about a token, after asking Google how things stand.

        The reference asks only sometimes, and takes a part of a refund for all of it.
        """
        kind = whole_number(about.get("notificationType"))
        if push.is_voided and whole_number(about.get("refundType")) == _PARTLY:
            return None
        if push.is_voided and whole_number(about.get("productType")) != _SUBSCRIPTION:
            purchase, account = await self._store.product_by_token(package, token, checks)
            return _refund(push, purchase, account)
        subscription, account = await self._store.subscription_by_token(package, token, checks)
        if subscription.lives_on:
            return None
        if push.is_voided or kind == _REVOKED:
            return self._revoked(push, subscription, account)
        return push.notice(None if kind is None else _TOLD.get(kind), subscription, account)

    def _revoked(self, push: _Push, subscription: StoreSubscription, account: str) -> Notice:
        """A subscription that was refunded, and has ended, if Google says so. It may well go on: it may be
        for an earlier period that was paid back."""
        now = self._clock.now()
        if subscription.expire_time > now:
            return push.notice(None, subscription, account)
        ended = replace(subscription, refund_time=now)
        return push.notice(StoreNotificationType.REFUNDED, ended, account)


def _refund(push: _Push, purchase: StorePurchase, account: str) -> Notice | None:
    if purchase.refund_time is None:
        log.warning("Google Play tells of a voided purchase, %s, which has not been cancelled", push.id)
        return None
    return push.notice(StoreNotificationType.REFUNDED, purchase, account)


def _push(body: bytes, checks: Checks) -> _Push:
    try:
        message = json_object(body).get("message")
        if not isinstance(message, dict):
            raise ValueError("has no message")
        told = json_object(_decoded(message.get("data")))
    except ValueError as error:
        raise checks.refused("body", f"it {error}") from None
    said = message.get("messageId") or message.get("message_id")
    id = identifier(said, "id", checks, longest=LONGEST_NOTIFICATION_ID)
    return _Push(f"google:{id}", told, json_text(told, "body", checks), body.decode())


def _decoded(data: object) -> bytes:
    """Bytes from base64 with either alphabet. ValueError for anything else."""
    if not isinstance(data, str):
        raise ValueError("has no data")
    text = data.translate(_STANDARD).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("has data that is not base64") from None
