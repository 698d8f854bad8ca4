"""What goes with a team (T-124)."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from kizuna.tables import metadata
from tests.teams.core.conftest import Enter
from tests.teams.core.support import Founder, Team
from tests.teams.support import answered

#: What stays: the members' rewards are theirs, and the ledger tells what happened.
KEPT = ("team_member_grant", "team_ledger")

#: Everything that belongs to a team, in an order in which it can be written.
OWNED = [
    table
    for table in metadata.sorted_tables
    if table.name.startswith("team") and "team_id" in table.c and table.name not in KEPT
]
COHORT = metadata.tables["team_event_cohort"]

End = Callable[[Founder, Team], Awaitable[Any]]


@pytest_asyncio.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def _value(column: Column[Any]) -> Any:
    """Something that fits a column; all integers are the same, so that rows refer to each other."""
    if isinstance(column.type, Uuid):
        return str(uuid.uuid4())
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, BigInteger | Integer):
        return 1
    if isinstance(column.type, DateTime):
        return datetime.now(UTC)
    return "{}" if isinstance(column.type, JSONB) else "x"


async def _fill(connection: asyncpg.Connection, table: Table, **known: str) -> None:
    """Write a row of a table."""
    columns = [one for one in table.c if one.computed is None and one.identity is None]
    needed = [one for one in columns if one.name in known or not (one.nullable or one.server_default)]
    values = [known.get(one.name) or _value(one) for one in needed]
    names = ", ".join(f'"{one.name}"' for one in needed)
    places = ", ".join(f"${place}" for place in range(1, len(needed) + 1))
    await connection.execute(
        f"insert into {table.name} ({names}) values ({places}) on conflict do nothing", *values
    )


async def _owned(connection: asyncpg.Connection, team: Team) -> dict[str, int]:
    """How many rows of each table belong to a team."""
    return {
        table.name: await connection.fetchval(
            f"select count(*) from {table.name} where team_id = $1", team["id"]
        )
        for table in OWNED
    }


async def _delete(owl: Founder, team: Team) -> None:
    answered(await owl.delete(team))


async def _leave(owl: Founder, team: Team) -> None:
    answered(await owl.leave(team))


async def _delete_account(owl: Founder, team: Team) -> None:
    answered(await owl.rest("DELETE", "/account"))


@pytest.mark.parametrize("end", [_delete, _leave, _delete_account])
async def test_everything_goes(connection: asyncpg.Connection, enter: Enter, end: End) -> None:
    """T-121, T-124, T-300 (cases 27, 28): by deletion, with the last member, with the account."""
    owl, other = await enter(), await enter()
    team, rival = await owl.create(), await other.create()
    if end is not _leave:
        answered(await owl.act("add", team, await enter()))
    cohort = str(uuid.uuid4())
    await _fill(connection, COHORT, id=cohort)
    for each, founder in ((team, owl), (rival, other)):
        known = {"team_id": each["id"], "group_id": each["id"], "cohort_id": cohort, "user_id": founder.id}
        for table in OWNED:
            await _fill(connection, table, **known)
    await connection.execute("update team_event_cohort set size = 2, count = 2 where id = $1", cohort)
    before = await _owned(connection, team)
    assert len(before) >= 12
    assert set(before.values()) == {1}

    await end(owl, team)
    assert set((await _owned(connection, team)).values()) == {0}
    assert set((await _owned(connection, rival)).values()) == {1}
    assert await connection.fetchval("select count from team_event_cohort where id = $1", cohort) == 1
    assert await connection.fetchval("select count(*) from groups where id = $1", team["id"]) == 0


async def test_whoever_stays_keeps_the_team(connection: asyncpg.Connection, enter: Enter) -> None:
    """T-125: a superadmin's account that is deleted takes nothing along where there is another one."""
    owl, heir = await enter(), await enter()
    team = await owl.create()
    answered(await owl.act("add", team, heir))
    for _ in range(2):
        answered(await owl.act("promote", team, heir))
    cohort = str(uuid.uuid4())
    await _fill(connection, COHORT, id=cohort)
    for table in OWNED:
        ids = {"team_id": team["id"], "group_id": team["id"], "cohort_id": cohort, "user_id": owl.id}
        await _fill(connection, table, **ids)
    await _delete_account(owl, team)
    assert set((await _owned(connection, team)).values()) == {1}
    assert await connection.fetchval("select count from team_event_cohort where id = $1", cohort) == 1
    assert (await heir.get(team))["members"] == [{"id": heir.id}]


async def test_a_name_and_a_code_are_free_again(enter: Enter) -> None:
    """T-069, T-103, T-124"""
    owl = await enter()
    team = await owl.create(metadata={"short_code": "Free1"})
    await _delete(owl, team)
    again = await owl.create(team["name"], metadata={"short_code": "FREE1"})
    assert again["id"] != team["id"]
