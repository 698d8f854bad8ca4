"""The team store: list and buy."""

from kizuna.db.engine import Database
from kizuna.teams.functions import Served
from kizuna.teams.rewards.granting import Rewards


class TeamStore:
    """The team store: list and buy."""

    def __init__(self, database: Database, rewards: Rewards) -> None:
        self._database = database
        self._rewards = rewards

    def functions(self) -> list[Served]:
        return []
