"""What statements on records look at when they were planned while there were none."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from kizuna.db.statements import Statement
from kizuna.leaderboards import queries
from kizuna.tournaments import queries as tournaments
from tests.support.plans import Old, Planned, planned_early

BOARDS = """
    insert into leaderboard (id, authoritative, sort_order, operator, metadata, enable_ranks, create_time,
        category, title, description, duration, start_time, end_time, join_required, max_size, max_num_score)
    select 'board ' || n, false, 1, 0, '{}', true, now(), 0, '', '', 0, 0, 0, false, 10, 10
    from generate_series(1, 1000) n
"""
RECORDS = """
    insert into leaderboard_record (owner_id, board, expiry, score, subscore, num_score, max_num_score,
        create_time, update_time, rule, prev_score, prev_subscore)
    select gen_random_uuid(), $1, 0, n, 0, 1, 10, now(), now(), 0, 0, 0 from generate_series(1, 3000) n
    returning owner_id::text
"""
SOME = 20
NOW = datetime.now(UTC)


class Contest(NamedTuple):
    """A board with thousands of records, among a thousand boards; `owners` are some of theirs."""

    planned: Planned
    board: int
    owners: list[str]


@pytest_asyncio.fixture(scope="module")
async def contest(database_url: str) -> AsyncIterator[Contest]:
    """Statements planned in a world without boards, which there are now."""
    tables = ("users", "leaderboard", "leaderboard_record", "tournament_size")
    async with planned_early(database_url, [*WORK, queries.CLEAR_RECORDS], tables) as planned:
        await planned.connection.execute(BOARDS)
        board = await planned.connection.fetchval("select key from leaderboard where id = 'board 500'")
        rows = await planned.connection.fetch(RECORDS, board)
        yield Contest(planned, board, sorted(row["owner_id"] for row in rows[: SOME * 100 : 100]))


def _places(contest: Contest) -> tuple[Any, ...]:
    return contest.owners, [contest.board] * SOME, [0] * SOME


def _written(contest: Contest) -> tuple[Any, ...]:
    numbers = [7] * SOME
    rest = ([None] * SOME, [3] * SOME, [True] * SOME)
    return *_places(contest), ["name"] * SOME, numbers, numbers, *rest, NOW


def _page(contest: Contest) -> tuple[Any, ...]:
    return [0], [contest.board], [0], [1500], [0], [contest.owners[0]], [11]


WORK = {
    queries.WRITE: _written,
    queries.READ: lambda contest: (list(range(SOME)), *_places(contest)),
    queries.DELETE: lambda contest: (contest.owners[0], contest.board, 0),
    queries.DELETE_OWNED: lambda contest: (contest.owners[0],),
    queries.SCAN_UPWARDS: _page,
    queries.SCAN_DOWNWARDS: _page,
    queries.AROUND: lambda contest: ([0], [contest.owners[0]], [contest.board], [0], [10]),
    tournaments.ATTEMPT: _written,
    tournaments.JOIN: _written,
    tournaments.EXCLUDE: _places,
}


@pytest.mark.parametrize("old", Old)
@pytest.mark.parametrize("statement", WORK, ids=lambda statement: statement.name)
async def test_only_the_rows_that_are_meant_in_tables_that_have_grown(
    contest: Contest, statement: Statement, old: Old
) -> None:
    work = await contest.planned.work(statement, old, *WORK[statement](contest))
    assert work.rows < 20 * SOME, work
    assert work.pages < 30 * SOME, work


async def test_no_more_records_are_cleared_than_asked_for(contest: Contest) -> None:
    """By a plan that asks anew for each record which ones are to go, all of them would."""
    connection = contest.planned.connection
    undone = connection.transaction()
    await undone.start()
    cleared = await connection.fetch(f'execute "{queries.CLEAR_RECORDS.name}" ({contest.board}, 10)')
    await undone.rollback()
    assert len(cleared) == 10
