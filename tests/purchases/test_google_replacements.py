"""Subscriptions of Google Play that replace others: who upgrades or comes back has a new token each time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.purchases.google import SUBSCRIPTIONS
from tests.purchases.notices import DAY, MONTH, NOW, Google, noted
from tests.purchases.support import Receipt, Refusal, Shelf, Shopper, everything_kept, stored_subscription

REPLACED: dict[str, Any] = {"canceledStateContext": {"replacementCancellation": {}}}


@dataclass
class Chain:
    """What a player has bought one for another, the first first."""

    shelf: Shelf
    clock: ShiftedClock
    first: str

    def __post_init__(self) -> None:
        self.tokens: list[str] = []

    def add(self, product_id: str, expires: datetime = NOW + MONTH, **fields: Any) -> Receipt:
        """Buy one in place of the last, which ends by that."""
        token = f"{self.first}-{len(self.tokens)}"
        linked = self.tokens[-1] if self.tokens else ""
        if linked:
            self.clock.offset += DAY
            play = self.shelf.providers.google_play
            play.change(linked, expires=self.clock.now(), state="EXPIRED", **REPLACED)
        self.tokens.append(token)
        return self.shelf.google_subscription(product_id, token, expires, linked=linked, **fields)

    def forget(self, *numbers: int) -> None:
        """What Google does with tokens some weeks after their end."""
        for number in numbers:
            path = SUBSCRIPTIONS.replace("{package}", "com.example.game")
            self.shelf.providers.faults.add(path.replace("{token}", self.tokens[number]), status=410, json={})

    def asked(self, number: int) -> int:
        """How often Google was asked for one."""
        requests = self.shelf.providers.requests
        return sum(seen.path.endswith(f"/tokens/{self.tokens[number]}") for seen in requests)


@pytest.fixture
def chain(shelf: Shelf, clock: ShiftedClock) -> Chain:
    return Chain(shelf, clock, shelf.id())


async def active(shopper: Shopper) -> list[tuple[str, str]]:
    """The products that a player has now, with their ids."""
    listed = (await shopper.subscriptions()).get("validated_subscriptions", [])
    return [(each["product_id"], each["original_transaction_id"]) for each in listed if each.get("active")]


async def test_an_old_receipt_ends_nothing(app: Application, ada: Shopper, chain: Chain) -> None:
    """As a client sends it that restores what it has."""
    silver = chain.add("silver")
    await ada.subscribe(silver)
    await ada.subscribe(chain.add("gold", NOW + 2 * MONTH))
    before = await stored_subscription(app, silver.id)
    answer = await ada.subscribe(silver)
    assert (answer["product_id"], answer["active"]) == ("gold", True)
    assert answer["expiry_time"] == "2026-05-01T12:00:00Z"
    after = await stored_subscription(app, silver.id)
    assert before is not None
    assert after is not None
    assert {**after, "update_time": None} == {**before, "update_time": None}
    assert await active(ada) == [("gold", silver.id)]


async def test_an_old_receipt_that_comes_first_is_kept(app: Application, ada: Shopper, chain: Chain) -> None:
    silver = chain.add("silver")
    gold = chain.add("gold")
    ended = await ada.subscribe(silver)
    assert (ended["product_id"], "active" in ended) == ("silver", False)
    assert (await ada.subscribe(gold))["product_id"] == "gold"
    assert (await ada.subscribe(silver))["product_id"] == "gold"
    assert await active(ada) == [("gold", silver.id)]


@pytest.mark.parametrize("known", [1, 2])
@pytest.mark.parametrize("forgotten", [False, True])
async def test_the_third_ends_what_was_before(
    app: Application, ada: Shopper, bob: Shopper, chain: Chain, known: int, forgotten: bool
) -> None:
    """Whether the second was ever shown or not; and what Google forgets later changes nothing."""
    receipts = [chain.add("silver"), chain.add("gold")]
    for receipt in receipts[:known]:
        await ada.subscribe(receipt)
    bronze = chain.add("bronze", NOW + 2 * MONTH)
    told = await bob.subscribe(bronze)
    assert (told["user_id"], told["product_id"]) == (ada.id, "bronze"), "it goes on for what is Ada's"
    assert told["original_transaction_id"] == receipts[1].id
    if forgotten:
        chain.forget(0, 1)
    assert (await bob.subscribe(bronze))["user_id"] == ada.id
    for receipt in [] if forgotten else receipts:
        assert "active" not in await ada.subscribe(receipt)
    rows = await everything_kept(app)
    assert await active(ada) == [("bronze", receipts[1].id)]
    assert ("subscription", bronze.id) not in rows
    first = await stored_subscription(app, receipts[0].id)
    assert first is not None
    assert first["expire_time"] <= chain.clock.now()


async def test_what_google_has_forgotten_is_not_looked_for(ada: Shopper, chain: Chain) -> None:
    await ada.subscribe(chain.add("silver"))
    for product in ("gold", "bronze"):
        last = chain.add(product)
    chain.forget(1)
    assert (await ada.subscribe(last))["product_id"] == "bronze"


async def test_google_is_asked_for_a_few_and_only_once(
    providers: Providers, ada: Shopper, chain: Chain
) -> None:
    for n in range(9):
        last = chain.add(f"vip-{n}")
    await ada.subscribe(last)
    assert [chain.asked(n) for n in range(9)] == [0, 0, 1, 1, 1, 1, 1, 1, 1]
    await ada.subscribe(last)
    assert [chain.asked(n) for n in range(9)] == [0, 0, 1, 1, 1, 1, 1, 1, 2]


async def test_a_circle_ends(providers: Providers, ada: Shopper, chain: Chain) -> None:
    first, second = chain.add("silver"), chain.add("gold")
    providers.google_play.change(first.id, linked=second.id)
    assert (await ada.subscribe(second))["product_id"] == "gold"


async def test_while_google_does_not_say_what_was_before_nothing_is_kept(
    app: Application, providers: Providers, ada: Shopper, chain: Chain
) -> None:
    for product in ("silver", "gold", "bronze"):
        last = chain.add(product)
    before = await everything_kept(app)
    path = SUBSCRIPTIONS.replace("{package}", "com.example.game").replace("{token}", chain.tokens[1])
    providers.faults.add(path, status=500)
    assert await ada.send(last) == Refusal(
        503, 14, "Google IAP verification is currently unavailable. Try again later."
    )
    assert await everything_kept(app) == before
    assert (await ada.subscribe(last, persist=False))["product_id"] == "bronze"


async def test_a_notification_of_the_third_is_for_who_had_the_first(
    app: Application, api: httpx.AsyncClient, providers: Providers, ada: Shopper, chain: Chain
) -> None:
    google = Google(providers.google_play, api)
    await ada.subscribe(chain.add("silver"))
    chain.add("gold")
    bronze = chain.add("bronze")
    before = await noted(app)
    assert await google.tell("subscription", bronze.id) == 200
    assert await noted(app) == before + 1
    assert await active(ada) == [("bronze", chain.tokens[1])]
