"""How two players stand to each other, for other features."""

from kizuna.db.engine import Database


class Relations:
    """Reads of single edges."""

    def __init__(self, database: Database) -> None:
        self._database = database
