"""Many validate the same at the same time, at two server processes."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kizuna.clock import ShiftedClock
from kizuna.testing.providers import Providers
from tests.hostile.clients import Client
from tests.leaderboards.crowd import Crowd, all_at_once, bearer, crowd
from tests.purchases.support import STORES, SUBSCRIPTION_STORES, Receipt, Shelf
from tests.support.players import Player
from tests.support.processes import Server, start_server
from tests.support.waiting import wait_until, wait_until_async

BUYERS = 50


@pytest.fixture(scope="module")
def app_clock() -> ShiftedClock:
    """The machine's, which is that of the servers."""
    return ShiftedClock()


@pytest.fixture(scope="module")
def servers(
    database_url: str, provider_settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Server]]:
    """Two servers that have nothing in common but the database."""
    folder = tmp_path_factory.mktemp("races")
    config = folder / "server.yaml"
    config.write_text(json.dumps(provider_settings))
    env = {"KIZUNA_SESSION__TOKEN_EXPIRY_SEC": "3600", "KIZUNA_BUS": "postgres"}
    servers = [
        start_server(
            database_url=database_url, config=config, env=env, log=folder / f"server-{n}.log", wait=False
        )
        for n in range(2)
    ]
    try:
        for server in servers:
            wait_until(server.answers, within=30)
        yield servers
    finally:
        for server in servers:
            server.stop()


@pytest_asyncio.fixture(scope="module")
async def many(servers: list[Server]) -> AsyncIterator[Crowd]:
    async with crowd(servers, BUYERS) as many:
        yield many


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def validate(client: Client, player: Player, receipt: Receipt) -> Any:
    return client.ask("POST", f"/v2/iap/{receipt.path}", receipt.body, authorization=bearer(player))


@pytest.mark.parametrize("store", STORES)
async def test_one_of_many_is_the_first(many: Crowd, database: Any, shelf: Shelf, store: str) -> None:
    receipt = shelf.buy(store)
    answers = await all_at_once(many, many.players, lambda client, me: validate(client, me, receipt))
    told = [purchase for answer in answers for purchase in answer["validated_purchases"]]
    assert [each["user_id"] for each in told] == [player.id for player in many.players]
    [fresh] = [each for each in told if "seen_before" not in each]
    assert {each["create_time"] for each in told} == {fresh["create_time"]}
    [row] = await database.fetch("select * from purchase where transaction_id = $1", receipt.id)
    assert str(row["user_id"]) == fresh["user_id"]


@pytest.mark.parametrize("store", SUBSCRIPTION_STORES)
async def test_one_of_many_has_the_subscription(
    many: Crowd, database: Any, shelf: Shelf, app_clock: ShiftedClock, store: str
) -> None:
    receipt = shelf.subscribe(store, "vip", app_clock.now() + timedelta(days=30))
    answers = await all_at_once(many, many.players, lambda client, me: validate(client, me, receipt))
    [owner] = {answer["validated_subscription"]["user_id"] for answer in answers}
    [row] = await database.fetch("select * from subscription where original_transaction_id = $1", receipt.id)
    assert str(row["user_id"]) == owner


async def test_receipts_with_many_purchases_do_not_block_each_other(
    many: Crowd, database: Any, shelf: Shelf
) -> None:
    """Whatever their order in each of the receipts: there is no deadlock, and each was first seen once."""
    entries = [shelf.entry(f"gem-{n}", shelf.id()) for n in range(12)]
    receipts = [shelf.legacy_receipt(*entries[n:], *entries[:n]) for n in range(12)]
    before = await database.fetchval(_DEADLOCKS)
    answers = await all_at_once(
        many,
        many.players,
        lambda client, me: validate(client, me, receipts[many.players.index(me) % len(receipts)]),
    )
    told = [purchase for answer in answers for purchase in answer["validated_purchases"]]
    assert len(told) == BUYERS * len(entries)
    first = [each["transaction_id"] for each in told if "seen_before" not in each]
    assert sorted(first) == sorted(entry["transaction_id"] for entry in entries)
    await database.execute("select pg_stat_clear_snapshot()")
    assert await database.fetchval(_DEADLOCKS) == before


_DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"

_INSERT = """
    insert into purchase (transaction_id, user_id, store, environment, product_id, purchase_time, create_time,
        update_time)
    values ($1, $2, 3, 2, 'sword', now(), now() + interval '1 hour', now() + interval '1 hour')
"""
_WAITING = """
    select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
"""


@pytest.mark.parametrize("is_kept", [True, False])
async def test_one_that_is_being_kept_decides(
    many: Crowd, database: Any, database_url: str, shelf: Shelf, is_kept: bool
) -> None:
    """Who comes second waits for the first, and is the first if that one gives up. By the times of the two,
    which the reference compares, the second would be as new as the first."""
    receipt = shelf.buy("facebook_instant")
    ada, bob = many.players[:2]
    other = await asyncpg.connect(database_url)
    transaction = other.transaction()
    await transaction.start()
    await other.execute(_INSERT, receipt.id, ada.id)
    asking = asyncio.create_task(validate(many.clients[0], bob, receipt))

    async def waits() -> bool:
        return bool(await database.fetchval(_WAITING))

    await wait_until_async(waits, what="the second statement's wait")
    await (transaction.commit() if is_kept else transaction.rollback())
    [purchase] = (await asking)["validated_purchases"]
    await other.close()
    assert ("seen_before" in purchase) is is_kept
    owner = await database.fetchval("select user_id from purchase where transaction_id = $1", receipt.id)
    assert str(owner) == (ada if is_kept else bob).id


async def test_parallel_statements_of_a_store_leave_the_newest(
    many: Crowd, database: Any, shelf: Shelf, app_clock: ShiftedClock, providers: Providers
) -> None:
    id, now = shelf.id(), app_clock.now()
    day = timedelta(days=1)
    # The newest has neither the earliest nor the latest expiry.
    statements = [(now - n * day, now + (40 if n % 2 else 10 + n) * day) for n in range(1, BUYERS)]
    newest = (now, now + 30 * day)
    receipts = [
        shelf.apple_subscription("vip", id, expires, signed=signed)
        for signed, expires in (*statements[:20], newest, *statements[20:])
    ]
    turns = dict(zip((player.id for player in many.players), receipts, strict=True))
    await all_at_once(many, many.players, lambda client, me: validate(client, me, turns[me.id]))
    row = await database.fetchrow("select * from subscription where original_transaction_id = $1", id)
    assert abs(row["expire_time"] - newest[1]) < timedelta(seconds=1)
    assert abs(row["store_time"] - newest[0]) < timedelta(seconds=1)
