"""Apple's App Store."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from kizuna.clock import Clock
from kizuna.errors import invalid
from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Outside, Unavailable
from kizuna.outside.tokens import is_three_parts
from kizuna.provider_settings import AppStore as Settings
from kizuna.purchases.stores.app_store_api import ServerApi
from kizuna.purchases.stores.app_store_chain import Chains, trusted_roots
from kizuna.purchases.stores.app_store_receipts import Receipts
from kizuna.purchases.stores.app_store_signed_data import SignedData, optional_time
from kizuna.purchases.stores.app_store_transactions import Transaction, Transactions
from kizuna.purchases.stores.interface import NotConfigured, Store, StorePurchase, StoreSubscription


class AppStore:
    """Verifies signed transactions of StoreKit 2, and receipts of StoreKit 1 by asking Apple.

    With a key for the App Store Server API, Apple is also asked what has become of a transaction since it
    was signed: a client may keep one from before its refund.
    """

    def __init__(
        self, settings: Settings, outside: Outside, clock: Clock, chains: Chains | None = None
    ) -> None:
        self._settings = settings
        self._outside = outside
        self._clock = clock
        self._chains = chains or Chains(trusted_roots(settings.root_certificates))
        signed_data = SignedData(self._chains, clock)
        self._transactions = Transactions(signed_data, settings.bundle_ids, settings.app_apple_id, clock)
        self._receipts = Receipts(settings, outside, clock)
        self._api = ServerApi(settings, outside, clock)

    def with_settings(self, **changes: Any) -> Self:
        """The same store with other settings; the trusted roots stay the same."""
        settings = self._settings.model_copy(update=changes)
        return type(self)(settings, self._outside, self._clock, self._chains)

    async def purchases(self, receipt: str, checks: Checks) -> list[StorePurchase]:
        """What was bought, in the order of the receipt. `ApiError`, `Refused`, `Unavailable`.

        A signed transaction needs no configuration; a receipt with nothing in it gives an empty list.
        """
        _require(receipt)
        if is_three_parts(receipt):
            return [await self._signed_purchase(receipt, checks)]
        self._require_configured()
        return await self._receipts.purchases(receipt, checks)

    async def subscriptions(self, receipt: str, checks: Checks) -> list[StoreSubscription]:
        """What was subscribed to; the first is the answer. `ApiError`, `Refused`, `Unavailable`."""
        self._require_configured()
        _require(receipt)
        if is_three_parts(receipt):
            return [await self._signed_subscription(receipt, checks)]
        return await self._receipts.subscriptions(receipt, checks)

    def notification(self, signed_payload: str, checks: Checks) -> dict[str, Any]:
        """A notification (V2), its nested transaction and renewal verified and in place. `Refused`.

        `notificationType` and `notificationUUID` are texts. What is nested has the ids and times of its kind
        in a form that can be kept.
        """
        return self._transactions.notification(signed_payload, checks)

    async def _signed_purchase(self, jws: str, checks: Checks) -> StorePurchase:
        signed = self._transactions.transaction(jws, checks)
        purchase = signed.purchase(checks)
        if not self._api.is_configured:
            return purchase
        return (await self._present(signed, checks)).purchase(checks)

    async def _signed_subscription(self, jws: str, checks: Checks) -> StoreSubscription:
        signed = self._transactions.transaction(jws, checks)
        subscription = signed.subscription(checks)
        if not self._api.is_configured:
            return subscription
        return (await self._present_period(signed, checks)).subscription(checks)

    async def _present(self, signed: Transaction, checks: Checks) -> Transaction:
        """A transaction as it is now."""
        jws = await self._api.transaction(signed, checks)
        with _answer_of_apple():
            now = self._transactions.transaction(jws, checks)
            same = now.transaction_id == signed.transaction_id
            checks.require("answer", same, "it is about another transaction")
        return _later(signed, now)

    async def _present_period(self, signed: Transaction, checks: Checks) -> Transaction:
        """The last transaction of a subscription, which goes on for a while if its renewal was not paid."""
        subscribed = await self._api.subscription(signed, checks)
        with _answer_of_apple():
            now = self._transactions.transaction(subscribed.transaction, checks)
            same = now.original_transaction_id == signed.original_transaction_id
            if subscribed.renewal:
                renewal = self._transactions.renewal(subscribed.renewal, checks)
                same &= renewal["originalTransactionId"] == signed.original_transaction_id
                now = now.until(optional_time(renewal, "gracePeriodExpiresDate", checks))
            checks.require("answer", same, "it is about another subscription")
        return _later(signed, now)

    def _require_configured(self) -> None:
        if not self._settings.shared_password:
            raise NotConfigured(Store.APPLE)


def _require(receipt: str) -> None:
    if not receipt:
        raise invalid("Receipt cannot be empty.")


@contextmanager
def _answer_of_apple() -> Iterator[None]:
    """What Apple answers has to be as good as what clients send; `Unavailable` if it is not."""
    try:
        yield
    except Refused as error:
        raise Unavailable(f"what the App Store Server API has answered is not good: {error}") from None


def _later(signed: Transaction, answered: Transaction) -> Transaction:
    """Of two statements of Apple's about the same, the one that counts."""
    return answered if answered.signed_time >= signed.signed_time else signed
