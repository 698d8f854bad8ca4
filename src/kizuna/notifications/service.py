"""Notifications: sent, listed, deleted."""

from kizuna.clock import Clock
from kizuna.db.engine import Database


class Notifications:
    """The use cases."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
