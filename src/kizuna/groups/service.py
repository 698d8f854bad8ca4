"""Groups: create, find, join, leave, and what their admins do."""

from kizuna.channels.service import Channels
from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.notifications.service import Notifications


class Groups:
    """The use cases."""

    def __init__(
        self, database: Database, channels: Channels, notifications: Notifications, clock: Clock
    ) -> None:
        self._database = database
        self._channels = channels
        self._notifications = notifications
        self._clock = clock

    async def hold(self, tx: Transaction, user_id: str) -> None:
        """Lock the groups that the deletion of this account will change."""

    async def disown(self, tx: Transaction, user_id: str) -> None:
        """Take an account that is about to be deleted out of its groups."""
