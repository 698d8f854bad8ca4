"""Where the stores' servers send their notifications."""

from kizuna.http.webhooks import PREFIX, Webhook
from kizuna.provider_settings import Iap
from kizuna.purchases.notices.service import Notices


def webhooks(notices: Notices, iap: Iap) -> list[Webhook]:
    """One for each store, at the path of today and at the one before; without a secret there is none."""
    apple, google = iap.apple.notifications_endpoint_id, iap.google.notifications_endpoint_id
    return [
        Webhook("Apple's notification", _paths("apple"), apple, notices.take_apple),
        Webhook("Google's notification", _paths("google"), google, notices.take_google),
    ]


def _paths(store: str) -> tuple[str, ...]:
    return (f"{PREFIX}{store}/notifications/", f"{PREFIX}{store}/subscriptions/")
