"""Friends: invite, accept, remove, block, list, import."""

from kizuna.clock import Clock
from kizuna.db.engine import Database, Transaction
from kizuna.notifications.service import Notifications


class Friends:
    """The use cases."""

    def __init__(self, database: Database, notifications: Notifications, clock: Clock) -> None:
        self._database = database
        self._notifications = notifications
        self._clock = clock

    async def hold(self, tx: Transaction, user_id: str) -> None:
        """Lock what the deletion of this account will change: itself and its neighbours."""

    async def disown(self, tx: Transaction, user_id: str) -> None:
        """Forget how others stand to an account that is about to be deleted."""
