"""Takes in what the stores tell: each notification once, and what it changes in the same transaction."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.errors import ApiError, Code
from kizuna.outside.checks import Checks, Refused
from kizuna.outside.client import Unavailable
from kizuna.provider_settings import Iap
from kizuna.purchases.notices import apple, queries
from kizuna.purchases.notices.delivery import Delivery
from kizuna.purchases.notices.google import GoogleNotices
from kizuna.purchases.notices.notice import Notice
from kizuna.purchases.service import Purchases
from kizuna.purchases.stores import Stores
from kizuna.purchases.stores.google_answers import GoogleSubscription
from kizuna.purchases.stores.interface import (
    NAMES,
    OtherStore,
    Store,
    StorePurchase,
    StoreSubscription,
)
from kizuna.purchases.subscriptions import Subscriptions
from kizuna.wire.uuids import parse_uuid

log = logging.getLogger(__name__)


class Notices:
    """Takes in notifications, and has game code told of them.

    `ApiError`: 503 for what the store is to send again, 400 for what no store has signed or can be read, 401
    for what somebody else has sent.
    """

    def __init__(
        self,
        database: Database,
        stores: Stores,
        iap: Iap,
        purchases: Purchases,
        subscriptions: Subscriptions,
        delivery: Delivery,
        clock: Clock,
    ) -> None:
        self._database = database
        self._stores = stores
        self._google = GoogleNotices(iap.google, stores.google, clock)
        self._purchases = purchases
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._clock = clock

    async def take_apple(self, authorization: str, body: bytes) -> None:
        """Take in a request of Apple's, which is signed; the header does not matter."""
        with _reading(Store.APPLE) as checks:
            notice = apple.read(body, self._stores.apple, checks)
        await self._take(notice)

    async def take_google(self, authorization: str, body: bytes) -> None:
        """Take in a request of Google's, with the token by which it proves to be Google's."""
        with _reading(Store.GOOGLE, refusal=Code.UNAUTHENTICATED) as checks:
            await self._stores.google.verify_push(authorization, checks)
        with _reading(Store.GOOGLE) as checks:
            notice = await self._google.read(body, checks)
            if notice is not None and isinstance(notice.subject, GoogleSubscription):
                subject = await self._subscriptions.with_former(notice.subject, self._stores.google)
                notice = replace(notice, subject=subject)
        await self._take(notice)

    async def _take(self, notice: Notice | None) -> None:
        if notice is None:
            return
        try:
            is_news = await self._database.atomically(partial(self._take_within, notice))
        except OtherStore:
            # It would be no better if the store sent it again.
            log.warning("%s notification %s is about an id of another store's", *_names(notice))
            return
        if is_news:
            self._delivery.wake()

    async def _take_within(self, notice: Notice, tx: Transaction) -> bool:
        """Note a notice and change what it changes; whether game code is to be told."""
        subject, topic, now = notice.subject, notice.topic, self._clock.now()
        is_new = await tx.write(
            queries.RECORD,
            notice.id,
            topic.store,
            notice.type or 0,
            notice.transaction_id,
            topic.is_subscription,
            notice.payload,
            now,
        )
        if not is_new:
            return False
        if isinstance(subject, StoreSubscription):
            owner = await self._change_subscription(tx, notice, subject)
        else:
            owner = await self._change_purchase(tx, notice, subject)
        if owner is None or notice.type is None or not self._delivery.is_heard(notice):
            return False
        await tx.write(queries.TELL, notice.id, now)
        return True

    async def _change_subscription(
        self, tx: Transaction, notice: Notice, subscription: StoreSubscription
    ) -> str | None:
        """Change a subscription; whose it is then, None also for what is no news."""
        # Users are held before what is theirs, in the order in which a deletion takes them.
        user = None if notice.is_end else await self._user(tx, notice.account)
        id = subscription.original_transaction_id
        rows = await tx.read(queries.LOCK_SUBSCRIPTION, id, subscription.store)
        user = await self._subscriptions.former_owner(tx, subscription) or user
        if not rows and user is None and not notice.is_remembered:
            _check_needs_nobody(notice)
            return None
        if await self._is_overtaken(tx, notice):
            return None
        if rows and notice.period_end is not None and notice.period_end < rows[0]["expire_time"]:
            return await self._subscriptions.owner_of(id, tx)
        if notice.ends_refund is not None:
            await self._subscriptions.clear_refund_within(tx, id, notice.ends_refund)
        return await self._subscriptions.keep_within(tx, user, subscription, notice.body)

    async def _user(self, tx: Transaction, account: str) -> str | None:
        """The user that the game has named to the store, if that is one of ours."""
        user_id = parse_uuid(account)
        rows = await tx.read(queries.HOLD_USER, user_id) if user_id else []
        return user_id if rows else None

    async def _change_purchase(self, tx: Transaction, notice: Notice, purchase: StorePurchase) -> str | None:
        """Note the refund of a purchase, or that it was taken back; whose it is, None also for what is no
        news. Only who validates a purchase gets it."""
        if notice.ends_refund is not None:
            await self._purchases.clear_refund_within(
                tx, purchase.store, purchase.transaction_id, notice.ends_refund
            )
            return None
        if await self._is_overtaken(tx, notice):
            return None
        return await self._purchases.note_refund_within(tx, purchase)

    async def _is_overtaken(self, tx: Transaction, notice: Notice) -> bool:
        """Whether a refund has been taken back already, of which the store has told first."""
        if notice.refund_said is None:
            return False
        rows = await tx.read(queries.UNTOLD, notice.transaction_id, notice.refund_said)
        return apple.is_reversed(notice.payload, (row["payload"] for row in rows))


def _names(notice: Notice) -> tuple[str, str]:
    """How the log calls a notification: its store, its id."""
    return NAMES[notice.topic.store], notice.id


def _check_needs_nobody(notice: Notice) -> None:
    """503 for a notice about what nobody is known to have, if it is to come again; others are dropped."""
    if notice.needs_owner and parse_uuid(notice.account) is None:
        log.info("%s notification %s comes before its player", *_names(notice))
        raise ApiError(Code.UNAVAILABLE, "unknown owner")
    log.info("%s notification %s is about nobody's purchase", *_names(notice))


@contextmanager
def _reading(store: Store, refusal: Code = Code.INVALID_ARGUMENT) -> Iterator[Checks]:
    """Around the verification of a notification. The log tells what was wrong, the answer nothing."""
    try:
        yield Checks()
    except Refused as error:
        log.warning("%s notification rejected: %s", NAMES[store], error)
        raise ApiError(refusal, error.check) from error
    except Unavailable as error:
        log.warning("%s notification not verified: %s", NAMES[store], error)
        raise ApiError(Code.UNAVAILABLE, "unavailable") from error
    except ApiError as error:
        log.error("%s notification not verified: %s", NAMES[store], error.message)
        raise ApiError(Code.UNAVAILABLE, error.message) from error
