"""Purchase and subscription operations over HTTP."""

from typing import Any

from kizuna.errors import invalid, not_found
from kizuna.http.call import Call
from kizuna.http.routes import Routes
from kizuna.purchases.service import Purchases
from kizuna.purchases.subscriptions import Subscriptions


def routes(purchases: Purchases, subscriptions: Subscriptions) -> Routes:
    """Validate purchases and subscriptions, list and get subscriptions."""
    api = Routes("Purchases")
    _purchase_routes(api, purchases)
    _subscription_routes(api, subscriptions)
    _reading_routes(api, subscriptions)
    return api


def _purchase_routes(api: Routes, purchases: Purchases) -> None:
    @api.operation("ValidatePurchaseApple", failure="Failed to store app store purchase data")
    async def validate_apple(call: Call) -> dict[str, Any]:
        return await purchases.validate_apple(_user(call), _text(call, "receipt"), _persist(call))

    @api.operation("ValidatePurchaseGoogle", failure="Error validating Google purchase.")
    async def validate_google(call: Call) -> dict[str, Any]:
        return await purchases.validate_google(_user(call), _text(call, "purchase"), _persist(call))

    @api.operation("ValidatePurchaseHuawei", failure="Error validating Huawei purchase.")
    async def validate_huawei(call: Call) -> dict[str, Any]:
        return await purchases.validate_huawei(
            _user(call), _text(call, "purchase"), _text(call, "signature"), _persist(call)
        )

    @api.operation("ValidatePurchaseFacebookInstant", failure="Error validating Facebook Instant purchase.")
    async def validate_facebook_instant(call: Call) -> dict[str, Any]:
        return await purchases.validate_facebook_instant(
            _user(call), _text(call, "signed_request"), _persist(call)
        )


def _subscription_routes(api: Routes, subscriptions: Subscriptions) -> None:
    @api.operation("ValidateSubscriptionApple", failure="Failed to validate apple jws subscription receipt")
    async def validate_apple(call: Call) -> dict[str, Any]:
        return await subscriptions.validate_apple(_user(call), _text(call, "receipt"), _persist(call))

    @api.operation("ValidateSubscriptionGoogle", failure="Error validating Google subscription.")
    async def validate_google(call: Call) -> dict[str, Any]:
        return await subscriptions.validate_google(_user(call), _text(call, "receipt"), _persist(call))


def _reading_routes(api: Routes, subscriptions: Subscriptions) -> None:
    @api.operation("ListSubscriptions", failure="Error listing subscriptions.")
    async def list_subscriptions(call: Call) -> dict[str, Any]:
        limit = call.input.get("limit", 100)
        if not 1 <= limit <= 100:
            # The reference's words, which promise more than it gives.
            raise invalid("Invalid limit - limit must be between 1 and 1000.")
        return await subscriptions.page(_user(call), limit, _text(call, "cursor"))

    @api.operation("GetSubscription", failure="Error getting subscription.")
    async def get_subscription(call: Call) -> dict[str, Any]:
        found = await subscriptions.by_product(_user(call), call.input["product_id"])
        if found is None:
            raise not_found("subscription not found")
        return found


def _user(call: Call) -> str:
    return call.caller.user_id


def _text(call: Call, name: str) -> str:
    text: str = call.input.get(name, "")
    return text


def _persist(call: Call) -> bool:
    """Whether what is valid is kept, which it is unless the client says otherwise."""
    persist: bool = call.input.get("persist", True)
    return persist
