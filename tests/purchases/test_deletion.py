"""Accounts that are deleted: before, after and while a store is asked."""

import asyncio
from typing import Any

import asyncpg
import pytest

from kizuna.app import Application
from kizuna.db.statements import Query
from kizuna.runtime import ApiError
from kizuna.testing.providers import Providers
from tests.purchases.support import Refusal, Shelf, Shopper, stored, stored_subscription
from tests.purchases.test_subscriptions import MONTH, NOON_TIME
from tests.support.waiting import wait_until_async

NOBODY = "00000000-0000-0000-0000-000000000000"


async def test_purchases_outlive_their_owner(
    app: Application, shelf: Shelf, ada: Shopper, bob: Shopper
) -> None:
    receipt = shelf.buy("apple")
    await ada.buy(receipt)
    await ada.leave()
    row = await stored(app, receipt.id)
    assert row is not None
    assert row["owner"] == NOBODY
    again = await bob.buy(receipt)
    assert (again["seen_before"], again["user_id"]) == (True, bob.id)
    row = await stored(app, receipt.id)
    assert row is not None
    assert row["owner"] == NOBODY
    told = await app.runtime.nk.purchase_get_by_transaction_id(receipt.id)
    assert told is not None
    assert told.user_id == ""


@pytest.mark.parametrize("kind", ["purchase", "subscription"])
async def test_the_owner_leaves_while_the_store_is_asked(
    app: Application, providers: Providers, shelf: Shelf, ada: Shopper, bob: Shopper, kind: str
) -> None:
    """What was bought can then be validated by somebody else, as if for the first time."""
    is_purchase = kind == "purchase"
    receipt = shelf.buy("google") if is_purchase else shelf.subscribe("google", "vip", NOON_TIME + MONTH)
    find: Any = stored if is_purchase else stored_subscription
    slow = providers.faults.add("*", delay=1.0)
    asking = asyncio.create_task(ada.send(receipt))

    async def asked() -> bool:
        return slow.hits > 0

    await wait_until_async(asked, what="the question to the store")
    await ada.leave()
    assert await asking == Refusal(400, 3, f"Error validating Google {kind}.")
    assert await find(app, receipt.id) is None
    providers.faults.clear()
    if is_purchase:
        assert "seen_before" not in await bob.buy(receipt)
    else:
        assert (await bob.subscribe(receipt))["user_id"] == bob.id


async def test_game_code_is_told_who_is_missing(app: Application, shelf: Shelf, ada: Shopper) -> None:
    await ada.leave()
    nk = app.runtime.nk
    with pytest.raises(ApiError, match="user not found"):
        await nk.purchase_validate_apple(ada.id, shelf.buy("apple").body["receipt"])
    receipt = shelf.subscribe("apple", "vip", NOON_TIME + MONTH)
    with pytest.raises(ApiError, match="user not found"):
        await nk.subscription_validate_apple(ada.id, receipt.body["receipt"])
    assert await stored_subscription(app, receipt.id) is None
    # Nothing of the user's is kept, so nothing is wrong.
    answer = await nk.purchase_validate_apple(ada.id, shelf.buy("apple").body["receipt"], persist=False)
    assert len(answer.validated_purchases) == 1


_WAITING = Query(
    "test.waiting",
    "Statements that wait for a lock.",
    """
    select count(*) as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
    """,
)


@pytest.mark.parametrize("kind", ["purchase", "subscription"])
async def test_a_deletion_lets_go_of_what_was_bought_in_the_order_of_all(
    app: Application, database_url: str, shelf: Shelf, ada: Shopper, kind: str
) -> None:
    """Whoever holds the first by its id, and waits for the last, would wait for ever otherwise."""
    ids = sorted(shelf.id() for _ in range(3))
    expires = None if kind == "purchase" else NOON_TIME + MONTH
    for n, id in enumerate(ids):  # the first by its id is the last by its time
        entry = shelf.entry("sword", id, expires=expires, purchased=NOON_TIME - n * MONTH)
        await ada.send(shelf.legacy_receipt(entry, kind=kind))
    key = "transaction_id" if kind == "purchase" else "original_transaction_id"
    lock = f"select from {kind} where {key} = $1 for no key update"
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await other.execute(lock, ids[0])
            leaving = asyncio.create_task(ada.leave())

            async def waits() -> bool:
                return bool((await app.database.read(_WAITING))[0]["waiting"])

            await wait_until_async(waits, what="the deletion's wait")
            for id in ids[1:]:
                await other.execute(f"{lock} nowait", id)
        await leaving
    finally:
        await other.close()
    find: Any = stored if kind == "purchase" else stored_subscription
    assert [(await find(app, id))["owner"] for id in ids] == [NOBODY] * 3


@pytest.mark.parametrize("kind", ["purchase", "subscription"])
async def test_the_owner_leaves_while_it_is_kept(
    app: Application, database_url: str, shelf: Shelf, ada: Shopper, kind: str
) -> None:
    """Whoever adds to what a user has waits for its deletion, before anything is locked that this needs."""
    known, new = shelf.id(), shelf.id()
    expires = None if kind == "purchase" else NOON_TIME + MONTH
    entries = [shelf.entry("sword", id, expires=expires) for id in (known, new)]
    await ada.send(shelf.legacy_receipt(entries[0], kind=kind))
    leaving = await asyncpg.connect(database_url)
    try:
        await leaving.execute("set deadlock_timeout = '1ms'")  # it would be the one that is ended
        async with leaving.transaction():
            await leaving.execute("select from users where id = $1 for update", ada.id)
            asking = asyncio.create_task(ada.send(shelf.legacy_receipt(*entries, kind=kind)))

            async def waits() -> bool:
                return bool((await app.database.read(_WAITING))[0]["waiting"])

            await wait_until_async(waits, what="the statement's wait")
            await leaving.execute("delete from users where id = $1", ada.id)
        assert (await asking)[:2] == (400, 3)
    finally:
        await leaving.close()
    find: Any = stored if kind == "purchase" else stored_subscription
    assert await find(app, new) is None
    row = await find(app, known)
    assert row["owner"] == NOBODY
