"""In-app purchases and subscriptions."""

from kizuna.wire.messages import Message, bool_value, int32_value, string

VALIDATE_PURCHASE_APPLE = Message("ValidatePurchaseAppleRequest", string("receipt"), bool_value("persist"))
VALIDATE_PURCHASE_FACEBOOK_INSTANT = Message(
    "ValidatePurchaseFacebookInstantRequest", string("signed_request"), bool_value("persist")
)
VALIDATE_PURCHASE_GOOGLE = Message("ValidatePurchaseGoogleRequest", string("purchase"), bool_value("persist"))
VALIDATE_PURCHASE_HUAWEI = Message(
    "ValidatePurchaseHuaweiRequest", string("purchase"), string("signature"), bool_value("persist")
)
VALIDATE_PURCHASE_SAMSUNG = Message(
    "ValidatePurchaseSamsungRequest", string("purchase_id"), bool_value("persist")
)
VALIDATE_SUBSCRIPTION_APPLE = Message(
    "ValidateSubscriptionAppleRequest", string("receipt"), bool_value("persist")
)
VALIDATE_SUBSCRIPTION_GOOGLE = Message(
    "ValidateSubscriptionGoogleRequest", string("receipt"), bool_value("persist")
)
LIST_SUBSCRIPTIONS = Message("ListSubscriptionsRequest", int32_value("limit"), string("cursor"))
GET_SUBSCRIPTION = Message("GetSubscriptionRequest", string("product_id"))
