"""Team event leaderboards: list, get, roll, update, claim; fill and score to try a game out."""

from kizuna.db.engine import Database
from kizuna.teams.functions import Served
from kizuna.teams.hooks import TeamHooks
from kizuna.teams.rewards.granting import Rewards


class TeamEvents:
    """Team event leaderboards."""

    def __init__(self, database: Database, rewards: Rewards, hooks: TeamHooks) -> None:
        self._database = database
        self._rewards = rewards
        self._hooks = hooks

    async def clean_up(self) -> None:
        """Clear away what nobody needs any more."""

    def functions(self) -> list[Served]:
        return []
