"""How often a call goes to the database, and what it leaves as it is."""

import asyncio
from typing import Any

import asyncpg
import pytest

from kizuna.app import Application
from tests.support.locks import somebody_waits
from tests.teams.support import Cast, refused

LEVEL = [{"name": "level", "value": "1", "operator": 2}]
RATING = [{"name": "rating", "value": "1", "operator": 2}]

#: Calls, and how many statements each takes besides the beginning, which locks the team, and the end.
CALLS: dict[str, tuple[str, dict[str, Any], int]] = {
    "wallet": ("TEAMS_WALLET_GRANT", {"currencies": {"guild_gold": "1"}}, 2),
    "public stats": ("TEAMS_STATS_UPDATE", {"public": LEVEL}, 2),
    "private stats": ("TEAMS_STATS_UPDATE", {"private": RATING}, 2),
    "achievements": ("TEAMS_ACHIEVEMENTS_UPDATE", {"achievements": {"first_raid": "1"}}, 2),
    "items": ("TEAMS_INVENTORY_GRANT", {"items": {"raid_key": "1"}}, 3),
    "consumption": ("TEAMS_INVENTORY_CONSUME", {"items": {"raid_key": "1"}}, 3),
    "purchase": ("TEAMS_STORE_PURCHASE", {"item_id": "key_bundle"}, 3),
}


@pytest.mark.parametrize("call", CALLS)
async def test_few_statements(app: Application, cast: Cast, call: str) -> None:
    """T-026: what a call needs is read along with the team, and written at once."""
    await cast.call(cast.admin, "TEAMS_WALLET_GRANT", currencies={"guild_gold": "1000"})
    await cast.call(cast.admin, "TEAMS_INVENTORY_GRANT", items={"raid_key": "1"})
    function, request, most = CALLS[call]
    before = app.database.counts.copy()
    await cast.call(cast.admin, function, **request)
    counts = app.database.counts - before
    assert counts.pop("teams.lock") == 1
    # Besides, every process looks now and then for another configuration.
    others = {name: n for name, n in counts.items() if name.startswith("team") and ".config." not in name}
    assert sum(others.values()) == most, others


async def test_private_stats_leave_the_group_as_it_is(cast: Cast, database_url: str) -> None:
    """T-430: only what everybody sees is written where everybody sees it, and only when it has changed."""
    connection = await asyncpg.connect(database_url)

    async def version() -> Any:
        return await connection.fetch("select ctid, metadata from groups where id = $1", cast.team)

    try:
        await cast.call(cast.admin, "TEAMS_STATS_UPDATE", private=RATING)
        shown = await version()
        await cast.call(cast.admin, "TEAMS_STATS_UPDATE", private=RATING)
        await cast.call(cast.admin, "TEAMS_STATS_UPDATE", public=[{"name": "level", "value": "1"}])
        assert await version() == shown
        await cast.call(cast.admin, "TEAMS_STATS_UPDATE", public=LEVEL)
        assert await version() != shown
    finally:
        await connection.close()


async def test_roles_are_those_of_when_the_team_is_held(cast: Cast, database_url: str) -> None:
    """T-027: who is no admin any more once it is their turn is refused, and what was added counts."""
    connection = await asyncpg.connect(database_url)
    grant = {"currencies": {"guild_gold": "1"}}
    try:
        await cast.call(cast.superadmin, "TEAMS_WALLET_GRANT", **grant)
        async with connection.transaction():
            await connection.execute("select from groups where id = $1 for no key update", cast.team)
            await connection.execute(
                "update group_edge set state = 2 where group_id = $1 and user_id = $2",
                cast.team,
                cast.admin.id,
            )
            await connection.execute("update team_currency set balance = 500 where team_id = $1", cast.team)
            demoted = asyncio.create_task(cast.ask(cast.admin, "TEAMS_WALLET_GRANT", **grant))
            await somebody_waits(connection, demoted)
            other = asyncio.create_task(cast.call(cast.superadmin, "TEAMS_WALLET_GRANT", **grant))
        assert refused(await demoted)[:2] == (403, 7)
        assert (await other)["currencies"]["guild_gold"] == "501"
    finally:
        await connection.close()
