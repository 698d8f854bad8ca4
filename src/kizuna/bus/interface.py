"""What every bus does."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from kizuna.db.engine import Transaction

Handler = Callable[[str], Awaitable[None]]
Reread = Callable[[], Awaitable[None]]


class Bus(Protocol):
    """Notices to the other processes. `alone` says that there are none, and no notice is needed."""

    alone: bool

    @property
    def connected(self) -> bool:
        """Whether notices are arriving. While False, copies of the database's state cannot be trusted."""

    def subscribe(self, topic: str, handler: Handler, *, on_reconnect: Reread) -> None:
        """Call `handler` with each notice of a topic, and `on_reconnect` before `connected` is True again."""

    async def announce(self, tx: Transaction, topic: str, text: str) -> None:
        """Send a notice to every other process when the transaction commits, and none if it does not."""

    async def start(self) -> None:
        """Connect; returns when notices arrive."""

    async def stop(self) -> None:
        """Disconnect."""
