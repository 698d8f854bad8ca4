"""Purchases: what a store has confirmed is kept; who asks for it first, owns it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kizuna.caller import SYSTEM_USER
from kizuna.clock import Clock
from kizuna.db.engine import Database, Record, Transaction
from kizuna.errors import ApiError, Code
from kizuna.purchases import queries
from kizuna.purchases.asking import asking
from kizuna.purchases.keeping import check_buyers, kept_by
from kizuna.purchases.listing import Listing, Statements
from kizuna.purchases.messages import confirmed_purchase, kept_purchase, stored_purchase
from kizuna.purchases.stores import Stores
from kizuna.purchases.stores.app_store import AppStore
from kizuna.purchases.stores.facebook_instant import FacebookInstantStore
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.purchases.stores.huawei import AppGallery
from kizuna.purchases.stores.interface import Store, StorePurchase
from kizuna.wire.encode import omit_empty
from kizuna.wire.microseconds import EPOCH

_LISTS = Statements(
    of_user=(queries.LIST_PURCHASES, queries.LIST_PURCHASES_BACKWARDS),
    of_all=(queries.LIST_ALL_PURCHASES, queries.LIST_ALL_PURCHASES_BACKWARDS),
)


class Purchases:
    """Validates purchases, keeps and lists them.

    A store is asked before anything is written, and nobody waits for it with a connection. Everyone whose
    purchase is valid is told so, but only one, once, without `seen_before`: games give what was bought only
    to that one. `store` is another one than the configured, such as one with other credentials.
    """

    def __init__(self, database: Database, stores: Stores, clock: Clock) -> None:
        self.stores = stores
        self._database = database
        self._clock = clock
        self._listing = Listing(database, _LISTS, name="purchases", id="transaction_id")

    async def validate_apple(
        self, user_id: str, receipt: str, persist: bool = True, store: AppStore | None = None
    ) -> dict[str, Any]:
        """The `ValidatePurchaseResponse` to a signed transaction, or to a receipt of StoreKit 1."""
        with asking(Store.APPLE, user_id) as checks:
            found = await (store or self.stores.apple).purchases(receipt, checks)
            await check_buyers(self._database, found, user_id, checks)
            if persist and not found:
                raise ApiError(Code.FAILED_PRECONDITION, "expects at least one receipt")
            return await self._response(user_id, found, persist)

    async def validate_google(
        self, user_id: str, purchase: str, persist: bool = True, store: GooglePlay | None = None
    ) -> dict[str, Any]:
        """The `ValidatePurchaseResponse` to what Google Play has given the client, bare or wrapped."""
        store = store or self.stores.google
        with asking(Store.GOOGLE, user_id) as checks:
            found = await store.purchase(purchase, user_id, checks)
            response = await self._response(user_id, [found], persist)
        if persist:
            store.acknowledge_later(found)
        return response

    async def validate_huawei(
        self,
        user_id: str,
        purchase: str,
        signature: str,
        persist: bool = True,
        store: AppGallery | None = None,
    ) -> dict[str, Any]:
        """The `ValidatePurchaseResponse` to purchase data with Huawei's signature."""
        with asking(Store.HUAWEI, user_id) as checks:
            found = await (store or self.stores.huawei).purchase(purchase, signature, checks)
            return await self._response(user_id, [found], persist)

    async def validate_facebook_instant(
        self,
        user_id: str,
        signed_request: str,
        persist: bool = True,
        store: FacebookInstantStore | None = None,
    ) -> dict[str, Any]:
        """The `ValidatePurchaseResponse` to a request that Facebook has signed."""
        with asking(Store.FACEBOOK_INSTANT, user_id) as checks:
            found = await (store or self.stores.facebook_instant).purchase(signed_request, checks)
            return await self._response(user_id, [found], persist)

    async def page(self, user_id: str | None, limit: int, cursor: str) -> dict[str, Any]:
        """A page of a user's, or (None) of everybody's: `validated_purchases`, `cursor`, `prev_cursor`.

        400 for a cursor that is none of this list.
        """
        page = await self._listing.page(user_id, limit, cursor)
        purchases = [stored_purchase(row) for row in page.rows]
        return omit_empty(
            {"validated_purchases": purchases, "cursor": page.cursor, "prev_cursor": page.prev_cursor}
        )

    async def by_transaction_id(self, transaction_id: str) -> dict[str, Any] | None:
        """The `ValidatedPurchase` of an id, None if there is none."""
        rows = await self._database.read(queries.PURCHASE, transaction_id)
        return stored_purchase(rows[0]) if rows else None

    async def note_refund_within(self, tx: Transaction, purchase: StorePurchase) -> str | None:
        """Note the refund of a purchase as part of a transaction; whose it is, None for nobody's.

        What nobody has validated is kept for nobody: whoever does it later is told that it was seen before.
        """
        [row] = (await self._keep(tx, None, [purchase])).values()
        return None if row["user_id"] == SYSTEM_USER else row["user_id"]

    async def owner_of(self, transaction_id: str, tx: Transaction | None = None) -> str | None:
        """Whose a purchase is, None for nobody's and for none. Nothing is locked."""
        rows = await (tx or self._database).read(queries.PURCHASE_OWNER, transaction_id)
        return rows[0]["user_id"] if rows else None

    async def clear_refund_within(
        self, tx: Transaction, store: Store, transaction_id: str, taken_back: datetime
    ) -> None:
        """Note that a refund was taken back, at that time: a later refund stays.

        Who validates what nobody has validated before that is the first, as without a refund.
        """
        await tx.write(queries.FORGET_PURCHASE_REFUND, transaction_id, taken_back, store)
        await tx.write(queries.CLEAR_PURCHASE_REFUND, transaction_id, taken_back, self._clock.now(), store)

    async def _response(self, user_id: str, found: Sequence[StorePurchase], persist: bool) -> dict[str, Any]:
        if persist:
            kept = await self._keep(self._database, user_id, found)
            messages = [kept_purchase(each, user_id, kept[each.transaction_id]) for each in found]
        else:
            messages = [confirmed_purchase(each, user_id) for each in found]
        return omit_empty({"validated_purchases": messages})

    async def _keep(
        self, executor: Database | Transaction, user_id: str | None, purchases: Sequence[StorePurchase]
    ) -> dict[str, Record]:
        """What is then kept, by id. `OtherStore`."""
        # Of several with one id the first counts.
        kept = list({each.transaction_id: each for each in reversed(purchases)}.values())
        now = self._clock.now()
        rows = await kept_by(
            executor,
            queries.KEEP_PURCHASES,
            user_id or SYSTEM_USER,
            [each.transaction_id for each in kept],
            [each.store for each in kept],
            [each.environment for each in kept],
            [each.product_id for each in kept],
            [each.purchase_time for each in kept],
            [each.refund_time or EPOCH for each in kept],
            [(each.store_time or now) if each.refund_time else EPOCH for each in kept],
            [each.raw or "{}" for each in kept],
            now,
        )
        return {row["transaction_id"]: row for row in rows}
