"""How PostgreSQL finds cohorts and scores: by indices that lead to them, though the plans are older."""

import re

import asyncpg
import pytest

from kizuna.db.engine import _PLANNER
from kizuna.db.statements import Statement
from kizuna.teams.events import queries
from tests.support.explained import plan, prepare

#: All but the one that only clearing up in the background needs.
STATEMENTS = [
    statement
    for statement in vars(queries).values()
    if isinstance(statement, Statement) and statement is not queries.KEEP_OUTCOMES
]

TABLES = "team_event, team_event_cohort, team_event_score, team_event_contribution, team_event_roll"

FIRST_COLUMN = """
    select attname from pg_attribute where attrelid = $1::text::regclass and attnum = 1
"""


@pytest.mark.parametrize("analyzed", [True, False])
@pytest.mark.parametrize("statement", STATEMENTS, ids=[statement.name for statement in STATEMENTS])
async def test_found_by_index(database_url: str, statement: Statement, analyzed: bool) -> None:
    """T-469: nothing is read as a whole, neither a table nor an index."""
    connection = await asyncpg.connect(database_url, server_settings=_PLANNER)
    try:
        if analyzed:
            await connection.execute(f"analyze {TABLES}, groups, users")
        await prepare(connection, statement)
        found = await plan(connection, statement)
        assert "Seq Scan" not in found
        used = re.findall(r"(?:using|Index Scan on) (team_\w+)", found)
        conditions = re.findall(r"(?:using|Index Scan on) (team_\w+).*\n +Index Cond: (.+)", found)
        assert [index for index, _ in conditions] == used
        for index, condition in conditions:
            first = await connection.fetchval(FIRST_COLUMN, index)
            assert re.search(rf"\b{first}\)?(::text)? <?=", condition), found
    finally:
        await connection.close()
