"""Receipts of StoreKit 1, which Apple verifies (verifyReceipt)."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from kizuna.clock import Clock
from kizuna.outside.checks import Checks
from kizuna.outside.client import Outside, Unavailable
from kizuna.provider_settings import AppStore as Settings
from kizuna.purchases.stores.answers import Answer, identifier, json_text, time_of_milliseconds
from kizuna.purchases.stores.app_store_transactions import (
    check_bundle_id,
    not_for_purchases,
    not_for_subscriptions,
)
from kizuna.purchases.stores.interface import (
    Environment,
    Store,
    StorePurchase,
    StoreSubscription,
    invalid_receipt,
)
from kizuna.wire.microseconds import EPOCH

log = logging.getLogger(__name__)

#: Statuses: it is good; our password is not the app's; it is from the sandbox, and has to be verified there.
_GOOD, _WRONG_PASSWORD, _FROM_SANDBOX = 0, 21004, 21007

#: What Apple means by those that are common.
_MEANINGS = {
    21002: "the receipt is malformed",
    21003: "Apple cannot authenticate the receipt",
    21005: "Apple's server for receipts is down",
    21007: "the receipt is from the sandbox",
    21008: "the receipt is from production, and was sent to the sandbox",
    21010: "Apple does not find the account, or it was deleted",
}

#: Apple's whole answer is kept with each of a receipt's purchases, as by Nakama, up to this many bytes
#: together. Beyond it each has its own part alone: the answer grows with every purchase itself, and so it
#: would be sent and kept as often as there are purchases in it.
_WHOLE_ANSWERS = 256 << 10

#: The largest answer that is read, in bytes: it holds all that was ever bought with an account in the app.
_LARGEST_ANSWER = 8 << 20

#: What may be `is-retryable`, which Apple describes as a boolean with the values 1 and 0.
_TRUE = (True, "1", "true")

Entry = dict[str, Any]


class Receipts:
    """Asks Apple what is in a receipt."""

    def __init__(self, settings: Settings, outside: Outside, clock: Clock) -> None:
        self._settings = settings
        self._outside = outside
        self._clock = clock

    async def purchases(self, receipt: str, checks: Checks) -> list[StorePurchase]:
        """The purchases in a receipt, in its order; none for one that is empty. `Refused`, `Unavailable`."""
        answer = await self._verified(receipt, checks)
        entries = [*_entries(answer, _receipt(answer), "in_app"), *_latest(answer)]
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if not entry.get("expires_date_ms"):
                found[str(entry.get("transaction_id"))].append(entry)
        if entries and not found:
            raise not_for_subscriptions(checks)
        words = _Words(answer.storable(checks), len(found), checks)
        return [_purchase(same, answer, words, checks) for same in found.values()]

    async def subscriptions(self, receipt: str, checks: Checks) -> list[StoreSubscription]:
        """The subscriptions in a receipt, the one that expires last first. `Refused`, `Unavailable`."""
        answer = await self._verified(receipt, checks)
        entries = [entry for entry in _latest(answer) if entry.get("expires_date_ms")]
        if not entries:
            raise not_for_purchases(checks)
        found = list(self._subscriptions(entries, answer, checks))
        return sorted(found, key=lambda subscription: subscription.expire_time, reverse=True)

    def _subscriptions(
        self, entries: list[Entry], answer: Answer, checks: Checks
    ) -> Iterator[StoreSubscription]:
        """One subscription for each original transaction, as its last entry has it.

        To the reference, the last is the one whose number comes last in the alphabet.
        """
        periods: defaultdict[str, list[_Period]] = defaultdict(list)
        for entry in entries:
            original_id = identifier(_original_id(entry), "original transaction id", checks, shown=True)
            periods[original_id].append(_Period(entry, checks))
        graces, store_time = _graces(answer, checks), self._told(answer, checks)
        words = _Words(answer.storable(checks), len(periods), checks)
        for original_id, all_of_it in periods.items():
            last = max(all_of_it, key=lambda period: period.order)
            raw = words.of(last.entry)
            yield StoreSubscription(
                original_transaction_id=original_id,
                product_id=identifier(last.entry.get("product_id"), "product id", checks, shown=True),
                store=Store.APPLE,
                environment=_environment(answer),
                purchase_time=last.purchase_time(checks),
                expire_time=max(last.expire_time, graces.get(original_id, EPOCH)),
                store_time=store_time,
                raw=raw,
                provider_response=raw,
                refund_time=_refund_time(last.entry, checks),
                period_time=last.begin_time(checks),
            )

    def _told(self, answer: Answer, checks: Checks) -> datetime:
        """When Apple said it."""
        said = _receipt(answer).get("request_date_ms")
        return time_of_milliseconds(said, "request date", checks) if said else self._clock.now()

    async def _verified(self, receipt: str, checks: Checks) -> Answer:
        """What Apple says of a good receipt of one of the game's apps."""
        settings = self._settings
        answer = await self._ask(settings.receipt_base_url_production, receipt, checks)
        if answer.member("status", int) == _FROM_SANDBOX:
            answer = await self._ask(settings.receipt_base_url_sandbox, receipt, checks)
        _check_status(answer, checks)
        check_bundle_id(_receipt(answer).get("bundle_id"), settings.bundle_ids, checks)
        return answer

    async def _ask(self, base_url: str, receipt: str, checks: Checks) -> Answer:
        body = {
            "receipt-data": receipt,
            "exclude-old-transactions": True,
            "password": self._settings.shared_password,
        }
        try:
            json = orjson.dumps(body)
        except orjson.JSONEncodeError:
            raise checks.refused("form", "it cannot be written as JSON") from None
        headers = {"content-type": "application/json; charset=utf-8"}
        url = f"{base_url}/verifyReceipt"
        reply = await self._outside.post(url, json=json, headers=headers, largest=_LARGEST_ANSWER)
        if reply.status != 200:
            raise Unavailable(f"{reply.host} answered {reply.status}")
        return Answer(reply)


