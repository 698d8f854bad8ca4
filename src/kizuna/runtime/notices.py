"""Calls the game's functions for what the stores tell."""

from collections.abc import Callable, Collection, Mapping

from kizuna.http.deadlines import Deadlines
from kizuna.purchases.notices.delivery import News
from kizuna.purchases.notices.notice import TOPICS, Topic
from kizuna.runtime import api
from kizuna.runtime.callbacks import CallbackContext, call_limited
from kizuna.runtime.context import Surroundings
from kizuna.runtime.errors import CallbackFailed
from kizuna.runtime.functions import CallbackFunction
from kizuna.runtime.purchases import PurchaseNotification, SubscriptionNotification
from kizuna.runtime.translation import decode_response


class NoticeListener:
    """The game's functions for notifications of stores, as purchases want them. `functions` gives those of
    the present game."""

    def __init__(
        self,
        functions: Callable[[], Mapping[str, CallbackFunction]],
        surroundings: Surroundings,
        deadlines: Deadlines,
    ) -> None:
        self._functions = functions
        self._surroundings = surroundings
        self._deadlines = deadlines

    @property
    def topics(self) -> Collection[Topic]:
        """What the game has functions for."""
        functions = self._functions()
        return [topic for topic in TOPICS if str(topic) in functions]

    async def __call__(self, news: News) -> None:
        """Run the function, no longer than an RPC may take. Raises what it raises, and `CallbackFailed`."""
        kind = str(news.topic)
        function = self._functions().get(kind)
        if function is None:
            raise CallbackFailed(f"there is no function for {kind} any more")
        ctx = CallbackContext(self._surroundings, kind, notification_id=news.id)
        await call_limited(self._deadlines, function, ctx, _event(news))


def _event(news: News) -> PurchaseNotification | SubscriptionNotification:
    if news.topic.is_subscription:
        subscription = decode_response(api.ValidatedSubscription, news.message)
        return SubscriptionNotification(news.id, news.type, subscription, news.payload, news.attempt)
    purchase = decode_response(api.ValidatedPurchase, news.message)
    return PurchaseNotification(news.id, news.type, purchase, news.payload, news.attempt)
