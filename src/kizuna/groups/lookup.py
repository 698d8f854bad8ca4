"""Who belongs to a group, for other features."""

from kizuna.db.engine import Database


class Memberships:
    """Reads of single memberships."""

    def __init__(self, database: Database) -> None:
        self._database = database