class _Period:
    """An entry about a time for which was paid."""

    def __init__(self, entry: Entry, checks: Checks) -> None:
        self.entry = entry
        self.expire_time = time_of_milliseconds(entry["expires_date_ms"], "expiry date", checks)

    @property
    def order(self) -> tuple[bool, datetime]:
        """What was given up for another product is over, however long it was to last."""
        return self.entry.get("is_upgraded") not in _TRUE, self.expire_time

    def begin_time(self, checks: Checks) -> datetime | None:
        said = self.entry.get("purchase_date_ms")
        return time_of_milliseconds(said, "purchase date", checks) if said else None

    def purchase_time(self, checks: Checks) -> datetime:
        return time_of_milliseconds(
            self.entry.get("original_purchase_date_ms"), "original purchase date", checks
        )


class _Words:
    """What is kept of an answer, JSON text, with each of so many purchases."""

    def __init__(self, answer: str, purchases: int, checks: Checks) -> None:
        self._answer = answer
        self._checks = checks
        self._is_whole = len(answer.encode()) * purchases <= _WHOLE_ANSWERS

    def of(self, entry: Entry) -> str:
        """The words with a purchase. `Refused` for what cannot be written."""
        return self._answer if self._is_whole else json_text(entry, "answer", self._checks)


def _check_status(answer: Answer, checks: Checks) -> None:
    status = answer.member("status", int)
    if status != _GOOD and answer.members.get("is-retryable") in _TRUE:
        raise Unavailable(f"{answer.host} has a problem of its own: status {status}")
    if status == _WRONG_PASSWORD:
        # The operator's fault, not the player's, who shall be able to try again: the reference says 400.
        log.error(
            "%s does not take iap.apple.shared_password (status %s): it is not that of the receipt's app",
            answer.host,
            status,
        )
        raise Unavailable(f"{answer.host} does not take iap.apple.shared_password: status {status}")
    if status != _GOOD:
        reason = ": ".join([f"it is {status}", *filter(None, [_MEANINGS.get(status)])])
        raise invalid_receipt(checks, "status", reason, f"Invalid Receipt. Status: {status}")
    checks.passed("status", f"{status} from {answer.host}")


def _receipt(answer: Answer) -> dict[str, Any]:
    return answer.member("receipt", dict)


def _latest(answer: Answer) -> list[Entry]:
    return _entries(answer, answer.members, "latest_receipt_info")


def _entries(answer: Answer, members: Mapping[str, Any], name: str) -> list[Entry]:
    """A list of objects, which may be absent. `Unavailable` for anything else."""
    value = members.get(name)
    entries = [] if value is None else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unavailable(f"{answer.host} answered without a usable {name}")
    return entries


def _purchase(entries: Sequence[Entry], answer: Answer, words: _Words, checks: Checks) -> StorePurchase:
    """The purchase that one or more entries are about. The first counts, but any may tell of a refund."""
    entry, refund_times = entries[0], [_refund_time(each, checks) for each in entries]
    raw = words.of(entry)
    return StorePurchase(
        transaction_id=identifier(entry.get("transaction_id"), "transaction id", checks, shown=True),
        product_id=identifier(entry.get("product_id"), "product id", checks, shown=True),
        store=Store.APPLE,
        environment=_environment(answer),
        purchase_time=time_of_milliseconds(entry.get("purchase_date_ms"), "purchase date", checks),
        raw=raw,
        provider_response=raw,
        refund_time=max(filter(None, refund_times), default=None),
    )


def _refund_time(entry: Entry, checks: Checks) -> datetime | None:
    """When Apple has taken it back. The reference does not look, and takes what was refunded."""
    said = entry.get("cancellation_date_ms")
    return time_of_milliseconds(said, "cancellation date", checks) if said else None


def _graces(answer: Answer, checks: Checks) -> dict[str, datetime]:
    """Until when subscriptions go on whose renewal could not be paid, by their original transactions."""
    return {
        str(entry.get("original_transaction_id")): time_of_milliseconds(said, "grace period", checks)
        for entry in _entries(answer, answer.members, "pending_renewal_info")
        if (said := entry.get("grace_period_expires_date_ms"))
    }


def _environment(answer: Answer) -> Environment:
    is_sandbox = answer.members.get("environment") == "Sandbox"
    return Environment.SANDBOX if is_sandbox else Environment.PRODUCTION


def _original_id(entry: Entry) -> object:
    return entry.get("original_transaction_id") or entry.get("transaction_id")
