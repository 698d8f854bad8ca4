"""What is kept of a team, and which mistakes the database would not take."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from kizuna.app import Application
from kizuna.clock import ShiftedClock
from kizuna.teams.held import Held
from kizuna.teams.rewards.shapes import Contents, IntRange, Reward
from tests.support.applications import client_of
from tests.teams.gifts.support import FEAST, at_hour, contribute, enrich
from tests.teams.support import Cast, assemble
from tests.teams.test_permissions import everything


@pytest_asyncio.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


#: Numbers that no protocol message has as int64, of a size that the configuration bounds.
SMALL = {"tier", "size", "rolls", "roll_number"}


async def test_numbers_have_64_bits(connection: asyncpg.Connection) -> None:
    """T-468: every int64 that is kept, times among them; only what the configuration bounds is smaller."""
    rows = await connection.fetch(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = 'public' and table_name like 'team%' and data_type like '%int%'"
    )
    smaller = {(row["table_name"], row["column_name"]) for row in rows if row["data_type"] != "bigint"}
    assert {column for _, column in smaller} == SMALL | {"count"}
    assert {table for table, column in smaller if column == "count"} == {"team_event_cohort"}
    assert len(rows) > len(smaller) + 40


async def live(app: Application, cast: Cast, clock: ShiftedClock) -> dict[str, Any]:
    """Something of everything that a team can have; the rewards that were answered, by what they are of."""
    weekday = datetime.fromtimestamp(at_hour(clock, 12.5), UTC).weekday()
    at_hour(clock, 12.5, days=(1 - weekday) % 7)
    await enrich(app, cast)
    grants = {"currencies": {"ember_shards": 5}}
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", **grants)
    await cast.call(cast.admin, "TEAMS_STATS_UPDATE", public=[{"name": "level", "value": 3}])
    await cast.call(cast.member, "TEAMS_STORE_PURCHASE", item_id="double_gold_day")
    await cast.call(cast.admin, "TEAMS_INVENTORY_GRANT", items={"raid_key": 1, "war_banner": 1})
    await cast.call(cast.member, "TEAMS_ACHIEVEMENTS_UPDATE", achievement_ids=["first_raid"], amount=1)
    raid = await cast.call(cast.admin, "TEAMS_ACHIEVEMENTS_CLAIM", achievement_ids=["first_raid"])
    mailed = Reward(guaranteed=Contents(currencies={"guild_gold": IntRange(7)}))

    async def grant(held: Held) -> list[dict[str, Any]]:
        return [await app.teams.mailboxes.grant(held, mailed) for _ in range(2)]

    kept, deleted = await app.teams.calls.change(cast.team, None, grant)
    claim = {"entry_id": deleted["id"], "delete": True}
    receipt = await cast.call(cast.member, "TEAMS_REWARD_MAILBOX_CLAIM", **claim)
    dash = {"event_leaderboard_id": "dragon_dash"}
    await cast.call(cast.member, "TEAMS_EVENT_LEADERBOARD_ROLL", **dash)
    await cast.call(cast.member, "TEAMS_EVENT_LEADERBOARD_UPDATE", score=300, **dash)
    for player in (cast.superadmin, cast.admin, cast.member):
        await contribute(cast, player, 10)
    await cast.call(cast.member, "TEAMS_GIFT_CLAIM", gift_id=FEAST)
    at_hour(clock, 17.5, days=(1 - weekday) % 7)
    claimed = await cast.call(cast.member, "TEAMS_EVENT_LEADERBOARD_CLAIM", **dash)
    return {
        "achievement": raid["achievements"]["first_raid"]["reward"],
        "event": claimed["reward"],
        "entries": [kept["reward"], receipt["reward"]],
    }


#: Rows that such a life leaves in each table.
ROWS = {
    "team": 1,
    "team_currency": 2,
    "team_stat": 1,
    "team_item": 2,
    "team_reward_modifier": 1,
    "team_mailbox_entry": 2,
    "team_achievement": 1,
    "team_event": 1,
    "team_event_roll": 1,
    "team_event_score": 1,
    "team_event_contribution": 1,
    "team_gift": 1,
    "team_gift_contribution": 3,
    "team_gift_claim": 1,
}


async def test_what_a_team_leaves(
    app: Application, cast: Cast, clock: ShiftedClock, database_url: str
) -> None:
    """T-468: each thing has its rows, and rewards stand there as clients were told of them."""
    rewards = await live(app, cast, clock)
    stored = await everything(database_url, cast.team)
    ledger = stored.pop("team_ledger")
    assert {row["source"] for row in ledger} >= {"wallet_grant", "store_purchase", "inventory_grant"}
    counts = {table: len(rows) for table, rows in stored.items() if table in ROWS}
    assert counts == ROWS
    [achievement], [event] = stored["team_achievement"], stored["team_event"]
    assert json.loads(achievement["reward"]) == rewards["achievement"]
    assert json.loads(event["reward"]) == rewards["event"]
    entries = sorted(stored["team_mailbox_entry"], key=lambda row: row["sequence"])
    assert [json.loads(row["reward"]) for row in entries] == rewards["entries"]
    assert [row["sequence"] for row in entries] == [1, 2]
    assert [row["delete_sec"] is None for row in entries] == [True, False]


#: A row as it is, once more, by the constraint that refuses it.
ONCE_MORE = {
    "team_event_pkey": "insert into team_event select * from team_event where team_id = $1",
    "team_event_score_pkey": "insert into team_event_score select * from team_event_score where team_id = $1",
    "team_event_roll_pkey": (
        "insert into team_event_roll select team_id, event_id, start_sec, roll_number, "
        "(select id from team_event_cohort limit 1) from team_event_roll where team_id = $1"
    ),
    "team_event_contribution_pkey": (
        "insert into team_event_contribution select * from team_event_contribution where team_id = $1"
    ),
    "team_item_stack_key": (
        "insert into team_item select gen_random_uuid(), team_id, item_id, stack, count, string_properties, "
        "numeric_properties, removed_properties, owned_sec, update_sec from team_item where team_id = $1"
    ),
    "team_mailbox_entry_sequence_key": (
        "insert into team_mailbox_entry select gen_random_uuid(), team_id, sequence, reward, parcel, "
        "create_sec, update_sec, expiry_sec, claim_sec, delete_sec from team_mailbox_entry where team_id = $1"
    ),
    "team_stat_pkey": "insert into team_stat select * from team_stat where team_id = $1",
    "team_currency_pkey": "insert into team_currency select * from team_currency where team_id = $1",
    "team_achievement_pkey": "insert into team_achievement select * from team_achievement where team_id = $1",
    "team_gift_pkey": "insert into team_gift select * from team_gift where team_id = $1",
    "team_gift_contribution_pkey": (
        "insert into team_gift_contribution select * from team_gift_contribution where team_id = $1"
    ),
    "team_gift_claim_pkey": "insert into team_gift_claim select * from team_gift_claim where team_id = $1",
    # Of other teams; ids and names of events aside they are this one's.
    "team_short_code_key": (
        "insert into team (team_id, short_code, create_sec) "
        "select g.id, upper(t.short_code), 0 from groups g, team t "
        "where t.team_id = $1 and g.id not in (select team_id from team) limit 1"
    ),
}

#: Changes that no row takes.
IMPOSSIBLE = {
    "team_currency_balance_check": "update team_currency set balance = -1 where team_id = $1",
    "team_item_count_check": "update team_item set count = -1 where team_id = $1",
    "team_achievement_count_check": "update team_achievement set count = -1 where team_id = $1",
    "team_gift_count_check": "update team_gift set count = -1 where team_id = $1",
    "team_gift_contribution_count_check": "update team_gift_contribution set count = 0 where team_id = $1",
    "team_mailbox_entry_receipt_check": (
        "update team_mailbox_entry set claim_sec = null, delete_sec = 1 where team_id = $1"
    ),
    "team_event_cohort_count_check": (
        "update team_event_cohort set count = size + 1 "
        "where id in (select cohort_id from team_event where team_id = $1)"
    ),
}


@pytest_asyncio.fixture(scope="module")
async def lived(app: Application, app_clock: ShiftedClock) -> AsyncIterator[Cast]:
    """A team that has something of everything, and a short code."""
    async with client_of(app) as api:
        cast = await assemble(api)
        await live(app, cast, app_clock)
        await cast.call(cast.admin, "TEAMS_UPDATE", metadata={"short_code": f"a{cast.team[:8]}"})
        await assemble(api)  # another group, which is no team yet
        app_clock.offset *= 0
        yield cast


@pytest.mark.parametrize("constraint", ONCE_MORE)
async def test_nothing_is_there_twice(lived: Cast, connection: asyncpg.Connection, constraint: str) -> None:
    """T-103, T-358, T-469: a pointer of an event, a score in a cohort, a roll, a stack, a short code, …"""
    with pytest.raises(asyncpg.UniqueViolationError) as refusal:
        await connection.execute(ONCE_MORE[constraint], lived.team)
    assert refusal.value.constraint_name == constraint


@pytest.mark.parametrize("constraint", IMPOSSIBLE)
async def test_nothing_is_impossible(lived: Cast, connection: asyncpg.Connection, constraint: str) -> None:
    """T-457, T-469: no balance and no count below zero, no cohort beyond its size."""
    with pytest.raises(asyncpg.CheckViolationError) as refusal:
        await connection.execute(IMPOSSIBLE[constraint], lived.team)
    assert refusal.value.constraint_name == constraint


async def test_singles_are_no_stacks(lived: Cast, connection: asyncpg.Connection) -> None:
    """T-358, T-469: of an item that is not stackable there may be any number."""
    more = ONCE_MORE["team_item_stack_key"] + " and not stack"
    assert await connection.execute(more, lived.team) == "INSERT 0 1"
