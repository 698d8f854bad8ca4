"""Apple's App Store: signed transactions and notifications, receipts, and the App Store Server API."""

import json
import uuid as uuids
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import Any

from kizuna.testing.providers import app_store_offers, payloads
from kizuna.testing.providers import app_store_receipts as receipts
from kizuna.testing.providers.app_store_api import ServerApi
from kizuna.testing.providers.app_store_chain import Chains
from kizuna.testing.providers.app_store_events import happened
from kizuna.testing.providers.app_store_jws import Header, sign
from kizuna.testing.providers.keys import PrivateKey, pem
from kizuna.testing.providers.part import Handler, Offer, Part, Request, World
from kizuna.testing.providers.payloads import merged
from kizuna.testing.providers.posting import HasUrl, post
from kizuna.testing.providers.times import Moment, instant, milliseconds

#: The app whose purchases these are.
BUNDLE_ID = "com.example.game"
APP_APPLE_ID = 1234567890

SHARED_PASSWORD = "fake-app-store-shared-password"
NOTIFICATIONS_ENDPOINT_ID = "fake-app-store-notifications"
#: Where a server with these settings takes notifications.
NOTIFICATIONS_PATH = f"/v2/console/apple/notifications/{NOTIFICATIONS_ENDPOINT_ID}"

_SANDBOX = "Sandbox"
#: The sandbox has another host name for the same address.
_SANDBOX_HOST = "localhost"

#: Chains of certificates that Apple may really have signed with.
_GENUINE = ("good", "expired_since_signing")

