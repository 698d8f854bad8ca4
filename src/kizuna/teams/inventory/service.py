"""Team inventories: codex, items, grant, consume, update."""

from kizuna.db.engine import Database
from kizuna.teams.functions import Served
from kizuna.teams.rewards.granting import Rewards


class TeamInventories:
    """Team inventories: codex, items, grant, consume, update."""

    def __init__(self, database: Database, rewards: Rewards) -> None:
        self._database = database
        self._rewards = rewards

    def functions(self) -> list[Served]:
        return []
