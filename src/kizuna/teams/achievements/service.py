"""Team achievements: get, update, claim."""

from kizuna.db.engine import Database
from kizuna.teams.functions import Served
from kizuna.teams.rewards.granting import Rewards


class TeamAchievements:
    """Team achievements: get, update, claim."""

    def __init__(self, database: Database, rewards: Rewards) -> None:
        self._database = database
        self._rewards = rewards

    def functions(self) -> list[Served]:
        return []
