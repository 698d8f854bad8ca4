"""What a caller merges into the payload of a fake, by the names that the companies themselves use."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any


def merged(
    names: Collection[str], fields: Mapping[str, Any], more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """`fields` that have one of the company's names, and `more` of any name.

    TypeError for another one among the `fields`: it is an option that does not exist, or is misspelt.
    """
    for name in fields:
        if name not in names:
            close = get_close_matches(name, names, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise TypeError(
                f"{name!r} is no option, nor a field that this company's payloads have.{hint}"
                " Any other field of a payload goes into payload={…}."
            )
    return {**fields, **(more or {})}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Apple's JWSTransactionDecodedPayload.
TRANSACTION = _names(
    """
    advancedCommerceInfo appAccountToken appTransactionId bundleId currency environment expiresDate
    inAppOwnershipType isUpgraded offerDiscountType offerIdentifier offerPeriod offerType
    originalPurchaseDate originalTransactionId price productId purchaseDate quantity revocationDate
    revocationPercentage revocationReason revocationType signedDate storefront storefrontId
    subscriptionGroupIdentifier transactionId transactionReason type webOrderLineItemId
    """
)

#: Apple's JWSRenewalInfoDecodedPayload, and a bundleId, by which it could be taken for a transaction.
RENEWAL = _names(
    """
    advancedCommerceInfo appAccountToken appTransactionId autoRenewProductId autoRenewStatus bundleId
    currency eligibleWinBackOfferIds environment expirationIntent gracePeriodExpiresDate
    isInBillingRetryPeriod offerDiscountType offerIdentifier offerPeriod offerType originalTransactionId
    priceIncreaseStatus productId recentSubscriptionStartDate renewalDate renewalPrice signedDate
    """
)

#: Apple's responseBodyV2DecodedPayload.
NOTIFICATION = _names(
    """
    appData data externalPurchaseToken notificationType notificationUUID signedDate subtype summary
    version
    """
)

#: The answer of verifyReceipt.
RECEIPT = _names(
    """
    environment is-retryable latest_receipt latest_receipt_info pending_renewal_info receipt status
    """
)

#: A purchase within that answer.
RECEIPT_ENTRY = _names(
    """
    app_account_token cancellation_date cancellation_date_ms cancellation_date_pst cancellation_reason
    expires_date expires_date_ms expires_date_pst in_app_ownership_type is_in_intro_offer_period
    is_trial_period is_upgraded offer_code_ref_name original_purchase_date original_purchase_date_ms
    original_purchase_date_pst original_transaction_id product_id promotional_offer_id purchase_date
    purchase_date_ms purchase_date_pst quantity subscription_group_identifier transaction_id
    web_order_line_item_id
    """
)

#: Google's ProductPurchase.
PRODUCT = _names(
    """
    acknowledgementState consumptionState developerPayload kind obfuscatedExternalAccountId
    obfuscatedExternalProfileId orderId productId purchaseState purchaseTimeMillis purchaseToken
    purchaseType quantity refundableQuantity regionCode
    """
)

#: Google's SubscriptionPurchaseV2.
SUBSCRIPTION = _names(
    """
    acknowledgementState canceledStateContext etag externalAccountIdentifiers kind latestOrderId lineItems
    linkedPurchaseToken outOfAppPurchaseContext pausedStateContext regionCode startTime
    subscribeWithGoogleInfo subscriptionState testPurchase
    """
)

#: The members of Google's notifications.
GOOGLE_NOTIFICATION = _names(
    """
    notificationType orderId productType purchaseToken refundType sku subscriptionId version
    """
)

#: Huawei's InAppPurchaseData.
HUAWEI = _names(
    """
    accountFlag applicationId appInfo autoRenewing cancelReason cancelTime confirmed consumptionState
    country currency deferFlag developerChallenge developerPayload kind lastOrderId orderId packageName
    payOrderId payType price productGroup productId productName purchaseState purchaseTime
    purchaseTimeMillis purchaseToken purchaseType quantity subIsvalid subscriptionId
    """
)

#: What Facebook signs of a purchase in an Instant Game.
INSTANT = _names(
    """
    algorithm app_id developer_payload is_consumed issued_at payment_action_type payment_id product_id
    purchase_platform purchase_price purchase_time purchase_token
    """
)
