"""Calls that are called off, and teams that are gone: nothing is done by halves, and nothing is left."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import asyncpg
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.teams.held import Actor, Held, PublisherEvent
from kizuna.teams.wallet.balances import Wallet
from tests.support.locks import somebody_waits
from tests.support.waiting import wait_until_async
from tests.teams.support import Cast, refused

GRANT = {"currencies": {"guild_gold": "1"}}
#: Connections on which a transaction was left open.
OPEN = "select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'"


@pytest_asyncio.fixture
async def other(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of somebody else's."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_a_team_that_is_deleted_while_a_call_waits_for_it(
    cast: Cast, other: asyncpg.Connection, events: list[PublisherEvent]
) -> None:
    """T-027: it is not there, and nothing was done."""
    async with other.transaction():
        await other.execute("select from groups where id = $1 for update", cast.team)
        call = asyncio.create_task(cast.ask(cast.admin, "TEAMS_WALLET_GRANT", **GRANT))
        await somebody_waits(other)
        await other.execute("delete from groups where id = $1", cast.team)
    assert refused(await call) == (400, 3, "team not found")
    assert not await other.fetch("select from team where team_id = $1", cast.team)
    assert events == []


@pytest.mark.parametrize("seed", range(3))
async def test_calls_that_are_called_off(
    app: Application, cast: Cast, other: asyncpg.Connection, events: list[PublisherEvent], seed: int
) -> None:
    """T-026, T-035: at whatever moment: what was answered was done and told of, and no other by halves."""
    dice = Random(seed)
    actor = Actor(cast.admin.id, cast.admin.username)
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", **GRANT)
    events.clear()

    async def work(held: Held) -> None:
        await (await held.part(Wallet)).change(held, {"guild_gold": 1}, "raid")
        held.publish("currencyGranted", 1)

    async def one() -> None:
        await app.teams.calls.change(cast.team, actor, work, reads=(Wallet,))

    calls = [asyncio.create_task(one()) for _ in range(50)]
    while not all(call.done() for call in calls):
        await asyncio.sleep(dice.uniform(0, 0.004))
        dice.choice(calls).cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    done = answers.count(None)
    assert all(answer is None or isinstance(answer, asyncio.CancelledError) for answer in answers)
    assert len(events) >= done
    sums = "select sum((currencies ->> 'guild_gold')::int) from team_ledger where team_id = $1"
    balance = "select balance - start from team_currency where team_id = $1 and currency = 'guild_gold'"
    stored = await other.fetchval(balance, cast.team)
    assert stored == await other.fetchval(sums, cast.team)
    assert stored >= 1 + done

    async def is_left_clean() -> bool:
        return not await other.fetch(OPEN)

    await wait_until_async(is_left_clean, what="the end of all transactions")
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", **GRANT)


async def test_what_the_publisher_is_told(
    app: Application, cast: Cast, other: asyncpg.Connection, events: list[PublisherEvent]
) -> None:
    """T-035: nothing until it is committed, and that of the try that was."""
    told_within: list[int] = []

    async def work(held: Held) -> None:
        held.publish("currencyGranted", 1)
        told_within.append(len(events))
        if len(told_within) == 1:
            raise asyncpg.DeadlockDetectedError("collided")

    await app.teams.calls.change(cast.team, None, work)
    assert told_within == [0, 0]
    assert [event.name for event in events] == ["currencyGranted"]


async def test_a_change_is_seen_by_others_when_it_is_made(app: Application, cast: Cast) -> None:
    """T-026: whatever is asked within a call sees the team as it was before, but for the call's own parts."""

    async def work(held: Held) -> tuple[str, int]:
        wallet = await held.part(Wallet)
        before = wallet.balance("guild_gold")
        await wallet.change(held, {"guild_gold": 1}, "raid")
        seen = await cast.call(cast.member, "TEAMS_WALLET_GET")
        assert (await held.part(Wallet)).balance("guild_gold") == before + 1
        return seen["currencies"]["guild_gold"], before

    seen, before = await app.teams.calls.change(cast.team, None, work)
    assert int(seen) == before
    assert (await cast.call(cast.member, "TEAMS_WALLET_GET"))["currencies"]["guild_gold"] == str(before + 1)
