"""Who buys, and what they show for it."""

import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import httpx

from kizuna.app import Application
from kizuna.db.statements import Query
from kizuna.testing.providers import Providers
from tests.support.players import Player

EPOCH = "1970-01-01T00:00:00Z"

ROWS = Query("test.purchases", "Every purchase.", "select *, user_id::text as owner from purchase")
SUBSCRIPTION_ROWS = Query(
    "test.subscriptions", "Every subscription.", "select *, user_id::text as owner from subscription"
)


@dataclass(frozen=True)
class Receipt:
    """What a client sends to have something validated; `id` is the transaction's."""

    path: str
    body: dict[str, Any]
    id: str

    def but(self, **fields: Any) -> "Receipt":
        """The same with other fields."""
        return replace(self, body={**self.body, **fields})


class Shelf:
    """What can be bought, in the stores of the fake."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers

    def id(self) -> str:
        """A new transaction id."""
        return f"bought-{uuid.uuid4()}"

    def buy(self, store: str, product_id: str = "sword", id: str = "") -> Receipt:
        """A purchase in one of `STORES`."""
        receipt: Receipt = getattr(self, store)(product_id, id or self.id())
        return receipt

    def subscribe(self, store: str, product_id: str, expires: datetime, id: str = "") -> Receipt:
        """A subscription in one of `SUBSCRIPTION_STORES`."""
        receipt: Receipt = getattr(self, f"{store}_subscription")(product_id, id or self.id(), expires)
        return receipt

    def apple(self, product_id: str, id: str, **fields: Any) -> Receipt:
        jws = self.providers.app_store.transaction(product_id, transaction_id=id, **fields)
        return Receipt("purchase/apple", {"receipt": jws}, id)

    def legacy(self, product_id: str, id: str) -> Receipt:
        return self.legacy_receipt(self.entry(product_id, id))

    def entry(self, product_id: str, id: str, **fields: Any) -> dict[str, str]:
        """A purchase for `legacy_receipt`."""
        return self.providers.app_store.entry(product_id, transaction_id=id, **fields)

    def legacy_receipt(self, *entries: dict[str, str], kind: str = "purchase", **answer: Any) -> Receipt:
        receipt = self.providers.app_store.receipt(*entries, **answer)
        return Receipt(f"{kind}/apple", {"receipt": receipt}, entries[0]["transaction_id"] if entries else "")

    def google(self, product_id: str, id: str, **fields: Any) -> Receipt:
        text = self.providers.google_play.purchase(product_id, token=id, **fields)
        return Receipt("purchase/google", {"purchase": text}, id)

    def huawei(self, product_id: str, id: str, **fields: Any) -> Receipt:
        text, signature = self.providers.huawei.purchase(product_id, token=id, **fields)
        return Receipt("purchase/huawei", {"purchase": text, "signature": signature}, id)

    def facebook_instant(self, product_id: str, id: str, **fields: Any) -> Receipt:
        text = self.providers.instant_store.signed_request(product_id, token=id, **fields)
        return Receipt("purchase/facebookinstant", {"signed_request": text}, id)

    def apple_subscription(self, product_id: str, id: str, expires: datetime, **fields: Any) -> Receipt:
        jws = self.providers.app_store.transaction(
            product_id, transaction_id=id, original_transaction_id=id, expires=expires, **fields
        )
        return Receipt("subscription/apple", {"receipt": jws}, id)

    def legacy_subscription(self, product_id: str, id: str, expires: datetime) -> Receipt:
        return self.legacy_receipt(self.entry(product_id, id, expires=expires), kind="subscription")

    def google_subscription(self, product_id: str, id: str, expires: datetime, **fields: Any) -> Receipt:
        text = self.providers.google_play.subscription(product_id, token=id, expires=expires, **fields)
        return Receipt("subscription/google", {"receipt": text}, id)


STORES = ("apple", "legacy", "google", "huawei", "facebook_instant")
SUBSCRIPTION_STORES = ("apple", "legacy", "google")


class Refusal(NamedTuple):
    """An error as a client reads it."""

    status: int
    code: int
    message: str


@dataclass(frozen=True)
class Shopper:
    """A signed-in player who buys."""

    api: httpx.AsyncClient
    player: Player

    @property
    def id(self) -> str:
        return self.player.id

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The content of a good answer, or the refusal."""
        content = None if body is None else json.dumps(body).encode()
        answer = await self.api.request(method, path, content=content, headers=self.player.headers)
        told = answer.json()
        if answer.status_code == 200:
            return told
        assert set(told) == {"code", "message"}, answer.text
        return Refusal(answer.status_code, told["code"], told["message"])

    async def send(self, receipt: Receipt, **fields: Any) -> Any:
        """The whole answer to a receipt."""
        return await self.ask("POST", f"/v2/iap/{receipt.path}", {**receipt.body, **fields})

    async def buy(self, receipt: Receipt, **fields: Any) -> dict[str, Any]:
        """The one purchase that is validated."""
        [purchase] = (await self.send(receipt, **fields))["validated_purchases"]
        assert isinstance(purchase, dict)
        return purchase

    async def subscribe(self, receipt: Receipt, **fields: Any) -> dict[str, Any]:
        """The subscription that is validated."""
        answer = await self.send(receipt, **fields)
        assert answer.keys() == {"validated_subscription"}
        subscription: dict[str, Any] = answer["validated_subscription"]
        return subscription

    async def subscriptions(self, **body: Any) -> Any:
        """A page of one's own."""
        return await self.ask("POST", "/v2/iap/subscription", body)

    async def subscription(self, product_id: str) -> Any:
        """One's own to a product."""
        return await self.ask("GET", f"/v2/iap/subscription/{product_id}")

    async def leave(self) -> None:
        """Delete the account."""
        assert await self.ask("DELETE", "/v2/account") == {}


async def stored(app: Application, id: str) -> dict[str, Any] | None:
    """The row of a purchase, if there is one."""
    return next((dict(row) for row in await app.database.read(ROWS) if row["transaction_id"] == id), None)


async def stored_subscription(app: Application, id: str) -> dict[str, Any] | None:
    """The row of a subscription, if there is one."""
    rows = await app.database.read(SUBSCRIPTION_ROWS)
    return next((dict(row) for row in rows if row["original_transaction_id"] == id), None)


async def everything_kept(app: Application) -> set[tuple[str, str]]:
    """The kind and the id of every purchase and subscription there is."""
    purchases = {("purchase", row["transaction_id"]) for row in await app.database.read(ROWS)}
    rows = await app.database.read(SUBSCRIPTION_ROWS)
    return purchases | {("subscription", row["original_transaction_id"]) for row in rows}
