"""Where rewards land (T-166 to T-176)."""

from random import Random, SystemRandom
from typing import Any

from kizuna.notifications.service import Notifications
from kizuna.teams.held import Held
from kizuna.teams.hooks import TeamHooks
from kizuna.teams.rewards.shapes import Reward
from kizuna.teams.rewards.sources import Source
from kizuna.wallets.service import Wallets


class Rewards:
    """Rolls rewards and gives them to teams and players, as part of the call that earns them.

    Answers are `Reward` messages: what was really given, all int64 as text.
    """

    def __init__(
        self,
        wallets: Wallets,
        notifications: Notifications,
        hooks: TeamHooks,
        random: Random | None = None,
    ) -> None:
        self._wallets = wallets
        self._notifications = notifications
        self._hooks = hooks
        #: The one source of chance; tests put a seeded one in its place.
        self.random: Random = random or SystemRandom()

    async def grant(self, held: Held, reward: Reward, source: Source) -> dict[str, Any]:
        """Roll a reward of the team's and give it: to the team, its mailbox and its members."""
        raise NotImplementedError

    async def grant_personal(
        self, held: Held, reward: Reward, source: Source, *, times: int = 1
    ) -> dict[str, Any]:
        """Roll a reward so many times, and give its sum to the player who calls and to the team (T-171)."""
        raise NotImplementedError

    async def open_parcel(self, held: Held, parcel: str, source: Source) -> dict[str, Any]:
        """Give what a mailbox entry holds; the item limits of now apply."""
        raise NotImplementedError

    async def send_to_mailbox(self, held: Held, reward: Reward, source: Source) -> dict[str, Any]:
        """Roll a reward into a new mailbox entry whatever its own setting; the `RewardMailboxEntry`."""
        raise NotImplementedError
