"""Subscriptions: what a store has confirmed is kept, with the time at which it expires."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.purchases import queries
from kizuna.purchases.asking import asking
from kizuna.purchases.keeping import check_buyers, kept_by
from kizuna.purchases.listing import Listing, Statements
from kizuna.purchases.messages import confirmed_subscription, kept_subscription, stored_subscription
from kizuna.purchases.stores import Stores
from kizuna.purchases.stores.app_store import AppStore
from kizuna.purchases.stores.google_answers import GoogleSubscription
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.purchases.stores.interface import Store, StoreSubscription
from kizuna.wire.encode import omit_empty
from kizuna.wire.microseconds import EPOCH

_LISTS = Statements(
    of_user=(queries.LIST_SUBSCRIPTIONS, queries.LIST_SUBSCRIPTIONS_BACKWARDS),
    of_all=(queries.LIST_ALL_SUBSCRIPTIONS, queries.LIST_ALL_SUBSCRIPTIONS_BACKWARDS),
)


class Subscriptions:
    """Validates subscriptions, keeps and lists them.

    Who validates one first, owns it, and is who others are told of; one whose owner has deleted the account
    goes to the next who validates it. Of what the store says the latest counts, in whatever order it comes.
    `store` is another one than the configured, such as one with other credentials.
    """

    def __init__(self, database: Database, stores: Stores, clock: Clock) -> None:
        self.stores = stores
        self._database = database
        self._clock = clock
        self._listing = Listing(database, _LISTS, name="subscriptions", id="original_transaction_id")

    async def validate_apple(
        self, user_id: str, receipt: str, persist: bool = True, store: AppStore | None = None
    ) -> dict[str, Any]:
        """The `ValidateSubscriptionResponse` to a signed transaction, or to a receipt of StoreKit 1, of whose
        subscriptions it tells one and keeps all."""
        with asking(Store.APPLE, user_id) as checks:
            found = await (store or self.stores.apple).subscriptions(receipt, checks)
            await check_buyers(self._database, found, user_id, checks)
            return await self._response(user_id, found, persist)

    async def validate_google(
        self, user_id: str, receipt: str, persist: bool = True, store: GooglePlay | None = None
    ) -> dict[str, Any]:
        """The `ValidateSubscriptionResponse` to what Google Play has given the client, bare or wrapped."""
        store = store or self.stores.google
        with asking(Store.GOOGLE, user_id) as checks:
            found = await store.subscription(receipt, user_id, checks)
            if persist:
                found = await self.with_former(found, store)
            response = await self._response(user_id, [found], persist)
        if persist:
            store.acknowledge_later(found)
        return response

    async def with_former(self, found: GoogleSubscription, store: GooglePlay) -> GoogleSubscription:
        """The same with what it goes on for. Google is asked for that once, and forgets it after some weeks:
        from then on the row that it is kept in decides. `Unavailable`."""
        if found.replaced is None:
            return found
        if await self._database.read(queries.SUBSCRIPTION, found.original_transaction_id):
            return found
        return replace(found, former=await store.former_tokens(found.replaced))

    async def page(self, user_id: str | None, limit: int, cursor: str) -> dict[str, Any]:
        """The `SubscriptionList` with a page of a user's, or (None) of everybody's.

        400 for a cursor that is none of this list.
        """
        page = await self._listing.page(user_id, limit, cursor)
        now = self._clock.now()
        subscriptions = [stored_subscription(row, now, tells_refund=True) for row in page.rows]
        return omit_empty(
            {"validated_subscriptions": subscriptions, "cursor": page.cursor, "prev_cursor": page.prev_cursor}
        )

    async def by_product(self, user_id: str, product_id: str) -> dict[str, Any] | None:
        """The `ValidatedSubscription` that a user has to a product, an active one first; None for none."""
        now = self._clock.now()
        rows = await self._database.read(queries.SUBSCRIPTION_TO, user_id, product_id, now)
        return stored_subscription(rows[0], now, tells_refund=False) if rows else None

    async def by_id(self, original_transaction_id: str) -> dict[str, Any] | None:
        """The `ValidatedSubscription` of an id, None if there is none."""
        rows = await self._database.read(queries.SUBSCRIPTION, original_transaction_id)
        return stored_subscription(rows[0], self._clock.now(), tells_refund=True) if rows else None

    async def keep_within(
        self, tx: Transaction, user_id: str | None, subscription: StoreSubscription, notification: str = ""
    ) -> str | None:
        """Keep a subscription as part of a transaction, for a user or for nobody; whose it is then.

        `notification` is what the store has sent, JSON text, "" for nothing. A known subscription keeps its
        owner; one that is nobody's goes to the user, if there is one.
        """
        [row] = (await self._go_on(tx, user_id, subscription, notification)).values()
        return None if row["user_id"] == SYSTEM_USER else row["user_id"]

    async def owner_of(self, original_transaction_id: str, tx: Transaction | None = None) -> str | None:
        """Whose a subscription is, None for nobody's and for none. Nothing is locked."""
        rows = await (tx or self._database).read(queries.SUBSCRIPTION_OWNER, original_transaction_id)
        return rows[0]["user_id"] if rows else None

    async def former_owner(self, tx: Transaction, subscription: StoreSubscription) -> str | None:
        """Whose that is for which a subscription goes on, None for nobody's and for nothing."""
        rows = await tx.read(queries.FORMER_OWNER, subscription.former) if subscription.former else []
        return rows[0]["user_id"] if rows else None

    async def clear_refund_within(
        self, tx: Transaction, original_transaction_id: str, taken_back: datetime
    ) -> None:
        """Note that a refund was taken back, at that time: a later refund stays."""
        now = self._clock.now()
        await tx.write(queries.CLEAR_SUBSCRIPTION_REFUND, original_transaction_id, taken_back, now)

    async def _response(
        self, user_id: str, found: Sequence[StoreSubscription], persist: bool
    ) -> dict[str, Any]:
        told = found[0]
        if persist:
            kept = await self._kept(user_id, found)
            message = kept_subscription(told, kept[told.original_transaction_id], self._clock.now())
        else:
            message = confirmed_subscription(told, user_id, self._clock.now())
        return {"validated_subscription": message}

    async def _kept(self, user_id: str, found: Sequence[StoreSubscription]) -> dict[str, Record]:
        """What is kept of them then, by id."""
        [first, *_] = found
        if not first.former:
            return await self._keep(self._database, user_id, found, "")

        async def go_on(tx: Transaction) -> dict[str, Record]:
            return await self._go_on(tx, user_id, first, "")

        return await self._database.atomically(go_on)

    async def _go_on(
        self, tx: Transaction, user_id: str | None, subscription: StoreSubscription, notification: str
    ) -> dict[str, Record]:
        """Keep a subscription in the place of those that it goes on for."""
        owner = await self.former_owner(tx, subscription)
        kept = await self._keep(tx, owner or user_id, [subscription], notification)
        if subscription.former:
            await tx.write(queries.END_FORMER, subscription.former, self._clock.now())
        return kept

    async def _keep(
        self,
        executor: Database | Transaction,
        user_id: str | None,
        subscriptions: Sequence[StoreSubscription],
        notification: str,
    ) -> dict[str, Record]:
        """What is then kept, by id. `OtherStore`."""
        # Of several with one id the first counts, which is the last to expire.
        kept = list({each.original_transaction_id: each for each in reversed(subscriptions)}.values())
        rows = await kept_by(
            executor,
            queries.KEEP_SUBSCRIPTIONS,
            user_id or SYSTEM_USER,
            [each.original_transaction_id for each in kept],
            [each.store for each in kept],
            [each.environment for each in kept],
            [each.product_id for each in kept],
            [each.purchase_time for each in kept],
            [each.expire_time for each in kept],
            [each.store_time for each in kept],
            [each.period_time or EPOCH for each in kept],
            [each.refund_time or EPOCH for each in kept],
            [each.raw or "{}" for each in kept],
            notification or "{}",
            self._clock.now(),
        )
        return {row["original_transaction_id"]: row for row in rows}
