"""Teams that are deleted, and the cohorts that they leave."""

from collections.abc import Sequence

from kizuna.db.engine import Transaction
from kizuna.teams.events import queries


async def forget(tx: Transaction, team_ids: Sequence[str]) -> None:
    """Count teams out of their cohorts. To be called before their groups, which are locked, are deleted.

    Scores and contributions go with the groups, and ranks close up by themselves (T-300).
    """
    cohorts = await tx.read(queries.HOLD_PLACES, list(team_ids)) if team_ids else ()
    if cohorts:
        await tx.write(queries.FORGET, [cohort["id"] for cohort in cohorts], list(team_ids))
