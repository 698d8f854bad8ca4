"""How PostgreSQL finds gifts and items: by indices that lead to them, though the plans are older."""

import re

import asyncpg
import pytest

from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Statement
from kizuna.teams.gifts import queries as gifts
from kizuna.teams.inventory import queries as inventory
from tests.support.explained import plan, prepare

FOUND_BY = [
    (gifts.STANDING, {"team_gift_pkey", "team_gift_contribution_pkey", "team_gift_claim_pkey", "users_pkey"}),
    (gifts.PURGE, {"team_gift_expiry_sec_idx"}),
    (inventory.INSTANCES, {"team_item_team_id_idx"}),
    (inventory.REMOVE, {"team_item_team_id_idx"}),
]

TABLES = "team_gift, team_gift_contribution, team_gift_claim, team_item, users"


@pytest.mark.parametrize("analyzed", [True, False])
@pytest.mark.parametrize(
    ("statement", "indices"), FOUND_BY, ids=[statement.name for statement, _ in FOUND_BY]
)
async def test_found_by_index(
    database_url: str, statement: Statement, indices: set[str], analyzed: bool
) -> None:
    """T-469: the keys that carry correctness are also what everything is found by, in their order."""
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    try:
        if analyzed:
            await connection.execute(f"analyze {TABLES}")
        await prepare(connection, statement)
        found = await plan(connection, statement)
    finally:
        await connection.close()
    assert set(re.findall(r"using (\w+) on", found)) == indices
    assert "Seq Scan" not in found
    assert "Sort" not in found
    # None is read as a whole.
    assert found.count("Index Cond") == len(indices)
