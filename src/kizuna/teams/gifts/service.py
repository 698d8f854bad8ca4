"""Team gifts: list, contribute, claim."""

from kizuna.db.engine import Database
from kizuna.teams.functions import Served
from kizuna.teams.rewards.granting import Rewards
from kizuna.wallets.service import Wallets


class TeamGifts:
    """Team gifts: list, contribute, claim."""

    def __init__(self, database: Database, rewards: Rewards, wallets: Wallets) -> None:
        self._database = database
        self._rewards = rewards
        self._wallets = wallets

    async def clean_up(self) -> None:
        """Clear away what nobody needs any more."""

    def functions(self) -> list[Served]:
        return []