Payload = dict[str, Any]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class AppStore(Part):
    """The App Store. Everything that is signed has a `chain` of certificates and may be a `forgery`.

    The names of chains are in `app_store_chain.CHAINS`, of forgeries in `app_store_jws.FORGERIES`. Fields of
    a payload that are None are left out of it. Times are aware datetimes, RFC 3339 texts or seconds.

    Besides its options every function takes fields of Apple's payload by their names, to be merged into it,
    and any others in `payload`.
    """

    name = "app_store"
    notifications_path = NOTIFICATIONS_PATH

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.bundle_id = BUNDLE_ID
        self.app_apple_id = APP_APPLE_ID
        self.chains = Chains(world.clock)
        self._receipts = receipts.Receipts(SHARED_PASSWORD)
        self._api = ServerApi(world, BUNDLE_ID, self.jws, _environment)
        self._numbers = count(1)

    def routes(self) -> Mapping[str, Handler]:
        return {"POST /verifyReceipt": self._verify_receipt, **self._api.routes()}

    def settings(self) -> Mapping[str, Any]:
        """Everything but the App Store Server API, which `api_settings` adds: it is for those who want it."""
        sandbox = self.world.url.replace("127.0.0.1", _SANDBOX_HOST)
        return {
            "iap.apple.shared_password": SHARED_PASSWORD,
            "iap.apple.notifications_endpoint_id": NOTIFICATIONS_ENDPOINT_ID,
            "iap.apple.bundle_ids": [self.bundle_id],
            "iap.apple.app_apple_id": self.app_apple_id,
            "iap.apple.root_certificates": self._root_file,
            "iap.apple.receipt_base_url_production": self.world.url,
            "iap.apple.receipt_base_url_sandbox": sandbox,
            "iap.apple.api_base_url_production": self.world.url,
            "iap.apple.api_base_url_sandbox": sandbox,
        }

    def api_settings(self) -> Mapping[str, Any]:
        """Settings besides, with which a server asks the App Store Server API."""
        return self._api.settings()

    def offers(self) -> Mapping[str, Offer]:
        return app_store_offers.offers(self)

    @cached_property
    def _root_file(self) -> str:
        """The path of a PEM file with the root that verifiers have to trust."""
        return self.world.file("app-store-root.pem", pem(self.chains.root))

    # Signed texts

    def jws(
        self,
        payload: Any,
        chain: str = "good",
        *,
        header: Header | None = None,
        key: PrivateKey | None = None,
        forgery: str = "",
    ) -> str:
        """Any payload, signed; `header` is merged into the right one, `key` signs in place of the leaf's."""
        signing = self.chains.chain(chain)
        return sign(payload, replace(signing, key=key) if key else signing, header, forgery)

    def transaction(
        self,
        product_id: str,
        *,
        transaction_id: str = "",
        original_transaction_id: str = "",
        purchased: Moment | None = None,
        expires: Moment | None = None,
        revoked: Moment | None = None,
        signed: Moment | None = None,
        environment: str = _SANDBOX,
        bundle_id: str | None = None,
        user_id: str | None = None,
        chain: str = "good",
        forgery: str = "",
        header: Header | None = None,
        payload: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """A signed transaction: a consumable, or a subscription if it `expires`, bought for `user_id`.

        The App Store Server API knows it unless the signature is wrong.
        """
        signing = self.chains.chain(chain)
        when = instant(signed) if signed else signing.signed
        bought = milliseconds(purchased or when)
        own_id = transaction_id or self.new_id()
        told = {
            "transactionId": own_id,
            "originalTransactionId": original_transaction_id or own_id,
            "bundleId": self.bundle_id if bundle_id is None else bundle_id,
            "productId": product_id,
            "purchaseDate": bought,
            "originalPurchaseDate": bought,
            "quantity": 1,
            "type": "Auto-Renewable Subscription" if expires else "Consumable",
            "inAppOwnershipType": "PURCHASED",
            "signedDate": milliseconds(when),
            "environment": environment,
            "transactionReason": "PURCHASE",
            "storefront": "USA",
            "storefrontId": "143441",
            "price": 990,
            "currency": "USD",
            "expiresDate": milliseconds(expires) if expires else None,
            "revocationDate": milliseconds(revoked) if revoked else None,
            "revocationReason": 0 if revoked else None,
            "appAccountToken": user_id,
        }
        whole = _present({**told, **merged(payloads.TRANSACTION, fields, payload)})
        if chain in _GENUINE and not forgery and whole.get("transactionId"):
            self._api.remember(whole)
        return sign(whole, signing, header, forgery)

    def changed(self, transaction_id: str, *, payload: Mapping[str, Any] | None = None, **fields: Any) -> str:
        """A transaction that was issued before, signed anew with changes, of which the Server API knows too.

        ValueError for an unknown one, as from `revoked` and `renewed`.
        """
        now = milliseconds(self.world.clock.now())
        changes = merged(payloads.TRANSACTION, fields, payload)
        told = _present({**self.known(transaction_id), "signedDate": now, **changes})
        self._api.remember(told)
        return self.jws(told)

    def revoked(self, transaction_id: str) -> str:
        """The same after a refund."""
        now = milliseconds(self.world.clock.now())
        return self.changed(transaction_id, revocationDate=now, revocationReason=0)

    def renewed(self, transaction_id: str, expires: Moment) -> str:
        """The next transaction of a subscription, after one that was issued before."""
        before = self.known(transaction_id)
        now = milliseconds(self.world.clock.now())
        told = {
            **before,
            "transactionId": self.new_id(),
            "purchaseDate": now,
            "signedDate": now,
            "expiresDate": milliseconds(expires),
            "transactionReason": "RENEWAL",
        }
        self._api.remember(told)
        return self.jws(told)

    def known(self, transaction_id: str) -> Payload:
        """What a transaction says now. ValueError for an unknown one."""
        return self._api.known(transaction_id)

    def latest(self, original_transaction_id: str) -> Payload:
        """What the latest transaction of a subscription says now."""
        return self._api.latest(original_transaction_id)

    def end(self, original_transaction_id: str, when: Moment) -> None:
        """Let no period of a subscription last longer than this."""
        for each in self._api.transactions(original_transaction_id):
            expires = min(each.get("expiresDate", 0), milliseconds(when))
            self._api.remember({**each, "expiresDate": expires})

    def renewal(
        self,
        product_id: str,
        original_transaction_id: str,
        *,
        renews: Moment | None = None,
        grace_ends: Moment | None = None,
        next_product_id: str = "",
        auto_renews: bool = True,
        signed: Moment | None = None,
        environment: str = _SANDBOX,
        user_id: str | None = None,
        chain: str = "good",
        forgery: str = "",
        header: Header | None = None,
        payload: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """How a subscription goes on, signed: it `renews` at a time, as `next_product_id` or as it is."""
        signing = self.chains.chain(chain)
        when = instant(signed) if signed else signing.signed
        told = {
            "originalTransactionId": original_transaction_id,
            "productId": product_id,
            "autoRenewProductId": next_product_id or product_id,
            "autoRenewStatus": int(auto_renews),
            "renewalDate": milliseconds(renews) if renews else None,
            "gracePeriodExpiresDate": milliseconds(grace_ends) if grace_ends else None,
            "signedDate": milliseconds(when),
            "environment": environment,
            "appAccountToken": user_id,
        }
        whole = _present({**told, **merged(payloads.RENEWAL, fields, payload)})
        if chain in _GENUINE and not forgery:
            self._api.remember_renewal(whole)
        return sign(whole, signing, header, forgery)

    def notification(
        self,
        kind: str,
        subtype: str = "",
        *,
        transaction: str | None = None,
        renewal: str | None = None,
        uuid: str = "",
        signed: Moment | None = None,
        environment: str = _SANDBOX,
        data: Mapping[str, Any] | None = _NOTHING,
        chain: str = "good",
        forgery: str = "",
        header: Header | None = None,
        payload: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> bytes:
        """The body of a notification (V2) of a kind such as "DID_RENEW", about signed texts.

        `data` is merged into the one that is due; None leaves it out, for kinds that have something else.
        """
        signing = self.chains.chain(chain)
        when = instant(signed) if signed else signing.signed
        about = {
            "appAppleId": self.app_apple_id,
            "bundleId": self.bundle_id,
            "bundleVersion": "1",
            "environment": environment,
            "signedTransactionInfo": transaction,
            "signedRenewalInfo": renewal,
            "status": 1 if renewal else None,
            **(data or _NOTHING),
        }
        told = {
            "notificationType": kind,
            "subtype": subtype or None,
            "notificationUUID": uuid or str(uuids.uuid4()),
            "version": "2.0",
            "signedDate": milliseconds(when),
            "data": None if data is None else _present(about),
        }
        whole = _present({**told, **merged(payloads.NOTIFICATION, fields, payload)})
        return json.dumps({"signedPayload": sign(whole, signing, header, forgery)}).encode()

    def notify(
        self,
        server: HasUrl | str,
        kind: str,
        transaction_id: str = "",
        *,
        subtype: str | None = None,
        expires: Moment | None = None,
        product_id: str = "",
    ) -> int:
        """Let something happen to a purchase, and tell a server, or the one at a URL; the answer's status.

        `kind` and `subtype` are one of `app_store_events.KINDS`, such as "REFUND". `expires` is until when a
        subscription lasts then, `product_id` as what it goes on. ValueError for what cannot happen,
        ConnectionError if the server does not answer.
        """
        body, _ = happened(
            self, kind, transaction_id, subtype=subtype, expires=expires, product_id=product_id
        )
        return post(server, self.notifications_path, body, {})

    # Receipts of StoreKit 1

    def entry(
        self, product_id: str, *, transaction_id: str = "", purchased: Moment | None = None, **fields: Any
    ) -> dict[str, str]:
        """A purchase for `receipt`; `fields` are those of `app_store_receipts.entry`, such as `expires`."""
        when = purchased or self.world.clock.now()
        return receipts.entry(product_id, transaction_id or self.new_id(), when, **fields)

    def receipt(
        self,
        *entries: str | receipts.Entry,
        environment: str = _SANDBOX,
        latest: tuple[receipts.Entry, ...] | None = None,
        payload: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """A receipt with these purchases, a product's id being enough; verifyReceipt knows it.

        `latest` is what Apple lists as latest_receipt_info, the subscriptions by default. Other fields of
        Apple's answer are merged into it: `status=21199, **{"is-retryable": True}`; None leaves one out.
        """
        whole = [self.entry(each) if isinstance(each, str) else dict(each) for each in entries]
        subscriptions = [each for each in whole if "expires_date_ms" in each] if latest is None else latest
        now = self.world.clock.now()
        sealed = receipts.sealed(whole, self.bundle_id, environment, now, self.chains.chain())
        answer = merged(payloads.RECEIPT, fields, payload)
        told = receipts.answer(whole, subscriptions, self.bundle_id, environment, now)
        self._receipts.add(sealed, {**_present({**told, **answer}), "environment": environment})
        return sealed

    def _verify_receipt(self, request: Request) -> Any:
        return self._receipts.verify(request, _environment(request))

    def new_id(self) -> str:
        """A transaction id that no other start of the fake has given either."""
        return f"2{uuids.uuid4().int % 10**12:012}{next(self._numbers):03}"


def _environment(request: Request) -> str:
    """Whom a request is for: the hosts of production and sandbox are two names of one address."""
    host = request.headers.get("host", "")
    return _SANDBOX if host.startswith(_SANDBOX_HOST) else "Production"


def _present(fields: Mapping[str, Any]) -> Payload:
    """What is not None."""
    return {name: value for name, value in fields.items() if value is not None}
