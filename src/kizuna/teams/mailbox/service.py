"""Team mailboxes: list, claim, delete."""

from kizuna.db.engine import Database
from kizuna.teams.functions import Served
from kizuna.teams.rewards.granting import Rewards


class TeamMailboxes:
    """Team mailboxes: list, claim, delete."""

    def __init__(self, database: Database, rewards: Rewards) -> None:
        self._database = database
        self._rewards = rewards

    async def clean_up(self) -> None:
        """Clear away what nobody needs any more."""

    def functions(self) -> list[Served]:
        return []
