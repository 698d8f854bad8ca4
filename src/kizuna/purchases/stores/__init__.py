"""The stores: what each is asked, and how what is signed in its name is verified."""

from kizuna.clock import Clock
from kizuna.outside.client import Outside
from kizuna.provider_settings import Google, Iap
from kizuna.purchases.stores.app_store import AppStore
from kizuna.purchases.stores.facebook_instant import FacebookInstantStore
from kizuna.purchases.stores.google_play import GooglePlay
from kizuna.purchases.stores.huawei import AppGallery

__all__ = ["Stores"]


class Stores:
    """Every store. `google` says where Google's public keys are, which sign its notifications."""

    def __init__(self, iap: Iap, google: Google, outside: Outside, clock: Clock) -> None:
        self.apple = AppStore(iap.apple, outside, clock)
        self.google = GooglePlay(iap.google, google.api_base_url, outside, clock)
        self.huawei = AppGallery(iap.huawei, outside, clock)
        self.facebook_instant = FacebookInstantStore(iap.facebook_instant)

    async def close(self) -> None:
        """Finish what the stores are still told, or give it up."""
        await self.google.close()
