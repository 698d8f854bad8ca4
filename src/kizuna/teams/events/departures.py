"""Teams that are deleted, and the cohorts that they leave."""

from collections.abc import Sequence

from kizuna.db.engine import Transaction
from kizuna.teams.events import queries


async def forget(tx: Transaction, team_ids: Sequence[str]) -> None:
    """Count teams out of their cohorts. To be called before their groups, which are locked, are deleted.

    Scores and contributions go with the groups, and ranks close up by themselves (T-300).
    """
    if team_ids:
        await tx.write(queries.FORGET, list(team_ids))
