"""Clearing cohorts away that nobody asks for any more (T-470)."""

from collections import defaultdict
from collections.abc import Mapping

from kizuna.db.engine import Database, Record, Transaction
from kizuna.teams.config.shapes import EventLeaderboard
from kizuna.teams.events import queries
from kizuna.teams.events.ranking import Outcome, ranked

#: Cohorts that one transaction clears away.
_BATCH = 20


async def clear_expired(database: Database, events: Mapping[str, EventLeaderboard], now: int) -> int:
    """Remove the cohorts of these events that have expired; how many there were.

    What a cohort came to is kept for each team that has not been rolled since: its next tier follows from it.
    Cohorts of events that are not configured stay, as nobody knows what their scores mean.
    """

    async def clear(tx: Transaction) -> int:
        return await _clear_batch(tx, events, now)

    cleared = 0
    while batch := await database.atomically(clear):
        cleared += batch
    return cleared


async def _clear_batch(tx: Transaction, events: Mapping[str, EventLeaderboard], now: int) -> int:
    cohorts = await tx.read(queries.EXPIRED, now, list(events), _BATCH)
    if not cohorts:
        return 0
    ids = [cohort["id"] for cohort in cohorts]
    places = defaultdict(list)
    for row in await tx.read(queries.PLACES, ids):
        places[row["cohort_id"]].append(row)
    kept = [
        entry
        for cohort in cohorts
        for entry in _outcomes(cohort, places[cohort["id"]], events[cohort["event_id"]])
    ]
    if kept:
        # In one order everywhere: two processes may clear at the same time.
        columns = [list(column) for column in zip(*sorted(kept), strict=True)]
        await tx.write(queries.KEEP_OUTCOMES, *columns)
    await tx.write(queries.CLEAR, ids)
    return len(cohorts)


def _outcomes(
    cohort: Record, places: list[Record], event: EventLeaderboard
) -> list[tuple[str, str, str, str]]:
    """Of each team: its id, the cohort, the event, and what came of it."""
    outcomes = []
    for rank, row in enumerate(ranked(places, ascending=event.ascending), 1):
        outcome = Outcome(rank, len(places), cohort["size"], row["num_scores"] > 0)
        outcomes.append((row["id"], cohort["id"], cohort["event_id"], outcome.text()))
    return outcomes
