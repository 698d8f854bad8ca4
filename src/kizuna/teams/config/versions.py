"""The configuration in force: stored in the database with a version, and taken up by every process."""

from kizuna.clock import Clock
from kizuna.db.engine import Database
from kizuna.teams.config.shapes import TeamsConfig


class ConfigVersions:
    """The stored configurations, and the one that this process goes by: `current`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.current = TeamsConfig()

    async def start(self) -> None:
        """Take up the latest version, and look for later ones."""

    async def stop(self) -> None:
        """Look no longer."""
