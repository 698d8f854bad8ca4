"""Teams for game code."""

from kizuna.runtime.nakama.services import Calls
from kizuna.runtime.nakama.teams.belongings import (
    GiftCalls,
    InventoryCalls,
    MailboxCalls,
    WalletAndStoreCalls,
)
from kizuna.runtime.nakama.teams.core import CoreCalls
from kizuna.runtime.nakama.teams.progress import AchievementCalls, EventLeaderboardCalls, StatCalls

__all__ = ["TeamsApi", "WithTeams"]


class TeamsApi(
    CoreCalls,
    WalletAndStoreCalls,
    InventoryCalls,
    MailboxCalls,
    GiftCalls,
    StatCalls,
    AchievementCalls,
    EventLeaderboardCalls,
):
    """All calls of `nk.teams`."""


class WithTeams(Calls):
    """What concerns Teams is `ctx.nk.teams`: every function that clients have, and a few more.

    With a `user_id` a call is judged as that player's: whether they belong to the team, and in which role.
    Without one it is the server's own, which may do what a superadmin may.

    The calls raise what all calls of the server API raise, and RuntimeError where no Teams are configured, or
    where a function for Teams wants to change the very team that it is called for. Refusals are `ApiError`s
    with the texts that clients get.
    """

    @property
    def teams(self) -> TeamsApi:
        """Teams and all that they own and achieve."""
        return TeamsApi(self._services)
