"""The bus of a server that is one process: there is nobody else to tell."""

from kizuna.bus.interface import Handler, Reread
from kizuna.db.engine import Transaction


class LocalBus:
    """A bus without other ends; what this process does, its services obey without being told."""

    alone = True
    connected = True

    def subscribe(self, topic: str, handler: Handler, *, on_reconnect: Reread) -> None:
        """Nothing ever arrives."""

    async def announce(self, tx: Transaction, topic: str, text: str) -> None:
        """Nobody listens."""

    async def start(self) -> None:
        """Nothing to connect."""

    async def stop(self) -> None:
        """Nothing to disconnect."""
