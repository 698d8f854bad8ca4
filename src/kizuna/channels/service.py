"""The history of chat channels."""

from kizuna.clock import Clock
from kizuna.db.engine import Database
from kizuna.friends.lookup import Relations
from kizuna.groups.lookup import Memberships


class Channels:
    """The use cases."""

    def __init__(
        self, database: Database, memberships: Memberships, relations: Relations, clock: Clock
    ) -> None:
        self._database = database
        self._memberships = memberships
        self._relations = relations
        self._clock = clock
