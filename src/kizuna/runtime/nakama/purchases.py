"""Purchases and subscriptions for game code."""

from dataclasses import dataclass, field
from typing import Any

from kizuna.runtime import api
from kizuna.runtime.nakama.services import Calls, refusing
from kizuna.runtime.translation import decode_response
from kizuna.runtime.values import flag_of, limit_of, text_of, uuid_of

_FAILED = "Error validating purchase."


@dataclass(frozen=True, slots=True)
class PurchaseList:
    """A page of purchases; a cursor is "" where there is no page."""

    validated_purchases: list[api.ValidatedPurchase] = field(default_factory=list)
    cursor: str = ""
    prev_cursor: str = ""


class PurchaseCalls(Calls):
    """Validate, list, get.

    What is validated is asked of its store, as when the user's client does it, and kept unless `persist` is
    False. Give what was bought only where `is_new` is True: it is for one call, ever, whoever makes it.
    Credentials replace those of the settings for this once. Where the store refuses or cannot be asked it is
    an `ApiError` with the text that clients get.
    """

    async def purchase_validate_apple(
        self, user_id: str, receipt: str, *, persist: bool = True, shared_password: str | None = None
    ) -> api.ValidatePurchaseResponse:
        """Validate a signed transaction of StoreKit 2, or a receipt of StoreKit 1, which may hold several
        purchases."""
        purchases = self._services.purchases
        store = purchases.stores.apple.with_settings(**_given(shared_password=shared_password))
        with refusing(_FAILED):
            message = await purchases.validate_apple(
                uuid_of(user_id), text_of(receipt, "receipt"), flag_of(persist, "persist"), store
            )
        return decode_response(api.ValidatePurchaseResponse, message)

    async def purchase_validate_google(
        self,
        user_id: str,
        purchase: str,
        *,
        persist: bool = True,
        client_email: str | None = None,
        private_key: str | None = None,
    ) -> api.ValidatePurchaseResponse:
        """Validate a purchase in Google Play: the JSON that the client was given."""
        purchases = self._services.purchases
        given = _given(client_email=client_email, private_key=private_key)
        store = purchases.stores.google.with_settings(**given)
        with refusing(_FAILED):
            message = await purchases.validate_google(
                uuid_of(user_id), text_of(purchase, "purchase"), flag_of(persist, "persist"), store
            )
        return decode_response(api.ValidatePurchaseResponse, message)

    async def purchase_validate_huawei(
        self,
        user_id: str,
        purchase: str,
        signature: str,
        *,
        persist: bool = True,
        public_key: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
    ) -> api.ValidatePurchaseResponse:
        """Validate a purchase in Huawei's AppGallery: the JSON that the client was given, unchanged, and its
        signature."""
        purchases = self._services.purchases
        given = _given(public_key=public_key, client_id=client_id, client_secret=client_secret)
        store = purchases.stores.huawei.with_settings(**given)
        with refusing(_FAILED):
            message = await purchases.validate_huawei(
                uuid_of(user_id),
                text_of(purchase, "purchase"),
                text_of(signature, "signature"),
                flag_of(persist, "persist"),
                store,
            )
        return decode_response(api.ValidatePurchaseResponse, message)

    async def purchase_validate_facebook_instant(
        self, user_id: str, signed_request: str, *, persist: bool = True, app_secret: str | None = None
    ) -> api.ValidatePurchaseResponse:
        """Validate a purchase in a Facebook Instant Game."""
        purchases = self._services.purchases
        store = purchases.stores.facebook_instant.with_settings(**_given(app_secret=app_secret))
        with refusing(_FAILED):
            message = await purchases.validate_facebook_instant(
                uuid_of(user_id),
                text_of(signed_request, "signed_request"),
                flag_of(persist, "persist"),
                store,
            )
        return decode_response(api.ValidatePurchaseResponse, message)

    async def purchases_list(
        self, user_id: str | None = None, *, limit: int = 100, cursor: str = ""
    ) -> PurchaseList:
        """A page of a user's purchases, or of everybody's, the latest first. What was not refunded has a
        `refund_time` in 1970.

        `limit` is 1 to 100. `ApiError` "purchases list cursor invalid" for a cursor that is none, or of
        another user.
        """
        message = await self._services.purchases.page(
            _owner(user_id), limit_of(limit, 1, 100), text_of(cursor, "cursor")
        )
        return PurchaseList(
            [_kept(each) for each in message.get("validated_purchases", ())],
            message.get("cursor", ""),
            message.get("prev_cursor", ""),
        )

    async def purchase_get_by_transaction_id(self, transaction_id: str) -> api.ValidatedPurchase | None:
        """A purchase that was kept, None if there is none; without `user_id` if its account is gone."""
        message = await self._services.purchases.by_transaction_id(text_of(transaction_id, "transaction id"))
        return None if message is None else _kept(message)

    async def subscription_validate_apple(
        self, user_id: str, receipt: str, *, persist: bool = True, shared_password: str | None = None
    ) -> api.ValidateSubscriptionResponse:
        """Validate a subscription by a signed transaction of StoreKit 2 or a receipt of StoreKit 1.

        Where it is kept already, `user_id` says whose it is.
        """
        subscriptions = self._services.subscriptions
        store = subscriptions.stores.apple.with_settings(**_given(shared_password=shared_password))
        with refusing(_FAILED):
            message = await subscriptions.validate_apple(
                uuid_of(user_id), text_of(receipt, "receipt"), flag_of(persist, "persist"), store
            )
        return decode_response(api.ValidateSubscriptionResponse, message)

    async def subscription_validate_google(
        self,
        user_id: str,
        receipt: str,
        *,
        persist: bool = True,
        client_email: str | None = None,
        private_key: str | None = None,
    ) -> api.ValidateSubscriptionResponse:
        """The same for one in Google Play: the JSON that the client was given."""
        subscriptions = self._services.subscriptions
        given = _given(client_email=client_email, private_key=private_key)
        store = subscriptions.stores.google.with_settings(**given)
        with refusing(_FAILED):
            message = await subscriptions.validate_google(
                uuid_of(user_id), text_of(receipt, "receipt"), flag_of(persist, "persist"), store
            )
        return decode_response(api.ValidateSubscriptionResponse, message)

    async def subscriptions_list(
        self, user_id: str | None = None, *, limit: int = 100, cursor: str = ""
    ) -> api.SubscriptionList:
        """A page of a user's subscriptions, or of everybody's, the latest first.

        `limit` is 1 to 100. `ApiError` "subscriptions list cursor invalid" for a cursor that is none, or of
        another user.
        """
        message = await self._services.subscriptions.page(
            _owner(user_id), limit_of(limit, 1, 100), text_of(cursor, "cursor")
        )
        return decode_response(api.SubscriptionList, message)

    async def subscription_get_by_product_id(
        self, user_id: str, product_id: str
    ) -> api.ValidatedSubscription | None:
        """A user's subscription to a product, an active one if there are several, None if there is none."""
        message = await self._services.subscriptions.by_product(
            uuid_of(user_id), text_of(product_id, "product id")
        )
        return None if message is None else decode_response(api.ValidatedSubscription, message)


def _given(**credentials: str | None) -> dict[str, Any]:
    """Those that are."""
    return {name: text_of(value, name) for name, value in credentials.items() if value is not None}


def _owner(user_id: str | None) -> str | None:
    """Whose to list; None and "" are everybody's."""
    return uuid_of(user_id) if user_id else None


def _kept(message: dict[str, Any]) -> api.ValidatedPurchase:
    """A purchase that was kept before, and so is new to nobody."""
    return decode_response(api.ValidatedPurchase, {**message, "seen_before": True})
